"""Lets requests through only under a name of this machine, where no key protects the service."""

from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from server.problems import problem, respond


class HostCheck:
    """ASGI middleware against pages of other sites that let their name point to this machine (DNS rebinding)."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or _is_loopback(_host(scope)):
            await self._app(scope, receive, send)
            return
        detail = "Without a key this service answers only as localhost, 127.0.0.1 or [::1]."
        await respond(problem(421, detail, scope["path"]))(scope, receive, send)


def _host(scope: Scope) -> str:
    given: bytes = next((value for name, value in scope["headers"] if name == b"host"), b"")
    name = given.decode("latin-1").lower()
    return name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]


def _is_loopback(host: str) -> bool:
    if host in {"", "localhost"} or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
