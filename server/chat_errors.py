"""Says the problems of the routes that chat programs know in OpenAI's words too, which is all that those show."""

from http import HTTPStatus

import orjson
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.problems import MEDIA_TYPE
from server.wire import Json

_PATHS = ("/v1/chat/", "/v1/models")


def with_error(problem: Json) -> Json:
    """A problem with the member `error`, from which OpenAI's clients take the message of what they raise."""
    status = problem["status"]
    assert isinstance(status, int)
    kind = "invalid_request_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    return {**problem, "error": {"message": problem["detail"], "type": kind, "param": None, "code": None}}


class ChatErrors:
    """ASGI middleware; outside of all that can refuse a request."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not scope["path"].startswith(_PATHS):
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def send_said(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_problem(message):
                held.append(message)
            elif held:
                start = held.pop()
                body = orjson.dumps(with_error(orjson.loads(message["body"])))
                MutableHeaders(raw=start["headers"])["content-length"] = str(len(body))
                await send(start)
                await send({**message, "body": body})
            else:
                await send(message)

        await self._app(scope, receive, send_said)


def _is_problem(start: Message) -> bool:
    return (b"content-type", MEDIA_TYPE.encode()) in start["headers"]
