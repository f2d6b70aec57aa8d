"""The routes of uploads: send files, follow the job that they become, drop it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, get_args

import orjson
from fastapi import APIRouter, Path, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from rag import DEFAULT_COLLECTION
from rag.changes import COLLECTION_NAME
from rag.client.replies import JobReply, JobsReply
from rag.load import SUPPORTED
from rag.store import FileState, Job, JobFile, Jobs, Upload
from server.access import access_of, check_access
from server.describe import problems
from server.limits import Gate
from server.parts import FIELD, MOST_FILES, MOST_NAME_CHARACTERS, read_uploads
from server.wire import Json

MOST_LISTED = 200
MOST_WAITING_FILES = 1_000
WAITING_UPLOADS = 20
"""How many uploads of the greatest size may wait: at the packaged model's pace on two cores, text for days."""
_RETRY_AFTER_S = "10"
"""What waits takes longer to become less than a queue of questions."""

Name = Annotated[str, Query(pattern=f"^{COLLECTION_NAME.pattern}$")]
JobId = Annotated[str, Path(max_length=64)]


class Uploads:
    """Takes uploads in, through a gate."""

    def __init__(self, jobs: Jobs, gate: Gate, wake: Callable[[], None], most_bytes: int) -> None:
        """Keep them in `jobs`, and `wake` who takes them up; `most_bytes` is what one request may have."""
        self._jobs = jobs
        self._gate = gate
        self._wake = wake
        self._most_bytes = WAITING_UPLOADS * most_bytes

    def routes(self) -> APIRouter:
        """The routes, described for OpenAPI."""
        router = APIRouter(tags=["uploads"])
        router.add_api_route(
            "/v1/documents",
            self.upload,
            methods=["POST"],
            status_code=202,
            response_model=JobReply,
            responses=problems(400, 401, 403, 408, 413, 415, 421, 422, 429, 500, 503),
            openapi_extra=_BODY,
        )
        router.add_api_route(
            "/v1/jobs",
            self.listed,
            response_model=JobsReply,
            responses=problems(401, 403, 404, 413, 421, 422, 429, 500, 503),
        )
        router.add_api_route(
            "/v1/jobs/{job_id}",
            self.job,
            response_model=JobReply,
            responses=problems(401, 404, 413, 421, 422, 429, 500, 503),
        )
        router.add_api_route(
            "/v1/jobs/{job_id}",
            self.drop,
            methods=["DELETE"],
            response_model=JobReply,
            responses=problems(401, 403, 404, 408, 413, 421, 422, 429, 500, 503),
        )
        return router

    async def upload(self, request: Request, collection: Name = DEFAULT_COLLECTION) -> Response:
        """Have files added or updated, each under its name: 202 with the job, once they are safe on disk.

        The same upload, sent again while its job is not done, is that job.
        """
        check_access(request, collection, write=True)
        if not self._has_room(*await self._gate.run(self._jobs.waiting)):
            raise _full()
        async with read_uploads(request) as uploads:
            job = await self._gate.run(partial(self._accepted, collection, uploads))
        if job is None:
            raise _full()
        self._wake()
        return _json(_job(job), 202, {"Location": f"/v1/jobs/{job.id}"})

    async def listed(
        self,
        request: Request,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 50,
        after: Annotated[str, Query(max_length=64, description="`next` of the page before.")] = "",
        collection: Annotated[Name | None, Query(description="Of this collection only.")] = None,
    ) -> Response:
        """A page of the uploads, the newest first; `next` is `null` on the last page."""
        if collection is not None:
            check_access(request, collection)
        within = access_of(request).collections if collection is None else (collection,)
        found = await self._gate.run(partial(self._jobs.listed, limit + 1, after, within))
        page = found[:limit]
        return _json({"jobs": [_summary(job) for job in page], "next": page[-1].id if len(found) > limit else None})

    async def job(self, request: Request, job_id: JobId) -> Response:
        """How far an upload is, and what became of each file."""
        return _json(_job(await self._gate.run(partial(self._jobs.get, job_id, access_of(request).collections))))

    async def drop(self, request: Request, job_id: JobId) -> Response:
        """Drop an upload, and cancel what waits of it: the reply says how it was left. What was taken up stays.

        A file that is `running` may still come in.
        """
        seen = access_of(request).collections
        job = await self._gate.run(partial(self._jobs.get, job_id, seen))
        check_access(request, job.collection, write=True)
        return _json(_job(await self._gate.run(partial(self._jobs.drop, job_id, seen))))

    def _accepted(self, collection: str, uploads: list[Upload]) -> Job | None:
        return self._jobs.accept(collection, uploads, MOST_WAITING_FILES, self._most_bytes)

    def _has_room(self, files: int, size: int) -> bool:
        return files < MOST_WAITING_FILES and size < self._most_bytes


_DISPOSITION = {
    "description": (
        "`filename` is the name of the document, relative, with folders parted by `/`, once in a request: at most "
        f"{MOST_NAME_CHARACTERS:,} characters, in UTF-8, and one of the suffixes {' '.join(SUPPORTED)}"
    ),
    "required": True,
    "schema": {"type": "string"},
    "example": f'form-data; name="{FIELD}"; filename="birds/heron.txt"',
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        FIELD: {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "minItems": 1,
                            "maxItems": MOST_FILES,
                        }
                    },
                    "required": [FIELD],
                    "additionalProperties": False,
                },
                "encoding": {FIELD: {"headers": {"Content-Disposition": _DISPOSITION}}},
            }
        },
    }
}


def _full() -> HTTPException:
    detail = f"Too many uploads are waiting (limit {MOST_WAITING_FILES:,} files, or {WAITING_UPLOADS} times "
    return HTTPException(503, f"{detail}RAG_MAX_UPLOAD_BYTES). Try again later.", {"Retry-After": _RETRY_AFTER_S})


def _job(job: Job) -> Json:
    return {**_summary(job), "files": [_file(file) for file in job.files]}


def _summary(job: Job) -> Json:
    return {
        "id": job.id,
        "collection": job.collection,
        "state": job.state,
        "created": job.created,
        "finished": job.finished,
        "counts": {state: job.counts.get(state, 0) for state in get_args(FileState)},
    }


def _file(file: JobFile) -> Json:
    return {
        "source": file.source,
        "document_id": file.document_id,
        "state": file.state,
        "detail": file.detail,
        "bytes": file.bytes,
        "passages": file.passages,
    }


def _json(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, "application/json")
