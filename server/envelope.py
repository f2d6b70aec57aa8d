"""Gives every response its X-Request-ID and safety headers, and answers for what nobody foresaw."""

import logging
import re
import secrets
from contextlib import suppress

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.observe import route_of
from server.problems import internal, respond

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Not Strict-Transport-Security: over plain HTTP, which is all that is spoken here, browsers pass it over (RFC 6797,
section 8.1), and behind a proxy it binds a whole host name, other services too: who ends TLS decides that."""
_OPEN_TO_PAGES = ("/widget.js", "/static/")
"""What pages of other origins may load; the rest is kept from them, whatever the browser makes of it."""
_SANE = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
"""A request's own X-Request-ID is kept if it can stand in a log line."""
_log = logging.getLogger("rag.server")


class Envelope:
    """ASGI middleware, the outermost: names the request and sets the headers."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id.decode()

        async def send_wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id.decode()
                headers.setdefault("Cross-Origin-Resource-Policy", _resource_policy(scope["path"]))
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
            await send(message)

        with suppress(ClientDisconnect):
            await self._app(scope, receive, send_wrapped)


class Unforeseen:
    """ASGI middleware that logs an error which nobody foresaw, and answers with a 500 without a trace.

    It stands twice: inside of CORS, so that a page of a named origin can read the answer, and just inside `Envelope`.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except ClientDisconnect:
            raise
        except Exception:
            if started:  # too late for another status: the server breaks the connection off
                raise
            _log.exception("request %s to %s failed", scope["state"]["request_id"], route_of(scope))
            await respond(internal(scope["path"]))(scope, receive, send)


def _resource_policy(path: str) -> str:
    return "cross-origin" if path.startswith(_OPEN_TO_PAGES) else "same-origin"


def _request_id(scope: Scope) -> bytes:
    given: bytes = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given if _SANE.fullmatch(given) else secrets.token_hex(16).encode()
