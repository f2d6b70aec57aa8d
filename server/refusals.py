"""Describes for OpenAPI what the layers before the routes may answer in their place."""

from http import HTTPStatus
from typing import Any

from server.keys import protected
from server.problems import MEDIA_TYPE

_EVERYWHERE = (413, 421)
_BELOW_KEYS = (401, 403, 429)
_WITH_BODY = (408,)


def add_refusals(paths: dict[str, dict[str, Any]], problem: dict[str, Any]) -> None:
    """Adds to each operation the statuses of the layers; `problem` is the schema where it has none of its own."""
    for path, operations in paths.items():
        for operation in operations.values():
            statuses = (
                *_EVERYWHERE,
                *(_BELOW_KEYS if protected(path) else ()),
                *(_WITH_BODY if "requestBody" in operation else ()),
            )
            _add(operation["responses"], statuses, problem)


def _add(responses: dict[str, Any], statuses: tuple[int, ...], problem: dict[str, Any]) -> None:
    told = (response.get("content", {}).get(MEDIA_TYPE, {}) for response in responses.values())
    schema = next((one["schema"] for one in told if "schema" in one), problem)
    for status in statuses:
        response = {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        responses.setdefault(str(status), response)
