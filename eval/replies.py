"""Asks every question, several at a time, and keeps each reply at once, so that a run can go on where it stopped."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import orjson
from pydantic import TypeAdapter, ValidationError

from eval.examples import Dataset
from eval.records import Example, Reply, System
from eval.subject import Subject

_REPLY = TypeAdapter(Reply)


def replies(
    subject: Subject, examples: Sequence[Example], jobs: int, kept: "Kept", on_done: Callable[[], None] = lambda: None
) -> list[Reply]:
    """A reply to each example, in their order; those that are kept are not asked again.

    `jobs` questions are asked at once; an interrupt stops after those that are under way.
    """
    found = {reply.id: reply for reply in kept.replies if reply.status != "failed"}
    left = [example for example in examples if example.id not in found]
    for _ in found:
        on_done()
    with ThreadPoolExecutor(jobs, "ask") as pool:
        asked = [pool.submit(subject.reply, example) for example in left]
        try:
            for done in as_completed(asked):
                reply = done.result()
                kept.keep(reply)
                found[reply.id] = reply
                on_done()
        finally:
            for future in asked:
                future.cancel()
    return [found[example.id] for example in examples]


class Kept:
    """Replies of a run, on disk as they come; nothing is written without a file."""

    def __init__(self, replies: Sequence[Reply] = (), file: BinaryIO | None = None) -> None:
        """Begin with the replies of a run that was stopped."""
        self.replies = tuple(replies)
        self._file = file

    def keep(self, reply: Reply) -> None:
        """Write a reply down; not one with half a surrogate pair, which UTF-8 cannot hold."""
        if self._file is None:
            return
        try:
            line = orjson.dumps(reply)
        except orjson.JSONEncodeError:
            return
        self._file.write(line + b"\n")
        self._file.flush()


@contextmanager
def kept_in(path: Path | None, dataset: Dataset, system: System) -> Iterator[Kept]:
    """The replies kept in a file, if a run of the same questions and system was stopped there; otherwise none.

    A run that got an answer to every question was not stopped, and is made anew: what it measured may have changed.
    The last line may be cut off by whatever stopped the run before.
    """
    if path is None:
        yield Kept()
        return
    header = json.dumps(
        {"dataset": dataset.sha256, "system": [str(part) for part in _identity(system)]}, sort_keys=True
    )
    before = list(_before(path, header))
    if {reply.id for reply in before if reply.status != "failed"} >= {example.id for example in dataset.examples}:
        before = []
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(header.encode() + b"\n")
        kept = Kept(before, file)
        for reply in before:
            kept.keep(reply)
        os.replace(part, path)  # noqa: PTH105 - the open file keeps growing under its new name
        yield kept


def _before(path: Path, header: str) -> Iterator[Reply]:
    try:
        first, *lines = path.read_bytes().split(b"\n")
    except OSError:
        return
    if first.decode("utf-8", "replace") != header:
        return
    for line in lines:
        try:
            yield _REPLY.validate_json(line)
        except ValidationError:
            continue


def _identity(system: System) -> tuple[object, ...]:
    return system.kind, system.name, system.corpus, system.model
