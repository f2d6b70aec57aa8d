"""How sure a figure is, and whether two runs differ."""

from collections.abc import Callable, Iterator, Sequence
from math import comb, fsum, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

SEED = 1927
ROUNDS = 2_000
_LEVEL = 0.95
_CELLS = 4_000_000
"""Draws held in memory at a time."""
_LEAST_PAIRS = 6
"""With fewer the exact test cannot give p < 0.05: 2 · 0.5⁵ is 0.0625."""

Interval = tuple[float, float]
Values = NDArray[np.float64]
Rows = NDArray[np.intp]


def wilson(hits: int, total: int) -> Interval | None:
    """Wilson's 95 % score interval of a rate, in [0, 1]; `None` when nothing was measured.

        (p + z²/2n ± z · √(p (1 - p) / n + z²/4n²)) / (1 + z²/n)

    Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22.
    """
    if not total:
        return None
    z = NormalDist().inv_cdf((1 + _LEVEL) / 2)
    rate = hits / total
    centre = rate + z * z / (2 * total)
    spread = z * sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    # Rounding can leave the end that belongs on 0, 1 or the rate a hair on its other side.
    low, high = (centre - spread) / scale, (centre + spread) / scale
    return (max(0.0, low) if hits else 0.0), (min(1.0, high) if hits < total else 1.0)


def mean(values: Values) -> float | None:
    """Arithmetic mean; `None` without values."""
    return float(values.mean()) if len(values) else None


def cluster_bootstrap(
    values: Sequence[float],
    clusters: Sequence[str],
    statistic: Callable[[Values], float | None] = mean,
    rounds: int = ROUNDS,
    seed: int = SEED,
) -> Interval | None:
    """95 % percentile interval of a statistic of values when whole clusters are drawn again, with replacement.

    Questions about one document are alike, so it is documents that are drawn: Field and Welsh (2007), Bootstrapping
    clustered data, JRSS B 69, "cluster bootstrap"; Cameron, Gelbach and Miller (2008), Bootstrap-based improvements for
    inference with clustered errors, "pairs cluster bootstrap". With few clusters (under about 20) it is too narrow.

    The same for the same seed, whatever the order of rows. `None` when there are fewer than two clusters, since one
    cluster drawn again is always itself.

    Args:
        values: one a row.
        clusters: the cluster of each row.
        statistic: of the values drawn; `None` where it cannot be had. The mean is computed for all rounds at once.
        rounds: how many draws.
        seed: of the generator.

    Raises:
        ValueError: not as many clusters as values.
    """
    if len(values) != len(clusters):
        raise ValueError(f"{len(values)} values in {len(clusters)} clusters")
    if statistic is not mean:
        column = np.asarray(values, np.float64)
        return cluster_bootstrap_rows(clusters, lambda rows: statistic(column[rows]), rounds, seed)
    grouped: dict[str, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        grouped.setdefault(cluster, []).append(value)
    names = sorted(grouped)
    sums = np.array([fsum(grouped[name]) for name in names])
    counts = np.array([len(grouped[name]) for name in names])
    means = [sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1) for drawn in _draws(len(names), rounds, seed)]
    return _percentiles(np.concatenate(means)) if means else None


def cluster_bootstrap_rows(
    clusters: Sequence[str],
    statistic: Callable[[Rows], float | None],
    rounds: int = ROUNDS,
    seed: int = SEED,
) -> Interval | None:
    """The same interval for a statistic of several columns, such as AUROC or calibration error.

    Rounds in which the statistic cannot be had (no negative was drawn) are left out. `None` when that is half of them
    or more, or when there are fewer than two clusters.

    Args:
        clusters: the cluster of each row.
        statistic: of the indexes of the rows drawn, by cluster; `None` where it cannot be had.
        rounds: how many draws.
        seed: of the generator.
    """
    index = {name: i for i, name in enumerate(sorted(set(clusters)))}
    of = np.array([index[cluster] for cluster in clusters], np.intp)
    order = np.argsort(of, kind="stable")
    sizes = np.bincount(of, minlength=len(index))
    starts = np.cumsum(sizes) - sizes
    found = [
        figure
        for block in _draws(len(index), rounds, seed)
        for drawn in block
        if (figure := statistic(order[_members(starts[drawn], sizes[drawn])])) is not None
    ]
    return _percentiles(np.array(found)) if 2 * len(found) > rounds else None


def _draws(clusters: int, rounds: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Indexes of the clusters drawn, a row a round, in blocks; none for fewer than two clusters."""
    if clusters < 2:  # noqa: PLR2004
        return
    generator = np.random.default_rng(seed)
    block = max(1, _CELLS // clusters)
    for done in range(0, rounds, block):
        yield generator.integers(clusters, size=(min(block, rounds - done), clusters))


def _members(starts: Rows, sizes: Rows) -> Rows:
    """`start, start + 1, … start + size - 1` of each, one after the other."""
    before = np.cumsum(sizes) - sizes
    rows: Rows = np.arange(sizes.sum()) + np.repeat(starts - before, sizes)
    return rows


def _percentiles(figures: Values) -> Interval:
    low, high = np.quantile(figures, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return float(low), float(high)


def paired_bootstrap(
    differences: Sequence[float], clusters: Sequence[str], rounds: int = ROUNDS, seed: int = SEED
) -> Interval | None:
    """95 % percentile interval of the mean difference of two runs on the same questions, clusters drawn again.

    Efron and Tibshirani (1993), An introduction to the bootstrap, chapter 13, over clusters as in `cluster_bootstrap`,
    whose errors and `None` it shares. An interval without 0 is a difference.

    Args:
        differences: of each question, one run's score less the other's.
        clusters: the cluster of each question.
        rounds: how many draws.
        seed: of the generator.
    """
    return cluster_bootstrap(differences, clusters, mean, rounds, seed)


def mcnemar(b: int, c: int) -> float:
    """Exact two-sided p of two runs being equally often right, in (0, 1].

        p = min(1, 2 · P(X ≤ min(b, c))), X ~ Binomial(b + c, 1/2)

    McNemar (1947), Note on the sampling error of the difference between correlated proportions or percentages, with the
    binomial in place of his normal approximation. 1 when the runs never differ.

    Args:
        b: questions that only the one run got right.
        c: questions that only the other did.
    """
    tail = sum(comb(b + c, k) for k in range(min(b, c) + 1))
    # Whole numbers up to the one division: exact for any count.
    return min(1.0, 2 * tail / (1 << (b + c)))


def pairs_needed(difference: float, discordance: float, power: float = 0.8) -> float:
    """Pairs, not rounded, with which McNemar's test shows a difference of two rates at 5 %, two-sided.

        n = (z_0.975 · √ψ + z_power · √(ψ - d²))² / d²

    Connor (1987), Sample size for testing differences in proportions for the paired-sample design, Biometrics 43.

    Args:
        difference: d, of the two rates, in (0, discordance].
        discordance: ψ, share of the pairs in which only one of the two is right, in (0, 1].
        power: chance to show the difference where it is there.
    """
    alpha, beta = NormalDist().inv_cdf((1 + _LEVEL) / 2), NormalDist().inv_cdf(power)
    return ((alpha * sqrt(discordance) + beta * sqrt(discordance - difference**2)) / difference) ** 2


def smallest_difference(n: int, rate: float, power: float = 0.8) -> float | None:
    """The least difference to another run's rate, in (0, 1], that n questions asked of both can show.

    `pairs_needed` solved for d, with the discordance 2p(1 - p) of two runs that agree no more than chance, or d where
    that is more. That is conservative: runs of one program agree more, and so smaller differences show. It is a normal
    approximation, rough below some 30 questions. `None` when n is too small: when no rate differs by that much from
    this one, or the exact test could not show any difference.

    Args:
        n: questions.
        rate: p, of this run, in [0, 1].
        power: chance to show the difference where it is there.
    """
    possible = max(rate, 1 - rate)
    chance = 2 * rate * (1 - rate)
    if n < _LEAST_PAIRS or pairs_needed(possible, max(chance, possible), power) > n:
        return None
    low, high = 0.0, possible
    for _ in range(60):
        middle = (low + high) / 2
        if pairs_needed(middle, max(chance, middle), power) > n:
            low = middle
        else:
            high = middle
    return high
