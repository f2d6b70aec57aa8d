// Text of documents and answers: offsets count code points, JavaScript counts UTF-16 units.

// The same characters as in rag/hidden.py: they count in offsets, and could carry words past the reader.
const HIDDEN =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** The text without what a reader would not see; to be taken after slicing, since offsets count it. */
export function visible(text) {
  return String(text).replace(HIDDEN, "");
}

/** The UTF-16 index that lies so many code points after another index, at most the text's length. */
export function unitsAt(text, from, codePoints) {
  let at = from;
  for (let n = 0; n < codePoints && at < text.length; n++) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return at;
}

/** The code points from `start` to `end`. */
export function slice(text, start, end) {
  const from = unitsAt(text, 0, start);
  return text.slice(from, unitsAt(text, from, end - start));
}

/** At most so many code points, with an ellipsis where there are more. */
export function clip(text, most) {
  const end = unitsAt(text, 0, most);
  return end < text.length ? `${text.slice(0, end).trimEnd()}…` : text;
}

/** The last code points, with an ellipsis where there are more. */
export function clipStart(text, most) {
  if (text.length <= most) return text;
  let from = text.length - most;
  if (/[\udc00-\udfff]/.test(text[from])) from++;
  return `…${text.slice(from).trimStart()}`;
}

const LONG_LINE = 55; // characters from which a line that ends in no full stop was wrapped rather than ended

/** The text with spaces for line breaks that only wrap a sentence; offsets stay what they are. */
export function unwrapped(text) {
  return text.replace(/(?<=\S)\r?\n(?=\S)/g, (found, at) => {
    const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at).slice(-LONG_LINE);
    return wraps(line, text[at + found.length]) ? " ".repeat(found.length) : found;
  });
}

function wraps(line, next) {
  if (/[|\t]/.test(line) || /[-*+•#>|]/.test(next)) return false; // rows of a table, items, headings
  if (/\p{Ll}/u.test(next) || /[,;–—]$/.test(line)) return true;
  return line.length === LONG_LINE && !/[.!?:]$/.test(line) && !/\d/.test(next);
}

/** On one line. */
export function folded(text) {
  return text.replace(/\s+/g, " ").trim();
}
