// The start page: asks, shows the answer with its citations, and opens the passage a quote was taken from.
// Whatever a document says is put on the page as text, never as markup.

import { api, Problem, setKey, textUrl } from "./api.js";
import { showAnswer, showPassage, visible } from "./show.js";

const $ = (id) => document.getElementById(id);
const WIDE = matchMedia("(min-width: 60rem)"); // as in start.css: the passage stands beside the answer
const TITLE = document.title;
const main = document.querySelector("main");
let running = null;
let opener = null;

async function ask(question) {
  running?.abort();
  const mine = (running = new AbortController());
  busy(true);
  fail("");
  try {
    const reply = await api("v1/ask", { question }, mine.signal);
    show(reply);
  } catch (error) {
    if (error.name === "AbortError") return;
    $("result").hidden = true; // it answers another question
    fail(error);
  } finally {
    if (running === mine) busy(false);
  }
}

function show(reply) {
  if ($("key-row").contains(document.activeElement)) $("question").focus();
  $("key-row").hidden = true;
  closePassage(false);
  main.classList.add("has-result");
  $("answer").classList.toggle("abstained", reply.status === "abstained");
  showAnswer($("answer"), reply, (citation, button) => openPassage(reply, citation, button));
  document.title = `${visible(reply.question)} – ${TITLE}`;
  $("result").hidden = false;
  $("documents").open = false;
  const first = $("answer").querySelector(".chip");
  main.classList.toggle("has-alone", !first);
  if (first && WIDE.matches) openPassage(reply, { ...reply.citations[0] }, first, false);
  say(reply.status === "abstained"
    ? `No answer: ${reply.answer}`
    : `Answer with ${reply.citations.length} citation${reply.citations.length === 1 ? "" : "s"}.`);
}

async function openPassage(reply, citation, button, go = true) {
  const again = opener === button;
  closePassage(false);
  if (again) return;
  opener = button;
  for (const other of $("answer").querySelectorAll("[data-n]")) {
    const chosen = other.dataset.n === String(citation.n);
    if (other.hasAttribute("aria-expanded")) other.setAttribute("aria-expanded", String(chosen));
    other.classList.toggle("chosen", chosen);
  }
  try {
    await showPassage($("passage"), reply, citation, { close: () => closePassage(true), openText });
  } catch (error) {
    fail(error);
    return;
  }
  $("passage").hidden = false;
  $("result").classList.add("with-passage");
  main.classList.remove("has-alone");
  if (!go) return;
  $("passage-title").focus({ preventScroll: true });
  ($("passage").querySelector("mark") ?? $("passage")).scrollIntoView({ block: "nearest" });
}

function closePassage(back) {
  $("passage").hidden = true;
  $("result").classList.remove("with-passage");
  main.classList.add("has-alone");
  for (const other of $("answer").querySelectorAll("[data-n]")) {
    if (other.hasAttribute("aria-expanded")) other.setAttribute("aria-expanded", "false");
    other.classList.remove("chosen");
  }
  if (back) opener?.focus();
  opener = null;
}

// A link carries no key: with one set, the text is fetched and shown from memory.
async function openText(event, documentId) {
  if (!sessionStorage.getItem("key")) return;
  event.preventDefault();
  try {
    const { text } = await api(textUrl(documentId));
    window.open(URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" })));
  } catch (error) {
    fail(error);
  }
}

function reset() {
  running?.abort();
  fail("");
  main.classList.remove("has-result", "has-alone");
  $("result").hidden = true;
  $("documents").open = true;
  document.title = TITLE;
}

function busy(is) {
  $("send").setAttribute("aria-disabled", String(is));
  $("send").textContent = is ? "Asking…" : "Ask";
  $("result").setAttribute("aria-busy", String(is));
  if (is) say("Searching the documents.");
}

function say(message) {
  $("status").textContent = message;
}

function fail(error) {
  const message = error instanceof Problem ? error.message : error && "The service cannot be reached. Is it running?";
  $("error").textContent = message;
  $("error").hidden = !message;
  if (message) say("");
  if (error instanceof Problem && error.status === 401) {
    $("key-row").hidden = false;
    $("key").focus();
  }
}

async function listDocuments(after = "") {
  const page = await api(`v1/documents?limit=${after ? 100 : 6}&after=${encodeURIComponent(after)}`).catch((error) => {
    if (error.status === 401) $("key-row").hidden = false;
    return { documents: [], next: null };
  });
  for (const found of page.documents) {
    const link = document.createElement("a");
    link.href = textUrl(found.document_id);
    link.target = "_blank";
    link.append(visible(found.title));
    link.addEventListener("click", (event) => openText(event, found.document_id));
    const item = document.createElement("li");
    item.append(link);
    $("documents-list").append(item);
  }
  const count = $("documents-list").children.length;
  $("documents").hidden = !count;
  $("documents-more").hidden = !page.next;
  $("documents-more").onclick = () => listDocuments(page.next);
}

function askFromAddress() {
  const question = new URLSearchParams(location.hash.slice(1)).get("q") ?? "";
  $("question").value = question;
  if (question) ask(question);
  else reset();
}

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const question = $("question").value.trim();
  if (!question) return;
  const key = $("key").value.trim();
  if (key) {
    setKey(key);
    if (!$("documents-list").children.length) listDocuments();
  }
  // After "#", so that the question is in no server's log; asking by address makes Back and links work.
  history.pushState(null, "", `#${new URLSearchParams({ q: question })}`);
  ask(question);
});
$("question").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("ask").requestSubmit();
});
if (!CSS.supports("field-sizing", "content")) {
  $("question").addEventListener("input", ({ target }) => {
    target.style.height = "auto";
    target.style.height = `${target.scrollHeight}px`;
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !$("passage").hidden) closePassage(true);
});
addEventListener("popstate", askFromAddress);
listDocuments();
askFromAddress();
