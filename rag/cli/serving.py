"""Runs the HTTP service until it is told to stop: here, or in worker processes that share one socket."""

import ctypes
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from time import sleep
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from rag import Library, RagError, SettingError
from rag.cli.screen import note
from rag.settings import Settings, is_loopback
from rag.watch import Watch
from server.app import create_app
from server.logs import configure_logs, is_text

_BACKLOG = 2048
STOP_S = 10.0
"""What runs has this long to end; container engines kill after ten seconds too."""
_REQUESTS_S = 9
"""Of those, for requests."""
_LOOK_S = 0.1
_M_ARENA_MAX = -8
"""From malloc.h."""
_ARENAS = 2
_UNREAD_MS = 30_000
"""What was sent and not taken for so long breaks the connection off."""
INTERRUPTED = 130
_log = logging.getLogger("rag.serve")


def serve(settings: Settings) -> None:
    """Serves an index folder over HTTP, until SIGTERM or Ctrl-C.

    Raises:
        SettingError: The address cannot be listened on, or would be open to others without a key.
        RagError: The index cannot be searched.
    """
    configure_logs(settings)
    with closing(_listening(settings.host, settings.port)) as listening:
        if settings.workers > 1:
            from rag.cli.workers import supervise  # noqa: PLC0415 - which imports this module

            supervise(settings, listening, lambda: announce(settings, listening))
            return
        serve_here(settings, listening, 0, lambda: announce(settings, listening))


def serve_here(settings: Settings, listening: socket.socket, threads: int, on_ready: Callable[[], None]) -> None:
    """Serves in this process; `threads` is for the model, 0 for every core; raises as `serve` does."""
    _few_arenas()
    with closing(Library(settings.index_dir, settings.model, threads)) as library:
        server = uvicorn.Server(_config(create_app(library, settings)))
        failed: list[RagError] = []
        warming = threading.Thread(target=_warm_up, args=(library, server, on_ready, failed), daemon=True)
        for thread in (warming, threading.Thread(target=_break_off, args=(server,), daemon=True)):
            thread.start()
        with _stopping(server), _watched(library, settings):
            server.run(sockets=[listening])
            warming.join()
    if failed:
        raise failed[0]


def _few_arenas() -> None:
    """Has the C library, where it is glibc, keep two heaps for all threads, not eight a core.

    In six minutes of asking, uploading and deleting, memory then grew by 2 % once warm; else by 13 % in ten
    (`python -m eval.soak`, 2026-11-22): what one thread frees another's heap does not use again.
    """
    with suppress(OSError, AttributeError, TypeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


@contextmanager
def _stopping(server: uvicorn.Server) -> Iterator[None]:
    """Has SIGTERM and the first Ctrl-C end the service in order, and the second Ctrl-C end the process at once.

    uvicorn takes both signals while it serves, and raises them once more when it is done; they come here.
    """
    asked = False

    def stop(number: int, _: FrameType | None) -> None:
        nonlocal asked
        if asked and number == signal.SIGINT:
            os._exit(INTERRUPTED)
        asked = server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def announce(settings: Settings, listening: socket.socket) -> None:
    """Says where the service is and who can ask it: to a person as lines, else in the log."""
    address = _address(settings.host, listening)
    with closing(Library(settings.index_dir)) as library:
        locked = library.store.keys.exist()
    who = _protection(settings, locked)
    if is_text(settings, sys.stderr):
        note(f"Serving {settings.index_dir} on {address} (Ctrl-C stops)\n{who}")
    else:
        _log.info(
            "serving", extra={"index": str(settings.index_dir), "address": address, "keys": locked, "open_to": who}
        )


def _protection(settings: Settings, locked: bool) -> str:
    reach = "this machine" if is_loopback(settings.host) else f"whoever reaches {settings.host}"
    if locked:
        return f"Below /v1 and /mcp it answers {reach} with a key only; `rag keys list` shows which there are."
    return "It answers this machine only, without a key; `rag keys create NAME` locks it."


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # RAG_TRUSTED_PROXIES says whom to believe, not FORWARDED_ALLOW_IPS
        timeout_graceful_shutdown=_REQUESTS_S,
    )


def _warm_up(library: Library, server: uvicorn.Server, on_ready: Callable[[], None], failed: list[RagError]) -> None:
    """Loads the model before the first question, and ends a service that could answer none."""
    try:
        library.search("warm up", top_k=1)
        library.catch_up()
    except RagError as error:
        failed.append(error)
        server.should_exit = True
        return
    on_ready()


def _break_off(server: uvicorn.Server) -> None:
    """Ends the process where something does not end; documents are stored whole or not at all."""
    while not server.should_exit:
        sleep(_LOOK_S)
    sleep(STOP_S)
    _log.warning("work that did not end in %.0f s was broken off; the index is whole", STOP_S)
    os._exit(0)


@contextmanager
def _watched(library: Library, settings: Settings) -> Iterator[None]:
    """Keeps the index in step with a folder meanwhile, where one is named."""
    if settings.watch is None:
        yield
        return
    watch = Watch(library, settings.watch)
    watch.start()
    try:
        yield
    finally:
        watch.stop()


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, family=_family(host), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise _cannot_listen(host, port, error) from None
    found = socket.socket(family, kind, protocol)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # else one who never reads keeps the connection for hours
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
        found.bind(address)
        found.listen(_BACKLOG)
    except OSError as error:
        found.close()
        raise _cannot_listen(host, port, error) from None
    return found


def _cannot_listen(host: str, port: int, error: OSError) -> SettingError:
    return SettingError(
        f"RAG_HOST is {host!r} and RAG_PORT is {port}, where the service cannot listen ({error.strerror}); allowed is "
        "an address of this machine and a port that no other program has."
    )


def _family(host: str) -> socket.AddressFamily:
    """IPv4 for names such as localhost, which every client tries."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _address(host: str, listening: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listening.getsockname()[1]}/"
