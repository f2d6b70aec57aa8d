"""The shipped questions, held against the notes they are about as the loader reads them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eval.corpus import ingested
from eval.examples import read_dataset
from eval.gold import gold_places
from eval.in_process import LibrarySubject
from eval.metrics.answers import answer_hit
from tests.rag.fakes import fake_library

ROOT = Path(__file__).parents[2]
EXAMPLES = {example.id: example for example in read_dataset(ROOT / "eval/datasets/seeds.jsonl").examples}
ANSWERABLE = [example for example in EXAMPLES.values() if example.answerable]
CLASSES = {"absent", "near-entity", "false-premise", "underspecified", "off-topic"}
TYPES = {"lookup", "paraphrase", "why-how", "attribution", "figure-trap", "date-version", "list", "multi", "noisy"}


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibrarySubject]:
    """The notes as they are ingested, with vectors that say nothing: only texts are looked at here."""
    folder = tmp_path_factory.mktemp("seeds")
    with closing(fake_library(folder / "index")) as library:
        ingested(library, [ROOT / "seeds"], folder)
        yield LibrarySubject(library)


def test_there_are_enough_questions_and_enough_that_cannot_be_answered() -> None:
    assert len(EXAMPLES) >= 180
    assert len(EXAMPLES) - len(ANSWERABLE) >= 45
    assert {example.answerable for example in EXAMPLES.values()} == {True, False}


def test_every_class_of_questions_is_there_more_than_a_few_times() -> None:
    counts = Counter(example.type for example in EXAMPLES.values())
    unanswerable = {f"unanswerable-{kind}" for kind in CLASSES}

    assert counts.keys() == TYPES | unanswerable | {"follow-up"}
    assert min(counts.values()) >= 5
    assert {e.type for e in EXAMPLES.values() if not e.answerable} == unanswerable


def test_no_question_is_asked_twice() -> None:
    asked = Counter((" ".join(e.question.casefold().split()), e.history) for e in EXAMPLES.values())

    assert max(asked.values()) == 1
    assert max(len(e.question) for e in EXAMPLES.values()) <= 2_000


def test_every_quote_and_every_alternative_stands_verbatim_in_its_note(notes: LibrarySubject) -> None:
    pieces = [(e.id, one) for e in EXAMPLES.values() for p in e.evidence for one in (p, *p.alternatives)]

    assert len(pieces) > len(ANSWERABLE)
    assert [(i, one) for i, one in pieces if one.quote not in (notes.text(one.doc) or "")] == []


def test_a_quote_that_is_no_longer_in_the_notes_is_found_out(notes: LibrarySubject) -> None:
    example = next(e for e in ANSWERABLE if len(e.evidence) == 1 and not e.evidence[0].alternatives)
    (piece,) = example.evidence

    def edited(source: str) -> str | None:
        return (notes.text(source) or "").replace(piece.quote, piece.quote[:-5] + "edits")

    assert all(gold_places(example, notes.text))
    assert gold_places(example, edited) == [[]]


def test_every_quote_can_be_cited(notes: LibrarySubject) -> None:
    """Its middle is in a passage, and not in what is left out as page furniture."""
    lost = [
        (example.id, number)
        for example in ANSWERABLE
        for number, piece in enumerate(gold_places(example, notes.text))
        if not any(notes.holds(*place) for place in piece)
    ]

    assert lost == []


def test_what_a_right_answer_holds_stands_in_the_evidence() -> None:
    for example in ANSWERABLE:
        told = " ".join(one.quote for piece in example.evidence for one in (piece, *piece.alternatives))
        assert example.evidence, example.id
        assert answer_hit(example.must_include, told) is True, example.id


def test_any_one_alternative_is_enough_to_be_right() -> None:
    for example in ANSWERABLE:
        for number, piece in enumerate(example.evidence):
            rest = " ".join(other.quote for place, other in enumerate(example.evidence) if place != number)
            for one in (piece, *piece.alternatives):
                assert answer_hit(example.must_include, f"{rest} {one.quote}"), (example.id, one)


def test_every_piece_of_evidence_is_needed_where_two_passages_are() -> None:
    for example in ANSWERABLE:
        if example.type == "multi":
            assert len(example.evidence) > 1, example.id
            assert len(example.must_include) > 1, example.id


def test_an_answerable_question_says_what_its_answer_is() -> None:
    assert [
        example.id for example in ANSWERABLE if not all(map(str.strip, example.answers)) or not example.answers
    ] == []


def test_an_unanswerable_question_has_no_answer_and_says_why() -> None:
    for example in EXAMPLES.values():
        if not example.answerable:
            assert (example.answers, example.must_include, example.evidence) == ((), (), ()), example.id
            assert example.note, example.id


def test_a_follow_up_has_its_talk_and_stands_alone_in_other_words() -> None:
    for example in EXAMPLES.values():
        if example.history or example.standalone or example.type == "follow-up":
            assert example.standalone, example.id
            assert example.standalone != example.question, example.id
            assert [turn.role for turn in example.history] == ["user", "assistant"] * (len(example.history) // 2)
            assert example.history, example.id
            assert all(turn.content.strip() for turn in example.history), example.id


def test_a_paraphrase_asks_what_another_question_asks() -> None:
    pairs = [(e, EXAMPLES[e.paraphrase_of]) for e in EXAMPLES.values() if e.paraphrase_of is not None]

    assert len(pairs) >= 5
    for one, other in pairs:
        assert one.id != other.id
        assert one.question != other.question
        assert one.answerable == other.answerable
        assert {piece.doc for piece in one.evidence} & {*other.gold_docs}, one.id
