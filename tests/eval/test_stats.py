from random import Random

import numpy as np
import pytest
from scipy.stats import binomtest, bootstrap  # type: ignore[import-untyped]

from eval.metrics.confidence import auroc
from eval.stats import (
    Rows,
    Values,
    cluster_bootstrap,
    cluster_bootstrap_rows,
    mcnemar,
    mean,
    paired_bootstrap,
    pairs_needed,
    smallest_difference,
    wilson,
)


@pytest.mark.parametrize(("hits", "total"), [(0, 1), (1, 1), (5, 10), (49, 50), (0, 300), (123, 456), (1000, 1000)])
def test_wilson_is_the_interval_that_scipy_gives(hits: int, total: int) -> None:
    expected = binomtest(hits, total).proportion_ci(0.95, method="wilson")

    assert wilson(hits, total) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_of_newcombes_examples(hits: int, total: int, low: float, high: float) -> None:
    # Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3.
    assert wilson(hits, total) == pytest.approx((low, high), abs=5e-5)


def test_wilson_of_nothing_says_nothing() -> None:
    assert wilson(0, 0) is None


def test_wilson_holds_the_rate_and_stays_within_zero_and_one() -> None:
    for total in range(1, 60):
        for hits in range(total + 1):
            low, high = wilson(hits, total) or (2, -1)
            assert 0 <= low <= hits / total <= high <= 1


@pytest.mark.parametrize(("b", "c"), [(0, 1), (1, 1), (2, 12), (5, 5), (0, 6), (30, 12), (700, 1300)])
def test_mcnemar_is_the_binomial_test_of_scipy(b: int, c: int) -> None:
    assert mcnemar(b, c) == pytest.approx(binomtest(b, b + c).pvalue, rel=1e-9)
    assert mcnemar(b, c) == mcnemar(c, b)


def test_mcnemar_of_the_example_of_armitage_and_berry() -> None:
    # Armitage and Berry (1994), p. 127: two media for 50 specimens, growth on one alone 12 and 2 times.
    assert mcnemar(12, 2) == pytest.approx(0.0129, abs=5e-5)


def test_two_runs_that_never_differ_are_alike() -> None:
    assert mcnemar(0, 0) == 1


def some_rows() -> tuple[list[float], list[str]]:
    chance = Random(11)
    clusters = [f"doc{chance.randint(1, 40)}" for _ in range(190)]
    return [float(chance.random() < (0.9 if cluster < "doc3" else 0.5)) for cluster in clusters], clusters


def test_an_interval_of_the_mean_holds_it() -> None:
    values, clusters = some_rows()
    low, high = cluster_bootstrap(values, clusters) or (2, -1)

    assert low < sum(values) / len(values) < high


def test_rows_that_are_their_own_clusters_give_the_plain_bootstrap_of_scipy() -> None:
    values, _ = some_rows()
    theirs = bootstrap((values,), np.mean, method="percentile", n_resamples=20_000, rng=1).confidence_interval

    found = cluster_bootstrap(values, [str(i) for i in range(len(values))], rounds=20_000)

    assert found == pytest.approx((theirs.low, theirs.high), abs=0.006)


def test_an_interval_of_a_mean_is_that_of_a_naive_draw_of_clusters() -> None:
    values, clusters = some_rows()
    names = sorted(set(clusters))
    chance = Random(12)
    means = []
    for _ in range(5_000):
        drawn = [
            v
            for name in chance.choices(names, k=len(names))
            for v, c in zip(values, clusters, strict=True)
            if c == name
        ]
        means.append(sum(drawn) / len(drawn))

    assert cluster_bootstrap(values, clusters, rounds=5_000) == pytest.approx(
        (np.quantile(means, 0.025), np.quantile(means, 0.975)), abs=0.012
    )


def test_questions_that_go_together_make_an_interval_wider() -> None:
    values = [float(i % 2) for i in range(20) for _ in range(10)]
    alone = cluster_bootstrap(values, [str(i) for i in range(200)]) or (0, 0)
    together = cluster_bootstrap(values, [str(i // 10) for i in range(200)]) or (0, 0)

    assert together[1] - together[0] > 2 * (alone[1] - alone[0])


def test_the_same_seed_gives_the_same_interval_in_any_order_of_rows() -> None:
    values, clusters = some_rows()
    order = Random(1).sample(range(len(values)), len(values))
    shuffled, theirs = [values[i] for i in order], [clusters[i] for i in order]

    assert cluster_bootstrap(shuffled, theirs) == cluster_bootstrap(values, clusters)
    assert cluster_bootstrap(values, clusters, seed=1) != cluster_bootstrap(values, clusters, seed=2)
    column, moved = np.array(values), np.array(shuffled)
    assert cluster_bootstrap_rows(theirs, lambda rows: mean(moved[rows]), 200) == pytest.approx(
        cluster_bootstrap_rows(clusters, lambda rows: mean(column[rows]), 200)
    )


def test_the_mean_of_all_rounds_at_once_is_the_mean_of_each() -> None:
    values, clusters = some_rows()

    def one_by_one(drawn: Values) -> float:
        return float(drawn.sum() / len(drawn))

    assert cluster_bootstrap(values, clusters, one_by_one) == pytest.approx(cluster_bootstrap(values, clusters))


def test_a_statistic_gets_all_rows_of_each_cluster_drawn() -> None:
    clusters = ["a", "b", "a", "c", "b", "a"]
    seen: list[tuple[int, ...]] = []

    def noting(rows: Rows) -> float:
        seen.append(tuple(rows.tolist()))
        return 0.0

    assert cluster_bootstrap_rows(clusters, noting, rounds=300) == (0, 0)
    members = {"a": (0, 2, 5), "b": (1, 4), "c": (3,)}
    assert len(seen) == 300
    assert set(seen) == {members[x] + members[y] + members[z] for x in "abc" for y in "abc" for z in "abc"}


def test_rounds_in_which_a_statistic_cannot_be_had_are_left_out() -> None:
    scores, positive = np.array([0.9, 0.8, 0.3, 0.7]), np.array([True, True, False, True])

    def area(rows: Rows) -> float | None:
        return auroc(scores[rows][positive[rows]], scores[rows][~positive[rows]])

    assert cluster_bootstrap_rows(["a", "b", "c", "d"], area) == (1, 1)


def test_a_statistic_that_most_rounds_do_not_give_has_no_interval() -> None:
    measured = np.array([1.0, 0.0, 0.0, 0.0])

    def of_the_first(rows: Rows) -> float | None:
        return 1.0 if measured[rows].sum() > 1 else None

    assert cluster_bootstrap_rows(["a", "b", "c", "d"], of_the_first) is None
    assert cluster_bootstrap_rows(["a", "b", "c", "d"], lambda _: None) is None


def test_fewer_than_two_clusters_say_nothing() -> None:
    assert cluster_bootstrap([], []) is None
    assert cluster_bootstrap([1, 0], ["a", "a"]) is None
    assert cluster_bootstrap_rows(["a", "a"], lambda _: 1.0) is None
    assert cluster_bootstrap_rows([], lambda _: 1.0) is None
    assert mean(np.empty(0)) is None


def test_many_clusters_are_drawn_in_blocks() -> None:
    clusters = [str(i) for i in range(5_000)]
    low, high = cluster_bootstrap([float(i % 2) for i in range(5_000)], clusters, rounds=1_000) or (2, -1)

    # A standard error of 0.5 / √5000.
    assert (low, high) == pytest.approx((0.5 - 1.96 * 0.00707, 0.5 + 1.96 * 0.00707), abs=0.002)


def test_a_value_without_a_cluster_is_refused() -> None:
    with pytest.raises(ValueError, match="2 values in 1 clusters"):
        cluster_bootstrap([1, 0], ["a"])


def test_a_paired_difference_is_the_interval_of_its_mean() -> None:
    clusters = [str(i // 2) for i in range(100)]

    low, high = paired_bootstrap([0.2, 0.1] * 50, clusters) or (2, -1)
    assert low == high == pytest.approx(0.15)
    low, high = paired_bootstrap([float(i % 3 - 1) for i in range(99)], clusters[:99]) or (2, -1)
    assert low < 0 < high


def test_pairs_needed_of_the_example_of_the_formula() -> None:
    # powerandsamplesize.com, "McNemar Z-test, 2-sided", after Connor (1987): p01 = 0.45, p10 = 0.05, n = 23.
    assert 22 < pairs_needed(0.4, 0.5) <= 23


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.84, 0.98, 1.0])
@pytest.mark.parametrize("n", [30, 190, 5_000])
def test_the_smallest_difference_is_that_which_needs_just_these_pairs(n: int, rate: float) -> None:
    difference = smallest_difference(n, rate)

    assert difference is not None
    assert pairs_needed(difference, max(2 * rate * (1 - rate), difference)) == pytest.approx(n)


def test_more_questions_show_smaller_differences_and_surer_ones_need_larger() -> None:
    differences = [smallest_difference(n, 0.8) or 0 for n in (50, 100, 200, 400)]

    assert differences == sorted(differences, reverse=True)
    assert (smallest_difference(190, 0.8, power=0.9) or 0) > (smallest_difference(190, 0.8) or 1)


def test_the_smallest_difference_is_shown_as_often_as_its_power_says() -> None:
    # Runs that differ by it, with discordance by chance, tested exactly: about 80 %, a little less for being exact.
    n, rate = 190, 0.7
    difference, discordance = smallest_difference(n, rate) or 0, 2 * rate * (1 - rate)
    generator = np.random.default_rng(9)
    shares = [(discordance + difference) / 2, (discordance - difference) / 2, 1 - discordance]
    shown = [mcnemar(int(b), int(c)) < 0.05 for b, c, _ in generator.multinomial(n, shares, size=2_000)]

    assert 0.72 < sum(shown) / len(shown) < 0.84


def test_too_few_questions_show_no_difference() -> None:
    assert smallest_difference(5, 0.9) is None
    assert smallest_difference(0, 0.9) is None
    assert smallest_difference(5, 1) is None
    assert smallest_difference(5, 0) is None
    assert smallest_difference(6, 1) is not None
    assert smallest_difference(8, 0.5) is None
