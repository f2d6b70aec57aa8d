import json
from hashlib import sha256
from pathlib import Path

import pytest

from eval.examples import Dataset, read_dataset
from eval.records import Evidence
from rag import Turn

WHOLE: dict[str, object] = {
    "id": "h001",
    "question": "When does the ferry leave?",
    "type": "lookup",
    "answerable": True,
    "answers": ["at nine"],
    "must_include": [["nine", "9"], ["ferry"]],
    "evidence": [{"doc": "ferry.txt", "quote": "The ferry leaves at nine."}],
    "note": "",
}
BARE: dict[str, object] = {"id": "b", "question": "Why?"}


def read(path: Path, *lines: object) -> Dataset:
    """The set of lines: objects as JSON, strings and bytes as they are."""
    raw = [
        line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
        for line in lines
    ]
    file = path if path.suffix else path / "set.jsonl"
    file.write_bytes(b"\n".join(raw))
    return read_dataset(file)


def test_an_example_is_read_with_all_that_it_asks_for(tmp_path: Path) -> None:
    (found,) = read(tmp_path, WHOLE).examples

    assert (found.id, found.question, found.type, found.answerable) == ("h001", WHOLE["question"], "lookup", True)
    assert (found.answers, found.must_include) == (("at nine",), (("nine", "9"), ("ferry",)))
    assert found.evidence == (Evidence("ferry.txt", "The ferry leaves at nine."),)
    assert found.gold_docs == {"ferry.txt": 1}


def test_a_follow_up_and_a_paraphrase_are_read(tmp_path: Path) -> None:
    talk = [{"role": "user", "content": "Is there a ferry?"}, {"role": "assistant", "content": "Yes."}]
    extra = {"history": talk, "standalone": "When does the ferry leave?", "paraphrase_of": "h000"}

    (found,) = read(tmp_path, {**WHOLE, **extra}).examples

    assert found.history == (Turn("user", "Is there a ferry?"), Turn("assistant", "Yes."))
    assert (found.standalone, found.paraphrase_of) == ("When does the ferry leave?", "h000")


def test_an_unanswerable_question_has_empty_lists(tmp_path: Path) -> None:
    empty: dict[str, object] = {"answers": [], "must_include": [], "evidence": [], "type": None, "note": None}

    (found,) = read(tmp_path, {**BARE, "answerable": False, **empty}).examples

    assert found.answerable is False
    assert (found.must_include, found.evidence, found.gold_docs, found.type) == ((), (), {}, "")


def test_a_set_that_only_ranks_says_neither(tmp_path: Path) -> None:
    found = read(tmp_path, {**BARE, "id": 1, "gold_docs": ["a", 7]}, {**BARE, "gold_docs": {"c": 2, "d": 0, "e": -1}})

    assert [example.answerable for example in found.examples] == [None, None]
    assert [example.gold_docs for example in found.examples] == [{"a": 1, "7": 1}, {"c": 2}]
    assert found.examples[0].id == "1"


def test_grades_are_kept_beside_the_documents_of_the_evidence(tmp_path: Path) -> None:
    (found,) = read(tmp_path, {**WHOLE, "gold_docs": {"ferry.txt": 3, "bell.md": 2}}).examples

    assert found.gold_docs == {"ferry.txt": 3, "bell.md": 2}


def test_answers_are_the_one_group_where_no_group_is_given(tmp_path: Path) -> None:
    plain = {**BARE, "answerable": True, "answers": ["nine", "9"]}

    found = read(tmp_path, plain, {**plain, "id": "c", "must_include": []}).examples

    assert [example.must_include for example in found] == [(("nine", "9"),), ()]


def test_spans_that_are_strings_of_one_group_are_alternatives_of_each_other(tmp_path: Path) -> None:
    spans = ["at nine", "nine sharp", "the mole"]
    evidence = [
        {"doc": "a", "quote": spans[0], "alternatives": [{"doc": "b", "quote": "at 9"}]},
        {"doc": "a", "quote": spans[2]},
        {"doc": "c", "quote": spans[1], "alternatives": [{"doc": "d", "quote": "9 sharp"}]},
    ]

    (found,) = read(tmp_path, {**BARE, "must_include": [spans[:2], [spans[2]]], "evidence": evidence}).examples

    others = (Evidence("b", "at 9"), Evidence("c", spans[1]), Evidence("d", "9 sharp"))
    assert found.evidence == (Evidence("a", spans[0], others), Evidence("a", spans[2]))
    assert found.gold_docs == dict.fromkeys("abcd", 1)


def test_evidence_that_is_no_answer_string_stays_a_piece_of_its_own(tmp_path: Path) -> None:
    evidence = [{"doc": "a", "quote": "It leaves at nine."}, {"doc": "a", "quote": "It is a ferry of nine."}]

    (found,) = read(tmp_path, {**BARE, "must_include": [["nine"]], "evidence": evidence}).examples

    assert [piece.quote for piece in found.evidence] == [piece["quote"] for piece in evidence]


def test_strings_as_evidence_stand_in_the_one_gold_document_and_of_several_there_is_no_telling(tmp_path: Path) -> None:
    spans = {**BARE, "evidence": ["nine", "ten"]}

    found = read(tmp_path, {**spans, "gold_docs": ["a"]}, {**spans, "id": "c", "gold_docs": ["a", "b"]}).examples

    assert found[0].evidence == (Evidence("a", "nine"), Evidence("a", "ten"))
    assert found[1].evidence == ()


@pytest.mark.parametrize(
    ("answers", "quotes", "kept"),
    [
        (["at NINE"], ["It leaves at\n nine."], True),
        (["some time before noon"], ["It leaves at nine."], False),
        (["yes"], ["It leaves at nine."], False),
        (["nine"], [], True),
    ],
)
def test_strings_that_the_sets_own_evidence_does_not_hold_are_not_looked_for(
    tmp_path: Path, answers: list[str], quotes: list[str], kept: bool
) -> None:
    evidence = [{"doc": "a", "quote": quote} for quote in quotes]

    (found,) = read(tmp_path, {**BARE, "answerable": True, "answers": answers, "evidence": evidence}).examples

    assert found.answers == tuple(answers)
    assert found.must_include == ((tuple(answers),) if kept else ())


def test_an_alternative_may_hold_the_strings(tmp_path: Path) -> None:
    evidence = {"doc": "a", "quote": "before noon", "alternatives": [{"doc": "b", "quote": "at nine"}]}

    (found,) = read(tmp_path, {**BARE, "must_include": [["nine"]], "evidence": [evidence]}).examples

    assert found.must_include == (("nine",),)


def test_examples_come_in_order_and_blank_lines_a_bom_and_crlf_do_no_harm(tmp_path: Path) -> None:
    lines = ("\ufeff" + json.dumps({**WHOLE, "id": "b"}) + "\r", "", "  \r", {**WHOLE, "id": "a"}, "")

    assert [example.id for example in read(tmp_path, *lines).examples] == ["b", "a"]


def test_line_separators_inside_a_question_do_not_end_the_line(tmp_path: Path) -> None:
    line = json.dumps({**WHOLE, "question": "When\u2028does\x85it leave?"}, ensure_ascii=False)

    assert read(tmp_path, line).examples[0].question == "When\u2028does\x85it leave?"


def test_a_pair_of_escaped_surrogates_is_one_character(tmp_path: Path) -> None:
    line = '{"id": "b", "question": "Which \\ud83e\\udd89?"}'

    assert read(tmp_path, line).examples[0].question == "Which 🦉?"


def test_a_set_is_named_by_its_file_and_by_its_bytes(tmp_path: Path) -> None:
    found = read(tmp_path / "harbour.v2.jsonl", BARE)

    assert (found.name, found.sha256) == ("harbour.v2", sha256(json.dumps(BARE).encode()).hexdigest())
