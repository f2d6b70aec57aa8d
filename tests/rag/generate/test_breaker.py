"""The breaker by a clock that stands until it is set."""

from contextlib import suppress

import pytest

from rag.errors import LlmTimeoutError, LlmUnavailableError
from rag.generate.breaker import Breaker, SparedError


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(3, 10, clock)


def _fail(breaker: Breaker, error: Exception | None = None) -> None:
    with suppress(LlmUnavailableError, LlmTimeoutError, ValueError), breaker.call():
        raise error or LlmUnavailableError("down")


def _passes(breaker: Breaker) -> bool:
    """Whether a call would go through; it is abandoned."""
    with pytest.raises((ValueError, LlmUnavailableError)) as raised, breaker.call():
        raise ValueError
    return raised.type is ValueError


def test_fewer_failures_pass(breaker: Breaker) -> None:
    _fail(breaker)
    _fail(breaker, LlmTimeoutError("late"))
    assert _passes(breaker)


def test_so_many_in_a_row_do_not_until_the_rest_is_over(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        _fail(breaker)
    clock.now += 9.9
    with pytest.raises(LlmUnavailableError, match=r"failed 3 times in a row .* in 0\.1 s"), breaker.call():
        pass
    clock.now += 0.2
    assert _passes(breaker)


def test_a_success_in_between_begins_the_count_anew(breaker: Breaker) -> None:
    for _ in range(4):
        _fail(breaker)
        with breaker.call():
            pass
    assert _passes(breaker)


def test_one_call_tries_again_while_others_wait(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        _fail(breaker)
    clock.now += 11
    with breaker.call():
        assert not _passes(breaker)
        with pytest.raises(LlmUnavailableError, match="when the call under way has ended"), breaker.call():
            pass
    assert _passes(breaker)


def test_a_failed_try_begins_the_rest_anew(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        _fail(breaker)
    clock.now += 11
    _fail(breaker)
    assert not _passes(breaker)
    clock.now += 11
    assert _passes(breaker)


def test_an_abandoned_try_leaves_it_to_the_next_call(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        _fail(breaker)
    clock.now += 11
    assert [_passes(breaker), _passes(breaker)] == [True, True]
    _fail(breaker)
    assert not _passes(breaker)


def test_an_abandoned_call_is_no_failure(breaker: Breaker) -> None:
    for _ in range(9):
        _fail(breaker, ValueError())
    assert _passes(breaker)


class _NotThisError(SparedError, LlmUnavailableError):
    pass


def test_what_is_no_fault_of_the_service_is_no_failure_and_no_success(breaker: Breaker) -> None:
    for _ in range(9):
        _fail(breaker, _NotThisError("not this"))
    assert _passes(breaker)
    _fail(breaker)
    _fail(breaker)
    _fail(breaker, _NotThisError("not this"))
    _fail(breaker)
    assert not _passes(breaker)


def test_who_would_wait_is_told_before(breaker: Breaker, clock: Clock) -> None:
    breaker.ensure_asked()
    for _ in range(3):
        _fail(breaker)
    with pytest.raises(LlmUnavailableError, match="left alone"):
        breaker.ensure_asked()
    clock.now += 11
    breaker.ensure_asked()
    assert _passes(breaker)
