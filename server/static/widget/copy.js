// An answer as plain text, with its sources, for the clipboard.

import { visible } from "./text.js";

/** The answer, then a line for each source with the link to it. */
export function asText({ answer, citations }, ui) {
  const lines = citations.map((at) => `[${at.n}] ${[at.title, ...ui.where(at)].join(", ")} <${ui.link(at)}>`);
  return visible([answer, ...(lines.length ? ["", ...lines] : [])].join("\n"));
}

/** Copies a text; pages that are not served over HTTPS have no `navigator.clipboard`. */
export async function copyText(text, root) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    const focused = root.activeElement;
    field.value = text;
    (root.querySelector("dialog") ?? root).append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    focused?.focus();
  }
}
