from collections.abc import Sequence
from random import Random

import httpx
import orjson
import pytest

from rag.client import ApiError, RateLimitedError, UnfinishedError, UnreachableError, calls
from rag.client.exchange import MOST_TRIES, Outcome, Patience, Pause, Send, Steps, exchange, finished

ADDRESS = "http://service"
BUSY = {"type": "about:blank", "title": "Busy", "status": 429, "detail": "Slow down.", "instance": "/"}
JOB: dict[str, object] = {"id": "job_1", "collection": "default", "created": "", "finished": None, "files": []}
COUNTS = dict.fromkeys(("queued", "running", "added", "updated", "unchanged", "failed", "cancelled"), 0)


class _Clock:
    """Time that passes with pauses, and a little with each request."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _response(status: int, body: object = None, headers: dict[str, str] | None = None) -> httpx.Response:
    request = httpx.Request("GET", ADDRESS)
    return httpx.Response(status, content=orjson.dumps(body), headers=headers, request=request)


def _refused(status: int = 429, retry_after: str | None = None) -> httpx.Response:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return _response(status, BUSY | {"status": status}, headers)


OK = _response(200, {"status": "ok"})


def _played(steps: Steps[object], outcomes: Sequence[Outcome], clock: _Clock) -> tuple[object, list[float]]:
    """What steps come to when sending has these outcomes, and the pauses on the way."""
    left, pauses, outcome = iter(outcomes), list[float](), None
    while True:
        try:
            step = steps.send(outcome)
        except StopIteration as end:
            return end.value, pauses
        if isinstance(step, Pause):
            pauses.append(step.seconds)
            clock.now += step.seconds
            outcome = None
        else:
            assert step.timeout_s > 0
            clock.now += 0.01
            outcome = next(left)


def _health(outcomes: Sequence[Outcome], timeout_s: float = 60, seed: int = 1) -> list[float]:
    clock = _Clock()
    steps: Steps[object] = exchange(calls.health(), Patience(timeout_s, clock, Random(seed)), ADDRESS)
    return _played(steps, outcomes, clock)[1]


def test_a_reply_needs_no_pause() -> None:
    assert _health([OK]) == []


@pytest.mark.parametrize("seed", range(20))
def test_no_try_is_made_before_the_service_says(seed: int) -> None:
    (pause,) = _health([_refused(retry_after="3"), OK], seed=seed)
    assert 3 <= pause < 4


def test_pauses_grow_where_the_service_names_no_time() -> None:
    first, second, third = _health([_refused(503), _refused(503), _refused(503), OK])
    assert first < second < third


def test_clients_refused_together_do_not_come_back_together() -> None:
    refused = [_refused(retry_after="1"), OK]
    assert len({_health(refused, seed=seed)[0] for seed in range(20)}) == 20


def test_after_some_tries_the_error_is_raised() -> None:
    with pytest.raises(RateLimitedError) as refused:
        _health([_refused(retry_after="1")] * MOST_TRIES)
    assert refused.value.retry_after == 1


def test_a_time_beyond_the_deadline_is_not_waited_for() -> None:
    clock = _Clock()
    steps: Steps[object] = exchange(calls.health(), Patience(5, clock, Random(1)), ADDRESS)
    with pytest.raises(RateLimitedError):
        _played(steps, [_refused(retry_after="30")], clock)
    assert clock.now < 1


def test_tries_and_pauses_share_one_deadline() -> None:
    clock = _Clock()
    steps: Steps[object] = exchange(calls.health(), Patience(5, clock, Random(1)), ADDRESS)
    with pytest.raises(RateLimitedError):
        _played(steps, [_refused(retry_after="2")] * MOST_TRIES, clock)
    assert clock.now < 5


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500])
def test_what_would_be_refused_again_is_not_tried_again(status: int) -> None:
    with pytest.raises(ApiError) as refused:
        _health([_refused(status)])
    assert refused.value.status == status


def test_what_was_never_sent_is_tried_again_whatever_it_does() -> None:
    clock = _Clock()
    steps: Steps[object] = exchange(calls.drop("a"), Patience(60, clock, Random(1)), ADDRESS)
    away = httpx.ConnectError("refused")
    assert len(_played(steps, [away, away, _response(204)], clock)[1]) == 2


def test_what_may_have_been_done_is_not_sent_again() -> None:
    clock = _Clock()
    steps: Steps[object] = exchange(calls.drop("a"), Patience(60, clock, Random(1)), ADDRESS)
    with pytest.raises(UnreachableError):
        _played(steps, [httpx.ReadError("broken")], clock)


def _job(state: str) -> httpx.Response:
    return _response(200, JOB | {"state": state, "counts": COUNTS})


def test_an_upload_is_looked_at_less_and_less_often() -> None:
    clock = _Clock()
    steps: Steps[object] = finished("job_1", 600, Patience(60, clock, Random(1)), ADDRESS)
    _, pauses = _played(steps, [_job("queued"), *[_job("running")] * 12, _job("done")], clock)
    assert pauses == sorted(pauses)
    assert pauses[-1] == 2


def test_an_upload_is_not_waited_for_beyond_the_time_given() -> None:
    clock = _Clock()
    steps: Steps[object] = finished("job_1", 5, Patience(60, clock, Random(1)), ADDRESS)
    with pytest.raises(UnfinishedError, match="it goes on"):
        _played(steps, [_job("running")] * 100, clock)
    assert clock.now < 5


def test_each_request_may_take_what_is_left_of_the_time() -> None:
    clock = _Clock()
    steps: Steps[object] = exchange(calls.health(), Patience(10, clock, Random(1)), ADDRESS)
    step = next(steps)
    assert isinstance(step, Send)
    assert step.timeout_s == 10
    clock.now += 4
    assert isinstance(steps.send(httpx.ConnectError("refused")), Pause)
    step = steps.send(None)
    assert isinstance(step, Send)
    assert step.timeout_s == 6
