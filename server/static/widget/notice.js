// Says what went wrong, and when one may try again.

import { button, el, icon } from "./dom.js";
import { clip } from "./text.js";

const WITH_DETAIL = new Set(["refused", "missing"]); // where the service's own words help the reader
const MOST_DETAIL = 500; // code points of them

/** A notice for a problem `{ kind, detail, until }`, with the button that tries again. */
export function notice(t, problem, retry) {
  const label = el("span", {}, t("retry"));
  const again = button({ class: "text", click: () => waits(problem) || retry() }, icon("again"), label);
  const said = el("div", {}, el("p", {}, t(`errors.${problem.kind}`)));
  const tells = problem.detail && WITH_DETAIL.has(problem.kind);
  if (tells) said.append(el("p", { class: "detail", dir: "auto", lang: "" }, clip(problem.detail, MOST_DETAIL)));
  said.append(again);
  countDown(t, problem, again, label);
  return el("div", { class: "failed", part: "error" }, icon("warn"), said);
}

function waits({ until }) {
  return Math.ceil(((until ?? 0) - Date.now()) / 1000) > 0;
}

function countDown(t, problem, again, label) {
  const tick = () => {
    const left = Math.ceil(((problem.until ?? 0) - Date.now()) / 1000);
    label.textContent = left > 0 ? t("wait", { time: t.seconds(left) }) : t("retry");
    again.ariaDisabled = left > 0 ? "true" : null;
    if (left <= 0 || (shown && !again.isConnected)) clearInterval(timer);
    shown ||= again.isConnected;
  };
  let shown = false;
  const timer = setInterval(tick, 1000);
  tick();
}
