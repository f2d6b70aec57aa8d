"""What is counted of an answer, as pure functions."""

from collections.abc import Sequence

from eval.examples import Example


def fold(text: str) -> str:
    """Case-folded, with each run of blank characters as one space."""
    return " ".join(text.casefold().split())


def answer_hit(example: Example, text: str) -> bool:
    """Whether for every group of `must_include` at least one string stands in a text; False without groups."""
    folded = fold(text)
    groups = example.must_include
    return bool(groups) and all(any(fold(s) in folded for s in group) for group in groups)


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % score interval of a rate, in [0, 1]; (0, 1) when nothing was measured.

    Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22.
    """
    if not total:
        return 0.0, 1.0
    rate = hits / total
    centre = rate + z * z / (2 * total)
    spread = z * (rate * (1 - rate) / total + z * z / (4 * total * total)) ** 0.5
    scale = 1 + z * z / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Chance that a positive scores above a negative, ties counted half; `None` when either is empty."""
    if not positive or not negative:
        return None
    above = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return above / (len(positive) * len(negative))
