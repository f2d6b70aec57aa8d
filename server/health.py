"""The routes that say whether the service lives, and whether it can answer."""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from rag import Library
from rag.client.replies import HealthReply
from server.describe import problems
from server.kept import kept
from server.limits import Gate
from server.problems import RETRY_AFTER_S, problem, respond

REFUSALS = (403, 408, 413, 421, 500)
"""What can come out of the layers before a route that needs no key."""
_PROBE = "Is the index ready?"
_WAITING = 1
"""Besides a probe that runs on although whoever asked has gone; all others wait for their turn to ask."""
_log = logging.getLogger("rag.server")


class Health:
    """Probes a library through a gate of its own, so that a busy service still says that it is well.

    A verdict holds for a second, so that however many ask, without a key too, one search a second is done for them.
    """

    def __init__(self, library: Library, clock: Callable[[], float] = monotonic) -> None:
        """Probe a library; the clock tells seconds."""
        self._library = library
        self._gate = Gate(1, _WAITING)
        self._turn = asyncio.Lock()
        self._verdict = kept(self._probe, clock)
        self._wrong = ""

    def routes(self) -> APIRouter:
        """The routes, described for OpenAPI."""
        router = APIRouter(tags=["health"])
        router.add_api_route("/healthz", self.healthz, response_model=HealthReply, responses=problems(*REFUSALS))
        router.add_api_route("/readyz", self.readyz, response_model=HealthReply, responses=problems(*REFUSALS, 503))
        return router

    async def healthz(self) -> Response:
        """That the process answers."""
        return Response(orjson.dumps({"status": "ok"}), media_type="application/json")

    async def readyz(self, request: Request) -> Response:
        """That a search on the index works."""
        async with self._turn:
            ready = await self._gate.run(self._verdict)
        if not ready:
            detail = "A search on the index does not work; `rag status` on this machine says more."
            return respond(problem(503, detail, request.url.path), {"Retry-After": RETRY_AFTER_S})
        return Response(orjson.dumps({"status": "ready"}), media_type="application/json")

    def _probe(self) -> bool:
        try:
            self._library.search(_PROBE, top_k=1)
        except Exception as error:  # noqa: BLE001 - whatever it is, the service is not ready
            self._note(error)
            return False
        self._note(None)
        return True

    def _note(self, error: Exception | None) -> None:
        """Log that the service is not ready, or is again: once, however often it is asked."""
        wrong = "" if error is None else repr(error)
        if error is not None and wrong != self._wrong:
            _log.error("the service is not ready", exc_info=error)
        elif self._wrong and not wrong:
            _log.warning("the service is ready again")
        self._wrong = wrong
