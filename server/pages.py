"""The start page, the widget, and what they load, from memory."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.widget import assembled, integrity

STATIC = Path(__file__).parent / "static"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_ALL = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""A module is loaded by CORS rules, and with `integrity` has to be; it holds nothing that is not public."""
_HASH = b"{integrity}"
_BEFORE = b'<a href="embed"'
_REPORT_LINK = b'<span id="report"><a href="report" hreflang="en" data-t="report">Evaluation report</a></span> '


@dataclass(frozen=True, slots=True)
class _File:
    """What is served under a name."""

    content: bytes
    packed: bytes
    etag: str
    media_type: str


class Pages:
    """Serves the files of a folder that hold a page, its styles, scripts and pictures."""

    def __init__(self, has_report: Callable[[], bool] = lambda: False, folder: Path = STATIC) -> None:
        """Read the folder and those in it, files of other kinds passed over; `has_report` says if one can be shown."""
        found = {f.relative_to(folder).as_posix(): f for f in sorted(folder.rglob("*")) if f.suffix in _TYPES}
        self._files = {name: _file(f.read_bytes(), _TYPES[f.suffix]) for name, f in found.items()}
        self._has_report = has_report
        start = self._files["index.html"].content
        self._with_report = _file(start.replace(_BEFORE, _REPORT_LINK + _BEFORE), _TYPES[".html"])
        self._widget = _file(assembled(folder / "widget"), _TYPES[".js"])
        hashed = self._files["embed.html"].content.replace(_HASH, integrity(self._widget.content).encode())
        self._embed = _file(hashed, _TYPES[".html"])

    def routes(self) -> list[Route]:
        """The start page at `/`, the widget at `/widget.js`, a page for each document, the rest below `/static`."""
        return [
            Route("/", self.start),
            Route("/widget.js", self.widget),
            Route("/embed", self.embed),
            Route("/documents/{document_id}", self.document),
            Route("/static/{name:path}", self.asset),
        ]

    async def start(self, request: Request) -> Response:
        """The start page, with a link to the report where there is one."""
        return _sent(request, self._with_report if self._has_report() else self._files["index.html"])

    async def widget(self, request: Request) -> Response:
        """The module that defines `<rag-chat>`, for pages of any origin."""
        return _sent(request, self._widget)

    async def embed(self, request: Request) -> Response:
        """The page that shows how to put the widget on another page."""
        return _sent(request, self._embed)

    async def document(self, request: Request) -> Response:
        """The page that shows a document, the same for all: its script reads which one from the address."""
        return _sent(request, self._files["document.html"])

    async def asset(self, request: Request) -> Response:
        """A file that a page loads."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        return _sent(request, file)


def _file(content: bytes, media_type: str) -> _File:
    return _File(content, gzip.compress(content, 9, mtime=0), f'W/"{sha256(content).hexdigest()[:32]}"', media_type)


def _sent(request: Request, file: _File) -> Response:
    headers = {"ETag": file.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if file.media_type == _TYPES[".js"]:
        headers |= _FOR_ALL
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(file.content, headers=headers, media_type=file.media_type)
    return Response(file.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=file.media_type)
