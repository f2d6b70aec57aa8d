"""A service on a real socket that plays what it is told, and keeps what it was sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple


class Reply(NamedTuple):
    """What is answered to one request."""

    status: int = 200
    body: bytes = b'{"status": "ok"}'
    headers: tuple[tuple[str, str], ...] = ()
    breaks: bool = False
    """Whether the connection is broken off instead."""


OK = Reply()
BREAKS = Reply(breaks=True)


@dataclass(slots=True)
class Played:
    """Where the service is, and which requests it had, with which keys."""

    address: str
    requests: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)


@contextmanager
def playing(*replies: Reply) -> Iterator[Played]:
    """A service that answers one reply after the other."""
    left = iter(replies)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            played.requests.append(f"{self.command} {self.path}")
            played.keys.append(self.headers.get("authorization"))
            reply = next(left)
            if reply.breaks:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in (*reply.headers, ("Content-Length", str(len(reply.body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        do_POST = do_DELETE = do_GET  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        played = Played(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield played
        finally:
            server.shutdown()
            thread.join()
