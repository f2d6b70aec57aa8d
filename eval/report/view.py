"""What the page shows, worked out from a run; the template only places it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.metrics import METRICS
from eval.records import STAGES, Figure, Row, Run, Stage
from eval.report.charts import Whisker, shares, whisker
from eval.report.wording import HEADLINE, STAGE_MEANS, plain_name

_OUTCOMES = {
    "right": ("✓", "answered rightly"),
    "refused": ("✓", "rightly abstained"),
    "wrong": ("✗", "answered wrongly"),
    "silent": ("–", "wrongly abstained"),
    "error": ("!", "could not be asked"),
    "unjudged": ("?", "not judged"),
}
_OF_A_TYPE = ("right", "answer_in_top_5", "evidence_f1")
_UNITS = {"characters": "characters", "milliseconds": "ms", "megabytes": "MB"}
"""What is written after a number; rates and scores have no unit."""
_RETRIEVED, _RANKED = "retrieved_", "ranked_"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How questions ended."""

    key: str
    sign: str
    name: str
    n: int
    start: float
    share: float
    """Where its part of the strip begins and how long it is, in per cent."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure with its name, definition and place on its axis."""

    name: str
    figure: Figure
    whisker: Whisker | None
    definition: str = ""
    formula: str = ""
    range: str = ""
    better: str = ""
    unit: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Lost:
    """A stage of failure."""

    stage: Stage
    means: str
    n: int
    bar: float
    """Length in per cent of the longest."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """A figure before and after ranking."""

    name: str
    before: Shown
    after: Shown


@dataclass(frozen=True, slots=True)
class Bar:
    """A named time."""

    name: str
    value: float
    bar: float


def outcome(row: Row) -> str:
    """How a question ended, as a key of the strip."""
    if row.status == "failed":
        return "error"
    if row.failure is not None:
        return "silent" if row.status == "abstained" else "wrong"
    if row.answerable is None or (row.answerable and row.scores.get("right") is None):
        return "unjudged"
    return "right" if row.answerable else "refused"


def outcomes(rows: Sequence[Row]) -> list[Outcome]:
    """How many questions ended in each way, those that none ended in left out."""
    keys = [outcome(row) for row in rows]
    found, start = [], 0.0
    for key, (sign, name) in _OUTCOMES.items():
        n = keys.count(key)
        share = round(100 * n / len(keys), 3) if keys else 0.0
        if n:
            found.append(Outcome(key, sign, name, n, round(start, 3), share))
        start += share
    return found


def shown(name: str, figure: Figure) -> Shown:
    """A figure as it is shown; one that `METRICS` does not define has no axis."""
    metric = METRICS.get(name)
    if metric is None:
        return Shown(plain_name(name), figure, None)
    return Shown(
        name=plain_name(name),
        figure=figure,
        whisker=whisker(figure, metric.low, metric.high),
        definition=metric.definition,
        formula=metric.formula,
        range=_range(metric.low, metric.high),
        better=metric.better,
        unit=_UNITS.get(metric.unit, ""),
        source=metric.source,
    )


def headline(run: Run) -> list[tuple[Shown, str]]:
    """The figures to see first, of those that the run measured, each with a few words on it."""
    return [(shown(name, run.figures[name]), words) for name, words in HEADLINE.items() if _measured(run.figures, name)]


def all_figures(run: Run) -> list[Shown]:
    """Every figure of a run, in the order of their definitions."""
    order = {name: n for n, name in enumerate(METRICS)}
    return [shown(name, run.figures[name]) for name in sorted(run.figures, key=lambda n: order.get(n, len(order)))]


def by_type(run: Run) -> tuple[str, list[tuple[str, Shown]]]:
    """The first figure that types of answerable questions have, and its value for each type."""
    for name in _OF_A_TYPE:
        if found := _of_types(run, name):
            return plain_name(name), found
    return "", []


def refusals(run: Run) -> list[tuple[str, Shown]]:
    """The share of each class of unanswerable questions that was refused."""
    found = _of_types(run, "right_refusals")
    return [(kind.removeprefix("unanswerable-").replace("-", " "), figure) for kind, figure in found]


def ranking(run: Run) -> list[Ranking]:
    """Each figure that was measured both on what was retrieved and on what ranking made of it."""
    names = [name.removeprefix(_RETRIEVED) for name in run.figures if name.startswith(_RETRIEVED)]
    return [
        Ranking(
            plain_name(name),
            shown(_RETRIEVED + name, run.figures[_RETRIEVED + name]),
            shown(_RANKED + name, run.figures[_RANKED + name]),
        )
        for name in names
        if _measured(run.figures, _RETRIEVED + name) and _measured(run.figures, _RANKED + name)
    ]


def stages(run: Run) -> list[Lost]:
    """The stages of failure in the order of the pipeline."""
    counts = [run.failures.get(stage, 0) for stage in STAGES]
    return [
        Lost(stage, STAGE_MEANS[stage], n, bar) for stage, n, bar in zip(STAGES, counts, shares(counts), strict=True)
    ]


def stage_times(run: Run) -> list[Bar]:
    """The time that the system says each of its stages took, longest first."""
    times = sorted(run.timings.stages_ms.items(), key=lambda item: -item[1])
    lengths = shares([time for _, time in times])
    return [Bar(plain_name(name), time, bar) for (name, time), bar in zip(times, lengths, strict=True)]


def scores(row: Row) -> list[tuple[str, float]]:
    """What a question scored, in the order of the definitions; what was not measured left out."""
    known = [name for name in METRICS if name in row.scores]
    names = known + sorted(row.scores.keys() - METRICS.keys())
    return [(plain_name(name), value) for name in names if (value := row.scores[name]) is not None]


def _of_types(run: Run, name: str) -> list[tuple[str, Shown]]:
    return [(kind, shown(name, of[name])) for kind, of in sorted(run.by_type.items()) if _measured(of, name)]


def _measured(figures: Mapping[str, Figure], name: str) -> bool:
    return name in figures and figures[name].value is not None


def _range(low: float | None, high: float | None) -> str:
    ends = [
        "no end" if end is None or abs(end) == float("inf") else f"{end:g}".replace("-", "−") for end in (low, high)
    ]
    return " to ".join(ends)
