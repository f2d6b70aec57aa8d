// How the widget looks on the page that shows how to embed it: colours for light and dark, type and sizes.

import { el } from "./widget/dom.js";
import { coloured, hex } from "./snippet.js";

const FIRST = ["accent", "accent-ink", "paper", "ink"];
const MORE = ["soft", "line", "mark", "mark-ink"];
const ALL = [...FIRST, ...MORE];
const SCHEMES = ["light", "dark"];
// In px: the least, as it comes, the most.
const SIZES = {
  "font-size": [12, 16, 22],
  radius: [0, 16, 28],
  width: [320, 416, 640],
  height: [420, 680, 900],
  inset: [0, 24, 64],
};
const FONTS = {
  serif: 'Georgia, "Times New Roman", serif',
  mono: 'ui-monospace, "SF Mono", Menlo, Consolas, monospace',
};
const $ = (id) => document.getElementById(id);

export class Look {
  #comes = {};
  #chosen;

  /** Puts its controls into the page; `changed()` is told of colours, `scheme()` says which ones are shown. */
  constructor(t, chat, scheme, changed) {
    Object.assign(this, { t, scheme, changed });
    this.#learn(getComputedStyle(chat));
    this.reset();
    $("colours").append(...FIRST.map((name) => this.#colour(name)));
    $("more-colours").append(...MORE.map((name) => this.#colour(name)));
    $("sizes").append(...Object.entries(SIZES).map((size) => this.#size(size)));
  }

  /** As the widget comes. */
  reset() {
    this.#chosen = { light: {}, dark: {} };
  }

  /** Every colour of a scheme, `#rrggbb` by name. */
  colours(scheme) {
    const at = SCHEMES.indexOf(scheme);
    return Object.fromEntries(ALL.map((name) => [name, this.#chosen[scheme][name] ?? this.#comes[name][at]]));
  }

  /** What differs from how the widget comes, for a page of this theme; for one that has both, an empty one. */
  variables(theme) {
    const [light, dark] = SCHEMES.map((scheme) => this.colours(scheme));
    const counts = theme ? [theme] : SCHEMES;
    const changed = ALL.filter((name) => counts.some((scheme) => name in this.#chosen[scheme]));
    const set = Object.fromEntries(changed.map((name) => [name, coloured(light[name], dark[name], theme)]));
    if ($("font").value) set.font = FONTS[$("font").value];
    for (const [name, [, usual]] of Object.entries(SIZES)) {
      if (Number($(name).value) !== usual) set[name] = `${$(name).value}px`;
    }
    return set;
  }

  /** Has the controls show what is chosen; who types a colour is not disturbed. */
  show() {
    const now = this.colours(this.scheme());
    for (const name of ALL) {
      $(`pick-${name}`).value = now[name];
      if (hex($(`hex-${name}`).value) !== now[name]) $(`hex-${name}`).value = now[name];
    }
    for (const name of Object.keys(SIZES)) $(`${name}-now`).textContent = `${$(name).value} px`;
  }

  // The widget says itself which colours it comes with: `light-dark(#fff, #171d1e)`.
  #learn(style) {
    for (const name of ALL) this.#comes[name] = style.getPropertyValue(`--${name}`).match(/#[0-9a-f]+/gi).map(hex);
  }

  #choose(name, field) {
    const value = hex(field.value);
    field.ariaInvalid = value ? null : "true";
    if (!value) return;
    this.#chosen[this.scheme()][name] = value;
    this.changed();
  }

  #colour(name) {
    const said = this.t(`embed.${name}`);
    const input = ({ target }) => this.#choose(name, target);
    const pick = el("input", { type: "color", id: `pick-${name}`, value: this.#comes[name][0], input });
    const label = this.t("embed.hex", { name: said });
    const attributes = { id: `hex-${name}`, "aria-label": label, spellcheck: "false", dir: "ltr", size: 8 };
    const typed = el("input", { ...attributes, input });
    return el("p", { class: "colour" }, pick, el("label", { for: `pick-${name}` }, said), typed);
  }

  #size([name, [least, usual, most]]) {
    const label = el("label", { for: name }, this.t(`embed.${name}`));
    const now = el("output", { id: `${name}-now`, for: name });
    const slide = el("input", { type: "range", id: name, min: least, max: most, value: usual });
    return el("p", { class: "row size" }, label, now, slide);
  }
}
