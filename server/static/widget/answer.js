// Turns the text of an answer into paragraphs on the page, its citation markers into chips.

import { el } from "./dom.js";
import { blocks } from "./markdown.js";
import { extracts, pieces } from "./markers.js";
import { clip, unwrapped } from "./text.js";

const LAST_WORD = /^(.*?)(\S{1,24})$/s;
const MOST_SHOWN = 20000; // code points of each piece

/** The paragraphs of a turn's answer, `{ key, make }`: `make(chip)` draws one, `key` changes with what it says. */
export function answerParagraphs({ answer, citations, words }) {
  const parts = pieces(answer, citations, words).map((part) => (part.text ? { text: shown(part.text, words) } : part));
  const found = words ? blocks(parts) : extracts(parts).map((line) => ({ tag: "blockquote", lines: [line] }));
  return found.map((block) => ({ key: keyOf(block), make: (chip) => drawn(block, chip) }));
}

// An extract is shown as one reads it, not as its file was wrapped; Markdown has its own rules for lines.
function shown(text, words) {
  const clipped = clip(text, MOST_SHOWN);
  return words ? clipped : unwrapped(clipped);
}

function keyOf({ tag, lines }) {
  return JSON.stringify([tag, lines], (name, value) => (name === "cite" ? [value.n, value.start, value.title] : value));
}

// Which language an answer is in is not known, only that it need not be the one of the buttons around it.
function drawn({ tag, lines }, chip) {
  const unknown = { dir: "auto", lang: "" };
  if (tag !== "ul" && tag !== "ol") return el(tag, unknown, lines.flatMap((line) => inlines(line, chip)));
  return el(tag, unknown, lines.map((line) => el("li", { dir: "auto" }, inlines(line, chip))));
}

function inlines(parts, chip) {
  const nodes = [];
  let held = null; // a last word with its chips: on one line, since a chip alone on the next looks lost
  parts.forEach((part, i) => {
    if (part.cite) {
      if (held) held.append(chip(part));
      else nodes.push(chip(part));
      return;
    }
    const [, head, word] = (part.text && parts[i + 1]?.cite && LAST_WORD.exec(part.text)) || [];
    held = word ? el("span", { class: "held" }, word) : null;
    if (word) nodes.push(head, held);
    else nodes.push(part.tag ? el(part.tag, {}, inlines(part.parts, chip)) : part.text);
  });
  return nodes;
}
