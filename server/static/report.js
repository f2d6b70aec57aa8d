// The page of the report where the service asks for keys: it gets the report with one, and shows it in a frame.

import { translator } from "./widget/messages.js";
import { Problem, send } from "./widget/service.js";

const $ = (id) => document.getElementById(id);
const t = translator("en");
const WRONG = {
  forbidden: "This key may not read the report: it takes one that opens every collection, and is none for pages.",
  missing: "The report is not there any more.",
  rate: "Too many requests in a short time.",
  cut: "The report did not come through whole.",
};

async function start() {
  const place = { service: new URL("./", document.baseURI).href, key: sessionStorage.getItem("key") };
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
  for (const id of ["retry", "key-form"]) $(id).hidden = true;
}

// As a file of this page it falls under the page's policy, which knows the report's own style and script by hash.
function show(report) {
  $("status").textContent = "";
  $("report").src = $("save").href = URL.createObjectURL(report);
  for (const id of ["report", "save"]) $(id).hidden = false;
}

function failed({ kind, status }) {
  const key = kind === "key" || kind === "forbidden";
  $("status").textContent = kind === "key" ? reason() : (WRONG[kind] ?? t(`errors.${kind}`));
  $("key-form").hidden = !key;
  $("retry").hidden = key || (status >= 400 && status < 429);
}

function reason() {
  return sessionStorage.getItem("key") ? "The service does not know this key." : "Reading the report needs a key.";
}

$("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("key", $("key").value.trim());
  start();
});
$("retry").addEventListener("click", start);
start();
