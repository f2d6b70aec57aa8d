"""Serves a stream whose answer never comes, until it is told to stop.

Started as `python -m tests.server.stopped_driver`; prints its port.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.stream import Event, respond


async def never() -> AsyncGenerator[Event]:
    yield Event("passages", {"passages": []})
    await asyncio.Event().wait()


async def ask(_: Request) -> Response:
    return await respond(never(), "/v1/ask", stopping_s=0.1)


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        app = Starlette(routes=[Route("/v1/ask", ask)])
        uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run(sockets=[listening])


if __name__ == "__main__":
    main()
