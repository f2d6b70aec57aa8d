"""The service on a real socket, in a thread of the test process."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
import uvicorn

from rag import Library
from rag.settings import Settings, read_settings
from server.app import create_app

Start = Callable[..., httpx.Client]


@contextmanager
def _served(library: Library, settings: Settings) -> Iterator[httpx.Client]:
    # Listening before the thread runs: a connection waits in the backlog until the service takes it.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = create_app(library, settings)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, proxy_headers=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=30) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def start(library: Library) -> Iterator[Start]:
    """Starts a service for one test: over another library, or with other settings."""
    with ExitStack() as stack:

        def started(over: Library = library, **settings: object) -> httpx.Client:
            return stack.enter_context(_served(over, read_settings(**settings)))

        yield started


@pytest.fixture(scope="session")
def client(library: Library) -> Iterator[httpx.Client]:
    """A service as it is without any setting."""
    with _served(library, read_settings()) as client:
        yield client


@pytest.fixture(scope="session")
def heron(library: Library) -> str:
    """Id of a document."""
    return next(d.id for d in library.documents() if d.source == "birds/heron.txt")
