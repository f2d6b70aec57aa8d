"""Compares replies byte for byte where nothing changed that may change them."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson

from eval.figures import rate
from eval.records import Example, Reply
from eval.robustness.records import Same
from eval.subject import SHOWN
from rag import RagError

_TIMES = frozenset({"milliseconds", "timings_ms"})
_SORTED = orjson.OPT_SORT_KEYS
_ABSTAINED = 3
"""Exit code of `rag ask`."""


def canonical(reply: Reply) -> bytes:
    """A reply as JSON with sorted names, without what it took."""
    kept = {field.name: getattr(reply, field.name) for field in fields(reply) if field.name not in _TIMES}
    return orjson.dumps(kept, option=_SORTED)


def same(way: str, before: Sequence[Reply], after: Sequence[Reply]) -> Same:
    """Which replies are the same as before; both in the order of the questions."""
    different = tuple(one.id for one, other in zip(before, after, strict=True) if canonical(one) != canonical(other))
    return Same(way, rate(len(before) - len(different), len(before)), different)


def same_apart(
    way: str, examples: Sequence[Example], replies: Sequence[Reply], asked_apart: Callable[[str, int], dict[str, Any]]
) -> Same:
    """Which replies two processes with other seeds of Python's hashes give too, byte for byte.

    Between the processes all is compared but the answer's own id and what it took; with the replies of this process all
    that both have: status, answer, confidence to four places, and each quote with where it stands.
    """
    different = []
    for example, reply in zip(examples, replies, strict=True):
        first, second = (_without_times(asked_apart(example.question, seed)) for seed in (1, 2))
        if orjson.dumps(first, option=_SORTED) != orjson.dumps(second, option=_SORTED) or _said(first) != _told(reply):
            different.append(example.id)
    return Same(way, rate(len(replies) - len(different), len(replies)), tuple(different))


def asked_in_a_process(index: Path, question: str, hash_seed: int) -> dict[str, Any]:
    """What `rag ask --json` prints for an index folder, in a process of its own.

    Raises:
        RagError: The process failed.
    """
    settings = {"RAG_INDEX_DIR": str(index), "PYTHONHASHSEED": str(hash_seed)}
    done = subprocess.run(  # noqa: S603 - it starts this program
        [sys.executable, "-m", "rag", "ask", "--json", "--top-k", str(SHOWN), "--", question],
        env={**os.environ, **settings},
        capture_output=True,
        check=False,
    )
    if done.returncode not in {0, _ABSTAINED}:
        raise RagError(f"`rag ask` ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
    answer: dict[str, Any] = orjson.loads(done.stdout)
    return answer


def _without_times(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in {"id", "timings_ms"}}


def _said(answer: dict[str, Any]) -> object:
    places = [(c["n"], c["source"], c["document_id"], c["start"], c["end"], c["quote"]) for c in answer["citations"]]
    return answer["status"], answer["answer"], answer["confidence"], places


def _told(reply: Reply) -> object:
    places = [(q.n, q.source, q.document_id, q.start, q.end, q.quote) for q in reply.quotes]
    sure = None if reply.confidence is None else round(reply.confidence, 4)
    return reply.status, reply.answer, sure, places
