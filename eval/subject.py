"""Who is asked: the Protocol that an index in this process and a service over HTTP both fit."""

import hashlib
import json
from collections.abc import Iterable
from typing import Protocol

from eval.records import Example, Reply, System
from rag import Turn

RETRIEVED = 50
"""Passages asked of retrieval, so that ten documents come even when several passages are of one."""
SHOWN = 10
"""Passages asked of an answer."""


def asked(example: Example, alone: bool) -> tuple[str, tuple[Turn, ...]]:
    """The question to ask, and the talk before it; `alone` takes a follow-up's standalone question, without history."""
    if not alone:
        return example.question, example.history
    return example.standalone or example.question, ()


class Subject(Protocol):
    """What is evaluated. Replies come in any order and from several threads."""

    def system(self) -> System:
        """What it is, and a fingerprint of what it knows."""

    def reply(self, example: Example, alone: bool = False) -> Reply:
        """What it says to a question; `alone` asks a follow-up's standalone question, without history."""

    def text(self, source: str) -> str | None:
        """A document's text, to which all offsets refer; `None` when there is no such document, or it cannot be had."""

    def holds(self, source: str, start: int, end: int) -> bool | None:
        """Whether a passage that can be found covers the middle of a stretch; `None` when that cannot be known."""


def fingerprint(documents: Iterable[tuple[str, str]]) -> str:
    """Names a set of documents by the `source` and SHA-256 of each; their order does not matter."""
    return hashlib.sha256(json.dumps(sorted(documents)).encode()).hexdigest()
