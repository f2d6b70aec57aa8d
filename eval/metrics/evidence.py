"""How much of the gold evidence the quotes hold, and how much of the quotes is evidence, by characters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from eval.metrics.metric import Metric


class Place(NamedTuple):
    """The half-open stretch `[start, end)` of a document's text, in code points."""

    source: str
    start: int
    end: int


Stretches = Mapping[str, Sequence[tuple[int, int]]]
"""By source: stretches that are ascending, disjoint and not empty."""


@dataclass(frozen=True, slots=True)
class EvidenceScores:
    """Each in [0, 1]; `None` is not measured."""

    precision: float | None
    recall: float | None
    f1: float | None


def evidence_scores(quotes: Sequence[Place], gold: Sequence[Sequence[Place]]) -> EvidenceScores:
    """Precision, recall and F1 of quotes against gold evidence, by characters.

        precision = |Q ∩ G| / |Q|        recall = mean over gold items of `covered(item, quotes)`
        f1 = 2 · precision · recall / (precision + recall), 0 when both are 0

    where Q are the characters quoted and G those of any alternative of any gold item; a character quoted twice counts
    once. With one gold item of one place this is the token precision and recall of rationales in ERASER (DeYoung et al.
    2020, section 4) over characters. With several, each item weighs the same however long it is: of two facts asked
    for, the one with the short evidence is half of the answer. So an alternative can only raise a score.

    Without gold nothing is measured: all `None`. Without quotes there is no precision, while recall and F1 are 0. An
    item without a place (its document does not hold it) is not covered. Empty places are as if they were not there.
    """
    if not gold:
        return EvidenceScores(None, None, None)
    quoted = union(quotes)
    size = _length(quoted)
    recall = sum(_covered(item, quoted) for item in gold) / len(gold)
    if not size:
        return EvidenceScores(None, recall, 0.0)
    precision = _shared(quoted, union(place for item in gold for place in item)) / size
    both = precision + recall
    return EvidenceScores(precision, recall, 2 * precision * recall / both if both else 0.0)


def covered(item: Sequence[Place], by: Sequence[Place]) -> float:
    """Share in [0, 1] of the characters of one gold item that places cover; of alternatives, the best covered one.

    0 for an item without a place that has characters.
    """
    return _covered(item, union(by))


def union(places: Iterable[Place]) -> Stretches:
    """What places cover together, by source: ascending, disjoint, without empty ones."""
    merged: dict[str, list[tuple[int, int]]] = {}
    for source, start, end in sorted(place for place in places if place.start < place.end):
        stretches = merged.setdefault(source, [])
        if stretches and start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
        else:
            stretches.append((start, end))
    return merged


def half_covered(gold: Sequence[Sequence[Place]], by: Sequence[Place]) -> float | None:
    """Share in [0, 1] of the gold items of which at least half is covered; `None` without gold."""
    if not gold:
        return None
    stretches = union(by)
    return sum(_covered(item, stretches) >= 0.5 for item in gold) / len(gold)  # noqa: PLR2004


def _covered(item: Sequence[Place], by: Stretches) -> float:
    places = (place for place in item if place.start < place.end)
    return max((_shared(union([place]), by) / (place.end - place.start) for place in places), default=0.0)


def _length(stretches: Stretches) -> int:
    return sum(end - start for each in stretches.values() for start, end in each)


def _shared(one: Stretches, other: Stretches) -> int:
    return sum(
        max(0, min(end, theirs_end) - max(start, theirs))
        for source in one.keys() & other.keys()
        for start, end in one[source]
        for theirs, theirs_end in other[source]
    )


_ERASER = "DeYoung et al. (2020), ERASER, section 4: precision and recall of rationales, here by characters"

METRICS = (
    Metric(
        "evidence_precision",
        "Mean over questions of the share of the quoted characters that are gold evidence, any alternative of it"
        " included.",
        "characters quoted and gold / characters quoted",
        0,
        1,
        "higher",
        "score",
        _ERASER,
    ),
    Metric(
        "evidence_recall",
        "Mean over questions of the share of each piece of gold evidence that is quoted, where of alternatives the best"
        " covered one counts and each piece weighs the same.",
        "mean over pieces of: characters of the piece that are quoted / characters of the piece",
        0,
        1,
        "higher",
        "score",
        _ERASER,
    ),
    Metric(
        "evidence_f1",
        "Mean over questions of the harmonic mean of evidence precision and evidence recall.",
        "2 · precision · recall / (precision + recall)",
        0,
        1,
        "higher",
        "score",
        _ERASER,
    ),
)
"""What this module gives, averaged over the questions that have gold evidence."""
