// The styles of the conversation, and of the pane that shows a source.

export const TALK = `
.log { flex: 1; min-block-size: 0; overflow: hidden auto; padding: 20px; overscroll-behavior: contain; }
.log:focus-visible { outline-offset: -2px; }
.log > * { max-inline-size: 46em; margin-inline: auto; }
.turn + .turn { margin-block-start: 32px; }
.question {
  inline-size: fit-content;
  max-inline-size: 88%;
  margin-inline-start: auto;
  padding: 8px 14px;
  border-radius: 16px;
  border-end-end-radius: 4px;
  background: var(--wash);
  font-weight: 500;
  white-space: pre-line;
}
bdi { display: block; }
.held { white-space: nowrap; }
.answer { display: grid; gap: 12px; margin-block-start: 16px; }
.answer > * { min-inline-size: 0; }
blockquote {
  padding-inline-start: 14px;
  border-inline-start: 2px solid color-mix(in oklab, var(--accent) 45%, var(--paper));
}
blockquote, .answer > p, .preview, .passage { white-space: pre-line; unicode-bidi: isolate; }
.answer > ul, .answer > ol:not(.sources) {
  display: grid;
  gap: 4px;
  padding-inline-start: 1.4em;
  list-style: disc;
}
.answer > ol:not(.sources) { list-style: decimal; }
strong { font-weight: 650; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.92em; }
code { padding: 1px 5px; border-radius: 5px; background: var(--raised); }
pre { padding: 12px; border-radius: 10px; background: var(--raised); white-space: pre-wrap; }
.chip {
  display: inline-grid;
  place-items: center;
  min-inline-size: 24px;
  block-size: max(24px, 2em);
  margin-inline: 5px 1px;
  padding: 0 6px;
  border-radius: 12px;
  background: var(--wash);
  color: var(--accent);
  font-size: 0.8em;
  font-weight: 700;
  line-height: 1;
  vertical-align: top;
}
.chip + .chip { margin-inline-start: 2px; }
.chip:hover, .chip[aria-expanded="true"] { background: var(--accent); color: var(--accent-ink); }
.waiting, .aside, .stopped { color: var(--soft); }
.aside { font-size: 0.9em; }
.waiting, .stopped { display: flex; align-items: center; gap: 12px; }
.dots { display: inline-flex; gap: 4px; }
.dots i { inline-size: 6px; block-size: 6px; border-radius: 50%; background: var(--accent); opacity: 0.5; }
.text {
  display: inline-flex;
  align-items: center;
  gap: 6px;
  min-block-size: 32px;
  padding: 4px 12px;
  border: 1px solid var(--edge);
  border-radius: 16px;
  font-size: 0.92em;
  font-weight: 600;
  text-align: start;
}
.text:hover { border-color: var(--accent); color: var(--accent); }
.text svg { inline-size: 16px; block-size: 16px; }
.sources { border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
.sources li + li { border-block-start: 1px solid var(--line); }
.source {
  display: grid;
  grid-template-columns: auto minmax(0, 1fr);
  gap: 0 10px;
  inline-size: 100%;
  padding: 9px 14px;
  text-align: start;
  line-height: 1.4;
}
.source:hover, .source[aria-expanded="true"] { background: var(--wash); }
.source:focus-visible { outline-offset: -2px; border-radius: 11px; }
.number { grid-row: span 2; min-inline-size: 1ch; color: var(--accent); font-weight: 700; }
.title {
  display: -webkit-box;
  overflow: hidden;
  font-weight: 600;
  font-size: 0.93em;
  unicode-bidi: isolate;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 2;
}
.where, .preview { grid-column: 2; color: var(--soft); font-size: 0.87em; }
.where { display: block; }
.preview {
  display: -webkit-box;
  margin-block-start: 2px;
  overflow: hidden;
  color: var(--ink);
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 2;
}
.foot {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 4px 12px;
  color: var(--soft);
  font-size: 0.9em;
}
.actions { display: flex; margin-inline: auto -8px; }
.actions svg { inline-size: 18px; block-size: 18px; }
.sure { display: inline-flex; align-items: center; gap: 8px; }
.bars { display: inline-flex; align-items: flex-end; gap: 2px; }
.bars i { inline-size: 4px; block-size: 6px; border-radius: 1px; background: var(--accent); }
.bars i:nth-child(2) { block-size: 10px; }
.bars i:nth-child(3) { block-size: 14px; }
[data-sure="low"] i + i, [data-sure="medium"] i:nth-child(3) { background: var(--line); }
[data-sure="low"] { color: var(--amber); }
[data-sure="low"] i:first-child { background: var(--amber); }
.abstained { display: grid; gap: 12px; }
.sign, .failed {
  display: flex;
  gap: 12px;
  padding: 12px 14px;
  border-radius: 12px;
  background: var(--amber-wash);
  color: var(--ink);
}
.sign svg { color: var(--amber); }
.sign strong { color: var(--amber); }
h4, .empty h3 { color: var(--soft); font-size: 0.9em; font-weight: 600; }
.failed { background: var(--red-wash); }
.failed svg { color: var(--red); }
.failed .text { margin-block-start: 10px; }
.failed .text svg { color: inherit; }
.failed > svg, .sign > svg { margin-block-start: 1px; }
.detail { color: var(--soft); font-size: 0.92em; }
.comment {
  display: grid;
  gap: 8px;
  justify-items: start;
  margin-block-start: 8px;
  padding: 12px 14px;
  border-radius: 12px;
  background: var(--raised);
}
.comment label { font-size: 0.92em; font-weight: 600; }
.comment textarea {
  inline-size: 100%;
  padding: 8px 10px;
  border: 1px solid var(--edge);
  border-radius: 10px;
  background: var(--paper);
  resize: vertical;
}
.end > * { scroll-margin-block: 20px; }
.end > .aside { margin-block-start: 4px; }
.empty { display: grid; gap: 16px; align-content: end; min-block-size: 100%; }
.emblem {
  display: grid;
  place-items: center;
  inline-size: 44px;
  block-size: 44px;
  border-radius: 14px;
  background: var(--wash);
  color: var(--accent);
}
.emblem svg { inline-size: 24px; block-size: 24px; }
.greeting { font-size: 1.067em; text-wrap: pretty; }
:host([inline]) .empty { align-content: center; }
.empty ul { display: grid; gap: 8px; justify-items: start; margin-block-start: -8px; }
.suggestion {
  min-block-size: 36px;
  padding: 7px 14px;
  border: 1px solid var(--line);
  border-radius: 18px;
  background: var(--paper);
  text-align: start;
  line-height: 1.4;
}
.suggestion:hover { border-color: var(--accent); background: var(--wash); }
.offline { display: flex; gap: 10px; padding: 10px 20px; background: var(--amber-wash); font-size: 0.92em; }
.offline svg { color: var(--amber); }
.composer {
  position: relative;
  display: flex;
  align-items: flex-end;
  gap: 8px;
  inline-size: calc(100% - 32px);
  max-inline-size: calc(46em + 8px);
  margin: 4px auto 16px;
  padding: 5px;
  border: 1px solid var(--edge);
  border-radius: 24px;
  background: var(--paper);
}
.composer::before {
  content: "";
  position: absolute;
  inset: auto 0 calc(100% + 2px);
  block-size: 16px;
  background: linear-gradient(transparent, var(--paper));
  pointer-events: none;
}
.offline:not([hidden]) + .composer { margin-block-start: 12px; }
.offline:not([hidden]) + .composer::before { content: none; }
.composer:focus-within { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.composer textarea {
  flex: 1;
  min-inline-size: 0;
  max-block-size: 9em;
  padding: 7px 4px 7px 14px;
  border: 0;
  background: none;
  resize: none;
  line-height: 1.45;
  field-sizing: content;
}
.composer textarea:focus { outline: 2px solid transparent; }
[dir="rtl"] .composer textarea { padding: 7px 14px 7px 4px; }
textarea::placeholder { color: var(--soft); opacity: 1; }
.send {
  display: grid;
  flex: none;
  place-items: center;
  inline-size: 36px;
  block-size: 36px;
  padding: 0;
  border-radius: 50%;
  background: var(--accent);
  color: var(--accent-ink);
}
.send[data-stops="true"] svg { fill: currentColor; inline-size: 18px; block-size: 18px; }`;

export const PANE = `
.pane {
  position: absolute;
  inset: 0;
  display: flex;
  flex-direction: column;
  min-inline-size: 0;
  background: var(--paper);
}
[data-wide] .pane { position: relative; inset: auto; flex: 1; border-inline-start: 1px solid var(--line); }
.pane-head { display: flex; align-items: flex-start; gap: 4px; padding: 12px 20px 4px 8px; }
[dir="rtl"] .pane-head { padding: 12px 8px 4px 20px; }
[dir="rtl"] .pane-head svg { transform: scaleX(-1); }
.source-title {
  flex: 1;
  padding-block: 5px;
  font-size: 1.067em;
  font-weight: 650;
  line-height: 1.4;
  unicode-bidi: isolate;
}
.source-title:focus { outline: none; }
.facts {
  display: flex;
  flex-wrap: wrap;
  gap: 0 16px;
  padding: 0 20px 12px 48px;
  color: var(--soft);
  font-size: 0.87em;
}
[dir="rtl"] .facts { padding: 0 48px 12px 20px; }
.facts div { display: flex; gap: 6px; min-inline-size: 0; }
.facts dd { color: var(--ink); unicode-bidi: isolate; }
.passage {
  flex: 1;
  min-block-size: 0;
  overflow: auto;
  padding: 16px 20px;
  border-block: 1px solid var(--line);
  background: var(--raised);
  line-height: 1.65;
  overscroll-behavior: contain;
}
.passage:focus-visible { outline-offset: -2px; }
mark {
  padding: 2px 0;
  border-radius: 3px;
  background: var(--mark);
  color: var(--mark-ink);
  -webkit-box-decoration-break: clone;
  box-decoration-break: clone;
}
.whole {
  display: flex;
  align-items: center;
  gap: 8px;
  padding: 14px 20px;
  color: var(--accent);
  font-weight: 600;
  text-underline-offset: 3px;
}
.whole svg { inline-size: 16px; block-size: 16px; }

@media (prefers-reduced-motion: no-preference) {
  dialog.panel[open] { animation: rise 160ms ease-out; }
  .dots i { animation: wait 1.2s infinite; }
  .dots i:nth-child(2) { animation-delay: 0.15s; }
  .dots i:nth-child(3) { animation-delay: 0.3s; }
  @keyframes rise { from { opacity: 0; transform: translateY(8px); } }
  @keyframes wait { 40% { opacity: 1; transform: translateY(-3px); } 80% { transform: none; } }
}
@media (forced-colors: active) {
  .launcher, .icon, .chip, .send, .text, .suggestion { border: 1px solid ButtonText; }
  .question, .sign, .failed, .comment { border: 1px solid CanvasText; }
  .chip[aria-expanded="true"], .icon[aria-pressed="true"], .source[aria-expanded="true"] {
    background: Highlight;
    color: HighlightText;
    forced-color-adjust: none;
  }
  .bars i { background: CanvasText; forced-color-adjust: none; }
  [data-sure="low"] i + i, [data-sure="medium"] i:nth-child(3) {
    background: Canvas;
    outline: 1px solid CanvasText;
  }
}`;
