"""What a metric is called, means and can be."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that an evaluation gives, for a reader who has not seen the code."""

    name: str
    definition: str
    """One sentence."""
    formula: str
    low: float
    """The least value it can take."""
    high: float | None
    """The greatest; `None` when nothing bounds it."""
    better: Literal["higher", "lower"]
    unit: Literal["rate", "score", "characters", "milliseconds", "megabytes"]
    source: str
    """The paper it comes from, or what of this program defines it."""
