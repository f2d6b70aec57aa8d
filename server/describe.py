"""Describes for OpenAPI what FastAPI cannot see in the routes: the bodies they read themselves, and the problems."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from rag.client.replies import ChatProblemReply, ProblemReply
from server.asked import configured
from server.problems import MEDIA_TYPE
from server.refusals import add_refusals

_JSON = "application/json"
_COMPONENTS = "#/components/schemas/{model}"
_DESCRIPTION = "Answers from your own documents, in extracts whose every quote can be looked up again."


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """A required JSON body of a model, for `openapi_extra`."""
    schema = model.model_json_schema(ref_template=_COMPONENTS)
    return {"requestBody": {"required": True, "content": {_JSON: {"schema": schema}}}}


def problems(*statuses: int, model: type[BaseModel] = ProblemReply) -> dict[int | str, dict[str, Any]]:
    """Each status as a problem, for `responses`."""
    content = {MEDIA_TYPE: {"schema": _reference(model)}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def describe(app: FastAPI) -> None:
    """Has `/openapi.json` hold the models that `body_of` and `problems` refer to."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes)
            found["components"]["schemas"] |= _bodies(found["paths"]) | _problem_schemas()
            add_refusals(found["paths"], _reference(ProblemReply))
            found["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            found["security"] = [{}, {"key": []}]
            app.openapi_schema = configured(found, app.state.settings)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _bodies(paths: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The schemas of all bodies by name; in their places in `paths` references to them are left."""
    schemas: dict[str, Any] = {}
    for operation in (operation for methods in paths.values() for operation in methods.values()):
        content = operation.get("requestBody", {}).get("content", {}).get(_JSON)
        if content and "title" in content["schema"]:
            schema = content["schema"]
            schemas |= {**schema.pop("$defs", {}), schema["title"]: schema}
            content["schema"] = {"$ref": _COMPONENTS.format(model=schema["title"])}
    return schemas


def _problem_schemas() -> dict[str, Any]:
    models: tuple[type[BaseModel], ...] = (ProblemReply, ChatProblemReply)
    _, found = models_json_schema([(model, "validation") for model in models], ref_template=_COMPONENTS)
    schemas: dict[str, Any] = found["$defs"]
    return schemas


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _COMPONENTS.format(model=model.__name__)}
