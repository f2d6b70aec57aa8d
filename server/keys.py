"""Lets requests to `/v1` and `/mcp` through only with a key, once the index has one."""

from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from rag import ApiKey, ApiKeys
from server.access import Access, grant
from server.problems import problem, respond
from server.rates import Rates

_PROTECTED = ("/v1", "/mcp")
_MOST_CHARACTERS = 256
"""Of what is looked at as a key; ours are shorter."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a sender may do nothing."""

    status: int
    detail: str

    def response(self, path: str) -> Response:
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else None  # noqa: PLR2004 - a status
        return respond(problem(self.status, self.detail, path), headers)


_NO_KEY = _Refusal(401, "This service asks for a key: send it as `Authorization: Bearer …`.")
_UNKNOWN = _Refusal(401, "This key does not open the service: it is not one of its keys, or is revoked.")
_ELSEWHERE = _Refusal(403, "This key works only from pages of its own origins.")


class KeyCheck:
    """ASGI middleware that finds out what the sender of a request may do, and counts the request.

    Keys are looked up anew for each request, so that one that is made or revoked counts at once, in every process. Who
    has no key, or a wrong one, is counted by address.
    """

    def __init__(self, app: ASGIApp, keys: ApiKeys, rates: Rates) -> None:
        """Wrap an application."""
        self._app = app
        self._keys = keys
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not protected(scope["path"]):
            await self._app(scope, receive, send)
            return
        locked = self._keys.exist()
        app = self._app
        if locked:
            found = _access(scope, self._keys)
            if isinstance(found, Access):
                grant(scope, found)
            else:
                app = found.response(scope["path"])
        await self._rates.serve(app, scope, receive, send, locked)


def protected(path: str) -> bool:
    """Whether a path is one that needs a key."""
    return any(path == top or path.startswith(f"{top}/") for top in _PROTECTED)


def _access(scope: Scope, keys: ApiKeys) -> Access | _Refusal:
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    scheme, _, presented = given[0].decode("latin-1").partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or len(presented) > _MOST_CHARACTERS:
        return _NO_KEY
    key = keys.find(presented.strip())
    if key is None:
        return _UNKNOWN
    return _ELSEWHERE if key.origins is not None and not _is_from(scope, key) else _allowed(key)


def _allowed(key: ApiKey) -> Access:
    return Access(key.id, key.collections, key.write, browser=key.origins is not None)


def _is_from(scope: Scope, key: ApiKey) -> bool:
    """Whether a browser says that a page of the key's origins sent the request."""
    origins = _values(scope, b"origin")
    if origins:
        return len(origins) == 1 and origins[0] in (key.origins or ())
    return not _own_origins(scope).isdisjoint(key.origins or ())


def _own_origins(scope: Scope) -> set[str]:
    """Of a page that gets something from its own host, for which browsers send no `Origin`; else none.

    Under both schemes, since TLS may end at a proxy.
    """
    hosts = _values(scope, b"host")
    if len(hosts) != 1 or _values(scope, b"sec-fetch-site") != ["same-origin"]:
        return set()
    return {f"http://{hosts[0]}", f"https://{hosts[0]}"}


def _values(scope: Scope, wanted: bytes) -> list[str]:
    return [value.decode("latin-1").lower() for name, value in scope["headers"] if name == wanted]
