"""The geometry of the report's charts: where each mark stands, in per cent of its plot.

x runs to the right and y downwards, as SVG has it. The template draws what is here; it decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.records import Curve, Figure

_TOPS = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
_MOST_POINTS = 400
"""Points of a line; more cannot be told apart at the width of a page."""
_APART = 6.0
"""Per cent of the width that a written count needs."""


@dataclass(frozen=True, slots=True)
class Whisker:
    """A dot with its interval on a horizontal axis, each in per cent of the axis."""

    at: float
    low: float | None
    high: float | None
    zero: float | None
    """Where 0 is, when that is inside the axis."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A written place of an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line with the area under it."""

    points: str
    """As `points` of a polyline, in a box of 100 by 100."""
    area: str
    x: tuple[Tick, ...]
    y: tuple[Tick, ...]
    level: float | None
    """Height of the line that is drawn across; `None` when it is above the plot."""


@dataclass(frozen=True, slots=True)
class Bin:
    """A bin of the reliability diagram."""

    x: float
    y: float
    tall: float
    """Height of its bar, in per cent of the tallest."""
    n: int
    written: bool
    """Whether there is room to write its count."""
    confidence: float
    right: float


def whisker(figure: Figure, low: float | None, high: float | None) -> Whisker | None:
    """Where a figure stands between the ends of its range; `None` when it is not measured or its range has no end."""
    if figure.value is None or low is None or high is None or not low < high < float("inf") or low == -float("inf"):
        return None

    def place(value: float) -> float:
        return _round(100 * min(max((value - low) / (high - low), 0), 1))

    zero = place(0) if low < 0 < high else None
    if figure.low is None or figure.high is None:
        return Whisker(place(figure.value), None, None, zero)
    return Whisker(place(figure.value), place(figure.low), place(figure.high), zero)


def risk_line(curve: Curve, level: float) -> Line | None:
    """The risk-coverage curve, its vertical axis as high as it needs; `None` without points."""
    if not curve.x:
        return None
    top = next((top for top in _TOPS if top >= max(curve.y)), 1.0)
    thin = _thinned(list(zip(curve.x, curve.y, strict=True)))
    placed = [(_round(100 * x), _round(100 - 100 * min(y / top, 1))) for x, y in thin]
    points = " ".join(f"{x:g},{y:g}" for x, y in placed)
    return Line(
        points=points,
        area=f"{placed[0][0]:g},100 {points} {placed[-1][0]:g},100",
        x=share_ticks(),
        y=tuple(Tick(100 - 25 * step, f"{100 * top * step / 4:g} %") for step in range(5)),
        level=_round(100 - 100 * level / top) if level < top else None,
    )


def share_ticks(*, upwards: bool = False) -> tuple[Tick, ...]:
    """An axis from 0 to 100 % in quarters, to the right or upwards."""
    return tuple(Tick(100 - 25 * step if upwards else 25 * step, f"{25 * step} %") for step in range(5))


def reliability_bins(curve: Curve) -> tuple[Bin, ...]:
    """The bins of a reliability diagram by confidence; a count is written where it does not touch the one before."""
    counts = curve.n or (0,) * len(curve.x)
    bins: list[Bin] = []
    last = -100.0
    for confidence, right, n, tall in sorted(zip(curve.x, curve.y, counts, shares(counts), strict=True)):
        x = _round(100 * confidence)
        written = bool(n) and x - last >= _APART
        last = x if written else last
        bins.append(Bin(x, _round(100 - 100 * right), tall, n, written, confidence, right))
    return tuple(bins)


def shares(counts: Sequence[float]) -> list[float]:
    """Each count in per cent of the greatest, for bars; all 0 when there is none."""
    most = max(counts, default=0)
    return [_round(100 * count / most) if most else 0.0 for count in counts]


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    step = -(-len(points) // _MOST_POINTS)
    return points[:-1:step] + points[-1:]


def _round(value: float) -> float:
    return round(value, 2)
