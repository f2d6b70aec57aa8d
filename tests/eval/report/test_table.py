import csv
import io
from dataclasses import replace

import pytest

from eval.records import Run
from eval.report.table import table
from tests.eval.report.sample import run_of, sample

RUN = sample()


def lines(run: Run) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table(run).decode(), newline="")))


def test_there_is_a_line_for_each_question() -> None:
    found = lines(RUN)

    assert [line["id"] for line in found] == [row.id for row in RUN.rows]
    assert [line["failure"] for line in found] == [row.failure or "" for row in RUN.rows]
    assert [line["status"] for line in found] == [row.status for row in RUN.rows]


def test_every_score_is_there_and_what_is_not_measured_is_empty() -> None:
    for line, row in zip(lines(RUN), RUN.rows, strict=True):
        for name, score in row.scores.items():
            assert line[name] == ("" if score is None else str(score))


def test_an_answer_with_lines_quotes_and_commas_comes_back_whole() -> None:
    answer = 'One, "two"\r\nthree [1]'
    (line,) = lines(run_of([replace(RUN.rows[1], answer=answer)]))

    assert line["answer"] == answer


def test_quotes_are_told_with_number_and_source() -> None:
    line = lines(RUN)[0]

    first, second = line["quotes"].split("\n\n")
    assert first == "[1] harbour/ferry-order.md: The ferry leaves the north quay at"
    assert second == "[2] harbour/ferry-order.md: The quay was painted twice."


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\u00a0=", "＝"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_text(start: str) -> None:
    text = start + 'HYPERLINK("x")'
    (line,) = lines(run_of([replace(RUN.rows[1], id=text, question=text, type=text, answer=text)]))

    assert {line[name] for name in ("id", "question", "type", "answer")} == {f"'{text}"}


def test_a_number_below_nought_stays_a_number() -> None:
    (line,) = lines(run_of([replace(RUN.rows[1], scores={"truthfulness": -1.0})]))

    assert line["truthfulness"] == "-1.0"


def test_whether_it_can_be_answered_has_three_values() -> None:
    rows = [replace(RUN.rows[1], answerable=answerable) for answerable in (True, False, None)]

    assert [line["answerable"] for line in lines(run_of(rows))] == ["true", "false", ""]
