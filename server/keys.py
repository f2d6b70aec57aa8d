"""Lets requests to `/v1` through only with the key, where one is set."""

import hmac
from hashlib import sha256

from starlette.types import ASGIApp, Receive, Scope, Send

from server.problems import problem, respond


class KeyCheck:
    """ASGI middleware that wants `Authorization: Bearer …` on every path below `/v1`."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        """Wrap an application."""
        self._app = app
        self._digest = sha256(key.encode()).digest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not _protected(scope["path"]) or self._known(scope):
            await self._app(scope, receive, send)
            return
        detail = "This service asks for a key: send it as `Authorization: Bearer …`."
        await respond(problem(401, detail, scope["path"]), {"WWW-Authenticate": "Bearer"})(scope, receive, send)

    def _known(self, scope: Scope) -> bool:
        """Whether the key is right; digests are compared, so that the time taken tells nothing, not even a length."""
        given: bytes = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, key = given.partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(sha256(key.strip()).digest(), self._digest)


def _protected(path: str) -> bool:
    return path == "/v1" or path.startswith("/v1/")
