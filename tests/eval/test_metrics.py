from random import Random

import pytest
from scipy.stats import binomtest  # type: ignore[import-untyped]
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]

from eval.examples import Example
from eval.metrics import answer_hit, auroc, fold, wilson


def example(*groups: tuple[str, ...]) -> Example:
    return Example("1", "Q?", "", answerable=True, must_include=groups, evidence=(), gold_docs=frozenset())


def test_folding_takes_case_and_white_space_away() -> None:
    assert fold("  The\u00a0FERRY\r\n\tleaves ") == "the ferry leaves"
    assert fold("STRASSE") == fold("straße")


def test_a_text_is_right_when_each_group_has_a_string_in_it() -> None:
    asked = example(("nine", "9 o’clock"), ("harbour",))

    assert answer_hit(asked, "It leaves the  HARBOUR\nat Nine.")
    assert answer_hit(asked, "From the harbour, 9 o’clock")
    assert not answer_hit(asked, "It leaves at nine.")
    assert not answer_hit(asked, "")


def test_strings_are_folded_as_well() -> None:
    assert answer_hit(example(("33.59\u00a0Million",)), "33.59 million")


def test_without_groups_nothing_is_right() -> None:
    assert not answer_hit(example(), "anything")


@pytest.mark.parametrize(("hits", "total"), [(0, 1), (1, 1), (5, 10), (49, 50), (0, 300), (123, 456), (1000, 1000)])
def test_wilson_is_the_interval_that_scipy_gives(hits: int, total: int) -> None:
    expected = binomtest(hits, total).proportion_ci(0.95, method="wilson")

    assert wilson(hits, total) == pytest.approx((expected.low, expected.high), abs=1e-4)


def test_wilson_of_newcombes_example() -> None:
    # Newcombe (1998), Two-sided confidence intervals for the single proportion, table I: 81 of 263.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_wilson_of_nothing_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_wilson_stays_within_zero_and_one() -> None:
    for total in range(1, 40):
        for hits in (0, total):
            low, high = wilson(hits, total)
            assert 0 <= low <= hits / total + 1e-12
            assert hits / total - 1e-12 <= high <= 1


def test_auroc_is_what_scikit_learn_gives_ties_included() -> None:
    chance = Random(3)
    for _ in range(20):
        positive = [chance.choice((0.1, 0.5, chance.random())) for _ in range(chance.randint(1, 30))]
        negative = [chance.choice((0.1, 0.5, chance.random() - 0.3)) for _ in range(chance.randint(1, 30))]
        labels = [1] * len(positive) + [0] * len(negative)

        assert auroc(positive, negative) == pytest.approx(roc_auc_score(labels, positive + negative))


def test_auroc_of_one_kind_alone_says_nothing() -> None:
    assert auroc([], [0.5]) is None
    assert auroc([0.5], []) is None


def test_auroc_of_separate_and_of_equal_scores() -> None:
    assert auroc([0.9, 0.8], [0.1]) == 1
    assert auroc([0.1], [0.9, 0.8]) == 0
    assert auroc([0.5, 0.5], [0.5]) == 0.5
