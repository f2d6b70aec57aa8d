// Draws one turn: the question, and the answer as far as it has come.

import { answerParagraphs } from "./answer.js";
import { runs } from "./conversation.js";
import { button, el, icon, iconButton } from "./dom.js";
import { notice } from "./notice.js";
import { ratingButtons } from "./rating.js";
import { asText, copyText } from "./copy.js";
import { clip, folded } from "./text.js";

const MOST_ASKED = 2000; // code points of a question, which is the limit of the service
const NEAREST = 4; // passages shown where the documents hold no answer
const PREVIEW = 220; // code points of each
// Of 204 questions on seeds/, .24 were answered right below LOW, .57 between, .76 from HIGH (eval/results/686eae0.json).
const LOW = 0.2;
const HIGH = 0.5;

const FAULTS = ["llm_timeout", "llm_unsupported"];
const REASONS = ["no_documents", "nothing_found", "no_sentence_answers", "llm_found_none", "false_premise"];
const DIFFERENCES = ["figures", "dates", "views"];

/** A turn on the page; what has not changed stays in place, and so does the focus in it. */
export class TurnView {
  #drawn = new Map();
  #chips = new Map();

  /** `ui` holds `t`, the translator, and what can be done: `retry`, `rate`, `open`, `link`. */
  constructor(ui, turn) {
    this.ui = ui;
    this.answer = el("div", { class: "answer", part: "answer" });
    const you = el("span", { class: "hidden" }, `${ui.t("you")} `);
    const asked = el("bdi", { lang: "" }, clip(turn.question, MOST_ASKED));
    const question = el("h3", { class: "question", part: "question" }, you, asked);
    this.node = el("article", { class: "turn" }, question, this.answer);
    this.update(turn);
  }

  update(turn) {
    if (turn === this.turn) return;
    this.turn = turn;
    this.node.dataset.status = turn.status;
    this.node.ariaBusy = String(runs(turn));
    this.#place(this.#sections(turn));
  }

  #sections(turn) {
    const { t } = this.ui;
    const found = [];
    const add = (key, make) => found.push([key, make]);
    if (turn.rewritten) add("rewritten", () => aside(t("rewritten", { question: clip(turn.rewritten, MOST_ASKED) })));
    if (turn.status === "answered" && turn.degraded) add("degraded", () => aside(degradedText(t, turn)));
    if (turn.status === "abstained") add("abstained", () => this.#abstention(turn));
    else answerParagraphs(turn).forEach((p, i) => add(`${i} ${p.key}`, () => p.make((part) => this.#chip(part))));
    if (runs(turn)) add(`wait ${waitsFor(turn)}`, () => waiting(t(waitsFor(turn))));
    if (turn.status === "answered" && differs(turn)) add("differ", () => aside(differing(t, turn)));
    if (turn.status === "answered" && turn.words) add("worded", () => aside(worded(t, turn)));
    if (turn.status === "stopped") add("stopped", () => this.#stopped());
    if (turn.status === "failed") add("failed", () => notice(t, turn.problem, () => this.ui.retry(turn.id)));
    if (turn.status === "answered") add("sources", () => this.#sources(turn.citations));
    if (turn.reply && !runs(turn)) add("foot", () => this.#foot(turn));
    return found;
  }

  #place(sections) {
    const before = this.#drawn;
    this.#drawn = new Map(sections.map(([key, make]) => [key, before.get(key) ?? make()]));
    const nodes = [...this.#drawn.values()];
    for (const node of [...this.answer.children]) if (!nodes.includes(node)) node.remove();
    nodes.forEach((node, i) => {
      if (this.answer.children[i] !== node) this.answer.insertBefore(node, this.answer.children[i] ?? null);
    });
  }

  // The same one each time that a paragraph is drawn anew while its text grows: it may have the focus.
  #chip({ cite, at }) {
    const key = [at, cite.n, cite.document_id, cite.start].join();
    const label = this.ui.t("cite", { n: cite.n, title: clip(cite.title, PREVIEW) });
    const make = () => button({ class: "chip", part: "chip", "aria-label": label }, String(cite.n));
    if (!this.#chips.has(key)) this.#chips.set(key, this.#opens(make(), cite));
    return this.#chips.get(key);
  }

  #sources(citations) {
    const rows = citations.map((cite) => this.#source(cite, cite.n));
    return el("ol", { class: "sources", "aria-label": this.ui.t("sources", { n: rows.length }) }, rows);
  }

  #source(at, n, preview) {
    const where = clip(this.ui.where(at).join(" · "), PREVIEW);
    const row = button({ class: "source", part: "source" }, el("span", { class: "number" }, String(n)));
    // One direction for both lines, that of the title.
    const title = el("span", { class: "title", lang: "" }, clip(at.title, PREVIEW));
    const named = el("span", { dir: "auto" }, title);
    if (where) named.append(el("span", { class: "where" }, where));
    row.append(named);
    if (preview) row.append(el("span", { class: "preview", dir: "auto", lang: "" }, clip(folded(preview), PREVIEW)));
    return el("li", {}, this.#opens(row, at));
  }

  #opens(control, at) {
    control.setAttribute("aria-expanded", "false");
    control.addEventListener("click", () => this.ui.open(this.turn, at, control));
    return control;
  }

  #abstention(turn) {
    const { t } = this.ui;
    const { passages } = turn;
    const said = el("div", {}, el("strong", {}, t("abstained")), el("p", { dir: "auto" }, reason(t, turn)));
    const made = el("div", { class: "abstained", part: "abstained" }, el("div", { class: "sign" }, icon("none"), said));
    if (!passages.length) return made;
    const rows = passages.slice(0, NEAREST).map((p) => this.#source(p, p.rank, p.text));
    made.append(el("h4", {}, t("nearest")), el("ol", { class: "sources" }, rows));
    return made;
  }

  #stopped() {
    const { t, retry } = this.ui;
    const again = button({ class: "text", click: () => retry(this.turn.id) }, icon("again"), t("retry"));
    return el("p", { class: "stopped" }, el("span", {}, t("stopped")), again);
  }

  #foot(turn) {
    const { t } = this.ui;
    const foot = el("div", { class: "foot" });
    const end = el("div", { class: "end" }, foot);
    if (turn.status === "answered" && Number.isFinite(turn.confidence)) foot.append(confidence(t, turn.confidence));
    const copy = iconButton("copy", t("copy"), { click: () => this.#copy(copy) });
    foot.append(el("span", { class: "actions" }, copy, ...ratingButtons(this.ui, turn, foot)));
    return end;
  }

  async #copy(control) {
    await copyText(asText(this.turn, this.ui), control.getRootNode());
    control.replaceChildren(icon("done"));
    this.ui.say(this.ui.t("copied"));
    setTimeout(() => control.replaceChildren(icon("copy")), 2000);
  }
}

function aside(text) {
  return el("p", { class: "aside", dir: "auto" }, text);
}

/** Why there are extracts where a language model was to write. */
export function degradedText(t, { degraded }) {
  return t(`degraded.${FAULTS.includes(degraded) ? degraded : "llm_unavailable"}`);
}

/** Why there is no answer, in the reader's language where it is a known reason. */
export function reason(t, { because, answer }) {
  return REASONS.includes(because) ? t(`because.${because}`, { said: clip(answer, MOST_ASKED) }) : clip(answer, MOST_ASKED);
}

function differs({ disagreement }) {
  return DIFFERENCES.includes(disagreement?.about) && disagreement.citations?.length === 2;
}

function differing(t, { disagreement }) {
  const [a, b] = disagreement.citations.map(String);
  return t(`differ.${disagreement.about}`, { a, b });
}

function worded(t, { removed }) {
  return [t("worded"), removed > 0 && t("removed", { n: removed })].filter(Boolean).join(" ");
}

function waitsFor({ status, slow, passages }) {
  if (slow) return "slow";
  if (status === "streaming") return "more";
  return passages.length ? "reading" : "searching";
}

function waiting(text) {
  const dots = el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
  return el("p", { class: "waiting" }, dots, text);
}

/** The word of the catalogues for a confidence in [0, 1]. */
export function sureness(value) {
  if (value >= HIGH) return "high";
  return value < LOW ? "low" : "medium";
}

function confidence(t, value) {
  const word = sureness(value);
  const bars = el("span", { class: "bars", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
  return el("span", { class: "sure", "data-sure": word }, bars, t(word));
}
