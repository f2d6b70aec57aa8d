// The language of the pages: the words of the reader's, put into the page. Texts of one are in `words/`.

import { language, translator } from "./widget/messages.js";

const PLACES = { t: "textContent", tLabel: "ariaLabel", tAlt: "alt", tTitle: "title", tPlaceholder: "placeholder" };

/** What says things in the language that the address names (`?lang=de`), else the tab, else the browser. */
export async function speaker() {
  const asked = new URLSearchParams(location.search).get("lang");
  if (asked) sessionStorage.setItem("lang", language(asked));
  const tag = sessionStorage.getItem("lang") ?? navigator.language;
  const lang = language(tag);
  const { words } = await import(`./words/${lang}.js`);
  const own = fits(navigator.language, lang) ? navigator.language : lang; // its country says how dates are written
  const t = translator(own, { [lang]: words });
  const size = new Intl.NumberFormat(lang, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 });
  return Object.assign(t, { tag: own, size: (bytes) => size.format(bytes / 2 ** 20) });
}

/** Puts the page into the language of `t`: `data-t` names an element's text, `data-t-label` its label, and so on. */
export function speak(t) {
  Object.assign(document.documentElement, { lang: t.lang, dir: t.dir });
  for (const [data, property] of Object.entries(PLACES)) {
    const name = `data-${data.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    for (const node of document.querySelectorAll(`[${name}]`)) node[property] = t(node.dataset[data]);
  }
}

function fits(tag, lang) {
  return tag.toLowerCase().split("-")[0] === lang;
}
