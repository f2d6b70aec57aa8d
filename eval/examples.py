"""Reads question-answer pairs from JSON Lines."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Evidence:
    """A verbatim quote of a document that holds the answer."""

    doc: str
    """The document's `source`."""
    quote: str


@dataclass(frozen=True, slots=True)
class Example:
    """A question with what a right answer holds."""

    id: str
    question: str
    type: str
    answerable: bool | None
    """`None` where the set does not say (ranking sets)."""
    must_include: tuple[tuple[str, ...], ...]
    """Right when for every group at least one of its strings stands in the answer."""
    evidence: tuple[Evidence, ...]
    gold_docs: frozenset[str]
    """Sources of the documents that hold the answer."""


def read_examples(path: Path) -> list[Example]:
    """The examples of a file, in its order.

    Raises:
        ValueError: A line is no example; the message names it.
    """
    found = []
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        if line.strip():
            try:
                found.append(_example(json.loads(line)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ValueError(f"{path.name} line {number} is no example: {error!r}") from error
    return found


def _example(raw: dict[str, object]) -> Example:
    groups = [_list(group) for group in _list(raw.get("must_include"))]
    evidence = [Evidence(str(e["doc"]), str(e["quote"])) for e in _list(raw.get("evidence"))]
    gold = raw.get("gold_docs")
    answerable = raw.get("answerable")
    return Example(
        id=str(raw["id"]),
        question=str(raw["question"]),
        type=str(raw.get("type", "")),
        answerable=None if answerable is None else bool(answerable),
        must_include=tuple(tuple(str(s) for s in group) for group in groups),
        evidence=tuple(evidence),
        gold_docs=frozenset(map(str, gold if isinstance(gold, dict) else _list(gold))) | {e.doc for e in evidence},
    )


def _list(value: object) -> list[Any]:
    if not isinstance(value, list | None):
        raise TypeError(f"{value!r} is no list")
    return value or []
