// The page of a document: its text, and the quote that a link points at, marked and looked up again.

import { clip, unitsAt } from "./widget/text.js";
import { el } from "./widget/dom.js";
import { KeyForm, kept } from "./key.js";
import { Problem, documentText, read } from "./widget/service.js";
import { speak, speaker } from "./words.js";

const BLOCK = 20_000; // UTF-16 units that are laid out at once; some ten screens
const MOST_FACT = 300; // code points of a title and the like
let runs = 0;
const $ = (id) => document.getElementById(id);
const spoken = speaker().then((said) => speak((t = said)));
let t = null;
const keyForm = new KeyForm(() => t("key.unknown"), start);
const OWN = new Set(["missing", "forbidden", "refused", "cut"]); // said otherwise here than elsewhere

function asked() {
  const query = new URLSearchParams(location.search);
  const [start, end] = ["start", "end"].map((name) => whole(query.get(name)));
  const quote = new URLSearchParams(location.hash.slice(1)).get("quote") || "";
  const span = start !== null && end > start ? { start, end } : null;
  return { id: idOf(location.pathname), collection: query.get("collection") || "default", span, quote };
}

function whole(text) {
  return /^\d{1,15}$/.test(text ?? "") ? Number(text) : null;
}

function idOf(path) {
  const last = path.slice(path.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

async function start() {
  const run = ++runs;
  const link = asked();
  const place = { service: new URL("../", document.baseURI).href, key: kept() };
  try {
    const path = `v1/documents/${encodeURIComponent(link.id)}?${new URLSearchParams({ collection: link.collection })}`;
    const coming = Promise.all([
      read(place, path),
      documentText(place, link.id, link.collection),
      checked(place, link),
    ]);
    coming.catch(() => {}); // told below, once there are words for it
    await spoken;
    clear();
    const [info, text, check] = await coming;
    if (run !== runs) return;
    head(info);
    show(text, link, check);
    keyForm.done($("title"));
  } catch (problem) {
    if (run === runs) failed(problem, link);
    if (!(problem instanceof Problem)) throw problem;
  }
}

// What became of the quote; a check that fails does not keep the text from being read.
async function checked(place, { id, collection, span, quote }) {
  if (!span || !quote) return null;
  const citations = [{ n: 1, document_id: id, ...span, quote }];
  return read(place, "v1/verify", { collection, citations }).then(
    (reply) => reply.citations[0],
    () => ({ status: "unchecked", ...span }),
  );
}

function clear() {
  say(t("document.loading"));
  for (const id of ["to-quote", "retry", "linked"]) $(id).hidden = true;
  $("text").replaceChildren();
}

function say(text, is = "") {
  $("status").textContent = text;
  $("status").dataset.is = is;
}

function head({ title, source, media_type: kind }) {
  document.title = clip(title, MOST_FACT);
  $("title").textContent = clip(title, MOST_FACT);
  $("facts").replaceChildren(el("bdi", {}, clip(source, MOST_FACT)), el("span", {}, ` · ${kind}`));
}

function show(text, { span, quote }, check) {
  const at = check ? (check.start === null ? null : check) : span;
  const from = at ? unitsAt(text, 0, at.start) : 0;
  const to = at ? unitsAt(text, from, at.end - at.start) : 0;
  $("text").replaceChildren(...blocks(text).map(([begin, end]) => block(text, begin, end, from, to)));
  const status = check?.status ?? (at && to === from ? "beyond" : "");
  say(status && t(`document.${status}`), status);
  if (check && !at) unsaid(quote);
  const [mark] = document.getElementsByTagName("mark");
  $("to-quote").hidden = !mark;
  if (mark) reveal(mark);
}

function unsaid(quote) {
  $("linked-quote").textContent = clip(quote, 2 * MOST_FACT);
  $("linked").hidden = false;
}

/** Spans of some `BLOCK` units that cover the text. */
function blocks(text) {
  const found = [];
  for (let at = 0; at < text.length; ) {
    const end = cut(text, at, at + BLOCK);
    found.push([at, end]);
    at = end;
  }
  return found;
}

// Where to cut before `most`: after an empty line, else a line, else a space, else between characters.
function cut(text, from, most) {
  if (most >= text.length) return text.length;
  const near = text.slice(from, most);
  for (const gap of ["\n\n", "\n\r\n", "\n", " "]) {
    const at = near.lastIndexOf(gap);
    if (at > BLOCK / 2) return from + at + gap.length;
  }
  return /[\ud800-\udbff]/.test(text[most - 1]) ? most - 1 : most;
}

function block(text, begin, end, from, to) {
  const made = el("div", { class: "block" });
  let at = begin;
  for (const part of text.slice(begin, end).split(/(?<=\n\r?\n)(?!\r?\n)/)) {
    made.append(paragraph(part, from - at, to - at));
    at += part.length;
  }
  return made;
}

// The units from `from` to `to` of it are marked, as far as they lie in it.
function paragraph(part, from, to) {
  const [a, b] = [from, to].map((at) => Math.min(Math.max(at, 0), part.length));
  if (a === b) return el("p", { dir: "auto" }, part);
  return el("p", { dir: "auto" }, part.slice(0, a), el("mark", { tabindex: "-1" }, part.slice(a, b)), part.slice(b));
}

// Blocks above get their real size as they come near, so where the quote lies settles within a few frames.
function reveal(mark, frames = 3) {
  mark.scrollIntoView({ block: "start" });
  mark.focus({ preventScroll: true });
  if (frames) requestAnimationFrame(() => reveal(mark, frames - 1));
}

function failed({ kind, status }, { quote }) {
  const key = kind === "key" || kind === "forbidden";
  $("title").textContent = document.title = t(`document.${kind === "missing" ? "none" : "title"}`);
  $("facts").replaceChildren();
  say(t(kind === "key" ? "key.needed" : OWN.has(kind) ? `document.${kind}` : `errors.${kind ?? "failed"}`), "failed");
  $("retry").hidden = key || (status >= 400 && status < 429);
  if (key) keyForm.ask(kind);
  else keyForm.done($("retry").hidden ? $("title") : $("retry"));
  if (kind === "missing" && quote) unsaid(quote);
}

$("retry").addEventListener("click", start);
$("to-quote").addEventListener("click", () => reveal(document.querySelector("mark")));
addEventListener("hashchange", start);
addEventListener("online", () => $("retry").hidden || start());
start();
