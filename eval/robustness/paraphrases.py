"""Compares the answers to questions that ask the same in other words."""

from collections.abc import Sequence

from eval.figures import rate
from eval.records import Example, Row
from eval.robustness.records import Outcome, Pair, Paraphrases


def paraphrases(examples: Sequence[Example], rows: Sequence[Row]) -> Paraphrases:
    """Agreement over the pairs that `paraphrase_of` names, of which both questions are in the set.

    Args:
        examples: the questions.
        rows: what their answers are worth, in any order.
    """
    found = {row.id: row for row in rows}
    pairs = tuple(
        _pair(found[example.id], found[example.paraphrase_of])
        for example in examples
        if example.paraphrase_of in found and example.id in found
    )
    judged = [pair for pair in pairs if pair.outcome is not None and pair.outcome_of is not None]
    quoting = [pair for pair in pairs if pair.overlap is not None]
    return Paraphrases(
        same_outcome=rate(sum(pair.outcome == pair.outcome_of for pair in judged), len(judged)),
        both_right=rate(sum(pair.outcome == pair.outcome_of == "right" for pair in judged), len(judged)),
        overlapping=rate(sum(pair.overlap is True for pair in quoting), len(quoting)),
        pairs=pairs,
    )


def _pair(row: Row, original: Row) -> Pair:
    overlap = _overlap(row, original) if row.quotes and original.quotes else None
    return Pair(row.id, original.id, _outcome(row), _outcome(original), overlap)


def _outcome(row: Row) -> Outcome | None:
    """What the answer was; to abstain is right where the documents do not hold the answer."""
    if row.status == "failed" or row.scores.get("answered_wrong") is None:
        return None
    if row.status == "abstained":
        return "right" if row.answerable is False else "abstained"
    return "wrong" if row.scores["answered_wrong"] else "right"


def _overlap(one: Row, other: Row) -> bool:
    return any(
        a.source == b.source and max(a.start, b.start) < min(a.end, b.end)
        for a in one.quotes
        if a.start is not None and a.end is not None
        for b in other.quotes
        if b.start is not None and b.end is not None
    )
