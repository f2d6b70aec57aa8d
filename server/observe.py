"""The one layer that watches requests: a line in the log, counts, and a trace where one is wanted."""

import logging
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from rag import Answer, QuoteCheck, SearchResult
from server.access import access_in
from server.metrics import Metrics
from server.rates import client_address

QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Routes that programs ask every few seconds: their lines are for debugging."""
UNMATCHED = "(none)"
"""Stands for the route of a path that nothing is served at."""
_GONE = 499
"""Status noted, never sent, where the client went before there was one."""
_log = logging.getLogger("rag.request")


@dataclass(slots=True)
class Told:
    """What came out of a request, as far as its log line and its trace tell it."""

    status: int = 0
    outcome: dict[str, object] = field(default_factory=dict)
    stages: list[tuple[float, dict[str, float]]] = field(default_factory=list)
    """When a piece of work was done, by `perf_counter`, with what its parts took in milliseconds."""


_told: ContextVar[Told | None] = ContextVar("told", default=None)


class Trace(Protocol):
    """A trace of one request, begun."""

    def end(self, route: str, told: Told) -> None:
        """Send what there is to tell."""


class Traces(Protocol):
    """Where traces go."""

    def begin(self, scope: Scope, request_id: str) -> Trace:
        """The trace of a request, the child of its sender's where that names one."""

    def close(self) -> None:
        """Send what still waits, and stop."""


class Observe:
    """ASGI middleware; stands just inside the envelope, which has named the request."""

    def __init__(self, app: ASGIApp, metrics: Metrics, traces: Traces | None, trusted_proxies: Sequence[str]) -> None:
        """Wrap an application; `trusted_proxies` are believed who they ask for."""
        self._app = app
        self._metrics = metrics
        self._traces = traces
        self._trusted = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            await self._observed(scope, receive, send)
        else:
            await self._app(scope, receive, self._closing(send))

    async def _observed(self, scope: Scope, receive: Receive, send: Send) -> None:
        begin = perf_counter()
        request_id = str(scope.get("state", {}).get("request_id", ""))
        told = Told()
        _told.set(told)
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        traced = self._traces is not None and scope["path"] not in QUIET
        trace = self._traces.begin(scope, request_id) if self._traces and traced else None
        self._metrics.begin_request()

        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                told.status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except ClientDisconnect:
            told.status = told.status or _GONE
            raise
        except Exception:
            told.status = 500
            raise
        finally:
            told.status = told.status or _GONE
            self._end(scope, told, perf_counter() - begin)
            if trace is not None:
                trace.end(route_of(scope), told)

    def _end(self, scope: Scope, told: Told, seconds: float) -> None:
        route = route_of(scope)
        self._metrics.end_request(route, scope["method"], told.status, seconds)
        if reason := told.outcome.get("degraded"):
            self._metrics.degraded(str(reason))
        level = logging.DEBUG if route in QUIET else logging.INFO
        if _log.isEnabledFor(level):
            _log.log(level, "request", extra={**self._facts(scope, route), **_result(told, seconds)})

    def _facts(self, scope: Scope, route: str) -> dict[str, object]:
        who = {"key_id": access_in(scope).key, "client": client_address(scope, self._trusted)}
        return {"method": scope["method"], "route": route, **{name: value for name, value in who.items() if value}}

    def _closing(self, send: Send) -> Send:
        """Has the traces sent before the server is told that all is closed."""

        async def send_last(message: Message) -> None:
            if message["type"] == "lifespan.shutdown.complete" and self._traces is not None:
                self._traces.close()
            await send(message)

        return send_last


class Meter:
    """Told by the gate what runs, waits and comes out; see `server.limits.Meter`."""

    def __init__(self, metrics: Metrics, at_once: int, log_questions: bool) -> None:
        """Count for a gate that lets so much run at once."""
        self._metrics = metrics
        self._at_once = at_once
        self._log_questions = log_questions

    def inside(self, count: int) -> None:
        """So many pieces of work run or wait."""
        self._metrics.at_gate(min(count, self._at_once), max(0, count - self._at_once))

    def refused(self) -> None:
        """One was refused."""
        self._metrics.refused()

    def done(self, result: object) -> None:
        """A piece of work came out."""
        match result:
            case Answer():
                self._metrics.answered(result)
                self._note_answer(result)
            case SearchResult():
                self._metrics.took(result.timings_ms)
                _note_stages(result.timings_ms)
            case list():
                self._metrics.checked([item for item in result if isinstance(item, QuoteCheck)])

    def _note_answer(self, answer: Answer) -> None:
        _note_stages(answer.timings_ms)
        note(answer=answer.status, because=answer.because, question=answer.question if self._log_questions else None)


def note(**facts: object) -> None:
    """Add to the log line of the request that is being served what is not `None`; `degraded` is also counted."""
    told = _told.get()
    if told is not None:
        told.outcome |= {name: value for name, value in facts.items() if value is not None}


def _note_stages(timings_ms: dict[str, float]) -> None:
    told = _told.get()
    if told is not None:
        told.stages.append((perf_counter(), timings_ms))


def route_of(scope: Scope) -> str:
    """The template of the route that a request took, so that no path, which anybody can choose, is told."""
    found: str = getattr(scope.get("route"), "path", "")
    return found or UNMATCHED


def _result(told: Told, seconds: float) -> dict[str, object]:
    return {"status": told.status, "ms": round(seconds * 1000, 1), **told.outcome}
