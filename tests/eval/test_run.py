import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from eval.examples import Dataset
from eval.in_process import LibrarySubject
from eval.metrics import METRICS
from eval.records import Evidence, Example, GoldSpan, Placed, Quoted, Reply, Run, System
from eval.report.saved import to_json
from eval.run import evaluate, warnings
from tests.rag.fakes import NOTES, fake_library, write_notes

FERRY = Example(
    id="a1",
    question="When does the ferry leave the harbour?",
    type="lookup",
    answerable=True,
    answers=("at nine",),
    must_include=(("at nine",),),
    evidence=(Evidence("ferry.txt", "The ferry leaves\nthe harbour at NINE."),),
    gold_docs={"ferry.txt": 1.0},
)
BELL = Example(
    id="a2",
    question="When was the fog bell cast?",
    type="lookup",
    answerable=True,
    must_include=(("1788",),),
    evidence=(Evidence("boats/bell.md", "The fog bell was cast in 1788"),),
    gold_docs={"boats/bell.md": 1.0},
)
KRAKEN = Example("u1", "When does the kraken leave the harbour?", "unanswerable-absent", answerable=False)
RANKED = Example("r1", "lantern oil", gold_docs={"lantern.txt": 2.0})
HARBOUR = Dataset("harbour", "5e" * 32, (FERRY, BELL, KRAKEN, RANKED))
SERVICE = System("openai", "http://model", None, None, "model")


class Mute:
    """A service that shows its words only; errs when it is asked about bells."""

    def system(self) -> System:
        return SERVICE

    def reply(self, example: Example, alone: bool = False) -> Reply:
        assert not alone
        if example.id == "a2":
            return Reply(example.id, "failed", "503 from /v1", milliseconds=9_000.0)
        stages = {"embed": 1.0, "total": 3.0} if example.id == "a1" else {"total": 5.0}
        return Reply(example.id, "answered", "At nine.", milliseconds=4.0, timings_ms=stages)

    def text(self, source: str) -> str | None:  # noqa: ARG002 - the Protocol's shape
        return None

    def holds(self, source: str, start: int, end: int) -> bool | None:  # noqa: ARG002 - the Protocol's shape
        return None


class Shifted:
    """One document, quoted a character too far to the right."""

    text_of = NOTES["ferry.txt"]

    def system(self) -> System:
        return System("service", "shifted", "c0ffee", 1, None)

    def reply(self, example: Example, alone: bool = False) -> Reply:
        assert not alone
        quote = self.text_of[:37]
        passage = Placed("ferry.txt", 0, len(self.text_of), self.text_of)
        quotes = (Quoted(1, "ferry.txt", "doc_1", 1, 38, quote),)
        return Reply(example.id, "answered", f"{quote} [1]", 0.9, quotes, (passage,), (passage,))

    def text(self, source: str) -> str | None:
        return self.text_of if source == "ferry.txt" else None

    def holds(self, source: str, start: int, end: int) -> bool | None:
        return source == "ferry.txt" and (start + end) // 2 < len(self.text_of)


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibrarySubject]:
    folder = tmp_path_factory.mktemp("harbour")
    with closing(fake_library(folder / "index")) as library:
        library.ingest([write_notes(folder / "notes")])
        yield LibrarySubject(library)


@pytest.fixture(scope="module")
def harbour(subject: LibrarySubject) -> Run:
    return evaluate(HARBOUR, subject)


def timeless(run: Run) -> dict[str, object]:
    """A run as JSON, without its timings."""
    plain: dict[str, object] = json.loads(to_json(run))
    del plain["timings"]
    return plain


def test_every_question_is_judged_in_order(harbour: Run) -> None:
    ferry, bell, kraken, ranked = harbour.rows

    assert [row.id for row in harbour.rows] == ["a1", "a2", "u1", "r1"]
    assert (ferry.scores["right"], ferry.failure, bell.scores["right"]) == (1.0, None, 1.0)
    assert ferry.gold == (GoldSpan("ferry.txt", 0, 37, "The ferry leaves\nthe harbour at NINE."),)
    assert (kraken.scores["right"], kraken.failure) == (None, "wrongly answered")
    assert (ranked.scores["right"], ranked.scores["retrieved_mrr"]) == (None, 1.0)


def test_the_figures_are_those_of_the_rows(harbour: Run) -> None:
    right = harbour.figures["right"]

    assert (right.value, right.n, right.hits) == (1.0, 2, 2)
    assert harbour.figures["quote_fidelity"].value == 1.0
    assert harbour.figures["answered_wrong"].value == pytest.approx(1 / 3)
    assert harbour.failures["wrongly answered"] == 1
    assert list(harbour.by_type) == ["lookup", "unanswerable-absent"]
    assert (harbour.dataset, harbour.dataset_sha256, harbour.warnings) == ("harbour", "5e" * 32, ())
    assert (harbour.system.kind, harbour.system.documents) == ("library", len(NOTES))


def test_every_score_and_figure_is_explained(harbour: Run) -> None:
    assert {name for row in harbour.rows for name in row.scores} <= METRICS.keys()
    assert harbour.figures.keys() <= METRICS.keys()


def test_two_runs_are_equal_apart_from_their_timings(harbour: Run, subject: LibrarySubject) -> None:
    again = evaluate(HARBOUR, subject, jobs=4)

    assert replace(again, timings=harbour.timings) == harbour
    assert timeless(again) == timeless(harbour)
    assert again.timings.jobs == 4


def test_a_run_that_was_stopped_comes_to_the_same(harbour: Run, subject: LibrarySubject, tmp_path: Path) -> None:
    done: list[None] = []

    def stop() -> None:
        done.append(None)
        if len(done) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(HARBOUR, subject, folder=tmp_path / "out", on_done=stop)
    found = evaluate(HARBOUR, subject, folder=tmp_path / "out")

    assert replace(found, timings=harbour.timings) == harbour


def test_the_timings_say_what_was_taken_and_where(harbour: Run) -> None:
    timings = harbour.timings

    assert timings.created.endswith("+00:00")
    assert timings.per_question_ms.keys() == {"a1", "a2", "u1", "r1"}
    assert all(taken is not None and taken > 0 for taken in timings.ask_ms.values())
    assert {"embed", "retrieve", "compose", "total"} <= timings.stages_ms.keys()
    assert timings.peak_mb is not None
    assert timings.peak_mb > 1
    assert timings.seconds > 0


def test_a_misquote_is_counted_by_its_kind() -> None:
    found = evaluate(replace(HARBOUR, examples=(FERRY,)), Shifted())

    assert found.figures["quote_fidelity"].value == 0.0
    assert sum(found.misquotes.values()) == 1
    assert found.rows[0].quotes[0].verbatim is False


def test_of_a_service_that_shows_its_words_only_the_rest_is_not_measured() -> None:
    found = evaluate(HARBOUR, Mute())

    assert (found.figures["right"].value, found.figures["right"].n) == (1.0, 1)
    assert found.figures["failed"].value == 0.25
    unmeasured = {"quote_fidelity", "evidence_f1", "retrieved_recall@5", "ranked_mrr", "answer_in_top_5", "auroc"}
    assert {found.figures[name].value for name in unmeasured} == {None}
    assert found.timings.peak_mb is None
    assert found.timings.ask_ms == {"p50": 4.0, "p95": 4.0, "p99": 4.0}
    assert found.timings.stages_ms == {"embed": 1.0, "total": 5.0}


def test_a_service_that_hides_its_documents_is_not_said_to_lack_the_evidence() -> None:
    hidden, failed = evaluate(HARBOUR, Mute()).warnings

    assert hidden == "The documents cannot be read, nor what 2 questions have as evidence in them."
    assert failed == "1 questions got an error instead of an answer: a2."


def test_evidence_that_no_document_holds_is_a_warning() -> None:
    found = evaluate(replace(HARBOUR, examples=(FERRY, BELL)), Shifted())

    assert found.warnings == ("Gold evidence of 1 questions is not in the documents: a2.",)
    assert found.rows[1].failure == "not indexed"


def test_many_questions_are_named_by_the_first_eight(harbour: Run) -> None:
    rows = [replace(harbour.rows[0], id=f"q{n}", status="failed") for n in range(10)]

    (found,) = warnings(HARBOUR, rows, harbour.system)

    assert found == "10 questions got an error instead of an answer: q0, q1, q2, q3, q4, q5, q6, q7 and 2 more."


def test_what_is_judged_by_its_evidence_or_by_nothing_is_a_warning(harbour: Run) -> None:
    free = replace(FERRY, must_include=())
    mute = replace(free, id="m1", evidence=())

    found = warnings(replace(HARBOUR, examples=(FERRY, free, mute, KRAKEN, RANKED)), harbour.rows, harbour.system)

    assert found == [
        "1 questions have reference answers that stand in no gold evidence; they are judged by the evidence.",
        "1 questions have nothing to judge an answer by: m1.",
    ]
