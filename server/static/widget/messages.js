// What the element says, in each of its languages; where a number counts, a form for each plural of the language.

import { ar } from "./messages-ar.js";
import { de } from "./messages-de.js";
import { fr } from "./messages-fr.js";

export const en = {
  title: "Ask the documents",
  launch: "Ask a question",
  greeting: "Ask a question. Every answer rests on quotes from the documents, and shows where they stand.",
  suggestions: "Try asking",
  question: "Your question",
  placeholder: "Ask about the documents",
  send: "Ask",
  stop: "Stop",
  close: "Close",
  clear: "Clear the conversation",
  log: "Conversation",
  you: "You asked:",
  searching: "Searching the documents…",
  reading: "Reading the passages found…",
  more: "More to come…",
  slow: "This takes longer than usual. You can wait, or stop.",
  rewritten: "Understood as: {question}",
  degraded: {
    llm_unavailable: "The language model was not available. These are extracts from the documents.",
    llm_timeout: "The language model took too long. These are extracts from the documents.",
    llm_unsupported: "The documents do not back what the language model wrote. These are extracts from them.",
  },
  differ: {
    figures: "Sources {a} and {b} give different figures.",
    dates: "Sources {a} and {b} give different dates.",
    views: "Sources {a} and {b} take different views.",
  },
  worded: "Written by a language model and backed by quotes.",
  removed: {
    one: "{n} sentence that no quote backs was left out.",
    other: "{n} sentences that no quote backs were left out.",
  },
  high: "High confidence",
  medium: "Medium confidence",
  low: "Low confidence: check the sources",
  cite: "Source {n}: {title}",
  sources: { one: "{n} source", other: "{n} sources" },
  nearest: "Nearest passages",
  abstained: "Not found in the documents",
  because: {
    no_documents: "There are no documents to answer from yet.",
    nothing_found: "The documents hold nothing on this question.",
    no_sentence_answers: "The documents do not seem to hold the answer.",
    llm_found_none: "The passages found do not seem to hold the answer.",
    false_premise: "{said}",
  },
  stopped: "Stopped.",
  retry: "Try again",
  wait: "Try again in {time}",
  copy: "Copy with sources",
  copied: "Copied",
  up: "Good answer",
  down: "Bad answer",
  thanks: "Thank you.",
  comment: "What was good or wrong? (optional)",
  sendComment: "Send comment",
  unsent: "That could not be sent. Try again.",
  passage: "Passage",
  section: "Section",
  page: "Page",
  date: "Date",
  author: "Author",
  file: "File",
  open: "Open in the document",
  back: "Back to the answer",
  loading: "Loading the passage…",
  notLoaded: "The passage could not be loaded.",
  errors: {
    offline: "You are offline. Connect to the internet and try again.",
    unreachable: "The service cannot be reached. Try again in a moment.",
    rate: "Too many questions in a short time.",
    busy: "The service is busy.",
    key: "This page is not allowed to ask: its key is missing or not valid.",
    forbidden: "This page is not allowed to ask these documents.",
    missing: "These documents are not there.",
    refused: "The service does not accept this question.",
    failed: "The service failed. That is not your fault.",
    cut: "The answer broke off.",
  },
};

const CATALOGUES = { en, de, fr, ar };
const RIGHT_TO_LEFT = new Set(["ar"]);

/** The language of the catalogues that fits a tag such as `de-AT` best, English where none does. */
export function language(tag) {
  const base = String(tag ?? "").toLowerCase().split("-")[0];
  return base in CATALOGUES ? base : "en";
}

/** What says things in a language: `t(name, values)`, `t.lang`, `t.dir`, `t.seconds(n)`, `t.date(text)`. */
export function translator(tag, catalogues = CATALOGUES) {
  const lang = language(tag);
  const plural = new Intl.PluralRules(lang);
  const t = (name, values = {}) => {
    const found = name.split(".").reduce((at, part) => at?.[part], catalogues[lang]);
    const form = typeof found === "object" ? (found[plural.select(values.n)] ?? found.other) : found;
    return form.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  };
  const unit = new Intl.NumberFormat(lang, { style: "unit", unit: "second", unitDisplay: "long" });
  return Object.assign(t, {
    lang,
    dir: RIGHT_TO_LEFT.has(lang) ? "rtl" : "ltr",
    seconds: (n) => unit.format(n),
    date: (text) => (/^\d{4}-\d\d-\d\d$/.test(text) ? day(text, localeOf(tag, lang)) : text),
  });
}

// Dates differ by country: `en-GB` where that was asked for, `en` where something else was.
function localeOf(tag, lang) {
  try {
    const [found] = Intl.getCanonicalLocales(tag);
    return found.split("-")[0] === lang ? found : lang;
  } catch {
    return lang;
  }
}

function day(text, locale) {
  const at = new Date(`${text}T00:00:00Z`);
  return Number.isNaN(at.valueOf()) ? text : at.toLocaleDateString(locale, { dateStyle: "medium", timeZone: "UTC" });
}
