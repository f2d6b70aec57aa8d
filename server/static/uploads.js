// Uploads, without a page: files wait here, are sent one after the other, and followed until the service has read them.

import { exchange } from "./exchange.js";

const AROUND = 1024; // bytes of a body beside the file and its name
const SOONEST_MS = 300; // between two looks at what is being read
const LATEST_MS = 4000;
const WAIT_S = 10; // before the next try, where the service names no time
const PASSES = new Set(["rate", "busy", "offline", "unreachable"]);
const KINDS = { 408: "slow", 413: "tooLarge" };
const READ = { queued: "queued", running: "reading" };
const GOES_ON = new Set(["waiting", "sending", "held", "queued", "reading"]);
let count = 0;

/** Whether it is neither done nor given up. */
export function goesOn({ state }) {
  return GOES_ON.has(state);
}

/** Whether it may fare better another time. */
export function canRetry({ state }) {
  return ["failed", "cancelled", "held"].includes(state);
}

/** Why a file would be refused, before it is sent: `large`, `kind`, or `null`. */
export function fault({ name, size }, limits) {
  const last = name.slice(name.lastIndexOf("/") + 1);
  const suffix = /.(\.[^.]+)$/s.exec(last)?.[1].toLowerCase();
  if (!limits.suffixes.includes(suffix)) return "kind";
  return size + 3 * name.length + AROUND > limits.bytes ? "large" : null;
}

export class Uploads {
  #files = [];
  #place;
  #limits;
  #changed;
  #sending = false;
  #following = false;

  /**
   * Sends to `place()` what keeps within `limits()`, which are `null` while they are not known.
   * Each change of a file is told, `null` for one that has left.
   */
  constructor(place, limits, changed) {
    this.#place = place;
    this.#limits = limits;
    this.#changed = changed;
  }

  /** Files, the first one first. */
  get files() {
    return this.#files;
  }

  /** Takes files, `{ file, name }`, for a collection. */
  add(files, collection) {
    const limits = this.#limits();
    for (const { file, name } of files) {
      const kind = limits && fault({ name, size: file.size }, limits);
      const state = kind ? "refused" : "waiting";
      const made = { id: ++count, file, name, collection, state, kind, percent: 0, passages: 0, detail: "" };
      this.#files.push(made);
      this.#changed(made);
    }
    this.#send();
  }

  /** Tries again what failed, at once what is held. */
  retry(file) {
    if (!canRetry(file)) return;
    this.#set(file, { state: "waiting", kind: null, detail: "", percent: 0, passages: 0, job: null });
    file.go?.();
    this.#send();
  }

  /** Stops a file wherever it is; what is being read may come in all the same. */
  async cancel(file) {
    if (file.job) {
      await this.#drop(file);
    } else {
      this.#set(file, { state: "cancelled", kind: file.percent === 100 ? "late" : null });
      file.stop?.abort();
      file.go?.();
    }
  }

  /** Takes what is over off the list. */
  forget(file) {
    this.#files = this.#files.filter((one) => one !== file || goesOn(one));
    this.#changed(null);
  }

  /** Goes on with what was held. */
  online() {
    for (const file of this.#files) if (file.state === "held") this.retry(file);
  }

  #set(file, news) {
    Object.assign(file, news);
    this.#changed(file);
  }

  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    for (let next; (next = this.#files.find(({ state }) => state === "waiting")); ) await this.#sendOne(next);
    this.#sending = false;
  }

  async #sendOne(file) {
    file.stop = new AbortController();
    this.#set(file, { state: "sending", percent: 0 });
    const sent = (share) => file.state === "sending" && this.#set(file, { percent: Math.floor(100 * share) });
    const path = `v1/documents?${new URLSearchParams({ collection: file.collection })}`;
    const body = new FormData();
    body.append("file", file.file, file.name);
    try {
      const job = await exchange(this.#place(), "POST", path, { body, sent, signal: file.stop.signal });
      file.job = job.id;
      this.#take(file, job);
      this.#follow();
    } catch (problem) {
      if (file.state === "sending") await this.#unsent(file, problem);
    }
  }

  async #unsent(file, { kind, status, detail, retryAfter }) {
    const unreadable = kind === "unreachable" && !(await readable(file.file));
    if (unreadable) this.#set(file, { state: "refused", kind: "unreadable" });
    else if (PASSES.has(kind)) await this.#hold(file, kind, retryAfter || WAIT_S);
    else this.#set(file, { state: refuses(status) ? "refused" : "failed", kind: KINDS[status] ?? kind, detail });
  }

  // All that waits, waits for this one: what holds it would hold the others too.
  async #hold(file, kind, wait) {
    this.#set(file, { state: "held", kind, wait: kind === "offline" ? 0 : wait });
    await new Promise((resolve) => {
      const tick = setInterval(() => {
        if (file.wait > 1) this.#set(file, { wait: file.wait - 1 });
        else if (file.wait) resolve();
      }, 1000);
      file.go = () => resolve(clearInterval(tick));
    });
    file.go();
    if (file.state === "held") this.#set(file, { state: "waiting", kind: null });
  }

  async #follow() {
    if (this.#following) return;
    this.#following = true;
    let pause = SOONEST_MS;
    // The service reads in the order that the files came in: to look at the first is enough.
    for (let next; (next = this.#files.find((file) => file.job && goesOn(file))); ) {
      const before = [next, next.state, next.passages].join();
      const wait = await this.#look(next);
      pause = [next, next.state, next.passages].join() === before ? Math.min(1.5 * pause, LATEST_MS) : SOONEST_MS;
      if (goesOn(next)) await new Promise((resolve) => setTimeout(resolve, Math.max(pause, 1000 * wait)));
    }
    this.#following = false;
  }

  async #look(file) {
    try {
      this.#take(file, await exchange(this.#place(), "GET", `v1/jobs/${file.job}`));
    } catch ({ kind, retryAfter, detail }) {
      if (goesOn(file) && PASSES.has(kind)) this.#set(file, { kind });
      else if (goesOn(file)) this.#set(file, { state: "failed", kind, detail });
      return retryAfter ?? 0;
    }
    return 0;
  }

  #take(file, { files: [{ state, passages, detail }] }) {
    if (!goesOn(file)) return; // cancelled meanwhile
    this.#set(file, { state: READ[state] ?? state, passages, detail: detail ?? "", kind: null });
  }

  async #drop(file) {
    try {
      const job = await exchange(this.#place(), "DELETE", `v1/jobs/${file.job}`);
      this.#take(file, job);
      if (goesOn(file)) this.#set(file, { state: "cancelled", kind: "late" });
    } catch ({ kind }) {
      if (goesOn(file)) this.#set(file, { kind });
    }
  }
}

function refuses(status) {
  return status >= 400 && status < 500 && ![401, 403, 408].includes(status);
}

// A folder, or a file that was changed or removed since it was chosen, looks like a service that is not there.
async function readable(file) {
  return file.slice(0, 1).arrayBuffer().then(
    () => true,
    () => false,
  );
}
