// Shows the passage that a quote was taken from, with the quote marked.

import { el, icon, iconButton } from "./dom.js";
import { clip, clipStart, slice, unitsAt, unwrapped } from "./text.js";

const CONTEXT = 600; // code points around a quote that none of the answer's passages holds
const MOST_AROUND = 3000; // UTF-16 units shown before and after a quote
const MOST_QUOTED = 20000;
const MOST_FACT = 300; // of a title, a name and the like

/** The pane of a citation or passage; `close()` is called by its button, `load(signal)` gives the document's text. */
export class SourceView {
  constructor(ui, turn, at, { close, load }) {
    const { t } = ui;
    this.title = el("h3", { class: "source-title", tabindex: "-1", dir: "auto", lang: "" }, clip(at.title, MOST_FACT));
    const text = { class: "passage", part: "passage", dir: "auto", lang: "", tabindex: "0", role: "region" };
    this.text = el("div", { ...text, "aria-label": t("passage") });
    const href = ui.link(at);
    // A tab that the service's own page opens takes over its sessionStorage, and with it the key.
    const rel = new URL(href).origin === location.origin ? "opener" : "noopener";
    const attributes = { class: "whole", href, target: "_blank", rel };
    const label = at.n ? t("cite", { n: at.n, title: clip(at.title, MOST_FACT) }) : t("passage");
    this.node = el(
      "section",
      { class: "pane", part: "source-pane", "aria-label": label },
      el("div", { class: "pane-head" }, iconButton("back", t("back"), { click: close }), this.title),
      facts(ui, at),
      this.text,
      el("a", attributes, t("open"), icon("out")),
    );
    this.#fill(ui, turn, at, load);
  }

  async #fill({ t }, turn, at, load) {
    const held = turn.passages.find((p) => p.document_id === at.document_id && p.start <= at.start && at.end <= p.end);
    if (held) {
      this.#show(held.text, at.start - held.start, at);
      return;
    }
    this.text.textContent = t("loading");
    try {
      const text = await load();
      const from = Math.max(0, at.start - CONTEXT);
      this.#show(slice(text, from, at.end + CONTEXT), at.start - from, at);
    } catch {
      this.text.textContent = t("notLoaded");
    }
  }

  #show(wrapped, start, { quote, start: begin, end }) {
    const text = unwrapped(wrapped);
    if (quote === undefined) {
      this.text.replaceChildren(el("span", {}, clip(text, MOST_AROUND)));
      return;
    }
    const from = unitsAt(text, 0, start);
    const to = unitsAt(text, from, end - begin);
    const mark = el("mark", { part: "quote" }, clip(text.slice(from, to), MOST_QUOTED));
    const [before, after] = [clipStart(text.slice(0, from), MOST_AROUND), clip(text.slice(to), MOST_AROUND)];
    this.text.replaceChildren(...el("p", {}, before, mark, after).childNodes);
    this.text.scrollTop = Math.max(0, mark.offsetTop - this.text.offsetTop - 48);
  }
}

function facts({ t, ...ui }, at) {
  const rows = [
    [t("section"), ui.section(at)],
    [t("page"), at.page],
    [t("date"), at.date && t.date(at.date)],
    [t("author"), at.author],
    [t("file"), at.source],
  ];
  const shown = rows.filter(([, value]) => value);
  const pairs = shown.map(([name, value]) => [
    el("dt", {}, name),
    el("dd", { dir: "auto" }, clip(String(value), MOST_FACT)),
  ]);
  return el("dl", { class: "facts" }, pairs.map((pair) => el("div", {}, pair)));
}
