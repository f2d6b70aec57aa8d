// The start page: which collection is asked, what is in it, what is added, and the key where the service asks for one.

import { clip } from "./widget/text.js";
import { listen } from "./drop.js";
import { KeyForm, kept } from "./key.js";
import { Shelf } from "./shelf.js";
import { Uploads, goesOn } from "./uploads.js";
import { UploadsList } from "./uploads-list.js";
import { speak, speaker } from "./words.js";

const $ = (id) => document.getElementById(id);
const WIDE = matchMedia("(min-width: 56rem)"); // as in page.css: the documents stand beside the conversation
const OFTEN_MS = 5000; // between two lists while uploads go on: the service counts each request
const chat = $("page");
const t = await speaker();
const place = () => ({ service: new URL("./", document.baseURI).href, key: kept() });
const shelf = new Shelf(place, t, (text) => uploadsList.say(text));
const acts = {
  cancel: (file) => uploads.cancel(file),
  retry: (file) => uploads.retry(file),
  forget: (file) => uploads.forget(file),
};
const nodes = { list: $("uploads"), news: $("news"), home: $("files") };
const uploadsList = new UploadsList(nodes, t, () => shelf.limits, acts);
const uploads = new Uploads(place, () => shelf.limits, changed);
const keyForm = new KeyForm(() => t("key.unknown"), start);
let listedAt = 0;
let refused = null; // the question that a key was wanted for

async function start() {
  chat.key = kept();
  $("status").textContent = "";
  try {
    await shelf.load();
    chat.collection = shelf.collection;
    keyForm.done(composer());
    offer();
    askAgain();
  } catch (problem) {
    failed(problem);
  }
}

function offer() {
  const { suffixes, bytes } = shelf.limits;
  $("files").accept = suffixes.join(",");
  $("files-hint").textContent = t("add.hint", { kinds: suffixes.join(" "), limit: t.size(bytes) });
  if (shelf.writable && !$("documents-list").children.length) $("documents").open = true;
}

function failed({ kind = "failed" }) {
  if (kind === "key") keyForm.ask(kind);
  else $("status").textContent = t("notListed", { why: t(`errors.${kind}`) });
}

function composer() {
  return chat.shadowRoot.getElementById("question");
}

// The widget puts the answer in the place of the refusal, where that was to the last question.
function askAgain() {
  if (refused) chat.ask(refused);
  refused = null;
}

// The question stands after "#", so that it is in no server's log; asked by address, Back and links work.
function askFromAddress() {
  const question = new URLSearchParams(location.hash.slice(1)).get("q");
  if (question) chat.ask(question);
}

function add(files) {
  if (!files.length) return;
  $("documents").open = true;
  const before = $("uploads").children.length;
  uploads.add(files, shelf.collection);
  $("uploads").children[before].scrollIntoView({ block: "nearest" });
}

function changed(file) {
  if (file) uploadsList.show(file);
  else uploadsList.keep(uploads.files);
  const over = uploads.files.filter((one) => !goesOn(one)).length;
  hide($("uploads-clear"), !over);
  if (file?.collection === shelf.collection && file.job && !goesOn(file)) relist();
}

function hide(node, hidden) {
  if (hidden && node === document.activeElement) $("files").focus();
  node.hidden = hidden;
}

function relist() {
  if (uploads.files.some(goesOn) && Date.now() - listedAt < OFTEN_MS) return;
  listedAt = Date.now();
  shelf.load().catch(failed);
}

function over(hangs) {
  $("drop").hidden = !hangs;
  $("drop").firstChild.textContent = t("add.here", { collection: clip(shelf.collection, 64) });
}

$("skip").addEventListener("click", (event) => {
  event.preventDefault();
  composer().focus();
});
$("collection").addEventListener("change", ({ target }) => {
  chat.collection = target.value;
  shelf.choose(target.value).then(offer, failed);
});
chat.addEventListener("rag-error", ({ detail: { problem, question } }) => {
  if (problem.kind !== "key") return;
  refused = question;
  keyForm.ask(problem.kind);
  $("key").focus();
});
$("files").addEventListener("change", ({ target }) => {
  add([...target.files].map((file) => ({ file, name: file.name })));
  target.value = ""; // so that the same file can be chosen again
});
$("uploads-clear").addEventListener("click", () => {
  for (const file of uploads.files) uploads.forget(file);
});
listen(() => shelf.writable && !$("removal").open, over, add);
addEventListener("online", () => uploads.online());
addEventListener("beforeunload", (event) => {
  if (uploads.files.some(({ state }) => ["waiting", "sending", "held"].includes(state))) event.preventDefault();
});
addEventListener("hashchange", askFromAddress);
WIDE.addEventListener("change", fit);
fit();
speak(t);
await customElements.whenDefined("rag-chat");
Object.assign(chat, { language: t.tag, title: t("conversation") });
start().then(askFromAddress);

function fit() {
  $("documents").open = WIDE.matches;
}
