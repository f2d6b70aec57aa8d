// The styles of the element. As a constructed sheet they need no `style-src` in a page's Content-Security-Policy.

import { PANE, TALK } from "./styles-talk.js";

const COLOURS = `
:host {
  --accent: var(--rag-accent, light-dark(#0f5c5c, #7fd1c7));
  --accent-ink: var(--rag-accent-ink, light-dark(#fff, #0b1514));
  --paper: var(--rag-paper, light-dark(#fff, #171d1e));
  --ink: var(--rag-ink, light-dark(#1c2424, #e7ebea));
  --soft: var(--rag-soft, light-dark(#566160, #a3afad));
  --line: var(--rag-line, light-dark(#e2e5e4, #303a3a));
  --edge: light-dark(#848f8d, #74807e);
  --wash: color-mix(in oklab, var(--accent) 9%, var(--paper));
  --raised: color-mix(in oklab, var(--ink) 3.5%, var(--paper));
  --mark: var(--rag-mark, light-dark(#ffe9a3, #5d4a10));
  --mark-ink: var(--rag-mark-ink, light-dark(#1c2424, #fff3cf));
  --amber: light-dark(#7a4f00, #f0c36a);
  --amber-wash: light-dark(#fdf5e3, #2b2515);
  --red: light-dark(#96281b, #ff9d8f);
  --red-wash: light-dark(#fcedea, #351d1c);
  --radius: var(--rag-radius, 16px);
  --shadow: 0 1px 3px rgb(0 0 0 / 10%), 0 12px 40px rgb(0 0 0 / 16%);
  color-scheme: light dark;
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
@media (prefers-contrast: more) {
  :host { --soft: var(--ink); --line: var(--ink); --edge: var(--ink); }
}`;

const FRAME = `
:host { display: contents; }
:host([inline]) { display: block; block-size: var(--rag-height, min(680px, 90vh)); }
:host([hidden]), [hidden] { display: none !important; }
.root {
  all: initial;
  color: var(--ink);
  font: 400 medium/1.6 var(--rag-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif);
  font-size: var(--rag-font-size, medium);
  color-scheme: inherit;
  overflow-wrap: anywhere;
  -webkit-text-size-adjust: 100%;
}
:host([inline]) .root { display: block; block-size: 100%; }
*, ::before, ::after { box-sizing: border-box; }
h2, h3, h4, p, ul, ol, dl, dd, blockquote, pre { margin: 0; padding: 0; font: inherit; }
ul, ol { list-style: none; }
button, textarea { margin: 0; font: inherit; color: inherit; letter-spacing: inherit; }
button { border: 0; background: none; cursor: pointer; }
button[aria-disabled="true"] { cursor: not-allowed; opacity: 0.75; }
svg {
  flex: none;
  inline-size: 20px;
  block-size: 20px;
  fill: none;
  stroke: currentColor;
  stroke-width: 1.7;
  stroke-linecap: round;
  stroke-linejoin: round;
}
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.hidden {
  position: absolute;
  inline-size: 1px;
  block-size: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}

.launcher {
  position: fixed;
  inset-block-end: var(--rag-inset, 24px);
  inset-inline-end: var(--rag-inset, 24px);
  z-index: var(--rag-z-index, 2147483000);
  display: flex;
  align-items: center;
  gap: 10px;
  max-inline-size: calc(100vw - 32px);
  min-block-size: 48px;
  padding: 10px 20px 10px 16px;
  border-radius: 28px;
  background: var(--accent);
  color: var(--accent-ink);
  box-shadow: var(--shadow);
  font-weight: 600;
}
[dir="rtl"] .launcher { padding: 10px 16px 10px 20px; }
.launcher:hover, .send:hover { background: color-mix(in oklab, var(--accent) 88%, var(--ink)); }
:host([position="start"]) .launcher, :host([position="start"]) dialog {
  inset-inline: var(--rag-inset, 24px) auto;
}

.panel {
  display: flex;
  flex-direction: column;
  inline-size: 100%;
  block-size: 100%;
  overflow: hidden;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--paper);
  color: var(--ink);
  font-size: 0.9375em;
}
dialog.panel {
  position: fixed;
  inset: auto var(--rag-inset, 24px) var(--rag-inset, 24px) auto;
  inset-inline: auto var(--rag-inset, 24px);
  z-index: var(--rag-z-index, 2147483000);
  inline-size: min(var(--rag-width, 416px), 100vw - 48px);
  block-size: min(var(--rag-height, 680px), 100dvh - 48px);
  max-inline-size: none;
  max-block-size: none;
  margin: 0;
  padding: 0;
  box-shadow: var(--shadow);
}
dialog.panel[data-source] { inline-size: min(max(var(--rag-width, 416px), 880px), 100vw - 48px); }
dialog.panel:not([open]) { display: none; }
dialog.panel:modal {
  inset: 0;
  inline-size: 100%;
  block-size: 100%;
  border: 0;
  border-radius: 0;
}
.head {
  display: flex;
  align-items: center;
  gap: 4px;
  padding: 8px 8px 8px 20px;
  min-block-size: 56px;
  border-block-end: 1px solid var(--line);
}
[dir="rtl"] .head { padding: 8px 20px 8px 8px; }
.head h2 { flex: 1; font-size: 1.067em; font-weight: 650; line-height: 1.3; }
.icon {
  display: grid;
  place-items: center;
  inline-size: 36px;
  block-size: 36px;
  padding: 0;
  border-radius: 10px;
  color: var(--soft);
}
.icon:hover { background: var(--raised); color: var(--ink); }
.icon[aria-pressed="true"] { background: var(--wash); color: var(--accent); }
.body { display: flex; flex: 1; min-block-size: 0; position: relative; }
.main { display: flex; flex: 1; flex-direction: column; min-inline-size: 0; }
.slot { display: contents; }`;

let made = null;

/** The sheet, made once for all elements of the page. */
export function sheet() {
  if (!made) {
    made = new CSSStyleSheet();
    made.replaceSync(COLOURS + FRAME + TALK + PANE);
  }
  return made;
}
