"""Says whether two clauses on the same thing give figures, or dates, that cannot both be right."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from math import floor, log10
from typing import NamedTuple

from rag.disagree.clauses import Clause
from rag.language.facts import Fact, stands_in
from rag.language.reading import match
from rag.language.wording import stem

ASKS_HOW_MUCH = re.compile(
    r"\bhow (?!do\b|does\b|did\b|can\b|could\b|is\b|are\b|was\b|were\b|should\b|would\b|will\b|to\b)\w+"
    r"|\b(?:percentages?|per ?cent|share|proportion|number|amount|size|costs?|price|pay|wages?|salary|rate|budget|spend"
    r"|sums?|total|figures?|population|age|length|height|weight|width|depth|distance|area|capacity|value|worth|speed"
    r"|score|stock|gap|deficit|debt|income|revenue|fees?|turnover|period|notice|term|duration|deadline)\b",
    re.IGNORECASE,
)
ASKS_WHEN = re.compile(r"^\W*(?:since |by |until )?when\b|\b(?:what|which) (?:year|date|month|day)\b", re.IGNORECASE)
ASKS_YES_NO = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|had|may|might|must)\b", re.IGNORECASE
)
_HOW_MANY = re.compile(r"\bhow many\b", re.IGNORECASE)
_ABOUT = 0.02
"""Relative difference up to which two figures are one."""
_BOUND = 0.5
"""Relative difference up to which a figure is meant by a bound: "more than 600" by 640, and not by 1,500."""
_BEFORE = re.compile(
    r"(?P<least>more than|over|above|at least|exceed(?:s|ed|ing)?|upwards of|no fewer than|or more)"
    r"|(?P<most>fewer than|less than|under|below|up to|at most|nearly|almost|no more than|as many as|or less)"
    r"|(?P<range>\b(?:between|from|to|and|or|by|of the|to about|another|further|extra|additional)|-|–)\s*$",
    re.IGNORECASE,
)
_REACH = 18
"""Characters before and after a figure in which "more than" belongs to it."""
_DIGITS = 15


class _Figure(NamedTuple):
    value: float
    unit: str
    counted: str
    """Stem of the word right after it, for one without a unit."""
    bound: str


def figures_differ(question: str, one: Clause, other: Clause) -> bool:
    """Whether each has one figure of a kind that is asked for, and these are too far apart to be one, rounded."""
    asked = frozenset(stem(word.lower()) for word in re.findall(r"[^\W\d_]+", question))
    ones, others = (_figures(clause) for clause in (one, other))
    if any(a.value == b.value and a.unit == b.unit for a in ones for b in others):
        return False
    return any(
        a.unit == b.unit and a.counted == b.counted and _asked(a, question, asked) and _apart(a, b)
        for a in _single(ones)
        for b in _single(others)
    )


def dates_differ(one: Clause, other: Clause) -> bool:
    """Whether each has one date, and neither says the other less exactly."""
    ones, others = ([fact for fact in clause.facts if fact.kind == "date"] for clause in (one, other))
    return len(ones) == len(others) == 1 and not stands_in(ones[0], others) and not stands_in(others[0], ones)


def _figures(clause: Clause) -> list[_Figure]:
    return [found for fact in clause.facts if fact.kind == "number" and (found := _figure(clause, fact))]


def _figure(clause: Clause, fact: Fact) -> _Figure | None:
    readings = [r for r in fact.readings if r[0] == "number" and r[2] != "nth"]
    if len(readings) != 1:
        return None
    _, value, unit = readings[0]
    after = clause.text[fact.end - clause.start :]
    following = re.match(r"[\s-]*([^\W\d_]+)", after)
    counted = stem(following[1].lower()) if following and not unit else ""
    before = clause.text[max(fact.start - clause.start - _REACH, 0) : fact.start - clause.start]
    bound = _BEFORE.search(before) or _BEFORE.match(after.lstrip()[:_REACH])
    return _Figure(float(value or 0), str(unit), counted, (bound.lastgroup or "") if bound else "")


def _single(found: Sequence[_Figure]) -> list[_Figure]:
    """Figures of whose kind there is no other in the clause."""
    kinds = [(figure.unit, figure.counted) for figure in found]
    return [figure for figure, kind in zip(found, kinds, strict=True) if kinds.count(kind) == 1]


def _asked(figure: _Figure, question: str, asked: AbstractSet[str]) -> bool:
    """Whether a figure has a unit or counts something; what is counted, where the question says how many of what."""
    if not figure.unit and not figure.counted:
        return False
    return not _HOW_MANY.search(question) or (not figure.unit and match(figure.counted, asked) is not None)


def _apart(a: _Figure, b: _Figure) -> bool:
    if "range" in (a.bound, b.bound):
        return False
    low, high = sorted((a, b), key=lambda figure: figure.value)
    bounded = low.bound == "least" or high.bound == "most"
    about = max(_step(low.value), _step(high.value), (_BOUND if bounded else _ABOUT) * high.value)
    return high.value - low.value > about


def _step(value: float) -> float:
    """The worth of the last digit of a figure that is not 0: 100 of 1,200; 0.01 of 1.95."""
    digits = f"{value:.{_DIGITS}g}".replace(".", "").strip("0").partition("e")[0]
    return 10.0 ** (floor(log10(value)) - len(digits) + 1) if value > 0 else 0.0
