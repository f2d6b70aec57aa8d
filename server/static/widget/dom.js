// Makes elements by DOM calls, all text as text nodes.

import { visible } from "./text.js";

const SVG = "http://www.w3.org/2000/svg";

/** An element; strings among the children become text nodes, what is false or null is left out. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(name, value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  const given = children.flat().filter((child) => child || child === 0);
  made.append(...given.map((child) => (child instanceof Node ? child : visible(child))));
  return made;
}

/** A button that does not submit. */
export function button(attributes, ...children) {
  return el("button", { type: "button", ...attributes }, ...children);
}

/** A button with a picture only; its label is also its tooltip. */
export function iconButton(name, label, attributes) {
  return button({ class: "icon", "aria-label": label, title: label, ...attributes }, icon(name));
}

const PATHS = {
  ask: ["M4 5.5h16v10.5h-8.5L7 20v-4H4z", "M8.5 9.5h7M8.5 12.5h4.5"],
  close: ["M6 6l12 12M18 6L6 18"],
  back: ["M19 12H5M11 6l-6 6 6 6"],
  send: ["M12 19V5M6 11l6-6 6 6"],
  stop: ["M7 7h10v10H7z"],
  again: ["M19 12a7 7 0 1 1-2.2-5.1", "M19 4v4h-4"],
  copy: ["M9 9h10v11H9z", "M5 15V4h10"],
  done: ["M5 12.5l4.5 4.5L19 7.5"],
  up: ["M7 11v9H4v-9z", "M7 11l4.5-7c1.6 0 2.3 1.2 2 2.7L13 10h6c1 0 1.6.9 1.4 1.8l-1.5 6.7c-.2.9-.9 1.5-1.8 1.5H7"],
  down: ["M7 13V4H4v9z", "M7 13l4.5 7c1.6 0 2.3-1.2 2-2.7L13 14h6c1 0 1.6-.9 1.4-1.8l-1.5-6.7C18.7 4.6 18 4 17.1 4H7"],
  clear: ["M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5"],
  none: ["M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20 20", "M8.5 8.5l4 4M12.5 8.5l-4 4"],
  warn: ["M12 4l9 16H3z", "M12 10v4.5M12 17v.2"],
  out: ["M13 5h6v6M19 5l-9 9", "M16 14v5H5V8h5"],
};

/** A picture that says nothing to a screen reader. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const d of PATHS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}
