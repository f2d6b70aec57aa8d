"""The routes over stored documents: list, one, its text, its removal."""

from collections.abc import Set as AbstractSet
from functools import partial
from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from rag import DEFAULT_COLLECTION, DocumentInfo, Library, NotFoundError
from rag.client.replies import DocumentReply, DocumentsReply, TextReply
from server.accept import accepted, welcome
from server.access import check_access
from server.describe import problems
from server.limits import Gate
from server.wire import document_json

MOST_LISTED = 200
_PLAIN = "text/plain"
_JSON = "application/json"

CollectionQuery = Annotated[str, Query(min_length=1, max_length=64)]


class Documents:
    """Shows, and removes, the documents of a library, through a gate."""

    def __init__(self, library: Library, gate: Gate) -> None:
        """Serve a library."""
        self._library = library
        self._gate = gate

    def routes(self) -> APIRouter:
        """The routes, described for OpenAPI."""
        router = APIRouter(tags=["documents"])
        router.add_api_route(
            "/v1/documents", self.listed, response_model=DocumentsReply, responses=problems(401, 404, 422, 500, 503)
        )
        router.add_api_route(
            "/v1/documents/{document_id}",
            self.document,
            response_model=DocumentReply,
            responses=problems(401, 404, 422, 500, 503),
        )
        router.add_api_route(
            "/v1/documents/{document_id}/text",
            self.text,
            response_model=TextReply,
            responses={
                **problems(401, 404, 422, 500, 503),
                200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
                304: {"description": "The text is still the one of the ETag in If-None-Match."},
            },
        )
        router.add_api_route(
            "/v1/documents/{document_id}",
            self.remove,
            methods=["DELETE"],
            status_code=204,
            responses=problems(401, 403, 404, 408, 413, 421, 422, 429, 500, 503),
        )
        return router

    async def listed(
        self,
        request: Request,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 50,
        after: Annotated[str, Query(max_length=4096, description="`next` of the page before.")] = "",
        collection: CollectionQuery = DEFAULT_COLLECTION,
    ) -> Response:
        """A page of the documents, by source; `next` is `null` on the last page."""
        check_access(request, collection)
        found = await self._gate.run(partial(self._page, collection, limit + 1, after))
        page = found[:limit]
        body = {
            "documents": [document_json(info) for info in page],
            "next": page[-1].source if len(found) > limit else None,
        }
        return Response(orjson.dumps(body), media_type="application/json")

    async def document(
        self, request: Request, document_id: str, collection: CollectionQuery = DEFAULT_COLLECTION
    ) -> Response:
        """One document."""
        check_access(request, collection)
        info = await self._gate.run(partial(self._library.document, document_id, collection))
        return Response(orjson.dumps(document_json(info)), media_type="application/json")

    async def text(
        self, request: Request, document_id: str, collection: CollectionQuery = DEFAULT_COLLECTION
    ) -> Response:
        """A document's text, to which all offsets refer: JSON, or the bare text for `Accept: text/plain`."""
        check_access(request, collection)
        info, text = await self._gate.run(partial(self._text, document_id, collection, _tags(request)))
        headers = {"ETag": f'W/"{info.sha256}"', "Vary": "Accept", "Cache-Control": "private, no-cache"}
        if text is None:
            return Response(status_code=304, headers=headers)
        if _wants_plain(request.headers.get("accept", "")):
            return Response(text.encode(), headers=headers, media_type="text/plain")
        body = {"document_id": info.id, "source": info.source, "title": info.title, "text": text}
        return Response(orjson.dumps(body), headers=headers, media_type="application/json")

    async def remove(
        self, request: Request, document_id: str, collection: CollectionQuery = DEFAULT_COLLECTION
    ) -> Response:
        """Remove a document; uploads of it that wait are cancelled, and no answer uses it from now on."""
        check_access(request, collection, write=True)
        if await self._gate.run(partial(self._library.remove, [document_id], collection)):
            raise NotFoundError(f"There is no document {document_id!r} in the collection {collection!r}.")
        return Response(status_code=204)

    def _text(self, document_id: str, collection: str, known: AbstractSet[str]) -> tuple[DocumentInfo, str | None]:
        """A document with its text, which is `None` where the client has it."""
        info = self._library.document(document_id, collection)
        while not known & {info.sha256, "*"}:
            text, before = self._library.text(document_id, collection), info
            info = self._library.document(document_id, collection)
            if info == before:  # else it was replaced between the reads: new text must not go out under an old tag
                return info, text
        return info, None

    def _page(self, collection: str, limit: int, after: str) -> list[DocumentInfo]:
        return self._library.documents(collection, limit, after)


def _tags(request: Request) -> set[str]:
    given = request.headers.get("if-none-match", "")
    return {tag.strip().removeprefix("W/").strip('"') for tag in given.split(",")}


def _wants_plain(accept: str) -> bool:
    """Whether plain text is more welcome than JSON; where both are as welcome, whether it is named.

    It also is what a browser shows, which names HTML and neither of ours.
    """
    accepts = accepted(accept)
    plain, json = welcome(accepts, _PLAIN), welcome(accepts, _JSON)
    if plain != json:
        return plain > json
    shown = accepts.get("text/html", 0) > 0 and _JSON not in accepts and _PLAIN not in accepts
    return shown or accepts.get(_PLAIN, 0) > 0
