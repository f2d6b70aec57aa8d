"""Describes for OpenAPI what FastAPI cannot see in the routes: the bodies they read themselves, and the problems."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from rag.client.replies import ProblemReply
from server.asked import AskRequest, SearchRequest, VerifyRequest
from server.problems import MEDIA_TYPE

_COMPONENTS = "#/components/schemas/{model}"
_DESCRIPTION = "Answers from your own documents, in extracts whose every quote can be looked up again."


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """A required JSON body of a model, for `openapi_extra`."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _reference(model)}}}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Each status as a problem, for `responses`."""
    content = {MEDIA_TYPE: {"schema": _reference(ProblemReply)}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def describe(app: FastAPI) -> None:
    """Has `/openapi.json` hold the models that `body_of` and `problems` refer to."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes)
            found["components"]["schemas"] |= _schemas()
            found["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            found["security"] = [{}, {"key": []}]
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _schemas() -> dict[str, Any]:
    models: tuple[type[BaseModel], ...] = (AskRequest, SearchRequest, VerifyRequest, ProblemReply)
    _, found = models_json_schema([(model, "validation") for model in models], ref_template=_COMPONENTS)
    schemas: dict[str, Any] = found["$defs"]
    return schemas


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _COMPONENTS.format(model=model.__name__)}
