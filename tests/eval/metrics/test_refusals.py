from random import Random

import pytest
from sklearn.metrics import precision_recall_fscore_support  # type: ignore[import-untyped]

from eval.metrics.refusals import RefusalScores, refusal_scores


def test_scores_of_a_counted_example() -> None:
    # 8 answerable questions of which 2 were refused, 5 unanswerable ones of which 3 were.
    pairs = [(True, True)] * 2 + [(True, False)] * 6 + [(False, True)] * 3 + [(False, False)] * 2

    assert refusal_scores(pairs) == RefusalScores(0.6, 0.6, 0.6, 0.25)


def test_all_are_what_scikit_learn_gives() -> None:
    chance = Random(2)
    for _ in range(100):
        pairs = [(True, False), (False, True)]
        pairs += [(chance.random() < 0.7, chance.random() < 0.4) for _ in range(chance.randint(0, 40))]
        truth, said = [not answerable for answerable, _ in pairs], [refused for _, refused in pairs]
        precision, recall, f1, _ = precision_recall_fscore_support(truth, said, average="binary")
        scores = refusal_scores(pairs)

        assert (scores.precision, scores.recall, scores.f1) == pytest.approx((precision, recall, f1))


def test_whoever_refuses_nothing_has_no_precision() -> None:
    assert refusal_scores([(True, False), (False, False)]) == RefusalScores(None, 0, 0, 0)


def test_whoever_refuses_everything_has_all_recall() -> None:
    assert refusal_scores([(True, True), (False, True)]) == RefusalScores(0.5, 1, 2 / 3, 1)


def test_without_unanswerable_questions_only_false_refusals_are_measured() -> None:
    assert refusal_scores([(True, True), (True, False)]) == RefusalScores(None, None, None, 0.5)


def test_without_answerable_questions_there_are_no_false_refusals() -> None:
    assert refusal_scores([(False, True)]) == RefusalScores(1, 1, 1, None)


def test_of_nothing_nothing_is_measured() -> None:
    assert refusal_scores([]) == RefusalScores(None, None, None, None)
