"""Makes the robustness runs. The one file that knows their order."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

from eval.corpus import ingested
from eval.examples import Dataset
from eval.in_process import LibrarySubject
from eval.judge import judge
from eval.records import Example, Reply, Row
from eval.replies import Kept, replies
from eval.robustness.distractors import write_distractors
from eval.robustness.follow_ups import follow_ups
from eval.robustness.injections import Asked, Injected, injections
from eval.robustness.paraphrases import paraphrases
from eval.robustness.records import Injections, Robustness, Same, Step
from eval.robustness.reversed_order import ingested_reversed
from eval.robustness.sameness import same, same_apart
from eval.robustness.steps import Distractor, add_distractors, read_distractors, step
from eval.subject import Subject
from rag import Library, Progress

_AT_ONCE = 4
"""Questions; to ask one by one takes longer, and has to give the same."""
_APART = 3
"""Questions asked of other processes, each of which has to start twice."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked about what."""

    dataset: Dataset
    corpora: Sequence[Path]
    injected: Injected
    steps: Sequence[int]
    """Ascending from 0."""
    distractors: Sequence[Path] = ()
    """`.jsonl` files and folders; none for generated ones."""

    def questions(self) -> int:
        """How many are asked in all, those of other processes aside."""
        followed = sum(bool(e.history and e.standalone) for e in self.dataset.examples)
        # Each step, and: again, one by one, reopened, reversed, injected.
        return len(self.dataset.examples) * (len(self.steps) + 5) + followed + len(self.injected.questions)


@dataclass(frozen=True, slots=True)
class Means:
    """Who is asked."""

    opened: Callable[[Path], Library]
    """Opens, or makes, the index in a folder."""
    asked_apart: Callable[[Path, str, int], dict[str, Any]]
    """Asks an index in a process of its own, with a seed for Python's hashes."""
    subject: Callable[[Library], Subject] = LibrarySubject
    """Asks an open index."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how far it is."""

    on_part: Callable[[str], None] = lambda _: None
    on_progress: Callable[[Progress], None] = lambda _: None
    on_done: Callable[[], None] = lambda: None
    """With each question."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Of each part, filled as they end."""

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Tells of a part, and takes its time."""
        self.on_part(name)
        begin = perf_counter()
        yield
        self.seconds[name] = round(perf_counter() - begin, 3)


@dataclass(frozen=True, slots=True)
class _Told:
    """The whole set's replies with their worth, in the order of the questions."""

    replies: list[Reply]
    rows: list[Row]


def measure(task: Task, means: Means, scratch: Path, watch: Watch) -> Robustness:
    """All robustness runs; `scratch` is an empty folder for indexes and copies.

    Raises:
        ValueError: Corpus or distractors cannot be read whole.
    """
    dataset, index = task.dataset, scratch / "index"
    distractors = _distractors(task, scratch)
    with closing(means.opened(index)) as library:
        with watch.part("corpus"):
            ingested(library, task.corpora, scratch, watch.on_progress)
            subject = means.subject(library)
            system = subject.system()
            first = _asked(dataset.examples, subject, watch)
        with watch.part("follow-ups"):
            followed = follow_ups(dataset.examples, subject, watch.on_done)
        with watch.part("sameness"):
            sameness = list(_again(task, first, subject, watch))
    shutil.copytree(index, scratch / "injected")
    sameness += [
        _reopened(task, first, means, index, watch),
        _apart(task, first, means, index, watch),
        _reversed(task, first, means, scratch, watch),
    ]
    attacked = _injected(task, first, means, scratch, watch)
    steps = _steps(task, first, means, distractors, scratch, watch)
    return Robustness(
        dataset=dataset.name,
        dataset_sha256=dataset.sha256,
        system=system,
        steps=tuple(steps),
        paraphrases=paraphrases(dataset.examples, first.rows),
        follow_ups=followed,
        injections=attacked,
        sameness=tuple(sameness),
        timings=dict(watch.seconds),
    )


def _distractors(task: Task, scratch: Path) -> list[Distractor]:
    paths = task.distractors or [write_distractors(scratch / "generated.jsonl", max(task.steps))]
    return read_distractors(paths, max(task.steps))


def _asked(examples: Sequence[Example], subject: Subject, watch: Watch) -> _Told:
    told = replies(subject, examples, _AT_ONCE, Kept(), watch.on_done)
    return _Told(told, [judge(e, reply, subject) for e, reply in zip(examples, told, strict=True)])


def _again(task: Task, first: _Told, subject: Subject, watch: Watch) -> Iterator[Same]:
    for way, jobs in (("asked a second time", _AT_ONCE), (f"asked one by one, not {_AT_ONCE} at a time", 1)):
        yield same(way, first.replies, replies(subject, task.dataset.examples, jobs, Kept(), watch.on_done))


def _reopened(task: Task, first: _Told, means: Means, index: Path, watch: Watch) -> Same:
    with closing(means.opened(index)) as library, watch.part("sameness after opening"):
        told = replies(means.subject(library), task.dataset.examples, _AT_ONCE, Kept(), watch.on_done)
        return same("after closing and opening the index", first.replies, told)


def _apart(task: Task, first: _Told, means: Means, index: Path, watch: Watch) -> Same:
    """A few questions, taken at even distances; `rag ask` takes no history."""
    both = zip(task.dataset.examples, first.replies, strict=True)
    fit = [(example, reply) for example, reply in both if not example.history and example.question.strip()]
    places = sorted({n * (len(fit) - 1) // (_APART - 1) for n in range(_APART)}) if fit else []
    with watch.part("sameness in other processes"):
        return same_apart(
            "in other processes",
            [fit[n][0] for n in places],
            [fit[n][1] for n in places],
            lambda question, seed: means.asked_apart(index, question, seed),
        )


def _reversed(task: Task, first: _Told, means: Means, scratch: Path, watch: Watch) -> Same:
    with closing(means.opened(scratch / "reversed")) as library, watch.part("sameness in another order"):
        ingested_reversed(library, task.corpora, scratch / "laid out")
        told = replies(means.subject(library), task.dataset.examples, _AT_ONCE, Kept(), watch.on_done)
        return same("in a fresh index, the documents in reversed order", first.replies, told)


def _injected(task: Task, first: _Told, means: Means, scratch: Path, watch: Watch) -> Injections:
    examples = (*task.dataset.examples, *task.injected.questions)
    right = [*(row.scores["right"] == 1 for row in first.rows), *(False for _ in task.injected.questions)]
    with closing(means.opened(scratch / "injected")) as library, watch.part("injections"):
        ingested(library, [task.injected.documents], scratch, watch.on_progress)
        told = _asked(examples, means.subject(library), watch)
    asked = [Asked(*one) for one in zip(told.replies, told.rows, right, strict=True)]
    return injections(asked, task.injected.attacks)


def _steps(
    task: Task, first: _Told, means: Means, distractors: Sequence[Distractor], scratch: Path, watch: Watch
) -> list[Step]:
    with closing(means.opened(scratch / "index")) as library:
        steps = [step(0, len(library.documents()), first.rows, None)]
        for before, number in pairwise(task.steps):
            with watch.part(f"{number:,} distractors"):
                add_distractors(library, distractors[before:number], scratch / f"step {number}", watch.on_progress)
                told = _asked(task.dataset.examples, means.subject(library), watch)
                steps.append(step(number, len(library.documents()), told.rows, first.rows))
    return steps
