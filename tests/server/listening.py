"""Any ASGI application on a real socket, in a thread of the test process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


@contextmanager
def listening(app: ASGIApp) -> Iterator[int]:
    """The port at which the application is served."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as socket_:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket_]})
        thread.start()
        try:
            yield socket_.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
