"""Stops the handling of a request whose client hung up, so that what waits for its turn leaves the queue."""

import asyncio

import anyio
from sse_starlette.sse import SendTimeoutError
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Gone:
    """ASGI middleware, the innermost: what refuses a request unread stands before it."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection.

        Raises:
            ClientDisconnect: The client went before it had its response, or does not take it.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with anyio.CancelScope() as handling:
            line = _Line(receive, send, handling)
            listening = asyncio.create_task(line.listen())
            try:
                await self._app(scope, line.receive, line.send)
            except SendTimeoutError:
                raise ClientDisconnect from None
            finally:
                listening.cancel()
        if handling.cancelled_caught:
            raise ClientDisconnect


class _Line:
    """A connection that is listened to at all times, a message ahead of who reads the body."""

    def __init__(self, receive: Receive, send: Send, handling: anyio.CancelScope) -> None:
        self._receive = receive
        self._send = send
        self._handling = handling
        self._ahead: asyncio.Queue[Message | Exception] = asyncio.Queue(1)
        self._answered = False

    async def listen(self) -> None:
        """Reads on as the body is taken, and cancels the handling when the client goes without its response."""
        last: Message | Exception
        try:
            while (message := await self._receive())["type"] == "http.request":
                await self._ahead.put(message)
            last = message
        except Exception as error:  # noqa: BLE001 - of a body over its limit, for who reads it
            last = error
        else:
            if not self._answered:
                self._handling.cancel()
        while True:
            await self._ahead.put(last)

    async def receive(self) -> Message:
        message = await self._ahead.get()
        if isinstance(message, Exception):
            raise message
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._answered = True
        await self._send(message)
