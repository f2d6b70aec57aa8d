"""The routes over collections: list, make, drop."""

from functools import partial
from typing import Annotated

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from rag import CollectionInfo, Library
from rag.changes import COLLECTION_NAME
from rag.client.replies import CollectionReply, CollectionsReply
from rag.load import SUPPORTED
from server.access import access_of, check_access
from server.asked import read_body
from server.describe import body_of, problems
from server.limits import Gate
from server.parts import MOST_FILES
from server.wire import Json


class CollectionRequest(BaseModel):
    """A collection to make."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: Annotated[str, Field(pattern=f"^{COLLECTION_NAME.pattern}$")]


class Collections:
    """Lists, makes and drops the collections of a library, through a gate."""

    def __init__(self, library: Library, gate: Gate, most_bytes: int) -> None:
        """Serve a library; `most_bytes` is what one upload may have."""
        self._library = library
        self._gate = gate
        self._uploads: Json = {"bytes": most_bytes, "files": MOST_FILES, "suffixes": SUPPORTED}

    def routes(self) -> APIRouter:
        """The routes, described for OpenAPI."""
        router = APIRouter(tags=["collections"])
        refused = problems(401, 403, 408, 413, 421, 422, 429, 500, 503)
        router.add_api_route(
            "/v1/collections",
            self.listed,
            response_model=CollectionsReply,
            responses=problems(401, 413, 421, 429, 500, 503),
        )
        router.add_api_route(
            "/v1/collections",
            self.create,
            methods=["POST"],
            status_code=201,
            response_model=CollectionReply,
            responses={
                200: {"model": CollectionReply, "description": "It was there."},
                **problems(400, 415),
                **refused,
            },
            openapi_extra=body_of(CollectionRequest),
        )
        router.add_api_route(
            "/v1/collections/{name}",
            self.drop,
            methods=["DELETE"],
            status_code=204,
            responses={**problems(404), **refused},
        )
        return router

    async def listed(self, request: Request) -> Response:
        """The collections that the key opens, by name, and what may be uploaded where it may write."""
        found = await self._gate.run(self._library.collections)
        access = access_of(request)
        seen = [_collection(info, access.write) for info in found if access.sees(info.name)]
        return Response(orjson.dumps({"collections": seen, "uploads": self._uploads}), media_type="application/json")

    async def create(self, request: Request) -> Response:
        """Make a collection: 201, or 200 where it was there."""
        asked = await read_body(request, CollectionRequest)
        check_access(request, asked.name, write=True)
        new, info = await self._gate.run(partial(self._created, asked.name))
        body = _collection(info, writable=True)
        return Response(orjson.dumps(body), 201 if new else 200, media_type="application/json")

    async def drop(self, request: Request, name: str) -> Response:
        """Drop a collection with all that belongs to it; the default one is left, empty."""
        check_access(request, name, write=True)
        await self._gate.run(partial(self._library.drop_collection, name))
        return Response(status_code=204)

    def _created(self, name: str) -> tuple[bool, CollectionInfo]:
        new = self._library.create_collection(name)
        return new, next(info for info in self._library.collections() if info.name == name)


def _collection(info: CollectionInfo, writable: bool) -> Json:
    return {
        "name": info.name,
        "documents": info.documents,
        "passages": info.passages,
        "characters": info.characters,
        "writable": writable,
    }
