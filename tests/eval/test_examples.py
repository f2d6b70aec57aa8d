import json
from pathlib import Path

import pytest

from eval.examples import Evidence, read_examples

WHOLE = {
    "id": "h001",
    "question": "When does the ferry leave?",
    "type": "lookup",
    "answerable": True,
    "answers": ["at nine"],
    "must_include": [["nine", "9"], ["harbour"]],
    "evidence": [{"doc": "ferry.txt", "quote": "The ferry leaves at nine."}],
    "note": "",
}


def written(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    return path


def test_an_example_is_read_with_all_that_it_asks_for(tmp_path: Path) -> None:
    (found,) = read_examples(written(tmp_path / "set.jsonl", WHOLE))

    assert (found.id, found.question, found.type, found.answerable) == ("h001", WHOLE["question"], "lookup", True)
    assert found.must_include == (("nine", "9"), ("harbour",))
    assert found.evidence == (Evidence("ferry.txt", "The ferry leaves at nine."),)
    assert found.gold_docs == {"ferry.txt"}


def test_an_unanswerable_question_has_empty_lists(tmp_path: Path) -> None:
    line = {"id": "u1", "question": "Why?", "answerable": False, "answers": [], "must_include": [], "evidence": []}

    (found,) = read_examples(written(tmp_path / "set.jsonl", line))

    assert found.answerable is False
    assert (found.must_include, found.evidence, found.gold_docs) == ((), (), frozenset())


def test_a_set_that_only_ranks_says_neither(tmp_path: Path) -> None:
    lines = ({"id": 1, "question": "Q", "gold_docs": ["a", "b"]}, {"id": 2, "question": "Q", "gold_docs": {"c": 2}})

    found = read_examples(written(tmp_path / "set.jsonl", *lines))

    assert [example.answerable for example in found] == [None, None]
    assert [example.gold_docs for example in found] == [{"a", "b"}, {"c"}]
    assert found[0].id == "1"


def test_examples_come_in_order_and_blank_lines_are_passed_over(tmp_path: Path) -> None:
    lines = ({**WHOLE, "id": "b"}, "", "  ", {**WHOLE, "id": "a"}, "")

    assert [example.id for example in read_examples(written(tmp_path / "set.jsonl", *lines))] == ["b", "a"]


@pytest.mark.parametrize(
    "line", ["{broken", '{"id": "no question"}', "[1]", "3", '{"id": 1, "question": "Q", "evidence": [{}]}']
)
def test_a_line_that_is_no_example_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match=r"set\.jsonl line 2 is no example"):
        read_examples(written(tmp_path / "set.jsonl", WHOLE, line))


@pytest.mark.parametrize(
    "wrong", [{"must_include": "nine"}, {"must_include": ["nine"]}, {"evidence": {"doc": "x"}}, {"gold_docs": "a.txt"}]
)
def test_a_field_of_another_shape_is_named(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"set\.jsonl line 1 is no example"):
        read_examples(written(tmp_path / "set.jsonl", {**WHOLE, **wrong}))


def test_line_separators_inside_a_question_do_not_end_the_line(tmp_path: Path) -> None:
    line = json.dumps({**WHOLE, "question": "When\u2028does\x85it leave?"}, ensure_ascii=False)

    (found,) = read_examples(written(tmp_path / "set.jsonl", line))

    assert found.question == "When\u2028does\x85it leave?"


def test_the_shipped_questions_can_be_read() -> None:
    folder = Path(__file__).parents[2] / "eval" / "datasets"

    for path in folder.glob("*.jsonl"):
        found = read_examples(path)
        assert len({example.id for example in found}) == len(found) > 0
