"""The report of the newest evaluation, where the operator names one, for whoever may read all documents."""

import gzip
import logging
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter
from selectolax.lexbor import LexborHTMLParser
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from rag import ApiKeys
from server.access import access_of
from server.describe import problems
from server.limits import Gate
from server.pages import STATIC

_NAME = "report.html"
_POLICY = "default-src 'none'; style-src {styles}; script-src {scripts}; img-src data:; base-uri 'none'; "
_ALONE = _POLICY + "form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts"
"""In an origin of its own: whatever a report may run, it cannot reach the key that the service's pages keep."""
_FRAMED = _POLICY.replace("src data:", "src 'self' data:") + (
    "form-action 'self'; frame-ancestors 'none'; connect-src 'self'; frame-src blob:"
)
"""Of the page that gets the report with a key: the frame that it shows it in falls under the same policy."""
_NOT_FOR_THIS_KEY = (
    "The report holds questions and quotes of whatever was asked: it takes a key that opens every collection, and is "
    "none for pages."
)
_log = logging.getLogger("rag.server")


@dataclass(frozen=True, slots=True)
class _Kept:
    """A report as it was last read, and what tells that it is still the same file."""

    stamp: tuple[Path, int, int]
    content: bytes
    packed: bytes
    etag: str
    styles: str
    scripts: str

    def policy(self, template: str, own: str = "") -> str:
        return template.format(styles=f"{own}{self.styles}", scripts=f"{own}{self.scripts}")


class Report:
    """Serves the newest report of a file or folder, looked up anew for each request."""

    def __init__(self, at: Path | None, keys: ApiKeys, gate: Gate) -> None:
        """Serve what is at a path; `None` serves none."""
        self._at = at
        self._keys = keys
        self._gate = gate
        self._kept: _Kept | None = None
        self._asks = (STATIC / "report.html").read_text("utf-8")
        self._none = (STATIC / "no-report.html").read_text("utf-8")

    def routes(self) -> APIRouter:
        """The route, described for OpenAPI."""
        router = APIRouter(tags=["report"])
        router.add_api_route(
            "/v1/report",
            self.report,
            response_class=HTMLResponse,
            responses={
                **problems(401, 403, 404, 500, 503),
                304: {"description": "The report is still the one of the ETag in If-None-Match."},
            },
        )
        return router

    def pages(self) -> list[Route]:
        """The page of the report at `/report`."""
        return [Route("/report", self.page)]

    def there(self) -> bool:
        """Whether there is one."""
        with suppress(OSError):
            return newest(self._at) is not None
        return False

    async def report(self, request: Request) -> Response:
        """The report of the newest evaluation, as a page that needs nothing but itself."""
        access = access_of(request)
        if access.browser or access.collections is not None:
            raise HTTPException(403, _NOT_FOR_THIS_KEY)
        kept = await self._gate.run(self._read)
        if kept is None:
            raise HTTPException(404, "There is no evaluation report here.")
        return _sent(request, kept)

    async def page(self, request: Request) -> Response:
        """The report; where there are keys the page that asks for one, where there is none what makes one."""
        kept = await self._gate.run(self._read)
        if kept is None:
            return HTMLResponse(self._none, HTTPStatus.NOT_FOUND)
        if self._keys.exist():
            return HTMLResponse(self._asks, headers={"Content-Security-Policy": kept.policy(_FRAMED, "'self' ")})
        return _sent(request, kept)

    def _read(self) -> _Kept | None:
        try:
            path = newest(self._at)
            return None if path is None else self._as_it_is(path)
        except OSError as error:  # its message names the folder
            _log.warning("the evaluation report cannot be read: %s", type(error).__name__)
            return None

    def _as_it_is(self, path: Path) -> _Kept:
        told = path.stat()
        stamp = (path, told.st_mtime_ns, told.st_size)
        kept = self._kept
        if kept is None or kept.stamp != stamp:
            kept = self._kept = _kept(stamp, path.read_bytes())
        return kept


def newest(at: Path | None) -> Path | None:
    """The file at a path, or the newest `report.html` in that folder and those in it; `None` where there is none.

    Raises:
        OSError: What is there cannot be looked at.
    """
    if at is None or at.is_file():
        return at
    return max((*at.glob(_NAME), *at.glob(f"*/{_NAME}")), key=lambda path: path.stat().st_mtime_ns, default=None)


def _kept(stamp: tuple[Path, int, int], content: bytes) -> _Kept:
    parsed = LexborHTMLParser(content.decode("utf-8", "replace"))
    styles, scripts = (" ".join(_hashes(parsed, tag)) or "'none'" for tag in ("style", "script:not([src])"))
    etag = f'W/"{sha256(content).hexdigest()[:32]}"'
    return _Kept(stamp, content, gzip.compress(content, 6, mtime=0), etag, styles, scripts)


def _hashes(parsed: LexborHTMLParser, selector: str) -> list[str]:
    """What a policy calls the inline styles or scripts of a page (https://www.w3.org/TR/CSP3/)."""
    texts = [node.text(strip=False) for node in parsed.css(selector)]
    return [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts]


def _sent(request: Request, kept: _Kept) -> Response:
    headers = {
        "Content-Security-Policy": kept.policy(_ALONE),
        "Cross-Origin-Opener-Policy": "unsafe-none",  # a sandboxed page is refused with any other (HTML, 7.1.3)
        "ETag": kept.etag,
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding, Authorization",
    }
    if request.headers.get("if-none-match") == kept.etag:
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return HTMLResponse(kept.content, headers=headers)
    return HTMLResponse(kept.packed, headers={**headers, "Content-Encoding": "gzip"})
