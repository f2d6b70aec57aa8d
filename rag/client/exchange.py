"""The course of a call without its network: what to send, how long to wait, when to give up.

A generator yields each step and is sent what came of it, so that the client that waits and the one that awaits share
every decision.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from http import HTTPStatus
from random import Random
from typing import TypeVar

import httpx

from rag.client import calls
from rag.client.errors import ApiError, ClientError, UnfinishedError, UnreachableError
from rag.client.problems import refusal, unreachable
from rag.client.replies import JobReply

T = TypeVar("T")
MOST_TRIES = 4
_FIRST_PAUSE_S = 0.25
"""Before the second try, doubled each time, where the service does not name a time."""
_JITTER = 0.25
"""Of a pause, added by chance, so that clients that were refused together do not come back together."""
_POLL_S = (0.1, 2.0)
"""Between looks at an upload, from and to."""
_NOT_NOW = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Send:
    """Send a call, and give up waiting on the network after so long."""

    call: "calls.Call[object]"
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    seconds: float


Outcome = httpx.Response | httpx.RequestError | None
"""What came of sending; `None` of a pause."""
Steps = Generator[Send | Pause, Outcome, T]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call may take."""

    timeout_s: float
    """With all its tries and pauses."""
    clock: Callable[[], float]
    chance: Random


def exchange(call: calls.Call[T], patience: Patience, address: str) -> Steps[T]:
    """The reply to a call; tried again, within the time, where that can help and does no harm.

    Raises:
        ApiError: The service refused.
        UnreachableError: It did not answer.
        BrokenReplyError: It answered something else than a reply.
    """
    until = patience.clock() + patience.timeout_s
    for attempt in range(MOST_TRIES):
        outcome = yield Send(call, max(until - patience.clock(), 0.001))
        if isinstance(outcome, httpx.Response) and call.succeeded(outcome):
            return call.parse(outcome)
        error = _error(outcome, address)
        pause = _pause(error, attempt, call.repeatable, patience.chance)
        if pause is None or patience.clock() + pause >= until:
            break
        yield Pause(pause)
    raise error


def finished(job_id: str, within_s: float, patience: Patience, address: str) -> Steps[JobReply]:
    """An upload that is done.

    Raises:
        UnfinishedError: It is not, after so long.
    """
    until = patience.clock() + within_s
    pause, longest = _POLL_S
    while (job := (yield from exchange(calls.job(job_id), patience, address))).state != "done":
        if patience.clock() + pause >= until:
            raise UnfinishedError(f"The upload {job_id} is not done after {within_s:g} s; it goes on.")
        yield Pause(pause)
        pause = min(pause * 1.5, longest)
    return job


def _error(outcome: Outcome, address: str) -> ClientError:
    if isinstance(outcome, httpx.Response):
        return refusal(outcome)
    assert outcome is not None
    return unreachable(outcome, address)


def _pause(error: ClientError, attempt: int, repeatable: bool, chance: Random) -> float | None:
    """Seconds before the next try; `None` where there is none."""
    if attempt + 1 == MOST_TRIES:
        return None
    named = None
    if isinstance(error, ApiError):
        if error.status not in _NOT_NOW:
            return None
        named = error.retry_after
    elif not (isinstance(error, UnreachableError) and (error.unsent or repeatable)):
        return None
    pause = _FIRST_PAUSE_S * 2**attempt if named is None else named
    return pause + chance.uniform(0, _JITTER) * max(pause, _FIRST_PAUSE_S)
