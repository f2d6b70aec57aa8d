from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from eval.examples import Evidence, Example
from eval.run import QUOTE_BUDGET, Outcome, evidence_stands, opened, outcome, run, summary
from rag import Library, LoadError
from rag.records import Answer, Claim, Passage
from tests.rag.fakes import NOTES, fake_library, write_notes
from tests.rag.hits import hit

FERRY = Example(
    id="a1",
    question="When does the ferry leave the harbour?",
    type="lookup",
    answerable=True,
    must_include=(("at nine", "9"),),
    evidence=(Evidence("ferry.txt", "The ferry leaves\nthe harbour at NINE."),),
    gold_docs=frozenset({"ferry.txt"}),
)
KRAKEN = Example(
    "u1", "Where does the kraken sleep?", "", answerable=False, must_include=(), evidence=(), gold_docs=frozenset()
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("eval")
    with closing(fake_library(folder / "index")) as library:
        library.ingest([write_notes(folder / "notes")])
        yield library


def test_each_question_is_asked_and_counted_in_order(library: Library) -> None:
    done: list[None] = []

    first, second = run(library, [FERRY, KRAKEN], lambda: done.append(None))

    assert (first.example, second.example, len(done)) == (FERRY, KRAKEN, 2)
    assert (first.answered, first.right, first.in_passages, first.gold_rank, first.misquotes) == (
        True,
        True,
        True,
        1,
        0,
    )
    assert (second.right, second.gold_rank) == (False, None)
    assert first.milliseconds > 0


def test_a_quote_that_is_not_its_documents_text_is_a_misquote(library: Library) -> None:
    answer = library.ask(FERRY.question)
    (claim,) = answer.claims
    wrong = replace(claim.citations[0], quote="The ferry leaves at ten.")

    found = outcome(library, FERRY, replace(answer, claims=(Claim(wrong.quote, (wrong, *claim.citations), 1.0),)))

    assert found.misquotes == 1


def test_what_stands_beyond_the_budget_does_not_count(library: Library) -> None:
    answer = library.ask(FERRY.question)
    (claim,) = answer.claims
    (citation,) = claim.citations
    long = replace(citation, quote="x" * QUOTE_BUDGET)

    late = outcome(library, FERRY, replace(answer, claims=(Claim("", (long, citation), 1.0),)))
    early = outcome(library, FERRY, replace(answer, claims=(Claim("", (citation, long), 1.0),)))

    assert (late.right, early.right) == (False, True)


def test_only_the_first_five_passages_count_and_ten_for_the_document(library: Library) -> None:
    others = [hit("Nothing of the kind stands here.", f"{n}.txt") for n in range(5)]
    gold = hit(NOTES["ferry.txt"], "ferry.txt")
    answer = Answer(FERRY.question, "abstained", (), (*others, gold), 0.1, "No.", {"total": 1.0})

    found = outcome(library, FERRY, answer)

    assert (found.in_passages, found.gold_rank, found.answered) == (False, 6, False)
    assert isinstance(gold.passage, Passage)


def made(example: Example, **fields: object) -> Outcome:
    plain = Outcome(example, True, 0.5, True, True, 1, 0, 1.0)
    return replace(plain, **fields)  # type: ignore[arg-type]


def test_the_summary_counts_each_kind_over_what_it_concerns() -> None:
    ranking = replace(FERRY, answerable=None, must_include=())
    outcomes = [
        made(FERRY, confidence=0.9),
        made(FERRY, right=False, confidence=0.8, misquotes=2),
        made(FERRY, answered=False, right=False, in_passages=False, gold_rank=None, confidence=0.1),
        made(KRAKEN, right=False, in_passages=False, gold_rank=None, confidence=0.3),
        made(KRAKEN, answered=False, right=False, in_passages=False, gold_rank=None, confidence=0.2),
        made(ranking, right=False, gold_rank=None),
    ]

    found = summary(outcomes)

    def of(name: str) -> tuple[int, int]:
        rate = found[name]
        assert isinstance(rate, dict)
        assert rate["rate"] == rate["hits"] / rate["of"]
        assert rate["low"] <= rate["rate"] <= rate["high"]
        return rate["hits"], rate["of"]

    assert of("right_within_700") == (1, 3)
    assert of("answer_in_top_5_passages") == (2, 3)
    assert of("gold_document_in_top_10") == (2, 4)
    assert of("false_refusals") == (1, 3)
    assert of("right_refusals") == (1, 2)
    assert of("answered_and_wrong") == (2, 5)
    assert found["auroc_of_confidence"] == pytest.approx(4 / 6)
    assert (found["misquotes"], found["questions"]) == (2, 6)


def test_what_was_not_measured_is_none_and_not_zero() -> None:
    found = summary([])

    assert found.pop("questions") == 0
    assert found.pop("misquotes") == 0
    assert set(found.values()) == {None}


def test_gold_evidence_that_no_document_holds_is_named(library: Library) -> None:
    missing = replace(FERRY, id="a2", evidence=(Evidence("ferry.txt", "It sails at ten."),))
    elsewhere = replace(FERRY, id="a3", evidence=(Evidence("gone.txt", "The ferry leaves"),))

    assert evidence_stands(library, [FERRY, missing, elsewhere, KRAKEN]) == ["a2", "a3"]


def test_an_index_that_is_there_is_opened(library: Library) -> None:
    with opened(library.index, None) as again:
        assert [info.source for info in again.documents()] == sorted(NOTES)


def test_a_corpus_becomes_a_temporary_index_that_is_gone_afterwards(tmp_path: Path) -> None:
    write_notes(tmp_path / "notes")

    with opened(None, tmp_path / "notes") as library:
        index = library.index
        (found,) = run(library, [FERRY])
        assert found.right

    assert not index.exists()


def test_a_corpus_with_a_bad_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"\0" * 99)

    with pytest.raises((ValueError, LoadError), match=r"bad\.txt"), opened(None, tmp_path):
        pass
