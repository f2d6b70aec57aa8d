from random import Random

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score  # type: ignore[import-untyped]

from eval.metrics.confidence import aurc, auroc, brier, coverage_at, ece, reliability, risk_coverage

CONFIDENCES = [0.6, 0.9, 0.7, 0.8]
RIGHT = [True, True, True, False]


def some_answers(chance: Random) -> tuple[list[float], list[bool]]:
    confidences = [chance.choice((0.0, 0.1, 0.5, 1.0, chance.random())) for _ in range(chance.randint(1, 60))]
    return confidences, [chance.random() < 0.3 + 0.6 * c for c in confidences]


def test_the_curve_goes_from_the_most_confident_answer_to_all() -> None:
    coverage, risk = risk_coverage(CONFIDENCES, RIGHT)

    assert coverage == [0.25, 0.5, 0.75, 1]
    assert risk == pytest.approx([0, 1 / 2, 1 / 3, 1 / 4])


def test_answers_of_one_confidence_come_in_one_step() -> None:
    assert risk_coverage([0.5, 0.9, 0.5, 0.5], [True, True, False, True]) == ([0.25, 1], [0, 0.25])


def test_aurc_is_the_mean_risk_of_the_most_confident() -> None:
    assert aurc(CONFIDENCES, RIGHT) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 4) / 4)


def test_aurc_of_one_confidence_for_all_is_the_error_rate() -> None:
    assert aurc([0.5] * 4, [True, False, True, True]) == 0.25


def test_aurc_is_the_mean_over_answers_of_the_errors_no_less_confident() -> None:
    chance = Random(4)
    for _ in range(100):
        confidences, right = some_answers(chance)
        risks = []
        for threshold in confidences:
            verdicts = [good for c, good in zip(confidences, right, strict=True) if c >= threshold]
            risks.append(verdicts.count(False) / len(verdicts))

        assert aurc(confidences, right) == pytest.approx(sum(risks) / len(risks))


def test_the_order_of_answers_matters_to_nothing() -> None:
    chance = Random(5)
    confidences, right = some_answers(chance)
    order = chance.sample(range(len(right)), len(right))
    shuffled, verdicts = [confidences[i] for i in order], [right[i] for i in order]

    assert risk_coverage(shuffled, verdicts) == risk_coverage(confidences, right)
    assert aurc(shuffled, verdicts) == aurc(confidences, right)
    assert coverage_at(shuffled, verdicts, 0.2) == coverage_at(confidences, right, 0.2)
    assert ece(shuffled, verdicts) == pytest.approx(ece(confidences, right))


def test_coverage_is_the_greatest_with_no_more_errors_than_allowed() -> None:
    assert coverage_at(CONFIDENCES, RIGHT, 0.05) == 0.25
    assert coverage_at(CONFIDENCES, RIGHT, 0.25) == 1
    assert coverage_at(CONFIDENCES, RIGHT, 0.3) == 1
    assert coverage_at([0.9, 0.1], [False, True], 0.05) == 0
    # 3 wrong of 60 is 5 %, not a hair more.
    assert coverage_at([0.9] * 60, [True] * 57 + [False] * 3, 0.05) == 1


def test_auroc_of_the_ratings_of_hanley_and_mcneil() -> None:
    # Hanley and McNeil (1982), table I: 58 normal and 51 abnormal images rated 1 to 5; the area is 0.893.
    normal = [rating for rating, count in zip(range(1, 6), (33, 6, 6, 11, 2), strict=True) for _ in range(count)]
    abnormal = [rating for rating, count in zip(range(1, 6), (3, 2, 2, 11, 33), strict=True) for _ in range(count)]

    assert auroc(abnormal, normal) == pytest.approx(0.893, abs=5e-4)


def test_auroc_is_what_scikit_learn_gives_ties_included() -> None:
    chance = Random(3)
    for _ in range(50):
        positive = [chance.choice((0.1, 0.5, chance.random())) for _ in range(chance.randint(1, 30))]
        negative = [chance.choice((0.1, 0.5, chance.random() - 0.3)) for _ in range(chance.randint(1, 30))]
        labels = [1] * len(positive) + [0] * len(negative)

        assert auroc(positive, negative) == pytest.approx(roc_auc_score(labels, positive + negative))


def test_auroc_of_separate_and_of_equal_scores() -> None:
    assert auroc([0.9, 0.8], [0.1]) == 1
    assert auroc([0.1], [0.9, 0.8]) == 0
    assert auroc([0.5, 0.5], [0.5]) == 0.5


def test_brier_of_briers_forecasts() -> None:
    # Brier (1950), table 1: ten forecasts of rain, a score of 0.19 over both outcomes.
    rain = [0.7, 0.9, 0.8, 0.4, 0.2, 0.0, 0.0, 0.0, 0.0, 0.1]
    came = [False, True, True, True, False, False, False, False, False, False]

    assert brier(rain, came) == pytest.approx(0.19 / 2)


def test_brier_is_what_scikit_learn_gives() -> None:
    chance = Random(6)
    for _ in range(50):
        confidences, right = some_answers(chance)

        assert brier(confidences, right) == pytest.approx(brier_score_loss(right, confidences, labels=[False, True]))


def test_bins_have_equal_width_and_own_their_upper_edge() -> None:
    confidences = [0.0, 0.1, 0.11, 0.2, 0.3, 0.95, 1.0]
    right = [False, True, False, True, True, True, False]

    found = [(b.confidence, b.accuracy, b.count) for b in reliability(confidences, right)]
    assert found == [pytest.approx(b) for b in ((0.05, 0.5, 2), (0.155, 0.5, 2), (0.3, 1, 1), (0.975, 0.5, 2))]


def test_calibration_error_weighs_each_bin_by_its_answers() -> None:
    # One bin: 0.85 against 1 of 2 right; another: 0.25 against 0 of 1.
    assert ece([0.81, 0.89, 0.25], [True, False, False]) == pytest.approx(2 / 3 * 0.35 + 1 / 3 * 0.25)


@pytest.mark.parametrize("bins", [1, 5, 10, 15])
def test_calibration_error_is_what_a_plain_count_gives(bins: int) -> None:
    chance = Random(bins)
    for _ in range(50):
        confidences, right = some_answers(chance)
        error = 0.0
        for i in range(bins):
            held = [
                (c, good)
                for c, good in zip(confidences, right, strict=True)
                if i / bins < c <= (i + 1) / bins or (i == 0 and c == 0)
            ]
            error += abs(sum(good for _, good in held) - sum(c for c, _ in held)) / len(confidences)

        assert ece(confidences, right, bins) == pytest.approx(error)


def test_arrays_are_taken_as_lists_are() -> None:
    scores, verdicts = np.array(CONFIDENCES), np.array(RIGHT)

    assert aurc(scores, verdicts) == aurc(CONFIDENCES, RIGHT)
    assert ece(scores, verdicts) == ece(CONFIDENCES, RIGHT)
    assert auroc(scores[verdicts], scores[~verdicts]) == pytest.approx(1 / 3)


def test_of_no_answers_nothing_is_measured() -> None:
    assert risk_coverage([], []) == ([], [])
    assert aurc([], []) is None
    assert coverage_at([], [], 0.05) is None
    assert brier([], []) is None
    assert ece([], []) is None
    assert reliability([], []) == []
    assert auroc([], [0.5]) is None
    assert auroc([0.5], []) is None


@pytest.mark.parametrize("wrong", [-0.1, 1.01, float("nan")])
def test_what_is_no_probability_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="not in"):
        brier([0.5, wrong], [True, True])
    with pytest.raises(ValueError, match="not in"):
        ece([0.5, wrong], [True, True])


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="2 confidences for 1 answers"):
        aurc([0.5, 0.6], [True])
