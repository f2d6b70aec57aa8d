"""A run with everything in it that a report can meet, from a harbour that does not exist."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from typing import Literal

from eval.records import (
    STAGES,
    CheckedQuote,
    Curve,
    Excerpt,
    Figure,
    GoldSpan,
    Mark,
    Misquote,
    Row,
    Run,
    Stage,
    System,
    Timings,
)
from rag import Turn

DOCUMENTS = {
    "harbour/ferry-order.md": (
        "The ferry leaves the north quay at nine and at five past noon. In winter the noon crossing is struck out, "
        "because the ramp ices over and the crew may not salt it. Dogs travel free of charge when they are kept on a "
        "lead. A bicycle costs two crowns in either direction."
    ),
    "harbour/minutes-1987.pdf": (
        "The council met on 4 March 1987 in the net loft. Mrs Aldous proposed a second lamp for the mole, and Mr Finch "
        "spoke against it on account of the cost, which he put at 1,340 crowns.\n\nThe lamp was agreed by five votes "
        "to two. The harbour master was asked to report in June."
    ),
    "letters/keeper.html": (
        "I have kept the light for thirty-one years. The fog bell rings every forty seconds, not every minute as the "
        "chart has it. My predecessor was dismissed for sleeping, and the light he let die cost us the brig Constance."
    ),
}
_FERRY, _MINUTES, _KEEPER = DOCUMENTS
_FACTS = (
    (_FERRY, "The ferry leaves the north quay at nine", "When does the first ferry leave?", "at nine"),
    (_FERRY, "because the ramp ices over", "Why is there no noon ferry in winter?", "ice on the ramp"),
    (_FERRY, "A bicycle costs two crowns", "What do I pay for a bike?", "two crowns"),
    (_MINUTES, "which he put at 1,340 crowns", "What would the lamp cost, says Finch?", "1,340 crowns"),
    (_MINUTES, "agreed by five votes to two", "how many voted for lamp", "five"),
    (_KEEPER, "every forty seconds", "How often does the fog bell ring?", "every forty seconds"),
    (_KEEPER, "cost us the brig Constance", "Which ship was lost when the light failed?", "the Constance"),
)
_TYPES = ("lookup", "paraphrase", "why-how", "attribution", "list", "multi", "noisy", "follow-up")
_CLASSES = ("absent", "false-premise", "near-entity", "off-topic", "underspecified")
_UNANSWERED = ("Who pays the harbour pilot?", "Why did the council refuse the lamp?", "What does a kayak cost?")
_MISQUOTES: tuple[Misquote, ...] = ("fabricated", "stitched", "misattributed", "stale", "truncated")
_HISTORY = (Turn("user", "Tell me about the harbour."), Turn("assistant", "It has a ferry, a lamp and a fog bell. [1]"))
_LOST: tuple[Stage, ...] = ("not indexed", "not retrieved", "ranked out", "not extracted", "wrongly abstained")


def sample() -> Run:
    """64 questions of 13 types with all stages of failure, all misquotes, an error and a question nobody judged."""
    return run_of([*(_answerable(n) for n in range(44)), *(_unanswerable(n) for n in range(18)), _error(), _unjudged()])


def run_of(rows: Sequence[Row]) -> Run:
    """A run of given rows, with figures that fit them."""
    types = sorted({row.type for row in rows if row.type})
    judged = sorted((row for row in rows if row.answerable is not None), key=lambda row: -(row.confidence or 0))
    wrong = [float(row.scores.get("right") != 1.0) for row in judged]
    return Run(
        dataset="harbour.jsonl",
        dataset_sha256="5e" * 32,
        system=System("library", "rag-cited 0.1.0", "c0ffee" * 10, 3, "all-MiniLM-L6-v2"),
        figures=_figures(rows) | _of_confidence(len(judged)),
        by_type={kind: _figures([row for row in rows if row.type == kind]) for kind in types},
        failures={stage: sum(row.failure == stage for row in rows) for stage in STAGES},
        misquotes={kind: sum(q.misquote == kind for row in rows for q in row.quotes) for kind in _MISQUOTES},
        smallest_difference={"right": 0.14, "false_refusals": 0.09},
        risk_coverage=Curve(
            tuple((n + 1) / len(wrong) for n in range(len(wrong))),
            tuple(sum(wrong[: n + 1]) / (n + 1) for n in range(len(wrong))),
        ),
        reliability=Curve((0.14, 0.26, 0.45, 0.75, 0.93), (0.0, 0.31, 0.4, 0.82, 0.88), (4, 17, 9, 11, 21)),
        warnings=("2 questions have evidence that no document holds: q000, q011.", "The index is not of this commit."),
        rows=tuple(rows),
        timings=Timings(
            created="2026-11-21T22:04:31Z",
            commit="4c9effd0a1b2c3d4",
            machine="two cores, Linux 6.8, Python 3.11.9",
            jobs=2,
            seconds=14.25,
            ask_ms={"p50": 21.4, "p95": 48.9, "p99": 131.0},
            stages_ms={"embed": 9.8, "retrieve": 1.2, "rank": 6.3, "compose": 3.1},
            peak_mb=412.6,
            per_question_ms={row.id: 12.5 + 3 * n for n, row in enumerate(rows)},
        ),
    )


def _answerable(n: int) -> Row:
    source, gold, question, answer = _FACTS[n % len(_FACTS)]
    failure = _LOST[n // 3 % len(_LOST)] if n % 3 == 0 else None
    status: Literal["answered", "abstained"] = "abstained" if failure == "wrongly abstained" else "answered"
    text = DOCUMENTS[source]
    start = text.index(gold)
    missing = failure == "not indexed"
    span = GoldSpan(source, None if missing else start, None if missing else start + len(gold), gold)
    quotes = _quotes(n, source, start, failure) if status == "answered" else ()
    marks = [Mark(start, start + len(gold), "gold")] if not missing else []
    marks += [Mark(q.start, q.end, "quote") for q in quotes if q.start is not None and q.end is not None]
    return Row(
        id=f"q{n:03}",
        question=question,
        type=_TYPES[n % len(_TYPES)],
        answerable=True,
        cluster=source,
        history=_HISTORY if _TYPES[n % len(_TYPES)] == "follow-up" else (),
        answers=(answer,),
        status=status,
        answer=" ".join(f"{quote.quote} [{quote.n}]" for quote in quotes),
        confidence=round(0.3 + n * 37 % 70 / 100 - (0.25 if failure else 0), 3),
        quotes=quotes,
        gold=(span,),
        scores=_scores(failure, status, 0.1 * (n % 10)),
        failure=failure,
        excerpts=(Excerpt(source, 0, text, tuple(sorted(marks, key=lambda mark: mark.start))),),
    )


def _quotes(n: int, source: str, start: int, failure: Stage | None) -> tuple[CheckedQuote, ...]:
    text = DOCUMENTS[source]
    first = (start + 8, min(start + 90, len(text))) if failure is None else (0, 34)
    good = CheckedQuote(1, source, *first, text[slice(*first)], verbatim=True)
    if n < len(_MISQUOTES):
        bad = CheckedQuote(2, source, 3, 20, "The quay was painted twice.", verbatim=False, misquote=_MISQUOTES[n])
        return (good, bad)
    return (good, CheckedQuote(2, "elsewhere.txt", None, None, "Not ours.", verbatim=None)) if n == 7 else (good,)


def _scores(failure: Stage | None, status: str, share: float) -> dict[str, float | None]:
    right = float(failure is None)
    return {
        "right": right,
        "answered_wrong": float(failure is not None and status == "answered"),
        "false_refusals": float(status == "abstained"),
        "right_refusals": None,
        "truthfulness": right or (0.0 if status == "abstained" else -1.0),
        "quote_fidelity": 1.0 if status == "answered" else None,
        "evidence_f1": 0.5 + share / 2 if right else share / 3,
        "answer_in_top_5": float(failure in {None, "not extracted", "wrongly abstained"}),
        "retrieved_recall@5": 0.5 + share / 2,
        "ranked_recall@5": 0.6 + share / 2.5,
        "retrieved_mrr": 0.3 + share / 2,
        "ranked_mrr": 0.5 + share / 2,
        "quote_characters": 82.0 if status == "answered" else None,
    }


def _unanswerable(n: int) -> Row:
    refused = n % 4 == 1
    kind = _CLASSES[n % len(_CLASSES)]
    source = _KEEPER
    quote = CheckedQuote(1, source, 0, 43, DOCUMENTS[source][:43], verbatim=True)
    scores: dict[str, float | None] = dict.fromkeys(_scores(None, "answered", 0.0))
    row = replace(
        _answerable(n),
        id=f"u{n:03}",
        question=_UNANSWERED[n % len(_UNANSWERED)],
        type=f"unanswerable-{kind}",
        answerable=False,
        cluster=f"u{n:03}",
        answers=(),
        gold=(),
        history=(),
        confidence=round(0.05 + n * 29 % 60 / 100, 3),
        scores={**scores, "right_refusals": float(refused), "answered_wrong": float(not refused)}
        | {"truthfulness": 1.0 if refused else -1.0},
    )
    if refused:
        return replace(row, status="abstained", answer="", quotes=(), excerpts=(), failure=None)
    excerpt = Excerpt(source, 0, DOCUMENTS[source], (Mark(0, 43, "quote"),))
    answer = f"{quote.quote} [1]"
    return replace(
        row, status="answered", answer=answer, quotes=(quote,), excerpts=(excerpt,), failure="wrongly answered"
    )


def _error() -> Row:
    scores: dict[str, float | None] = dict.fromkeys(_scores(None, "answered", 0.0))
    return replace(
        _answerable(1), id="e000", status="failed", answer="503 Service Unavailable", confidence=None, quotes=(),
        scores=scores, excerpts=(), failure=None,
    )  # fmt: skip


def _unjudged() -> Row:
    return replace(
        _answerable(2), id="r000", type="", answerable=None, answers=(), gold=(), confidence=None,
        scores={"retrieved_mrr": 1.0, "ranked_mrr": 1.0},
    )  # fmt: skip


def _figures(rows: Sequence[Row]) -> dict[str, Figure]:
    names = dict.fromkeys(name for row in rows for name in row.scores)
    return {name: _figure([v for row in rows if (v := row.scores.get(name)) is not None]) for name in names}


def _figure(values: list[float]) -> Figure:
    if not values:
        return Figure(None)
    mean, spread = fmean(values), 0.8 / len(values) ** 0.5
    if set(values) <= {0.0, 1.0}:
        hits = round(sum(values))
        return Figure(mean, max(mean - spread, 0), min(mean + spread, 1), len(values), hits, "wilson")
    return Figure(mean, mean - spread / 2, mean + spread / 2, len(values), None, "bootstrap")


def _of_confidence(n: int) -> dict[str, Figure]:
    return {
        "auroc": Figure(0.7312, 0.61, 0.84, n, None, "bootstrap"),
        "aurc": Figure(0.2214, 0.15, 0.31, n, None, "bootstrap"),
        "coverage_at_5_error": Figure(0.08, 0.0, 0.19, n, None, "bootstrap"),
        "brier": Figure(0.2043, 0.16, 0.25, n, None, "bootstrap"),
        "ece": Figure(0.0812, None, None, n),
        "refusal_f1": Figure(0.41, 0.22, 0.58, n, None, "bootstrap"),
    }
