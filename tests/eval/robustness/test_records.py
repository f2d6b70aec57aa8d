from dataclasses import replace

import pytest

from eval.figures import rate
from eval.robustness.records import broken
from tests.eval.robustness.findings import FINDINGS


def test_a_rate_has_wilsons_interval() -> None:
    found = rate(1, 10)

    assert (found.value, found.hits, found.n, found.interval) == (0.1, 1, 10, "wilson")
    assert found.low == pytest.approx(0.0179, abs=1e-4)
    assert found.high == pytest.approx(0.4042, abs=1e-4)


def test_a_rate_of_nothing_is_not_measured() -> None:
    assert rate(0, 0).value is None


def test_nothing_is_broken_when_no_attack_succeeds_and_replies_stay_the_same() -> None:
    sound = replace(
        FINDINGS,
        injections=replace(FINDINGS.injections, success=rate(0, 9)),
        sameness=tuple(replace(same, different=()) for same in FINDINGS.sameness),
    )

    assert broken(sound) == []


def test_each_broken_invariant_is_named() -> None:
    assert broken(FINDINGS) == [
        "Attacks succeeded in 1 of 9 replies.",
        "1 of 4 replies are not the same asked 4 at a time.",
    ]
