// The page that shows how to embed the widget: what is chosen in its form, the preview has at once.

import { copyText } from "./widget/copy.js";
import { el } from "./widget/dom.js";
import { KeyForm, kept } from "./key.js";
import { translator } from "./widget/messages.js";
import { read } from "./widget/service.js";
import { warnings } from "./contrast.js";
import { Look } from "./look.js";
import { lines, rule } from "./snippet.js";
import { speak, speaker } from "./words.js";

const $ = (id) => document.getElementById(id);
const WIDE = matchMedia("(min-width: 64rem)"); // as in embed.css: the preview has a page's place for itself
const CALM_MS = 400; // after a change, before contrast is told
const CHOICES = ["collection", "title", "label", "greeting", "language", "position", "theme"];
const WRITTEN = ["title", "label", "greeting", "suggestions"];
const chat = $("preview");
const sheet = new CSSStyleSheet();
const t = await speaker();
const keyForm = new KeyForm(() => t("key.unknown"), ask);
const service = new URL("./", document.baseURI).href;
let look = null;
let telling = 0;
let stood = null; // where the preview stood when it was opened last

function attributes() {
  const set = Object.fromEntries(CHOICES.map((name) => [name, $(name).value.trim()]));
  const questions = $("suggestions").value.split("\n").map((line) => line.trim().replaceAll("|", "/"));
  set.suggestions = questions.filter(Boolean).join("|");
  set.inline = document.querySelector("[name=inline]:checked").value === "inline";
  if (set.collection === "default") set.collection = "";
  if (set.inline) set.position = set.label = "";
  return set;
}

function scheme() {
  return $("theme").value || $("scheme").value;
}

function show() {
  const set = attributes();
  const css = rule(look.variables(set.theme));
  sheet.replaceSync(css);
  preview(set);
  look.show();
  const { integrity } = $("lines").dataset;
  $("lines").textContent = lines({ service, integrity, attributes: { ...set, key: $("browser-key").value.trim() } });
  $("css").textContent = css;
  $("css-some").hidden = !css;
  $("css-none").hidden = Boolean(css);
  $("scheme-row").hidden = Boolean(set.theme);
  $("position-row").hidden = set.inline;
  hint(set.language);
  clearTimeout(telling);
  telling = setTimeout(tell, CALM_MS);
}

// Whoever closes the panel has it closed, until it is to stand elsewhere. Opening a panel anew moves the focus there;
// who is typing here must not notice.
function preview(set) {
  const held = document.activeElement;
  const inline = set.inline || !WIDE.matches;
  const shown = { ...set, inline, theme: scheme(), language: set.language || t.tag };
  for (const [name, value] of Object.entries(shown)) {
    if ((chat[name] || "") !== (value || "")) chat[name] = value || null;
  }
  const stands = `${inline} ${set.position}`;
  if (stands !== stood) chat.open();
  stood = stands;
  if (held === document.body) document.activeElement.blur();
  else if (held !== document.activeElement) held.focus({ preventScroll: true });
}

// What the widget says where nothing is chosen; what is written runs in its own direction.
function hint(lang) {
  for (const name of WRITTEN) $(name).dir = $(name).value ? "auto" : "";
  const says = translator(lang || t.lang);
  for (const [name, said] of [["title", "title"], ["label", "launch"], ["greeting", "greeting"]]) {
    Object.assign($(name), { placeholder: says(said), lang: says.lang });
  }
}

function tell() {
  const theme = $("theme").value;
  const found = (theme ? [theme] : ["light", "dark"]).flatMap((of) => warnings(of, look.colours(of), t));
  const now = found.map(({ text }) => text).join("\n") || t("embed.enough");
  if ($("contrast").dataset.now === now) return; // a screen reader would say it again
  Object.assign($("contrast").dataset, { now, is: found.length ? "bad" : "good" });
  $("contrast").replaceChildren(...(found.length ? found.map(({ node }) => node) : [el("p", {}, now)]));
}

function needs() {
  const given = $("origin").value.trim();
  const origin = given ? originOf(given) : "https://www.example.org";
  $("origin-wrong").textContent = origin ? "" : t("embed.notOrigin");
  $("origin").ariaInvalid = origin ? null : "true";
  if (!origin) return;
  const here = new URL(service).origin;
  $("cors").textContent = `RAG_CORS_ORIGINS=${origin}`;
  $("keys").textContent = `rag keys create site --origin ${origin}`;
  $("csp").textContent = `script-src ${here}; connect-src ${here}`;
}

function originOf(text) {
  const found = URL.canParse(text) ? new URL(text) : null;
  return found && /^https?:$/.test(found.protocol) ? found.origin : null;
}

async function ask() {
  chat.key = kept();
  $("status").textContent = "";
  try {
    const { collections } = await read({ service, key: chat.key }, "v1/collections");
    offer(collections.map(({ name }) => name));
    keyForm.done($("title"));
  } catch ({ kind = "failed" }) {
    if (kind === "key") keyForm.ask(kind);
    else $("status").textContent = t(`errors.${kind}`);
  }
}

function offer(names) {
  const kept = $("collection").value || "default";
  $("collection").replaceChildren(...names.map((name) => el("option", { value: name, selected: name === kept }, name)));
  $("collection-row").hidden = names.length < 2;
}

async function copy({ target }) {
  await copyText($(target.dataset.copies).textContent, document.body);
  target.focus();
  said(target, t("copied"));
  setTimeout(() => said(target, ""), 2000);
}

function said(target, text) {
  target.textContent = text || t("copy");
  $("status").textContent = text;
}

speak(t);
await customElements.whenDefined("rag-chat");
look = new Look(t, chat, scheme, show);
$("scheme").value = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
document.adoptedStyleSheets.push(sheet);
$("choices").addEventListener("input", ({ isComposing }) => isComposing || show());
$("choices").addEventListener("compositionend", show);
$("choices").addEventListener("submit", (event) => event.preventDefault());
$("choices").addEventListener("reset", () => {
  look.reset();
  setTimeout(show); // the fields have their old values until this event is over
});
$("browser-key").addEventListener("input", show);
$("origin").addEventListener("input", needs);
for (const node of document.querySelectorAll(".copy")) node.addEventListener("click", copy);
WIDE.addEventListener("change", show);
show();
needs();
ask();
