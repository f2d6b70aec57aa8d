"use strict";
const form = document.getElementById("filter");
const questions = Array.from(document.querySelectorAll("details.question"));
const texts = questions.map((question) => question.textContent.toLowerCase());
const { kind, ended, words } = form.elements;

function show() {
  const wanted = words.value.trim().toLowerCase();
  let count = 0;
  questions.forEach((question, n) => {
    const { type, stage, outcome } = question.dataset;
    const fits =
      (!kind.value || kind.value === "type:" + type) &&
      (!ended.value || ended.value === "stage:" + stage || ended.value === "outcome:" + outcome ||
        (ended.value === "troubled" && "troubled" in question.dataset)) &&
      (!wanted || texts[n].includes(wanted));
    question.hidden = !fits;
    count += fits;
  });
  document.getElementById("count").textContent = count + " of " + questions.length + " shown";
}

form.hidden = false;
form.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(show));
document.getElementById("unfold").addEventListener("click", () => {
  const seen = questions.filter((question) => !question.hidden);
  const open = !seen.every((question) => question.open);
  seen.forEach((question) => { question.open = open; });
});
document.querySelectorAll("a[data-pick]").forEach((link) => {
  link.addEventListener("click", () => {
    form.reset();
    ended.value = link.dataset.pick;
    show();
  });
});
// In the frame of a page that got this with a key, a link to a place within is a load that browsers refuse.
if (location.protocol === "blob:") {
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (!link) return;
    event.preventDefault();
    const place = document.querySelector(link.hash);
    place.tabIndex = -1;
    place.focus();
    place.scrollIntoView();
  });
}
show();
