"""A defect in each stage is caught by the figure and the stage that should catch it, and by no other."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eval.gate import Gate, Rules, broken
from eval.in_process import LibrarySubject
from eval.records import STAGES, Misquote, Run, Stage
from eval.run import evaluate
from rag import Library
from tests.eval import planting
from tests.eval.planting import QUESTIONS, Planted, Spoil
from tests.rag.fakes import fake_library

NO_RULES = Rules(Gate(), None)
RIGHTNESS = {"right", "answer_hit", "answer_in_first_extract", "truthfulness", "answered_wrong"}
EVIDENCE = {"evidence_precision", "evidence_recall", "evidence_f1"}
CITATIONS = {"citation_precision", "citation_recall"}
REFUSALS = {"right_refusals", "refusal_precision", "refusal_recall", "refusal_f1"}
SURE = {"aurc", "coverage_at_5_error", "coverage_at_1_error", "brier", "ece"}
"""What confidence is worth as a forecast of being right."""
LENGTH = {"quote_characters"}


def ranking(order: str) -> set[str]:
    return {f"{order}_{name}" for name in ("recall@1", "recall@5", "recall@10", "mrr", "ndcg@10")} | {
        f"{order}_{name}" for name in ("evidence@5", "evidence@10")
    }


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The pipeline with a fake embedder; not to be changed."""
    folder = tmp_path_factory.mktemp("planted")
    with closing(fake_library(folder / "index")) as library:
        library.ingest([planting.write_documents(folder / "documents")])
        yield library


@pytest.fixture(scope="module")
def healthy(library: Library) -> Run:
    return evaluate(QUESTIONS, LibrarySubject(library))


@pytest.fixture(scope="module")
def run_with(library: Library) -> Callable[[Spoil], Run]:
    return lambda spoil: evaluate(QUESTIONS, Planted(LibrarySubject(library), spoil))


def values(run: Run) -> dict[str, float | None]:
    return {name: figure.value for name, figure in run.figures.items()}


def changed(before: Run, after: Run) -> set[str]:
    """Names of the figures that are not what they were."""
    return {name for name, value in values(after).items() if value != values(before)[name]}


def failures(run: Run) -> dict[Stage, int]:
    return {stage: count for stage, count in run.failures.items() if count}


def shut_by_regression(before: Run, after: Run) -> set[str]:
    """The figures for which a gate stays shut whose baseline is the run before."""
    faults = broken(after, Rules(Gate(), before))
    return {fault.split()[0] for fault in faults if " on the same " in fault}


def shut_by_floors(run: Run, *names: str) -> set[str]:
    """Which of some figures are under a floor that the healthy subject keeps."""
    faults = broken(run, Rules(Gate(floors=dict.fromkeys(names, 0.95)), None))
    return {fault.split()[0] for fault in faults} & set(names)


# --- without a defect


def test_the_healthy_subject_has_no_fault_at_all(healthy: Run) -> None:
    found = values(healthy)
    best = RIGHTNESS | EVIDENCE | CITATIONS | REFUSALS | ranking("retrieved") | ranking("ranked")
    assert {name: found[name] for name in sorted(best - {"answered_wrong"})} == dict.fromkeys(
        sorted(best - {"answered_wrong"}), 1.0
    )
    assert (found["answered_wrong"], found["false_refusals"], found["failed"]) == (0, 0, 0)
    assert (found["quote_fidelity"], found["answer_in_top_5"], found["auroc"]) == (1, 1, 1)
    assert failures(healthy) == {}
    assert set(healthy.failures) == set(STAGES)
    assert set(healthy.misquotes.values()) == {0}
    assert healthy.warnings == ()
    assert broken(healthy, NO_RULES) == []
    assert broken(healthy, Rules(Gate(floors={"quote_fidelity": 1.0, "auroc": 0.5}), healthy)) == []
    assert shut_by_floors(healthy, *CITATIONS, "retrieved_mrr", "ranked_mrr", "auroc") == set()


def test_asking_twice_moves_no_figure(healthy: Run, run_with: Callable[[Spoil], Run]) -> None:
    again = run_with(lambda _, reply: reply)
    assert changed(healthy, again) == set()
    assert again.rows == healthy.rows


# --- quotes


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (planting.moved(1), "stale"),
        (planting.moved(10), "stale"),
        (planting.moved(-1000), "stale"),
        (planting.quotes(planting.invented), "fabricated"),
        (planting.quotes(planting.joined), "stitched"),
        (planting.quotes(planting.attributed_to_another), "misattributed"),
        (planting.quotes(planting.cut_in_a_word), "truncated"),
    ],
    ids=["shifted by one", "older text", "negative", "invented", "joined", "of another document", "cut in a word"],
)
def test_a_misquote_is_caught_by_fidelity_and_by_its_class_and_shuts_the_gate(
    healthy: Run, run_with: Callable[[Spoil], Run], spoil: Spoil, kind: Misquote
) -> None:
    planted = run_with(spoil)

    assert planted.figures["quote_fidelity"].value == 0
    assert {name: count for name, count in planted.misquotes.items() if count} == {kind: 6}
    assert planted.figures["evidence_recall"].value == planted.figures["citation_recall"].value == 0
    # Of quotes that stand nowhere no character is gold or not, and how long they are says nothing of fidelity.
    assert changed(healthy, planted) - LENGTH == {"quote_fidelity", *EVIDENCE, *CITATIONS}
    assert failures(planted) == {}
    assert any(fault.startswith("quotes that their documents do not hold") for fault in broken(planted, NO_RULES))


def test_one_misquote_among_good_quotes_is_enough_to_shut_the_gate(run_with: Callable[[Spoil], Run]) -> None:
    shift = planting.moved(1)
    planted = run_with(lambda example, reply: shift(example, reply) if example.id == "a3" else reply)

    assert planted.figures["quote_fidelity"].value == pytest.approx(5 / 6)
    assert broken(planted, NO_RULES)[0] == "quotes that their documents do not hold were served: a3"


# --- citations


@pytest.mark.parametrize("spoil", [planting.marker_that_leads_nowhere, planting.no_citation])
def test_a_marker_without_a_citation_costs_citation_precision_and_recall(
    healthy: Run, run_with: Callable[[Spoil], Run], spoil: Spoil
) -> None:
    planted = run_with(spoil)

    assert {name: values(planted)[name] for name in CITATIONS} == dict.fromkeys(CITATIONS, 0.0)
    # Without any quote there is also nothing to be faithful, to be evidence, or to be first.
    quoted = {"quote_fidelity", "quote_characters", "answer_in_first_extract", *EVIDENCE}
    without = quoted if spoil is planting.no_citation else set()
    assert changed(healthy, planted) == CITATIONS | without
    assert any(fault.startswith("answers without a citation") for fault in broken(planted, NO_RULES))


def test_a_marker_too_many_costs_precision_only(healthy: Run, run_with: Callable[[Spoil], Run]) -> None:
    planted = run_with(planting.marker_too_many)

    assert changed(healthy, planted) == {"citation_precision"}
    assert planted.figures["citation_precision"].value == 0.5
    assert shut_by_floors(planted, *CITATIONS) == {"citation_precision"}
    assert any(fault.startswith("markers") for fault in broken(planted, NO_RULES))


# --- what is not found


def test_a_dropped_document_is_not_indexed(tmp_path: Path, healthy: Run) -> None:
    with closing(fake_library(tmp_path / "index")) as library:
        library.ingest([planting.write_documents(tmp_path / "documents")])
        library.remove([info.id for info in library.documents() if info.source == "ferry.txt"])
        planted = evaluate(QUESTIONS, LibrarySubject(library))

    assert [row.failure for row in planted.rows][:2] == ["not indexed", None]
    assert failures(planted) == {"not indexed": 1}
    assert planted.figures["right"].hits == 5
    assert planted.figures["retrieved_recall@10"].value == pytest.approx(5 / 6)
    assert planted.system.corpus != healthy.system.corpus
    assert broken(planted, NO_RULES) == ["gold evidence is not in the documents: a0"]
    with pytest.raises(ValueError, match="different documents"):
        broken(planted, Rules(Gate(), healthy))


def test_a_document_whose_text_is_there_but_not_its_passages_is_not_indexed(tmp_path: Path, healthy: Run) -> None:
    with closing(fake_library(tmp_path / "index")) as library:
        library.ingest([planting.write_documents(tmp_path / "documents")])
        row = library.store.documents.row("default", next(i.id for i in library.documents() if i.source == "ferry.txt"))
        with library.store.database.transaction() as database:
            database.execute("DELETE FROM passages WHERE document = ?", (row,))
        planted = evaluate(QUESTIONS, LibrarySubject(library))

    assert planted.system.corpus == healthy.system.corpus
    assert planted.rows[0].gold[0].start == 0
    assert failures(planted) == {"not indexed": 1}
    assert planted.figures["right"].hits == 5


# --- what is found and lost


@pytest.mark.parametrize("spoil", [planting.retrieved_in_reverse, planting.gold_never_retrieved])
def test_what_retrieval_misses_is_not_retrieved(healthy: Run, run_with: Callable[[Spoil], Run], spoil: Spoil) -> None:
    planted = run_with(spoil)

    assert failures(planted) == {"not retrieved": 6}
    assert (planted.figures["retrieved_mrr"].value or 0) < 0.1
    assert changed(healthy, planted) == {
        *ranking("retrieved"),
        *ranking("ranked"),
        "answer_in_top_5",
        *RIGHTNESS,
        *EVIDENCE,
        *SURE,
        *LENGTH,
    }
    assert {"right", "answer_in_top_5"} <= shut_by_regression(healthy, planted)
    assert shut_by_floors(planted, "retrieved_mrr", "ranked_mrr") == {"retrieved_mrr", "ranked_mrr"}


def test_a_ranking_in_reverse_is_ranked_out_and_leaves_retrieval_as_it_was(
    healthy: Run, run_with: Callable[[Spoil], Run]
) -> None:
    planted = run_with(planting.ranked_in_reverse)

    assert failures(planted) == {"ranked out": 6}
    assert (planted.figures["ranked_mrr"].value or 0) < 0.2
    # The tenth place is still among the first ten.
    kept = {"ranked_recall@10", "ranked_evidence@10"}
    assert changed(healthy, planted) == {
        *(ranking("ranked") - kept),
        "answer_in_top_5",
        *RIGHTNESS,
        *EVIDENCE,
        *SURE,
        *LENGTH,
    }
    assert {"right", "answer_in_top_5"} <= shut_by_regression(healthy, planted)
    assert shut_by_floors(planted, "retrieved_mrr", "ranked_mrr") == {"ranked_mrr"}


def test_extracts_that_leave_the_answer_out_are_not_extracted(healthy: Run, run_with: Callable[[Spoil], Run]) -> None:
    planted = run_with(planting.the_wrong_extract)

    assert failures(planted) == {"not extracted": 6}
    assert changed(healthy, planted) == {*RIGHTNESS, *EVIDENCE, *SURE, *LENGTH}
    assert "right" in shut_by_regression(healthy, planted)


# --- answering and abstaining


def test_who_answers_everything_answers_wrongly(healthy: Run, run_with: Callable[[Spoil], Run]) -> None:
    planted = run_with(planting.answers_everything)

    assert failures(planted) == {"wrongly answered": 6}
    assert values(planted)["right_refusals"] == values(planted)["refusal_recall"] == 0
    assert values(planted)["refusal_precision"] is None
    assert values(planted)["answered_wrong"] == 0.5
    assert changed(healthy, planted) == {"answered_wrong", "truthfulness", *REFUSALS, *LENGTH}
    assert shut_by_regression(healthy, planted) >= {"answered_wrong", "right_refusals", "truthfulness"}


def test_who_refuses_everything_abstains_wrongly(healthy: Run, run_with: Callable[[Spoil], Run]) -> None:
    planted = run_with(planting.refuses_everything)

    assert failures(planted) == {"wrongly abstained": 6}
    assert values(planted)["false_refusals"] == 1
    answerable = [row for row in planted.rows if row.answerable]
    assert Counter(row.scores["truthfulness"] for row in answerable) == {0.0: 6}
    assert values(planted)["answered_wrong"] == 0
    assert values(planted)["right_refusals"] == 1
    assert changed(healthy, planted) == {
        *(RIGHTNESS - {"answered_wrong"}),
        "false_refusals",
        "refusal_precision",
        "refusal_f1",
        "quote_fidelity",
        *EVIDENCE,
        *CITATIONS,
        *SURE,
        *LENGTH,
    }
    assert {"right", "false_refusals"} <= shut_by_regression(healthy, planted)


def test_confidence_in_reverse_is_worse_than_chance(healthy: Run, run_with: Callable[[Spoil], Run]) -> None:
    planted = run_with(planting.confidence_reversed)

    assert (planted.figures["auroc"].value or 0) < 0.5
    assert changed(healthy, planted) == {"auroc", *SURE}
    assert failures(planted) == {}
    assert broken(planted, NO_RULES) == []
    assert broken(planted, Rules(Gate(floors={"auroc": 0.5}), None)) != []
