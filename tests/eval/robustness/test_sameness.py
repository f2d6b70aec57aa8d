import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.in_process import LibrarySubject
from eval.records import Example, Reply
from eval.replies import Kept, replies
from eval.robustness.sameness import asked_in_a_process, canonical, same, same_apart
from rag import Library, RagError
from tests.eval.robustness.scripted import answered, quoting
from tests.program import NESTS

NINE = replace(answered(quoting("The ferry leaves at nine.")), id="a")
PIGEON = "Who invented the pigeon post?"


def test_times_are_no_part_of_a_reply_and_all_else_is() -> None:
    assert canonical(NINE) == canonical(replace(NINE, milliseconds=9.0, timings_ms={"total": 9.0}))
    assert canonical(NINE) != canonical(replace(NINE, confidence=0.5000001))
    assert canonical(NINE) != canonical(replace(NINE, retrieved=None))


def test_replies_that_differ_are_named() -> None:
    found = same("again", [NINE, replace(NINE, id="b")], [NINE, replace(NINE, id="b", answer="At ten. [1]")])

    assert (found.same.value, found.same.n, found.different) == (0.5, 2, ("b",))


class ThreadBound:
    """A subject that keeps for each thread how often that was asked, and lets it show."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._together = threading.Barrier(2, timeout=10)
        self._several = False

    def several(self) -> "ThreadBound":
        self._several = True
        return self

    def reply(self, example: Example, alone: bool = False) -> Reply:
        assert not alone
        self._own.asked = getattr(self._own, "asked", 0) + 1
        if self._several:
            self._together.wait()
        return replace(NINE, id=example.id, confidence=self._own.asked / 10)


def test_a_subject_whose_answers_depend_on_the_thread_is_caught() -> None:
    asked = [Example(str(n), "When?") for n in range(4)]

    def told(subject: Any, jobs: int) -> Sequence[Reply]:  # noqa: ANN401 - it has of a subject only `reply`
        return replies(subject, asked, jobs, Kept())

    assert same("again", told(ThreadBound(), 1), told(ThreadBound(), 1)).same.value == 1
    assert same("two at a time", told(ThreadBound(), 1), told(ThreadBound().several(), 2)).different


def of_another_process(reply: Reply, **other: object) -> dict[str, Any]:
    citations = [
        {"n": q.n, "source": q.source, "document_id": q.document_id, "start": q.start, "end": q.end, "quote": q.quote}
        for q in reply.quotes
    ]
    told = {"status": reply.status, "answer": reply.answer, "confidence": reply.confidence, "citations": citations}
    return {"id": "ans_1", "timings_ms": {"total": 1.0}, "passages": [], **told, **other}


def test_the_own_id_and_times_of_another_process_do_not_matter() -> None:
    found = same_apart(
        "apart",
        [Example("a", "When?")],
        [NINE],
        lambda _, seed: of_another_process(NINE, id=f"ans_{seed}", timings_ms={"total": seed}),
    )

    assert (found.same.value, found.different) == (1, ())


@pytest.mark.parametrize("other", [{"answer": "At ten. [1]"}, {"confidence": 0.4}, {"citations": []}])
def test_another_process_that_says_something_else_is_caught(other: dict[str, object]) -> None:
    found = same_apart("apart", [Example("a", "When?")], [NINE], lambda _, __: of_another_process(NINE, **other))

    assert found.different == ("a",)


def test_what_depends_on_the_seed_of_hashes_is_caught() -> None:
    found = same_apart(
        "apart", [Example("a", "When?")], [NINE], lambda _, seed: of_another_process(NINE, passages=[seed])
    )

    assert found.different == ("a",)


def test_the_program_itself_says_the_same_in_other_processes(library: Library, index: Path) -> None:
    asked = [Example("n", NESTS), Example("p", PIGEON)]
    told = [LibrarySubject(library).reply(example) for example in asked]

    found = same_apart("apart", asked, told, lambda question, seed: asked_in_a_process(index, question, seed))

    assert (found.same.hits, found.different) == (2, ())


def test_a_process_that_fails_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(RagError, match="no index"):
        asked_in_a_process(tmp_path / "none", "When?", 1)
