"""Says every error as RFC 9457 `application/problem+json`: what is wrong, with what, and never how the code looks."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match

from rag import IndexBusyError, IndexUnusableError, ModelError, NotFoundError, RagError
from server.wire import Json

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = "1"
_CHAT_PATHS = ("/v1/chat/", "/v1/models")
_log = logging.getLogger("rag.server")

_NOT_NOW = (IndexBusyError, IndexUnusableError, ModelError)
"""Their messages name folders of this machine: they go to the log, the client learns that it is not its fault."""


def problem(status: int, detail: str, instance: str, errors: Sequence[Json] = ()) -> Json:
    """The members of a problem; `errors` names each wrong field."""
    body: Json = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance,
    }
    if errors:
        body["errors"] = list(errors)
    if instance.startswith(_CHAT_PATHS):
        body["error"] = _openai_error(status, detail)
    return body


def _openai_error(status: int, detail: str) -> Json:
    """The member from which OpenAI's clients take the message of what they raise, and all that they show."""
    kind = "invalid_request_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    return {"message": detail, "type": kind, "param": None, "code": None}


def respond(body: Json, headers: Mapping[str, str] | None = None) -> Response:
    """A problem as a response of its status."""
    status = body["status"]
    assert isinstance(status, int)
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)


def internal(instance: str) -> Json:
    """The problem of an error that nobody foresaw."""
    return problem(500, "The service failed on this request. Its log has the request's X-Request-ID.", instance)


def of_rag_error(error: RagError, instance: str) -> Json:
    """The problem of an error that the library raised on purpose."""
    if isinstance(error, NotFoundError):
        return problem(404, str(error), instance)
    _log.error("%s: %s", type(error).__name__, error)
    if isinstance(error, _NOT_NOW):
        return problem(503, "The index cannot be used at the moment; the service's log says why.", instance)
    return internal(instance)


def handle_problems(app: FastAPI) -> None:
    """Has every error that a route raises, or that no route was found for, answered as a problem."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(RagError, _rag)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    detail = _ROUTING.get(error.status_code, phrase) if error.detail == phrase else error.detail
    headers = {"Allow": _allowed(request)} if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else error.headers
    return respond(problem(error.status_code, detail, request.url.path), headers)


_ROUTING = {404: "There is nothing at this path.", 405: "This path does not take this method."}
_METHODS = ("GET", "POST", "DELETE")


def _allowed(request: Request) -> str:
    """The methods of a path, those of all its routes; of itself Starlette names those of the first."""
    routes: Sequence[BaseRoute] = request.app.router.routes
    found = [m for m in _METHODS if any(r.matches({**request.scope, "method": m})[0] is Match.FULL for r in routes)]
    return ", ".join([*found, "HEAD"] if "GET" in found else found)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found: Sequence[Any] = error.errors()
    if any(e["type"] == "json_invalid" for e in found):
        return respond(problem(400, f"The body is no JSON: {found[0]['ctx']['error']}.", request.url.path))
    errors: list[Json] = [{"field": _field(e["loc"]), "detail": _detail(e)} for e in found]
    detail = "; ".join(f"{e['field']}: {e['detail']}" for e in errors)
    return respond(problem(422, detail, request.url.path, errors))


async def _rag(request: Request, error: Exception) -> Response:
    assert isinstance(error, RagError)
    body = of_rag_error(error, request.url.path)
    return respond(body, {"Retry-After": RETRY_AFTER_S} if body["status"] == HTTPStatus.SERVICE_UNAVAILABLE else None)


def _field(where: Sequence[int | str]) -> str:
    """`filters.source` for what pydantic calls ("body", "filters", "source")."""
    return ".".join(str(part) for part in where[1:]) or str(where[0])


def _detail(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "is not a field of this request"
    if error["type"] == "missing":
        return "is required"
    return str(error["msg"]).removeprefix("Value error, ")
