from random import Random

import pytest

from eval.calibrate import SAYS_NOTHING, operating_point
from eval.records import Row
from rag import OperatingPoint
from tests.eval.report.sample import sample


def row(number: int, confidence: float | None, wrong: bool | None) -> Row:
    scores = {"answered_wrong": None if wrong is None else float(wrong)}
    return Row(
        id=f"q{number}",
        question="Q?",
        type="",
        answerable=True,
        cluster="a.txt",
        history=(),
        answers=(),
        status="answered",
        answer="A.",
        confidence=confidence,
        quotes=(),
        gold=(),
        scores=scores,
        failure=None,
        excerpts=(),
    )


def point(pairs: list[tuple[float, bool]], max_error: float) -> OperatingPoint:
    return operating_point([row(n, c, w) for n, (c, w) in enumerate(pairs)], max_error, "set", "0")


def test_the_threshold_is_the_lowest_that_keeps_the_promise() -> None:
    # Ten questions, at most 30 % of them wrong: floor(.3 · 11) - 1 = 2 wrong answers are allowed.
    pairs = [(n / 10, n in {1, 2, 5, 8}) for n in range(10)]

    found = point(pairs, 0.3)

    assert found.threshold == 0.3
    assert (found.questions, found.answered, found.wrong) == (10, 0.7, 0.2)
    assert (found.max_error, found.dataset, found.dataset_sha256) == (0.3, "set", "0")


def test_questions_of_equal_confidence_are_answered_together_or_not_at_all() -> None:
    assert point([(0.5, True)] * 4 + [(0.9, False)] * 6, 0.3).threshold == 0.9


def test_where_even_the_surest_are_wrong_nothing_is_answered() -> None:
    found = point([(0.9, True)] * 30, 0.1)

    assert (found.threshold, found.answered, found.wrong) == (SAYS_NOTHING, 0.0, 0.0)


def test_where_all_is_right_all_is_answered() -> None:
    assert point([(0.2, False)] * 30, 0.05).answered == 1.0


@pytest.mark.parametrize(("max_error", "needed"), [(0.05, 19), (0.1, 9), (0.01, 99), (0.5, 1)])
def test_too_few_questions_for_a_promise_are_refused_with_how_many_it_takes(max_error: float, needed: int) -> None:
    with pytest.raises(ValueError, match=f"at least {needed} are needed"):
        point([(0.5, False)] * (needed - 1), max_error)

    assert point([(0.5, False)] * needed, max_error).answered == 1.0


def test_questions_that_were_not_judged_do_not_count() -> None:
    judged = [row(n, 0.5, wrong=False) for n in range(9)]
    others = [row(10, None, wrong=False), row(11, 0.5, wrong=None)]

    assert operating_point([*judged, *others], 0.1, "set", "0").questions == 9


@pytest.mark.parametrize("max_error", [0.05, 0.1, 0.2])
def test_the_promise_holds_for_the_next_question_over_many_draws(max_error: float) -> None:
    chance = Random(7)

    def question() -> tuple[float, bool]:
        confidence = chance.random()
        return confidence, chance.random() > confidence

    losses = []
    for _ in range(1_500):
        threshold = point([question() for _ in range(60)], max_error).threshold
        confidence, wrong = question()
        losses.append(confidence >= threshold and wrong)

    # The mean of 1,500 draws is within three standard errors of what is promised.
    assert sum(losses) / len(losses) <= max_error + 3 * (max_error * (1 - max_error) / len(losses)) ** 0.5


def test_a_run_as_it_is_saved_can_be_calibrated_on() -> None:
    found = operating_point(sample().rows, 0.5, "harbour", "0")

    assert 0 < found.questions <= len(sample().rows)
