"""What an answer costs its asker."""

from collections.abc import Sequence
from math import ceil

from eval.metrics.metric import Metric


def percentile(values: Sequence[float], p: float) -> float | None:
    """The least of the values that at least p percent of them do not exceed; `None` without values.

        sorted(values)[⌈p / 100 · n⌉ - 1]

    The nearest-rank definition (definition 1 of Hyndman and Fan 1996, Sample quantiles in statistical packages): always
    one of the values, never between two. With fewer than 100 values p99 is their greatest.

    Args:
        values: in any order.
        p: in (0, 100].
    """
    if not values:
        return None
    # Rounded, since 64.4 · 250 / 100 is a little over 161 as a float.
    rank = ceil(round(p * len(values) / 100, 9))
    return sorted(values)[rank - 1]


METRICS = (
    *(
        Metric(
            f"ask_p{p}",
            f"Time from the question to the whole answer that {p} of 100 questions do not exceed.",
            f"the ⌈{p} / 100 · n⌉-th smallest of the n times (nearest rank)",
            0,
            None,
            "lower",
            "milliseconds",
            "Hyndman and Fan (1996), Sample quantiles in statistical packages, definition 1",
        )
        for p in (50, 95, 99)
    ),
    Metric(
        "peak_mb",
        "Largest resident size that the process that answers had.",
        "greatest resident set size, in units of 1,000,000 bytes",
        0,
        None,
        "lower",
        "megabytes",
        "this evaluation",
    ),
)
"""What this module gives, and the memory measured beside it."""
