// How well text can be read on its ground, after WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).

import { el } from "./widget/dom.js";

const ENOUGH = 4.5; // for AA, of text of the usual size
const WASH = 0.09; // of the accent in the ground of chips and questions, as in the widget's styles
const PAIRS = [
  ["accent-ink", "accent"],
  ["ink", "paper"],
  ["soft", "paper"],
  ["accent", "paper"],
  ["mark-ink", "mark"],
];

// The pairs that have too little: `[text, ground, ratio]`.
function tooLow(colours) {
  const found = PAIRS.map(([ink, ground]) => [ink, ground, least(ink, ground, colours)]);
  return found.filter(([, , figure]) => figure < ENOUGH);
}

/** From 1 to 21, of two colours `#rrggbb`. */
export function ratio(one, other) {
  return between(rgb(one), rgb(other));
}

/** A line for each pair of these colours, `#rrggbb` by name, that has too little, with a sample: `{ text, node }`. */
export function warnings(scheme, colours, t) {
  return tooLow(colours).map(([ink, ground, found]) => {
    const both = () => t("embed.on", { ink: t(`embed.${ink}`), paper: t(`embed.${ground}`) });
    const pair = ink.endsWith("-ink") ? t(`embed.${ink}`) : both(); // such a name says on what it stands
    const figure = (Math.floor(found * 10) / 10).toLocaleString(t.lang, { minimumFractionDigits: 1 });
    const text = `${t(`embed.${scheme}`)}. ${t("embed.low", { pair, ratio: figure })}`;
    const sample = el("span", { class: "sample", "aria-hidden": "true" }, "Aa");
    Object.assign(sample.style, { color: colours[ink], background: colours[ground] });
    return { text, node: el("p", {}, sample, el("span", {}, text)) };
  });
}

// The accent stands on paper, and on paper with a little of itself. The widget mixes in oklab; of so little that
// differs from this in the second figure.
function least(ink, ground, colours) {
  const found = ratio(colours[ink], colours[ground]);
  if (ink !== "accent") return found;
  const [accent, paper] = [rgb(colours.accent), rgb(colours.paper)];
  const wash = accent.map((value, i) => WASH * value + (1 - WASH) * paper[i]);
  return Math.min(found, between(accent, wash));
}

function between(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour) {
  const [r, g, b] = colour.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function rgb(colour) {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
}
