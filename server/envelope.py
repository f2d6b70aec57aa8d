"""The outermost layer: gives every response its X-Request-ID and safety headers, and catches what nobody foresaw."""

import logging
import re
import secrets

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
    """ASGI middleware; see the module."""

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
        started = False

        async def send_wrapped(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id.decode()
                headers.setdefault("Cross-Origin-Resource-Policy", _resource_policy(scope["path"]))
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_wrapped)
        except ClientDisconnect:
            return
        except Exception:
            if started:  # too late for another status: the server breaks the connection off
                raise
            _log.exception("request %s to %s failed", request_id.decode(), scope["path"])
            await respond(internal(scope["path"]))(scope, receive, send_wrapped)


def _resource_policy(path: str) -> str:
    return "cross-origin" if path.startswith(_OPEN_TO_PAGES) else "same-origin"


def _request_id(scope: Scope) -> bytes:
    given: bytes = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given if _SANE.fullmatch(given) else secrets.token_hex(16).encode()
