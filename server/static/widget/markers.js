// Finds the citation markers of an answer, and tells them from `[1]` that stands in a document itself.

import { unitsAt } from "./text.js";

const MOST_AGAIN = 100; // times that one citation gets a chip

/**
 * The answer in pieces, in order: `{ text }` or `{ cite, at }`, where `at` is the marker's place in the answer.
 *
 * A marker stands after the span of the answer that its citation supports, and in no span: what looks like one within
 * a quote is the document's own text. In the `words` of a language model a marker may stand again, after each sentence
 * that the same citation supports.
 */
export function pieces(answer, citations, words = false) {
  const spans = citations.map(({ answer_span: [start, end] }) => {
    const from = unitsAt(answer, 0, start);
    return [from, unitsAt(answer, from, end - start)];
  });
  const found = new Map();
  citations.forEach((cite, i) => {
    for (const at of places(answer, `[${cite.n}]`, spans[i][1], spans, words)) found.set(at, cite);
  });
  return cut(answer, [...found].sort(([a], [b]) => a - b));
}

// The first after what it supports; `again` those too that follow a space or another marker.
function places(answer, marker, from, spans, again) {
  const found = [];
  let at = markerAt(answer, marker, from, spans);
  while (at >= 0 && found.length < MOST_AGAIN) {
    if (!found.length || /[\s\]]/.test(answer[at - 1])) found.push(at);
    at = again ? markerAt(answer, marker, at + 1, spans) : -1;
  }
  return found;
}

function markerAt(answer, marker, from, spans) {
  let at = answer.indexOf(marker, from);
  while (at >= 0) {
    const around = spans.find(([start, end]) => start <= at && at < end);
    if (!around) return at;
    at = answer.indexOf(marker, around[1]);
  }
  return -1;
}

function cut(answer, markers) {
  const parts = [];
  let from = 0;
  for (const [at, cite] of markers) {
    const text = answer.slice(from, at).trimEnd();
    if (text) parts.push({ text });
    parts.push({ cite, at });
    from = at + `[${cite.n}]`.length;
  }
  if (answer.slice(from).trim()) parts.push({ text: answer.slice(from) });
  return parts;
}

/** The pieces of an answer made of extracts, a list for each: a new one begins after the markers of the one before. */
export function extracts(parts) {
  const found = [];
  parts.forEach((part, i) => {
    if (i === 0 || (part.text && parts[i - 1].cite)) found.push([]);
    found.at(-1).push(part.text ? { text: i ? part.text.trimStart() : part.text } : part);
  });
  return found;
}
