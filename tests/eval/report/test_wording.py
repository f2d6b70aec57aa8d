import math
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics import METRICS
from eval.records import Figure, Stage
from eval.report.wording import HEADLINE, STAGE_MEANS, expected, got, interval, number, troubled, worst_first
from tests.eval.report.sample import sample

RUN = sample()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "–"), (0.0, "0.00"), (1.0, "1.00"), (0.6666, "0.67"), (0.068, "0.068"), (0.9997, "0.999"),
        (-0.5, "−0.50"), (-1.0, "−1.00"), (82.0, "82"), (48.93, "48.9"), (1340.2, "1,340"),
    ],
)  # fmt: skip
def test_a_figure_has_as_many_places_as_a_reader_needs(value: float | None, written: str) -> None:
    assert number(value) == written


def test_a_unit_follows_what_is_measured() -> None:
    assert number(131.0, "ms") == "131 ms"
    assert number(None, "ms") == "–"


@given(st.floats(0, 1, exclude_max=True))
def test_nothing_below_one_is_written_as_one(value: float) -> None:
    assert float(number(value)) < 1
    assert math.isclose(float(number(value)), value, abs_tol=0.005)


def test_an_interval_has_both_ends_or_is_not_written() -> None:
    assert interval(Figure(0.5, 0.25, 0.75)) == "[0.25, 0.75]"
    assert interval(Figure(0.5)) == ""


def test_every_headline_figure_and_every_stage_is_known() -> None:
    assert set(HEADLINE) <= set(METRICS)
    assert set(STAGE_MEANS) == set(get_args(Stage))


def test_errors_come_first_then_failures_by_stage_then_the_rest() -> None:
    rows = worst_first(RUN)
    failed = [row for row in RUN.rows if troubled(row)]

    assert rows[0].status == "failed"
    assert all(troubled(row) for row in rows[: len(failed)])
    stages = [row.failure for row in rows[1 : len(failed)]]
    assert list(dict.fromkeys(stages)) == list(STAGE_MEANS)
    assert sorted(row.id for row in rows) == sorted(row.id for row in RUN.rows)


def test_what_was_expected_is_told_from_answers_or_evidence() -> None:
    row = RUN.rows[1]

    assert expected(row) == "ice on the ramp"
    assert expected(replace(row, answers=())) == "because the ramp ices over"
    assert expected(replace(row, answers=(), gold=())) == "an answer"
    assert expected(replace(row, answerable=False)) == "no answer: the documents do not hold one"


def test_what_was_got_is_told_by_status() -> None:
    row = replace(RUN.rows[1], answer="At nine. [1]")

    assert got(row) == "At nine. [1]"
    assert got(replace(row, status="abstained")) == "no answer"
    assert got(replace(row, status="failed")) == "an error: At nine. [1]"
