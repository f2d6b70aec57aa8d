"""What generated distractors are about: sentences with gaps, in the register of reports and minutes."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Register:
    """One sort of document; a document takes one sentence of each group, in order."""

    title: str
    headings: tuple[str, ...]
    sentences: tuple[tuple[str, ...], ...]


@cache
def registers() -> tuple[Register, ...]:
    """The registers of `registers.json`, in its order."""
    return TypeAdapter(tuple[Register, ...]).validate_json(Path(__file__).with_suffix(".json").read_bytes())
