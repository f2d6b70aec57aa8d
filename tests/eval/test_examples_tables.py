"""Question sets that are no JSON Lines of the contract: BEIR folders and CSV."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from eval.examples import read_dataset
from eval.records import Evidence, Example

Beir = Callable[..., Path]


@pytest.fixture
def beir(tmp_path: Path) -> Beir:
    """Writes a folder of BEIR with three queries and the judgements given, by split."""

    def written(queries: str | None = None, **judgements: str) -> Path:
        folder = tmp_path / "beir.v1"
        (folder / "qrels").mkdir(parents=True)
        asked: list[dict[str, object]] = [
            {"_id": i, "text": f"What is {i}?", "metadata": {}} for i in ("q2", "q1", "q3")
        ]
        lines = "\n".join(map(json.dumps, asked)) if queries is None else queries
        (folder / "queries.jsonl").write_text(lines, "utf-8")
        (folder / "corpus.jsonl").write_text('{"_id": "d1", "title": "", "text": "D"}\n', "utf-8")
        for split, rows in judgements.items():
            (folder / "qrels" / f"{split}.tsv").write_text(rows, "utf-8")
        return folder

    return written


def csv_file(folder: Path, content: str) -> Path:
    (folder / "set.csv").write_bytes(content.encode())
    return folder / "set.csv"


def csv_examples(folder: Path, content: str) -> tuple[Example, ...]:
    return read_dataset(csv_file(folder, content)).examples


def test_a_beir_folder_gives_the_judged_queries_in_their_order(beir: Beir) -> None:
    folder = beir(test="query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td1\t2\nq2\td2\t1\nq2\td3\t0\n")

    found = read_dataset(folder)

    assert found.name == "beir.v1"
    assert [(e.id, e.question, e.answerable) for e in found.examples] == [
        ("q2", "What is q2?", None),
        ("q1", "What is q1?", None),
    ]
    assert [e.gold_docs for e in found.examples] == [{"d1": 2, "d2": 1}, {"d1": 1}]


@pytest.mark.parametrize(
    "rows",
    [
        "q1\td1\t1\n",
        "q1\t0\td1\t1\n",
        "query-id\tcorpus-id\tscore\r\nq1\td1\t1\r\n",
        "\ufeffquery-id\tcorpus-id\tscore\n\nq1\td1\t1.0",
        "\n\nquery-id\tcorpus-id\tscore\nq1\td1\t1\n",
    ],
    ids=["no header", "four cells of TREC", "CRLF", "BOM, blank line, decimal", "blank lines first"],
)
def test_judgements_come_in_several_forms(beir: Beir, rows: str) -> None:
    (found,) = read_dataset(beir(test=rows)).examples

    assert (found.id, found.gold_docs) == ("q1", {"d1": 1})


def test_of_several_splits_test_is_read_and_without_it_the_first(beir: Beir, tmp_path: Path) -> None:
    folder = beir(dev="q1\td1\t1\n", test="q2\td1\t1\n", train="q3\td1\t1\n")

    assert [e.id for e in read_dataset(folder).examples] == ["q2"]
    (tmp_path / "beir.v1/qrels/test.tsv").unlink()
    assert [e.id for e in read_dataset(folder).examples] == ["q1"]


def test_the_judgements_are_a_part_of_what_the_set_is(beir: Beir) -> None:
    folder = beir(test="q1\td1\t1\n")
    before = read_dataset(folder).sha256
    (folder / "qrels/test.tsv").write_text("q1\td2\t1\n", "utf-8")

    assert read_dataset(folder).sha256 != before


@pytest.mark.parametrize("row", ["q1\td1", "q1 d1 1", "q1\td1\tmuch", "q1\t0\t0\td1\t1", "q1\td1\tnan", "q1\td1\tinf"])
def test_a_judgement_of_another_shape_is_named(beir: Beir, row: str) -> None:
    with pytest.raises(ValueError, match=r"test\.tsv line 3 is no judgement: expected query-id, corpus-id, score"):
        read_dataset(beir(test=f"query-id\tcorpus-id\tscore\nq1\td1\t1\n{row}\n"))


@pytest.mark.parametrize(
    ("line", "reason"),
    [("[]", "expected an object"), ('{"text": "Q"}', "_id: "), ('{"_id": "q1"}', "question: "), ("{", "at column")],
)
def test_a_query_of_another_shape_is_named(beir: Beir, line: str, reason: str) -> None:
    with pytest.raises(ValueError, match=rf"queries\.jsonl line 2 is no example: .*{reason}"):
        read_dataset(beir('{"_id": "q0", "text": "?"}\n' + line, test="q1\td1\t1\n"))


def test_a_folder_none_of_whose_queries_is_judged_holds_no_question(beir: Beir) -> None:
    with pytest.raises(ValueError, match=r"beir\.v1 holds no question"):
        read_dataset(beir(test="q9\td1\t1\n"))


def test_a_part_that_is_not_utf_8_is_named_and_not_its_folder(beir: Beir) -> None:
    folder = beir(test="")
    (folder / "qrels/test.tsv").write_bytes(b"q1\td1\t1\n\xff\n")

    with pytest.raises(ValueError, match=r"^test\.tsv line 2 is not UTF-8"):
        read_dataset(folder)


def test_a_folder_with_questions_is_read_and_named_by_the_folder(tmp_path: Path) -> None:
    line = b'{"id": "a", "question": "Why?"}\n'
    (tmp_path / "questions.jsonl").write_bytes(line)
    (tmp_path / "queries.jsonl").write_bytes(b"not read")

    found = read_dataset(tmp_path)

    assert ([e.id for e in found.examples], found.name) == (["a"], tmp_path.name)
    assert found.sha256 == sha256(line).hexdigest()


def test_a_folder_without_questions_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"is no question set: expected questions\.jsonl, or queries\.jsonl and qrels"):
        read_dataset(tmp_path)


def test_queries_without_judgements_are_no_set(tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "text": "?"}', "utf-8")

    with pytest.raises(ValueError, match="is no question set"):
        read_dataset(tmp_path)


def test_a_csv_is_read_with_all_its_columns(tmp_path: Path) -> None:
    header = "id,question,type,answerable,answers,doc,quote,standalone,note,colour\n"
    row = 'c1,When?,lookup,yes,nine | 9,ferry.txt,"It leaves at nine, sharp.",When does it leave?,n,red\n'

    (found,) = csv_examples(tmp_path, header + row)

    assert found == Example(
        id="c1",
        question="When?",
        type="lookup",
        answerable=True,
        answers=("nine", "9"),
        must_include=(("nine", "9"),),
        evidence=(Evidence("ferry.txt", "It leaves at nine, sharp."),),
        gold_docs={"ferry.txt": 1},
        standalone="When does it leave?",
        note="n",
    )


def test_a_csv_needs_no_more_than_questions(tmp_path: Path) -> None:
    found = csv_examples(tmp_path, "question\nWhy?\nHow?\n")

    assert found == (Example("1", "Why?"), Example("2", "How?"))


def test_whether_it_is_answerable_follows_from_what_is_given(tmp_path: Path) -> None:
    rows = "Q,,nine,,\nQ,,,a,It is.\nQ,,,a,\nQ,,,,\nQ,false,,,\nQ,NO,,,\nQ,0,,,\nQ,True,,,\nQ,1,,,\n"

    found = csv_examples(tmp_path, "question,answerable,answers,doc,quote\n" + rows)

    assert [e.answerable for e in found] == [True, True, None, None, False, False, False, True, True]
    assert found[2].gold_docs == {"a": 1}


def test_quotation_marks_commas_and_line_ends_inside_a_cell_are_kept(tmp_path: Path) -> None:
    found = csv_examples(tmp_path, 'question,note\r\n"Who said ""no"",\r\nand why?",x\r\nHow?,y\r\n')

    assert [(e.id, e.question) for e in found] == [("1", 'Who said "no",\r\nand why?'), ("2", "How?")]


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0b", "\x0c", "\x1c"])
def test_only_line_ends_part_the_rows_of_a_csv(tmp_path: Path, separator: str) -> None:
    found = csv_examples(tmp_path, f"question,type\nWhy{separator}so?,a\nHow?,b\n")

    assert [(e.question, e.type) for e in found] == [(f"Why{separator}so?", "a"), ("How?", "b")]


def test_a_csv_may_begin_with_a_bom_and_end_its_lines_as_it_likes(tmp_path: Path) -> None:
    for end in ("\n", "\r\n", "\r"):
        found = csv_examples(tmp_path, f"\ufeffquestion{end}{end}Why?{end}How?")
        assert [e.question for e in found] == ["Why?", "How?"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            "id,text\n1,a\n",
            "needs one column `question`, and none twice, with commas between; its first line is id, text",
        ),
        ("question,question\na,b\n", "none twice"),
        ("question;note\na;b\n", "its first line is question;note"),
        ("question,answerable\nWhy?,\nWhy?,perhaps\n", "line 3 is no example: answerable is 'perhaps'"),
        ("id,question\n1,Why, then?\n", "line 2 is no example: it has more cells than the first line"),
        ("question,quote\nWhy?,So.\n", "line 2 is no example: a quote needs the document"),
        ("question,note\n,x\n", "line 2 is no example: question: Field required"),
        ("id,question\n7,Why?\n7,How?\n", "holds the id '7' twice"),
        ("question\n", "holds no question"),
        ('question\n"Why?\n', "is no CSV: unexpected end of data"),
        ('question\n"Why"?\n', "line 2 is no CSV: "),
        ('"question\n', "is no CSV: unexpected end of data"),
        ("question\n" + "x" * 200_000, "is no CSV: field larger than field limit"),
        ("x" * 200_000 + ",question\n", "is no CSV: field larger than field limit"),
    ],
)
def test_a_csv_of_another_shape_is_named_with_line_and_reason(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"^set\.csv ") as refused:
        read_dataset(csv_file(tmp_path, content))

    assert reason in str(refused.value)


def test_strings_that_the_quote_of_a_row_does_not_hold_are_not_looked_for(tmp_path: Path) -> None:
    (found,) = csv_examples(tmp_path, "question,answers,doc,quote\nWhen?,before noon,a,At nine.\n")

    assert (found.answers, found.must_include) == (("before noon",), ())
