// The conversation as plain data: an event and the turns before it make the turns after it.

import { clip } from "./text.js";

/** Older turns leave the page, so that a tab left open for days does not grow. */
export const MOST_TURNS = 40;
const EXCHANGES_SENT = 6;
const CHARACTERS_SENT = 2000; // of a turn: as much as the service reads (rag/follow_up.py)

/** Whether an answer is still to come. */
export function runs(turn) {
  return turn?.status === "waiting" || turn?.status === "streaming";
}

/** The turns after an event `{ type, id, … }`; the same array where it changes nothing. */
export function next(turns, event) {
  if (event.type === "clear") return [];
  if (event.type === "ask") return [...turns.filter((t) => t.id !== event.id), asked(event)].slice(-MOST_TURNS);
  const turn = turns.find((t) => t.id === event.id);
  const change = turn && changed(turn, event);
  return change ? turns.map((t) => (t === turn ? { ...t, ...change } : t)) : turns;
}

function asked({ id, question, collection }) {
  const empty = { answer: "", citations: [], passages: [], words: false };
  return { id, question, collection, status: "waiting", slow: false, ...empty };
}

function changed(turn, event) {
  if (event.type === "rate") return { rating: event.rating };
  if (!runs(turn)) return null; // it was stopped: what still comes is too late
  if (event.type === "slow") return { slow: true };
  if (event.type === "stop") return { status: "stopped" };
  if (event.type === "fail") return { status: "failed", problem: event.problem };
  return streamed(turn, event);
}

function streamed(turn, { type, data }) {
  if (type === "passages") return { passages: data.passages, slow: false };
  // Extracts come one a delta, each with its citations; two deltas in a row come from a language model.
  if (type === "delta") {
    const last = turn.last === "delta";
    return { status: "streaming", slow: false, answer: turn.answer + data.text, last: type, words: turn.words || last };
  }
  if (type === "citation") return { citations: [...turn.citations, data], last: type };
  return type === "done" ? done(data) : null;
}

function done(reply) {
  return {
    reply: reply.id,
    status: reply.status,
    answer: reply.answer,
    citations: reply.citations,
    passages: reply.passages,
    confidence: reply.confidence,
    words: reply.mode === "llm",
    degraded: reply.degraded,
    disagreement: reply.disagreement,
    removed: reply.removed_sentences,
    because: reply.abstained_because,
    rewritten: reply.rewritten_question,
  };
}

/** The turns that were answered, as the service takes them for a follow-up. */
export function history(turns) {
  return turns
    .filter((t) => t.status === "answered" || t.status === "abstained")
    .slice(-EXCHANGES_SENT)
    .flatMap(({ question, answer }) => [
      { role: "user", content: clip(question, CHARACTERS_SENT) },
      { role: "assistant", content: clip(answer, CHARACTERS_SENT) },
    ]);
}

/** The turns as they are kept: one that was under way counts as stopped. */
export function kept(turns) {
  return turns.map((turn) => (runs(turn) ? { ...turn, status: "stopped" } : turn));
}
