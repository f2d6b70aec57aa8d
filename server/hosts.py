"""Guards a service without keys from pages of other sites, which reach it through the browser of its user."""

from collections.abc import Sequence
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from rag import ApiKeys
from server.keys import protected
from server.problems import problem, respond

_PROBES = ("/healthz", "/readyz")
"""They tell no more than whether the service is well, and must tell so when the index cannot be read."""
_UNKNOWN_HOST = "Without a key this service answers only as localhost, 127.0.0.1 or [::1]."
_FOREIGN_PAGE = "Without a key only pages of this service, and of origins in RAG_CORS_ORIGINS, may send requests."


class HostCheck:
    """ASGI middleware that asks nothing once the index has a key.

    Until then it lets requests through under a name of this machine only, since another site can let its own name point
    here (DNS rebinding); and from the service's own pages and named origins only, since a browser sends the form of any
    page, an upload too, and merely keeps the answer from it.
    """

    def __init__(self, app: ASGIApp, keys: ApiKeys, origins: Sequence[str] = ()) -> None:
        """Wrap an application; pages of `origins` may send requests too."""
        self._app = app
        self._keys = keys
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        app = self._app
        if scope["type"] == "http" and scope["path"] not in _PROBES and not self._keys.exist():
            host = _header(scope, b"host")
            if not _is_loopback(_name(host)):
                app = respond(problem(421, _UNKNOWN_HOST, scope["path"]))
            elif protected(scope["path"]) and self._is_foreign(_header(scope, b"origin"), host):
                app = respond(problem(403, _FOREIGN_PAGE, scope["path"]))
        await app(scope, receive, send)

    def _is_foreign(self, origin: str, host: str) -> bool:
        return bool(origin) and origin not in (f"http://{host}", f"https://{host}", *self._origins)


def _header(scope: Scope, wanted: bytes) -> str:
    given: bytes = next((value for name, value in scope["headers"] if name == wanted), b"")
    return given.decode("latin-1").lower()


def _name(host: str) -> str:
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _is_loopback(host: str) -> bool:
    if host in {"", "localhost"} or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
