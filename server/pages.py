"""The start page and what it loads, from memory."""

from hashlib import sha256
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

STATIC = Path(__file__).parent / "static"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Pages:
    """Serves the files of a folder that hold a page, its styles, scripts and pictures."""

    def __init__(self, folder: Path = STATIC) -> None:
        """Read the folder; files of other kinds are passed over."""
        self._files = {f.name: f.read_bytes() for f in sorted(folder.iterdir()) if f.suffix in _TYPES}

    def routes(self) -> list[Route]:
        """The start page at `/`, the rest below `/static`."""
        return [Route("/", self.start), Route("/static/{name}", self.asset)]

    async def start(self, request: Request) -> Response:
        """The start page."""
        return self._file(request, "index.html")

    async def asset(self, request: Request) -> Response:
        """A file that a page loads."""
        return self._file(request, request.path_params["name"])

    def _file(self, request: Request, name: str) -> Response:
        content = self._files.get(name)
        if content is None:
            raise HTTPException(404)
        etag = f'"{sha256(content).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=_TYPES[Path(name).suffix])
