// The start page: which collection is asked, what is in it, and the key where the service asks for one.

import { el } from "./widget/dom.js";
import { read } from "./widget/service.js";

const $ = (id) => document.getElementById(id);
const WIDE = matchMedia("(min-width: 56rem)"); // as in page.css: the documents stand beside the conversation
const PAGE = 50; // documents listed at a time
const chat = $("page");
const place = () => ({ service: new URL("./", document.baseURI).href, key: sessionStorage.getItem("key") });

async function start() {
  chat.key = sessionStorage.getItem("key");
  try {
    const { collections } = await read(place(), "v1/collections");
    offer(collections);
    await list();
    $("key-form").hidden = true;
    $("status").textContent = "";
  } catch (problem) {
    failed(problem);
  }
}

function offer(collections) {
  const names = collections.map(({ name }) => name);
  const chosen = names.includes(chat.collection) ? chat.collection : (names.find((n) => n === "default") ?? names[0]);
  const options = names.map((name) => el("option", { value: name, selected: name === chosen }, name));
  $("collection").replaceChildren(...options);
  $("collection-row").hidden = names.length < 2;
  chat.collection = chosen ?? "default";
}

async function list(after = "") {
  const collection = chat.collection;
  const query = new URLSearchParams({ collection, limit: PAGE, after });
  const { documents, next } = await read(place(), `v1/documents?${query}`);
  if (collection !== chat.collection) return;
  if (!after) $("documents-list").replaceChildren();
  $("documents-list").append(...documents.map((found) => el("li", {}, link(found, collection))));
  const count = $("documents-list").children.length;
  $("count").textContent = next ? `(${count}+)` : `(${count})`;
  $("documents").hidden = !count;
  $("documents-more").hidden = !next;
  $("documents-more").onclick = () => list(next).catch(failed);
}

function link({ document_id: id, title }, collection) {
  const href = `documents/${encodeURIComponent(id)}?${new URLSearchParams({ collection })}`;
  return el("a", { href, dir: "auto" }, title);
}

function failed({ kind, message }) {
  const asks = kind === "key";
  if (asks) $("key-form").hidden = false;
  if (asks && sessionStorage.getItem("key")) $("status").textContent = "The service does not know this key.";
  else if (!asks) $("status").textContent = `The documents could not be listed: ${message}`;
}

// The question stands after "#", so that it is in no server's log; asked by address, Back and links work.
function askFromAddress() {
  const question = new URLSearchParams(location.hash.slice(1)).get("q");
  if (question) chat.ask(question);
}

$("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("key", $("key").value.trim());
  start();
});
$("collection").addEventListener("change", ({ target }) => {
  chat.collection = target.value;
  list().catch(failed);
});
chat.addEventListener("rag-error", ({ detail: { problem } }) => {
  if (problem.kind !== "key") return;
  $("key-form").hidden = false;
  $("key").focus();
});
addEventListener("hashchange", askFromAddress);
WIDE.addEventListener("change", fit);
fit();
await customElements.whenDefined("rag-chat");
start().then(askFromAddress);

function fit() {
  $("documents").open = WIDE.matches;
}
