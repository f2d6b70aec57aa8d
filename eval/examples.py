"""Reads question-answer pairs from JSON Lines."""

import json
from dataclasses import dataclass
from pathlib import Path


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
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.strip():
            try:
                found.append(_example(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path.name} line {number} is no example: {error!r}") from error
    return found


def _example(raw: dict[str, object]) -> Example:
    groups = raw.get("must_include") or []
    evidence = raw.get("evidence") or []
    gold = raw.get("gold_docs") or []
    assert isinstance(groups, list)
    assert isinstance(evidence, list)
    assert isinstance(gold, list | dict)
    answerable = raw.get("answerable")
    return Example(
        id=str(raw["id"]),
        question=str(raw["question"]),
        type=str(raw.get("type", "")),
        answerable=None if answerable is None else bool(answerable),
        must_include=tuple(tuple(str(s) for s in group) for group in groups),
        evidence=tuple(Evidence(str(e["doc"]), str(e["quote"])) for e in evidence if isinstance(e, dict)),
        gold_docs=frozenset(str(g) for g in gold) | {str(e["doc"]) for e in evidence if isinstance(e, dict)},
    )
