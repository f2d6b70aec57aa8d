import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from eval.examples import Dataset
from eval.records import Example, Placed, Quoted, Reply, System
from eval.replies import Kept, kept_in, replies

EXAMPLES = tuple(Example(f"q{n:02}", f"Question {n}?") for n in range(30))
DATASET = Dataset("set", "5e" * 32, EXAMPLES)
SYSTEM = System("library", "rag-cited 0", "c0ffee", 3, "fake")
WHOLE = Reply(
    "q00",
    "answered",
    "At nine. [1]",
    0.5,
    (Quoted(1, "a", "doc_1", 0, 8, "At nine."),),
    (Placed("a", 0, 9, "At nine.\u2028", 0.1),),
    (),
    "When?",
    "llm_timeout",
    1.5,
    {"embed": 0.1},
)


class Scripted:
    """Answers with the question, or as it is told to, and notes who was asked."""

    def __init__(self, say: Callable[[Example], Reply] | None = None) -> None:
        self.asked: list[str] = []
        self._say = say or (lambda example: Reply(example.id, "answered", example.question))

    def system(self) -> System:
        return SYSTEM

    def reply(self, example: Example, alone: bool = False) -> Reply:
        assert not alone
        self.asked.append(example.id)
        return self._say(example)

    def text(self, source: str) -> str | None:
        return source

    def holds(self, source: str, start: int, end: int) -> bool | None:
        return start < end <= len(source)


class PowerCutError(Exception):
    """What stops a run."""


def cut_at(example_id: str) -> Callable[[Example], Reply]:
    def say(example: Example) -> Reply:
        if example.id == example_id:
            raise PowerCutError
        return Reply(example.id, "answered", "before the cut")

    return say


def ask(subject: Scripted, path: Path | None, dataset: Dataset = DATASET, system: System = SYSTEM) -> list[Reply]:
    with kept_in(path, dataset, system) as kept:
        return replies(subject, dataset.examples, 1, kept)


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """What a run left that was stopped at the eleventh question."""
    path = tmp_path / "replies.jsonl"
    with pytest.raises(PowerCutError):
        ask(Scripted(cut_at("q10")), path)
    return path


def test_replies_come_in_the_order_of_the_questions_from_eight_threads() -> None:
    def late(example: Example) -> Reply:
        time.sleep(0.002 * (int(example.id[1:]) * 7 % 5))
        return Reply(example.id, "answered", threading.current_thread().name)

    done: list[None] = []

    found = replies(Scripted(late), EXAMPLES, 8, Kept(), lambda: done.append(None))

    assert [reply.id for reply in found] == [example.id for example in EXAMPLES]
    assert len({reply.answer for reply in found}) > 1
    assert len(done) == len(EXAMPLES)


def test_a_reply_is_the_same_again_after_its_way_through_the_file(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    with kept_in(path, DATASET, SYSTEM) as kept:
        kept.keep(WHOLE)

    with kept_in(path, DATASET, SYSTEM) as kept:
        assert kept.replies == (WHOLE,)


def test_a_run_that_was_stopped_asks_only_what_is_missing(stopped: Path) -> None:
    subject = Scripted()
    done: list[None] = []

    with kept_in(stopped, DATASET, SYSTEM) as kept:
        found = replies(subject, EXAMPLES, 1, kept, lambda: done.append(None))

    assert subject.asked == [example.id for example in EXAMPLES[10:]]
    assert [reply.id for reply in found] == [example.id for example in EXAMPLES]
    assert [reply.answer == "before the cut" for reply in found] == [n < 10 for n in range(30)]
    assert len(done) == len(EXAMPLES)


def test_a_run_may_be_stopped_again_and_again(stopped: Path) -> None:
    with pytest.raises(PowerCutError):
        ask(Scripted(cut_at("q20")), stopped)
    subject = Scripted()

    ask(subject, stopped)

    assert subject.asked == [example.id for example in EXAMPLES[20:]]


def test_a_last_line_that_is_cut_off_is_asked_again(stopped: Path) -> None:
    stopped.write_bytes(stopped.read_bytes()[:-9])
    subject = Scripted()

    ask(subject, stopped)

    assert subject.asked == [example.id for example in EXAMPLES[9:]]


@pytest.mark.parametrize("junk", [b"\xff\xfe\0\n", b"[]\n", b'{"id": "q00"}\n', b"\n\n"])
def test_a_line_that_is_no_reply_is_passed_over(stopped: Path, junk: bytes) -> None:
    header, _, rest = stopped.read_bytes().partition(b"\n")
    stopped.write_bytes(header + b"\n" + junk + rest)
    subject = Scripted()

    ask(subject, stopped)

    assert subject.asked == [example.id for example in EXAMPLES[10:]]


@pytest.mark.parametrize(
    ("dataset", "system"),
    [
        (replace(DATASET, sha256="0" * 64), SYSTEM),
        (DATASET, replace(SYSTEM, corpus="decaf")),
        (DATASET, replace(SYSTEM, corpus=None)),
        (DATASET, replace(SYSTEM, model="other")),
        (DATASET, replace(SYSTEM, name="rag-cited 1")),
        (DATASET, replace(SYSTEM, kind="service")),
    ],
)
def test_other_questions_or_another_system_start_anew(stopped: Path, dataset: Dataset, system: System) -> None:
    subject = Scripted()

    ask(subject, stopped, dataset, system)

    assert len(subject.asked) == len(EXAMPLES)
    assert b"before the cut" not in stopped.read_bytes()


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xff", b"not json\n{}"])
def test_a_file_that_is_no_record_of_a_run_starts_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "replies.jsonl"
    path.write_bytes(content)
    subject = Scripted()

    ask(subject, path)

    assert len(subject.asked) == len(EXAMPLES)


def test_a_run_that_was_not_stopped_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    ask(Scripted(), path)
    subject = Scripted(lambda example: Reply(example.id, "abstained", "the program has changed"))

    found = ask(subject, path)

    assert len(subject.asked) == len(EXAMPLES)
    assert {reply.status for reply in found} == {"abstained"}
    assert len(path.read_bytes().splitlines()) == 1 + len(EXAMPLES)


def test_what_failed_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    down = Scripted(lambda example: Reply(example.id, "failed" if example.id in {"q03", "q07"} else "answered"))
    assert [reply.id for reply in ask(down, path) if reply.status == "failed"] == ["q03", "q07"]
    subject = Scripted()

    found = ask(subject, path)

    assert subject.asked == ["q03", "q07"]
    assert {reply.status for reply in found} == {"answered"}


def test_what_is_asked_goes_to_the_file_at_once_and_each_line_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out" / "replies.jsonl"
    seen: list[int] = []

    with kept_in(path, DATASET, SYSTEM) as kept:
        replies(Scripted(), EXAMPLES, 1, kept, lambda: seen.append(len(path.read_bytes().splitlines())))

    assert seen == [n + 2 for n in range(len(EXAMPLES))]
    assert all(json.loads(line) for line in path.read_bytes().splitlines())
    assert not path.with_suffix(".part").exists()


def test_an_interrupt_asks_no_further_and_leaves_a_file_to_go_on_from(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    subject = Scripted()
    done: list[None] = []

    def interrupt() -> None:
        done.append(None)
        if len(done) == 5:
            raise KeyboardInterrupt

    def slowly(example: Example) -> Reply:
        time.sleep(0.01)
        return Reply(example.id, "answered")

    slow = Scripted(slowly)
    with pytest.raises(KeyboardInterrupt), kept_in(path, DATASET, SYSTEM) as kept:
        replies(slow, EXAMPLES, 2, kept, interrupt)
    assert len(slow.asked) < len(EXAMPLES)
    ask(subject, path)

    assert len(subject.asked) == len(EXAMPLES) - 5


def test_a_reply_that_utf_8_cannot_hold_counts_but_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    odd = Scripted(lambda e: Reply(e.id, "answered", "\ud800" if e.id == "q04" else "fine"))
    assert ask(odd, path)[4].answer == "\ud800"
    subject = Scripted()

    ask(subject, path)

    assert subject.asked == ["q04"]


def test_without_a_file_nothing_is_kept(tmp_path: Path) -> None:
    subject = Scripted()

    ask(subject, None)
    ask(subject, None)

    assert len(subject.asked) == 2 * len(EXAMPLES)
    assert list(tmp_path.iterdir()) == []
