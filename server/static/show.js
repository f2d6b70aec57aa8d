// Puts replies on the page, with text nodes only.

import { api, textUrl } from "./api.js";

const CONTEXT = 400; // code points around a quote that none of the reply's passages holds
const PREVIEW = 400; // code points of a nearest passage, of which as many are shown as fit two lines

/** Offsets of the API count code points, JavaScript counts UTF-16 units. */
export function slice(text, start, end) {
  const from = unitsAt(text, 0, start);
  return text.slice(from, unitsAt(text, from, end - start));
}

function unitsAt(text, from, codePoints) {
  let at = from;
  for (let n = 0; n < codePoints && at < text.length; n++) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return at;
}

// The same characters as in rag/hidden.py: they count in offsets, and could carry words past the reader.
const HIDDEN =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** The text without what a reader would not see; to be taken after slicing, since offsets count it. */
export function visible(text) {
  return text.replace(HIDDEN, "");
}

function el(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.map((child) => (typeof child === "string" ? visible(child) : child)));
  return made;
}

/** Fills the section with a reply; `open(citation, button)` is called when a citation is chosen. */
export function showAnswer(section, reply, open) {
  const asked = el("h2", "visually-hidden", reply.question);
  asked.id = "asked";
  const parts = reply.status === "abstained" ? abstention(reply, open) : answered(reply, open);
  section.replaceChildren(asked, ...parts);
}

function answered(reply, open) {
  const list = el("div", "extracts");
  for (const citation of reply.citations) list.append(extract(reply, citation, open));
  const sources = el("ol", "sources", ...reply.citations.map((c) => el("li", "", source(c, c.n, open))));
  return [verdict(reply), list, el("h3", "subhead", "Sources"), sources];
}

function extract(reply, citation, open) {
  const [start, end] = citation.answer_span;
  const quote = el("blockquote", "extract", slice(reply.answer, start, end), chip(citation, open));
  quote.dir = "auto";
  quote.dataset.n = citation.n;
  return quote;
}

function chip(citation, open) {
  const button = el("button", "chip", String(citation.n));
  button.setAttribute("aria-label", `Citation ${citation.n}: show where this stands in ${citation.title}`);
  return opens(button, citation, citation.n, open);
}

function source(at, n, open) {
  const button = el(
    "button",
    "source",
    el("span", "number", String(n)),
    el("span", "title", at.title),
    el("span", "where", where(at).join(" · ")),
  );
  if (at.text) button.append(el("span", "preview", slice(at.text, 0, PREVIEW).replace(/\s+/g, " ").trim()));
  return opens(button, at, n, open);
}

function opens(button, at, n, open) {
  button.type = "button";
  button.dataset.n = n;
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", "passage");
  button.addEventListener("click", () => open({ ...at, n }, button));
  return button;
}

function verdict(reply) {
  const percent = `${Math.round(reply.confidence * 100)} %`;
  const meter = el("meter", "");
  meter.value = reply.confidence;
  meter.setAttribute("aria-hidden", "true");
  const sure = el("span", "", `Confidence ${percent} `, meter);
  const took = el("span", "", `${Math.max(1, Math.round(reply.timings_ms.total))} ms`);
  return el("p", "verdict", sure, took, ...(reply.degraded ? [el("span", "", "From extracts only")] : []));
}

function abstention(reply, open) {
  const sign = el("span", "sign", "?");
  sign.setAttribute("aria-hidden", "true");
  const notice = el("div", "abstention", sign, el("div", "", el("strong", "", "No answer found"), reply.answer));
  if (!reply.passages.length) return [notice];
  const nearest = reply.passages.map((p) => el("li", "", source(p, p.rank, open)));
  return [notice, el("h3", "subhead", "Nearest passages"), el("ol", "sources", ...nearest)];
}

/** Section, page and date, as far as they are known. */
function where(at) {
  const path = at.section[0] === at.title ? at.section.slice(1) : at.section;
  return [path.join(" › "), at.page && `page ${at.page}`, at.date, at.source].filter(Boolean);
}

/** Fills the aside with the passage of a citation, or with a passage itself, its quote marked. */
export async function showPassage(aside, reply, at, { close, openText }) {
  const { text, start } = await around(reply, at);
  const title = el("h2", "", at.title);
  title.id = "passage-title";
  title.tabIndex = -1;
  const shut = el("button", "close", "×");
  shut.type = "button";
  shut.setAttribute("aria-label", "Close the passage");
  shut.addEventListener("click", close);
  const link = el("a", "whole", "Open the document’s text");
  link.href = textUrl(at.document_id);
  link.target = "_blank";
  link.addEventListener("click", (event) => openText(event, at.document_id));
  aside.replaceChildren(el("div", "passage-head", title, shut), facts(at), marked(text, start, at), link);
}

/** The text to show and the offset at which it begins: a passage of the reply, or a piece of the document. */
async function around(reply, at) {
  const held = (p) => p.document_id === at.document_id && p.start <= at.start && at.end <= p.end;
  const passage = reply.passages.find(held);
  if (passage) return passage;
  const { text } = await api(textUrl(at.document_id));
  const start = Math.max(0, at.start - CONTEXT);
  return { text: slice(text, start, at.end + CONTEXT), start };
}

function marked(text, start, at) {
  const shown = el("div", "text");
  shown.dir = "auto";
  if (at.quote === undefined) {
    shown.append(visible(text));
    return shown;
  }
  const quote = el("mark", "", slice(text, at.start - start, at.end - start));
  const [before, after] = [slice(text, 0, at.start - start), slice(text, at.end - start, text.length)];
  shown.append(visible(before), quote, visible(after));
  return shown;
}

function facts(at) {
  const path = at.section[0] === at.title ? at.section.slice(1) : at.section;
  const rows = [
    ["Section", path.join(" › ")],
    ["Page", at.page],
    ["Date", at.date],
    ["Author", at.author],
    ["Source", at.source],
    ["Characters", `${at.start}–${at.end}`],
  ];
  const shown = rows.filter(([, value]) => value);
  return el("dl", "facts", ...shown.map(([name, value]) => el("div", "", el("dt", "", name), el("dd", "", String(value)))));
}
