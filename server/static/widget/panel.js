// The panel: header, conversation, what one types into, and the pane of a source.

import { runs } from "./conversation.js";
import { button, el, icon, iconButton } from "./dom.js";
import { degradedText, reason, sureness, TurnView } from "./turn.js";
import { pieces } from "./markers.js";
import { SourceView } from "./source.js";

const MOST_QUESTION = 2000; // characters, the service's limit
const SIDE_BY_SIDE = 700; // px of width from which source and conversation stand beside each other
const MOST_SPOKEN = 4000; // characters of an answer that are announced

export class Panel {
  #views = new Map();
  #open = null;
  #last = null;

  /** `ui` as in turn.js; `texts` are heading, greeting and suggestions; `act` asks, stops, clears, closes, loads. */
  constructor(ui, texts, act, floating) {
    this.ui = { ...ui, open: (...at) => this.#openSource(...at), say: (said) => this.say(said) };
    Object.assign(this, { texts, act });
    const attributes = { class: "panel", part: "panel", "aria-labelledby": "title", title: "" };
    this.node = el(floating ? "dialog" : "section", attributes);
    this.node.append(this.#header(floating), this.#body(), this.#spoken());
    this.node.addEventListener("keydown", (event) => this.#key(event));
    this.watch = new ResizeObserver(() => this.#fit());
    this.watch.observe(this.node);
  }

  #header(floating) {
    const { t } = this.ui;
    const clear = iconButton("clear", t("clear"), { click: () => this.act.clear() });
    const close = floating && iconButton("close", t("close"), { click: () => this.act.close() });
    this.clearButton = clear;
    return el("header", { class: "head", part: "header" }, el("h2", { id: "title" }, this.texts.heading), clear, close);
  }

  #body() {
    const { t } = this.ui;
    this.log = el("div", { class: "log", part: "log", role: "region", "aria-label": t("log"), tabindex: "0" });
    this.offline = el("p", { class: "offline", hidden: true }, icon("warn"), t("errors.offline"));
    this.main = el("div", { class: "main" }, this.log, this.offline, this.#composer());
    this.slot = el("div", { class: "slot" });
    return el("div", { class: "body" }, this.main, this.slot);
  }

  #composer() {
    const { t } = this.ui;
    this.input = el("textarea", {
      id: "question",
      part: "input",
      rows: 1,
      maxlength: MOST_QUESTION,
      placeholder: t("placeholder"),
      dir: "auto",
      keydown: (event) => this.#enter(event),
    });
    this.send = button({ type: "submit", class: "send", part: "send" });
    const submit = (event) => {
      event.preventDefault();
      if (runs(this.#last)) this.act.stop();
      else this.#submit();
    };
    const label = el("label", { for: "question", class: "hidden" }, t("question"));
    this.form = el("form", { class: "composer", part: "composer", submit }, label, this.input, this.send);
    return this.form;
  }

  #spoken() {
    this.spoken = el("div", { class: "hidden", role: "log", "aria-live": "polite" });
    return this.spoken;
  }

  #enter(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = this.input.value;
    this.input.focus();
    if (!text.trim()) return;
    this.input.value = "";
    this.act.ask(text);
  }

  #key(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    this.escape();
  }

  /** Puts away what was opened last. */
  escape() {
    if (this.#open) this.closeSource();
    else this.act.close();
  }

  /** Draws the turns. */
  update(turns) {
    const last = turns.at(-1) ?? null;
    const moved = last && this.#views.get(last.id)?.turn.status !== last.status;
    this.#drop(turns);
    for (const turn of turns) this.#draw(turn);
    this.#welcome(turns.length === 0);
    this.#running(runs(last));
    if (last && this.#last?.id === last.id && runs(this.#last)) this.#tell(last, this.#last);
    this.#last = last;
    if (moved || runs(last)) this.#scroll(last);
  }

  #drop(turns) {
    const here = new Set(turns.map((turn) => turn.id));
    for (const [id, view] of this.#views) {
      if (here.has(id)) continue;
      if (view.node.contains(this.#open?.opener)) this.closeSource();
      if (view.node.contains(view.node.getRootNode().activeElement)) this.input.focus();
      view.node.remove();
      this.#views.delete(id);
    }
  }

  #draw(turn) {
    const view = this.#views.get(turn.id);
    if (!view) {
      const made = new TurnView(this.ui, turn);
      this.#views.set(turn.id, made);
      this.log.append(made.node);
    } else if (view.turn !== turn) {
      const root = view.node.getRootNode();
      const focused = view.node.contains(root.activeElement) && root.activeElement;
      if (turn.status === "waiting") this.log.append(view.node);
      view.update(turn);
      if (focused && root.activeElement !== focused) this.#focus(focused);
    }
  }

  // What was redrawn meanwhile may be in another place, or gone.
  #focus(node) {
    (node.isConnected ? node : this.input).focus({ preventScroll: true });
  }

  #welcome(empty) {
    this.clearButton.hidden = empty;
    if (!empty) {
      this.empty?.remove();
      this.empty = null;
    } else if (!this.empty) this.log.append((this.empty = this.#greeting()));
  }

  #greeting() {
    const { greeting, suggestions } = this.texts;
    const ask = (text) => {
      this.input.focus();
      this.act.ask(text);
    };
    const offered = suggestions.map((text) =>
      el("li", {}, button({ class: "suggestion", part: "suggestion", dir: "auto", click: () => ask(text) }, text)),
    );
    const made = el("div", { class: "empty" }, el("span", { class: "emblem" }, icon("ask")));
    made.append(el("p", { class: "greeting", part: "greeting", dir: "auto" }, greeting));
    if (offered.length) made.append(el("h3", {}, this.ui.t("suggestions")), el("ul", {}, offered));
    return made;
  }

  #running(is) {
    if (this.send.dataset.stops === String(is)) return;
    const label = this.ui.t(is ? "stop" : "send");
    this.send.dataset.stops = is;
    this.send.ariaLabel = this.send.title = label;
    this.send.replaceChildren(icon(is ? "stop" : "send"));
  }

  #tell(turn, before) {
    const { t } = this.ui;
    if (turn.status === "answered") {
      const { answer, citations, words, confidence } = turn;
      const text = pieces(answer, citations, words).map((part) => part.text ?? "").join("").slice(0, MOST_SPOKEN);
      const sure = Number.isFinite(confidence) && t(sureness(confidence));
      const end = `(${[t("sources", { n: citations.length }), sure].filter(Boolean).join(", ")})`;
      this.say([turn.degraded && degradedText(t, turn), text, end].filter(Boolean).join(" "));
    } else if (turn.status === "abstained") this.say(`${t("abstained")}. ${reason(t, turn)}`);
    else if (turn.status === "failed") this.say(t(`errors.${turn.problem.kind}`));
    else if (turn.slow && !before.slow) this.say(t("slow"));
  }

  /** Has a screen reader say something. */
  say(text) {
    this.spoken.append(el("p", {}, text));
    while (this.spoken.children.length > 3) this.spoken.firstChild.remove();
  }

  // To the end, yet never past the question: the beginning of an answer is what one reads first.
  #scroll(turn) {
    const top = this.#views.get(turn.id).node.offsetTop - this.log.offsetTop - 20;
    this.log.scrollTop = Math.min(this.log.scrollHeight, top);
  }

  #openSource(turn, at, opener) {
    const again = this.#open?.opener === opener;
    this.closeSource(again);
    if (again) return;
    const act = { close: () => this.closeSource(), load: () => this.act.load(turn, at) };
    const view = new SourceView(this.ui, turn, at, act);
    this.#open = { opener, view };
    opener.ariaExpanded = "true";
    this.slot.append(view.node);
    this.node.dataset.source = "";
    this.#fit();
    view.title.focus({ preventScroll: true });
  }

  /** Puts the source away; the focus goes back to what opened it. */
  closeSource(focus = true) {
    if (!this.#open) return;
    const { opener, view } = this.#open;
    this.#open = null;
    view.node.remove();
    delete this.node.dataset.source;
    opener.ariaExpanded = "false";
    this.#fit();
    if (focus) this.#focus(opener);
  }

  // Where the source covers the conversation, what lies beneath cannot be reached.
  #fit() {
    const wide = this.node.clientWidth >= SIDE_BY_SIDE;
    this.node.toggleAttribute("data-wide", wide);
    this.main.inert = Boolean(this.#open) && !wide;
  }

  dispose() {
    this.watch.disconnect();
  }
}
