// Thumbs, and the comment that may follow one.

import { button, el, iconButton } from "./dom.js";

const MOST_COMMENT = 2000; // characters, the service's limit
let count = 0;

/** The two thumbs of a turn; what they lead to is put behind `after`. */
export function ratingButtons(ui, turn, after) {
  const thumbs = ["up", "down"].map((rating) =>
    iconButton(rating, ui.t(rating), { "aria-pressed": String(turn.rating === rating), click: () => rate(rating) }),
  );
  let shown = null;
  let given = turn.rating;
  return thumbs;

  async function rate(rating) {
    mark(rating);
    if (!(await sent(rating))) {
      mark(given);
      return;
    }
    given = rating;
    show(commentForm(ui, (comment) => say(rating, comment)));
  }

  async function say(rating, comment) {
    if (!(await sent(rating, comment))) return;
    thumbs[rating === "up" ? 0 : 1].focus();
    show(el("p", { class: "aside" }, ui.t("thanks")));
    ui.say(ui.t("thanks"));
  }

  async function sent(rating, comment) {
    try {
      await ui.rate(turn.id, rating, comment);
      return true;
    } catch {
      ui.say(ui.t("unsent"));
      shown?.querySelector(".unsent")?.remove();
      const told = el("p", { class: "aside unsent" }, ui.t("unsent"));
      if (shown) shown.append(told);
      else show(told);
      return false;
    }
  }

  function mark(rating) {
    thumbs.forEach((thumb, i) => {
      thumb.ariaPressed = String(rating === ["up", "down"][i]);
    });
  }

  function show(node) {
    shown?.remove();
    shown = node;
    after.after(node);
    node.scrollIntoView({ block: "nearest" });
  }
}

function commentForm({ t }, send) {
  const id = `comment-${++count}`;
  const field = el("textarea", { id, rows: 2, maxlength: MOST_COMMENT });
  const submit = (event) => {
    event.preventDefault();
    if (field.value.trim()) send(field.value.trim());
    else field.focus();
  };
  const form = el("form", { class: "comment", submit }, el("label", { for: id }, t("comment")), field);
  form.append(button({ type: "submit", class: "text" }, t("sendComment")));
  return form;
}
