"""Runs the HTTP service in this process until it is told to stop."""

import logging
import socket
import sys
from contextlib import closing

import uvicorn

from rag import Library, SettingError
from rag.cli.screen import note
from rag.settings import Settings
from server.app import create_app

_BACKLOG = 2048
_SHUTDOWN_S = 10


def serve(settings: Settings) -> None:
    """Serves an index folder over HTTP.

    Raises:
        SettingError: The address cannot be listened on, or would be open to others without a key.
        RagError: The index cannot be searched.
    """
    logging.basicConfig(
        level=settings.log_level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    with closing(Library(settings.index_dir, settings.model)) as library:
        app = create_app(library, settings)
        with closing(_listening(settings.host, settings.port)) as listening:
            library.search("warm up", top_k=1)
            note(f"Serving {library.index} on {_address(settings.host, listening)} (Ctrl-C stops)")
            config = uvicorn.Config(
                app,
                log_config=None,
                log_level=settings.log_level,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_SHUTDOWN_S,
            )
            uvicorn.Server(config).run(sockets=[listening])


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
