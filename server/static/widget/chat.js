// Runs a conversation: asks the service, keeps the turns, and tells who listens; knows nothing of the page.

import { history, kept, next, runs } from "./conversation.js";
import { Memory } from "./memory.js";
import { Problem, ask, rate } from "./service.js";

const SLOW_MS = 8000; // without a sign of the answer, or of more of it, before the reader is told

export class Chat {
  #turns = [];
  #running = null;
  #memory = null;

  /** `place()` gives `{ service, key, collection }` as it is now; `told(name, detail)` hears what happens. */
  constructor(place, changed, told) {
    Object.assign(this, { place, changed, told });
  }

  get turns() {
    return this.#turns;
  }

  /** The turn under way, if one is. */
  get current() {
    return this.#turns.find(runs);
  }

  /** Goes on with what was kept under a name, in place of what is here unless that is of this name. */
  resume(name) {
    if (this.#memory?.is(name)) {
      this.#memory.claim();
      return;
    }
    this.pause();
    this.#memory = new Memory(name);
    this.#turns = this.#memory.read();
    this.changed(this.#turns);
  }

  /** Stops what runs and leaves the kept conversation to others. */
  pause() {
    this.stop();
    this.#memory?.free();
  }

  /** Asks, in place of the turn `again` if one is given; gives the reply, or null where none came. */
  async ask(text, again) {
    const question = text.trim();
    if (!question) return null;
    this.stop();
    const { collection } = this.place();
    const id = again ?? this.#failedLast(question) ?? crypto.getRandomValues(new Uint32Array(2)).join("");
    const sent = { question, collection, history: history(this.#turns.filter((t) => t.collection === collection)) };
    this.#apply({ type: "ask", id, question, collection });
    this.told("question", { question });
    return this.#run(id, sent);
  }

  // Who asks anew what failed just now has no use for the failure.
  #failedLast(question) {
    const last = this.#turns.at(-1);
    return last?.status === "failed" && last.question === question ? last.id : null;
  }

  async #run(id, sent) {
    const mine = (this.#running = new AbortController());
    const wait = () => setTimeout(() => this.#apply({ type: "slow", id }), SLOW_MS);
    let slow = wait();
    try {
      for await (const { name, data } of ask(this.place(), sent, mine.signal)) {
        if (mine.signal.aborted) return null;
        clearTimeout(slow);
        slow = wait();
        this.#apply({ type: name, id, data });
        if (name !== "done") continue;
        this.told("answer", { question: sent.question, reply: data });
        return data;
      }
    } catch (error) {
      this.#failed(id, error, sent.question);
    } finally {
      clearTimeout(slow);
      if (this.#running === mine) this.#running = null;
    }
    return null;
  }

  #failed(id, error, question) {
    if (error.name === "AbortError") return;
    const { kind, status, detail, retryAfter } = error instanceof Problem ? error : new Problem("cut");
    const problem = { kind, status, detail, retryAfter, until: Date.now() + retryAfter * 1000 };
    this.#apply({ type: "fail", id, problem });
    this.told("error", { question, problem });
    if (!(error instanceof Problem)) throw error;
  }

  /** Stops the answer under way, if there is one. */
  stop() {
    const turn = this.current;
    this.#running?.abort();
    this.#running = null;
    if (turn) this.#apply({ type: "stop", id: turn.id });
  }

  /** Asks the question of a turn again. */
  retry(id) {
    const turn = this.#turns.find((t) => t.id === id);
    return turn ? this.ask(turn.question, id) : null;
  }

  clear() {
    this.stop();
    this.#apply({ type: "clear" });
    this.told("clear", {});
  }

  /** Sends a thumb, `up` or `down`, with a comment or without; the last one of an answer counts. */
  async rate(id, rating, comment) {
    const { reply, question, status, answer, citations, collection } = this.#turns.find((t) => t.id === id);
    const rated = { collection, question, answer: { status, answer, citations } };
    await rate(this.place(), { answer_id: reply, rating, ...(comment && { comment }), ...rated });
    this.#apply({ type: "rate", id, rating });
    this.told("feedback", { answer_id: reply, rating, comment });
  }

  #apply(event) {
    const before = this.#turns;
    this.#turns = next(before, event);
    if (this.#turns === before) return;
    this.changed(this.#turns);
    if (!this.current || event.type === "ask") this.#memory?.write(kept(this.#turns));
  }
}
