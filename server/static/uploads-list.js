// Draws the uploads, a line for each, and says each of its states once.

import { button, el, icon } from "./widget/dom.js";
import { clip } from "./widget/text.js";
import { canRetry, goesOn } from "./uploads.js";

const MOST_NAME = 200; // code points of a name
const MOST_DETAIL = 600;
const MOST_SAID = 40; // announcements that are kept
const QUIET = new Set(["waiting", "queued"]); // nobody needs to be told of these
const GOOD = new Set(["added", "updated", "unchanged"]);

/** What a line says of a file. */
export function told(file, t, limits) {
  const { state, kind, percent, passages, wait } = file;
  if (state === "sending") return t("upload.sending", { n: percent });
  if (state === "reading" && passages) return t("upload.passages", { n: passages });
  if (state === "added" || state === "updated") return t(`upload.${state}`, { n: passages });
  if (state === "cancelled") return t(kind === "late" ? "upload.late" : "upload.cancelled");
  if (kind === "large") return tooLarge(file, t, limits);
  if (kind === "kind") return t("upload.kind", { kinds: limits.suffixes.join(" ") });
  if (state === "held") return `${t(`errors.${kind}`)} ${wait ? t("upload.on", { time: t.seconds(wait) }) : ""}`.trim();
  if (state === "failed" && !kind) return t("upload.unread");
  return state === "failed" || state === "refused" ? t(`errors.${kind}`) : t(`upload.${state}`);
}

function tooLarge({ file }, t, limits) {
  return t("upload.large", { size: t.size(file.size), limit: t.size(limits.bytes) });
}

export class UploadsList {
  #rows = new Map();

  /** Draws into `list`, says into the log `news`; `home` gets the focus of the last line. `acts` are of `Uploads`. */
  constructor({ list, news, home }, t, limits, acts) {
    Object.assign(this, { list, news, home, t, limits, acts });
  }

  /** Shows a file as it is now. */
  show(file) {
    const row = this.#rows.get(file.id) ?? this.#made(file);
    const text = told(file, this.t, this.limits());
    row.told.textContent = text;
    row.trouble.textContent = goesOn(file) && file.state !== "held" && file.kind ? this.t(`errors.${file.kind}`) : "";
    row.detail.textContent = clip(file.detail, MOST_DETAIL);
    row.bar.hidden = file.state !== "sending";
    row.bar.value = file.percent;
    if (file.state !== row.node.dataset.state) this.#turned(row, file, text);
  }

  /** Takes the lines of files that have left away; the focus goes to a line beside. */
  keep(files) {
    const kept = new Set(files.map(({ id }) => id));
    for (const [id, row] of this.#rows) if (!kept.has(id)) this.#remove(id, row);
    this.list.hidden = !files.length;
  }

  /** Has a screen reader say a text, once. */
  say(text) {
    this.news.append(el("p", {}, text));
    while (this.news.children.length > MOST_SAID) this.news.firstChild.remove();
  }

  #made(file) {
    const name = clip(file.name, MOST_NAME);
    const row = {
      sign: el("span", { class: "sign" }),
      told: el("p", { class: "told" }),
      trouble: el("p", { class: "trouble" }),
      detail: el("p", { class: "detail", lang: "en", dir: "auto" }),
      bar: el("progress", { max: 100, value: 0, "aria-label": name }),
      again: button({ class: "icon", click: () => this.#again(file, row) }, icon("again")),
      end: button({ class: "icon", click: () => this.#end(file) }, icon("close")),
    };
    const title = el("bdi", { class: "name", title: file.name }, name);
    const lines = el("div", {}, title, row.bar, row.told, row.trouble, row.detail);
    row.node = el("li", {}, row.sign, lines, el("span", { class: "acts" }, row.again, row.end));
    called(row.again, this.t("upload.again", { name }));
    this.#rows.set(file.id, row);
    this.list.append(row.node);
    this.list.hidden = false;
    return row;
  }

  #turned(row, file, text) {
    const name = clip(file.name, MOST_NAME);
    row.node.dataset.state = file.state;
    row.node.dataset.is = GOOD.has(file.state) ? "good" : goesOn(file) ? "on" : file.state === "cancelled" ? "" : "bad";
    row.sign.replaceChildren(...sign(row.node.dataset.is));
    row.again.hidden = !canRetry(file);
    called(row.end, this.t(goesOn(file) ? "upload.cancel" : "upload.forget", { name }));
    const news = file.state === "sending" ? this.t("upload.begun") : text;
    if (!QUIET.has(file.state)) this.say(`${name}: ${news} ${row.detail.textContent}`.trim());
  }

  #again(file, row) {
    row.end.focus(); // the button that was pressed goes away
    this.acts.retry(file);
  }

  #end(file) {
    if (goesOn(file)) this.acts.cancel(file);
    else this.acts.forget(file);
  }

  #remove(id, { node }) {
    const beside = node.nextElementSibling ?? node.previousElementSibling;
    const held = node.contains(document.activeElement);
    node.remove();
    this.#rows.delete(id);
    if (held) (beside?.querySelector("button") ?? this.home).focus();
  }
}

function sign(is) {
  if (is === "good") return [icon("done")];
  if (is === "bad") return [icon("warn")];
  return [el("i")];
}

function called(node, label) {
  node.title = node.ariaLabel = label;
}
