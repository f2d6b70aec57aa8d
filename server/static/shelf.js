// The documents of a collection: listed, counted, and removed where the key may.

import { el, iconButton } from "./widget/dom.js";
import { clip } from "./widget/text.js";
import { read } from "./widget/service.js";
import { exchange } from "./exchange.js";

const PAGE = 50; // documents listed at a time
const MOST = 200; // that the service lists at once
const MOST_TITLE = 300; // code points
const $ = (id) => document.getElementById(id);

export class Shelf {
  #collections = [];
  #removing = null;

  /** Lists what `place()` has; `news` says what was done. */
  constructor(place, t, news) {
    Object.assign(this, { place, t, news, collection: "default", limits: null });
    $("documents-more").addEventListener("click", () => this.#more());
    $("removal-cancel").addEventListener("click", () => $("removal").close());
    $("removal-do").addEventListener("click", () => this.#remove());
  }

  /** Whether the key may upload to the collection that is shown, and delete from it. */
  get writable() {
    return this.#collections.find(({ name }) => name === this.collection)?.writable ?? false;
  }

  /** Reads the collections, keeps the one that was chosen if it is there, and lists it. */
  async load() {
    const { collections, uploads } = await read(this.place(), "v1/collections");
    Object.assign(this, { limits: uploads });
    this.#collections = collections;
    this.#offer();
    await this.list();
  }

  /** Lists a collection. */
  async choose(name) {
    this.collection = name;
    $("documents-list").replaceChildren();
    await this.list();
  }

  /** Lists the collection anew, as many documents as are shown now; the focus stays. */
  async list() {
    const { collection } = this;
    const limit = Math.min(MOST, Math.max(PAGE, $("documents-list").children.length));
    const page = await this.#page(limit, "");
    if (collection === this.collection) this.#show(page, false);
  }

  #offer() {
    const names = this.#collections.map(({ name }) => name);
    const [first = "default"] = names.includes("default") ? [] : names;
    if (!names.includes(this.collection)) this.collection = first;
    const options = this.#collections.map(({ name, documents }) => {
      const text = `${name} (${documents})`;
      return el("option", { value: name, selected: name === this.collection }, text);
    });
    $("collection").replaceChildren(...options);
    $("collection-row").hidden = names.length < 2;
  }

  #page(limit, after) {
    const query = new URLSearchParams({ collection: this.collection, limit, after });
    return read(this.place(), `v1/documents?${query}`);
  }

  #show({ documents, next }, more) {
    this.next = next;
    const named = documents.map((found) => [this.#name(found), () => this.#item(found)]);
    put($("documents-list"), named, more, $("files"));
    const listed = $("documents-list").children.length;
    const all = this.#collections.find(({ name }) => name === this.collection)?.documents ?? 0;
    $("count").textContent = `(${next ? Math.max(all, listed) : listed})`;
    $("adding").hidden = !this.writable;
    $("documents").hidden = !listed && !this.writable;
    $("documents-list").hidden = !listed;
    $("documents-more").hidden = !next;
  }

  async #more() {
    const { collection } = this;
    try {
      const page = await this.#page(PAGE, this.next);
      if (collection === this.collection) this.#show(page, true);
      $("status").textContent = "";
    } catch (problem) {
      this.#unlisted(problem);
    }
    if ($("documents-more").hidden) $("documents-list").focus();
  }

  #unlisted({ kind = "failed" }) {
    $("status").textContent = this.t("notListed", { why: this.t(`errors.${kind}`) });
  }

  // Whatever changes how a document is listed.
  #name({ document_id: id, title }) {
    return [this.collection, this.writable, id, title].join(" ");
  }

  #item({ document_id: id, title }) {
    const href = `documents/${encodeURIComponent(id)}?${new URLSearchParams({ collection: this.collection })}`;
    const shown = clip(title, MOST_TITLE);
    const link = el("a", { href, dir: "auto" }, shown);
    const label = this.t("remove.label", { title: shown });
    const remove = this.writable && iconButton("clear", label, { click: () => this.#ask(id, shown) });
    return el("li", {}, link, remove);
  }

  #ask(id, title) {
    this.#removing = { id, title, collection: this.collection };
    $("removal-name").textContent = title;
    $("removal-failed").textContent = "";
    $("removal-do").textContent = this.t("remove.do");
    $("removal").showModal();
    $("removal-cancel").focus();
  }

  async #remove() {
    const { id, title, collection } = this.#removing;
    const path = `v1/documents/${encodeURIComponent(id)}?${new URLSearchParams({ collection })}`;
    try {
      await exchange(this.place(), "DELETE", path);
    } catch ({ kind, retryAfter }) {
      if (kind !== "missing") {
        const wait = retryAfter ? ` ${this.t("wait", { time: this.t.seconds(retryAfter) })}` : "";
        $("removal-failed").textContent = this.t(`errors.${kind}`) + wait;
        $("removal-do").textContent = this.t("retry");
        return;
      }
    }
    $("removal").close();
    this.news(this.t("remove.done", { title }));
    await this.load().catch((problem) => this.#unlisted(problem));
  }
}

// What stays is not touched, so that neither focus nor place is lost; where the focus was on what goes, it goes beside.
function put(list, named, more, home) {
  const names = new Set(named.map(([name]) => name));
  const there = new Map([...list.children].map((node) => [node.dataset.name, node]));
  for (const [name, node] of there) if (!more && !names.has(name)) leave(node, home);
  let at = more ? null : list.firstElementChild;
  for (const [name, make] of named) {
    if (there.has(name)) at = there.get(name).nextElementSibling;
    else at = added(list, at, name, make());
  }
}

function added(list, before, name, node) {
  node.dataset.name = name;
  list.insertBefore(node, before);
  return before;
}

function leave(node, home) {
  const beside = node.nextElementSibling ?? node.previousElementSibling;
  const held = node.contains(document.activeElement);
  node.remove();
  if (held) (beside?.querySelector("button") ?? home).focus();
}
