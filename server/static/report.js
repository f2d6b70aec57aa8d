// The page of the report where the service asks for keys: it gets the report with one, and shows it in a frame.

import { KeyForm, kept } from "./key.js";
import { translator } from "./widget/messages.js";
import { Problem, send } from "./widget/service.js";

const $ = (id) => document.getElementById(id);
const t = translator("en");
const keyForm = new KeyForm(() => "The service does not know this key.", start);
const WRONG = {
  key: "Reading the report needs a key.",
  forbidden: "This key may not read the report: it takes one that opens every collection, and is none for pages.",
  missing: "The report is not there any more.",
  rate: "Too many requests in a short time.",
  cut: "The report did not come through whole.",
};

async function start() {
  const place = { service: new URL("./", document.baseURI).href, key: kept() };
  clear();
  try {
    const reply = await send(place, "v1/report", undefined, undefined, "text/html");
    show(await reply.blob());
  } catch (problem) {
    failed(problem instanceof Problem ? problem : new Problem("cut"));
  }
}

function clear() {
  $("status").textContent = "Loading the report…";
  $("retry").hidden = true;
}

// As a file of this page it falls under the page's policy, which knows the report's own style and script by hash.
function show(report) {
  $("status").textContent = "";
  $("report").src = $("save").href = URL.createObjectURL(report);
  for (const id of ["report", "save"]) $(id).hidden = false;
  keyForm.done($("report"));
}

function failed({ kind, status }) {
  const key = kind === "key" || kind === "forbidden";
  $("status").textContent = WRONG[kind] ?? t(`errors.${kind}`);
  $("retry").hidden = key || (status >= 400 && status < 429);
  if (key) keyForm.ask(kind);
  else keyForm.done($("retry").hidden ? $("home") : $("retry"));
}

$("retry").addEventListener("click", start);
start();
