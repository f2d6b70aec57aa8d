// The little Markdown that language models write, as plain data: links and images stay the text they are.

const PLACE = /\ue000(\d+)\ue001/gu;
const INLINE = new RegExp(
  [
    PLACE.source,
    "`([^`\\n]{1,500})`",
    "\\*\\*(?=\\S)([^*]{1,500})\\*\\*",
    "\\*(?=\\S)([^*\\n]{1,500})\\*",
    "(?<![\\p{L}\\p{N}_])_(?=\\S)([^_\\n]{1,500})_(?![\\p{L}\\p{N}_])",
  ].join("|"),
  "gu",
);
const ITEM = /^\s{0,3}(?:[-*+•]|(\d{1,3})[.)])\s+(.*)$/;
const HEADING = /^#{1,6}\s+(.*)$/;
const FENCE = /^\s*```/;

/** Pieces of an answer (see markers.js) as blocks `{ tag, lines }`, where a line is a list of inline parts. */
export function blocks(parts) {
  const cites = [];
  const text = parts
    .map((part) => (part.cite ? `\ue000${cites.push(part) - 1}\ue001` : part.text.replace(/[\ue000\ue001]/g, "")))
    .join("");
  return grouped(text.replace(/\r\n?/g, "\n").split("\n")).map(({ tag, lines }) => ({
    tag,
    lines: tag === "pre" ? [literal(lines.join("\n"))] : lines.map((line) => inline(line, cites)),
  }));
}

function grouped(lines) {
  const found = [];
  let open = null;
  for (const line of lines) {
    const [, number, item] = ITEM.exec(line) ?? [];
    const [, heading] = HEADING.exec(line) ?? [];
    if (FENCE.test(line)) begin(open?.tag === "pre" ? null : "pre");
    else if (open?.tag === "pre") open.lines.push(line);
    else if (!line.trim()) begin(null);
    else if (heading) {
      begin("p", `**${heading.replaceAll("*", "")}**`);
      begin(null);
    } else if (item === undefined) goOn(line.trim());
    else if (open?.tag === (number ? "ol" : "ul")) open.lines.push(item);
    else begin(number ? "ol" : "ul", item);
  }
  return found;

  function begin(tag, ...first) {
    open = tag && { tag, lines: first };
    if (open) found.push(open);
  }

  function goOn(line) {
    if (open) open.lines.push(`${open.lines.pop()}\n${line}`);
    else begin("p", line);
  }
}

function inline(text, cites) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    from = match.index + match[0].length;
    const [, place, code, strong, star, line] = match;
    if (place) parts.push(cites[place]);
    else if (code) parts.push({ tag: "code", parts: literal(code) });
    else parts.push({ tag: strong ? "strong" : "em", parts: inline(strong ?? star ?? line, cites) });
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

function literal(text) {
  return [{ text: text.replace(PLACE, "") }];
}
