from random import Random

import numpy as np
import pytest

from eval.metrics.latency import percentile


@pytest.mark.parametrize(("p", "value"), [(5, 15), (30, 20), (40, 20), (50, 35), (100, 50)])
def test_the_textbook_example_of_the_nearest_rank(p: float, value: float) -> None:
    assert percentile([35, 20, 15, 50, 40], p) == value


def test_percentiles_are_those_numpy_gives_by_the_first_definition_of_hyndman_and_fan() -> None:
    chance = Random(1)
    for _ in range(200):
        values = [chance.random() for _ in range(chance.randint(1, 300))]
        p = chance.randint(1, 100)

        assert percentile(values, p) == np.percentile(values, p, method="inverted_cdf")


def test_rounding_does_not_move_a_rank() -> None:
    assert percentile(range(1, 251), 64.4) == 161


def test_of_no_values_nothing_is_measured() -> None:
    assert percentile([], 50) is None
