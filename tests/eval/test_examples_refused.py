"""Question sets that cannot be read: each is refused with the line and the reason."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.examples import read_dataset
from tests.eval.test_examples import BARE, WHOLE, read


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{broken", "double quotes at column 2"),
        ("\0\0", "Expecting value at column 1"),
        ("[" * 100_000, "nested too deep"),
        ('{"id": 1, "question": "Q", "answers": ' + "[" * 500 + "]" * 500 + "}", "answers.0: .* string"),
        ("[1]", r"expected an object, found \[1\]"),
        ("3", "expected an object, found 3"),
        ("null", "expected an object, found null"),
        ('{"question": "Q"}', "id: "),
        ('{"id": null, "question": "Q"}', "id: .* string or a whole number"),
        ('{"id": [1], "question": "Q"}', "id: .* string or a whole number"),
        ('{"id": ' + "1" * 5000 + ', "question": "Q"}', "4300 digits"),
        ('{"id": "q"}', "question: Field required"),
        ('{"id": 1, "question": " "}', "question: it is blank"),
        ('{"id": 1, "question": ["Q"]}', "question: .* string"),
        ('{"id": 1, "question": "\\ud800"}', "surrogate"),
        ('{"id": 1, "question": "Q", "note": "\\udc00x"}', "surrogate"),
    ],
)
def test_a_line_that_is_no_example_is_named_with_the_reason(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(ValueError, match=rf"^set\.jsonl line 3 is no example: .*{reason}"):
        read(tmp_path, WHOLE, "", line, BARE)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"answers": "nine"}, "answers: "),
        ({"answers": [""]}, "must_include: .* blank string"),
        ({"must_include": "nine"}, "must_include: "),
        ({"must_include": ["nine"]}, r"must_include\.0: "),
        ({"must_include": [[]]}, "must_include: .* empty group"),
        ({"must_include": [["nine", "\n"]]}, "must_include: .* blank string"),
        ({"evidence": "nine"}, "evidence: "),
        ({"evidence": {"doc": "x"}}, "evidence: "),
        ({"evidence": 3}, "evidence: "),
        ({"evidence": [{}]}, r"evidence\.0\.doc: Field required"),
        ({"evidence": [{"doc": "x"}]}, r"evidence\.0\.quote: Field required"),
        ({"evidence": [{"doc": "x", "quote": " "}]}, "evidence: a quote is blank"),
        ({"evidence": [{"doc": "x", "quote": 3}]}, r"evidence\.0\.quote: "),
        ({"evidence": ["nine", {"doc": "x", "quote": "nine"}]}, r"evidence\.0: "),
        ({"evidence": [{"doc": "x", "quote": "q", "alternatives": ["y"]}]}, r"evidence\.0\.alternatives\.0: "),
        ({"evidence": [{"doc": "x", "quote": "q", "alternatives": [{"doc": "x", "quote": ""}]}]}, "evidence: .* blank"),
        ({"gold_docs": "a.txt"}, "gold_docs: "),
        ({"gold_docs": [None]}, "gold_docs: "),
        ({"gold_docs": {"a": "much"}}, r"gold_docs\.a: "),
        ({"gold_docs": {"a": float("nan")}}, "NaN is no number"),
        ({"gold_docs": {"a": float("inf")}}, "Infinity is no number"),
        ({"gold_docs": {"a": 1e308 * 10}}, "Infinity is no number"),
        ({"answerable": "maybe"}, "answerable: "),
        ({"history": [{"role": "god", "content": "?"}]}, r"history\.0\.role: "),
        ({"history": ["hello"]}, r"history\.0: "),
        ({"paraphrase_of": 3}, "paraphrase_of: "),
    ],
)
def test_a_field_of_another_shape_is_named(tmp_path: Path, wrong: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=rf"^set\.jsonl line 1 is no example: {reason}"):
        read(tmp_path, {**BARE, **wrong})


def test_a_relevance_too_great_for_a_number_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"line 1 is no example: gold_docs: .* no finite number"):
        read(tmp_path, '{"id": "b", "question": "Why?", "gold_docs": {"a": 1e999}}')


@pytest.mark.parametrize("bad", [b"\xff", b'{"id": "caf\xe9"}', "{}".encode("utf-16")])
def test_a_line_that_is_not_utf_8_is_named(tmp_path: Path, bad: bytes) -> None:
    with pytest.raises(ValueError, match=r"^set\.jsonl line 2 is not UTF-8: "):
        read(tmp_path, WHOLE, bad, BARE)


@pytest.mark.parametrize("name", ["set.jsonl", "set.csv"])
@pytest.mark.parametrize("content", [b"", b"\n \r\n\n", b"\xef\xbb\xbf"])
def test_a_file_without_a_question_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ValueError, match=name):
        read_dataset(tmp_path / name)


def test_an_id_that_stands_twice_is_named_though_it_is_written_differently(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"set\.jsonl holds the id '7' twice"):
        read(tmp_path, {**BARE, "id": 7}, {**BARE, "id": "8"}, {**BARE, "id": "7"})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"gone\.jsonl cannot be read: No such file"):
        read_dataset(tmp_path / "gone.jsonl")


@given(st.binary(max_size=200), st.sampled_from(["set.jsonl", "set.csv"]))
def test_whatever_the_bytes_they_are_read_or_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(content)

    try:
        found = read_dataset(path)
    except ValueError as error:
        assert name in str(error)  # noqa: PT017 - reading may as well succeed
    else:
        assert found.examples


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["doc", "quote", "a"]), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*WHOLE, "gold_docs", "history", "standalone", "_id", "text"]), _JSON))
def test_whatever_the_fields_they_are_read_or_refused_by_line(
    tmp_path_factory: pytest.TempPathFactory, fields: dict[str, object]
) -> None:
    folder = tmp_path_factory.mktemp("any")

    try:
        (found,) = read(folder, {**BARE, **fields}).examples
    except ValueError as error:
        assert str(error).startswith("set.jsonl line 1 is no example: ")  # noqa: PT017 - reading may succeed
    else:
        assert found.question.strip()
        assert all(relevance > 0 for relevance in found.gold_docs.values())
        assert all(group and all(map(str.strip, group)) for group in found.must_include)
