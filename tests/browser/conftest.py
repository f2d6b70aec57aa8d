"""A real browser, a page of another origin, and the service that it asks."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from rag import Library
from rag.settings import read_settings
from server.app import create_app
from tests.browser.chromium import found
from tests.browser.scripted import Script
from tests.browser.tabs import Tab, Tabs
from tests.server.listening import listening

CORPUS = Path(__file__).parent / "hostile"
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head>
<body><main><h1>A page of another origin</h1><p>With <a href="#a">a link</a>.</p>{body}</main></body></html>"""
LOAD = '<script type="module" src="{service}/widget.js"></script>'
POLICY = (
    "default-src 'none'; script-src {service}; connect-src {service}; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'"
)


@dataclass
class Host:
    """A server of plain pages, each with a policy that forbids all but the service."""

    origin: str = ""
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{name:path}", self._page)])

    def put(self, service: str, body: str, head: str = LOAD, policy: str = POLICY) -> str:
        """The address of a page with this body, that loads the widget from the service."""
        name = f"page{len(self.pages)}"
        html = _PAGE.replace("{head}", head).replace("{body}", body).replace("{service}", service)
        self.pages[name] = (html, policy.replace("{service}", service))
        return f"{self.origin}/{name}"

    async def _page(self, request: Request) -> Response:
        page = self.pages.get(request.path_params["name"])
        if page is None:
            return Response(status_code=404)
        return HTMLResponse(page[0], headers={"Content-Security-Policy": page[1]})


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    host = Host()
    with listening(host.app()) as port:
        host.origin = f"http://127.0.0.1:{port}"
        yield host


# Of a module: while playwright runs, other tests could not run an event loop of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found())
        yield browser
        browser.close()


Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def shared(browser: Browser) -> BrowserContext:
    """What most tests open their tab in: a tab has a sessionStorage of its own."""
    return browser.new_context(locale="en-GB")


@pytest.fixture(scope="module")
def tabs(shared: BrowserContext) -> Tabs:
    return Tabs(shared)


@pytest.fixture
def visit(browser: Browser, tabs: Tabs) -> Iterator[Visit]:
    """Opens an address in an empty tab, of a context with these options.

    The test fails when a page had an error, unless that holds what is `allowed`.
    """
    own: list[BrowserContext] = []
    taken: list[Tab] = []
    errors: list[str] = []

    def opened(address: str, allowed: str = "", **options: object) -> Page:
        def heard(text: str) -> None:
            if not (allowed and allowed in text):
                errors.append(text)

        if options:
            own.append(browser.new_context(**{"locale": "en-GB", **options}))  # type: ignore[arg-type]
            tab = Tab(own[-1].new_page(), heard)
        else:
            tab = tabs.take(heard)
            taken.append(tab)
        tab.page.goto(address)
        return tab.page

    yield opened
    for tab in taken:
        tabs.give_back(tab)
    for context in own:
        context.close()
    assert errors == []


@contextmanager
def serving(index: Path, host: Host, **more: object) -> Iterator[tuple[str, Library]]:
    """The real service over an index, with more settings, open to the host's pages."""
    settings = read_settings(cors_origins=host.origin, **more)
    with closing(Library(index)) as library, listening(create_app(library, settings)) as port:
        yield f"http://127.0.0.1:{port}", library


@pytest.fixture(scope="session")
def copy_of_index(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    def copied() -> Path:
        copy = tmp_path_factory.mktemp("browsed") / "index"
        shutil.copytree(index, copy, ignore=shutil.ignore_patterns("model"))
        shutil.copytree(index / "model", copy / "model", copy_function=os.link)
        return copy

    return copied


@pytest.fixture(scope="session")
def served(copy_of_index: Callable[[], Path], host: Host) -> Iterator[tuple[str, Library]]:
    with serving(copy_of_index(), host) as found:
        yield found


@pytest.fixture(scope="session")
def service(served: tuple[str, Library]) -> str:
    """Address of the real service, whose index a test may add to."""
    return served[0]


@pytest.fixture(scope="session")
def _scripted() -> Iterator[tuple[str, Script]]:
    script = Script()
    with listening(script.app()) as port:
        yield f"http://127.0.0.1:{port}", script
        script.go.set()


@pytest.fixture
def script(_scripted: tuple[str, Script]) -> Script:
    """What the scripted service answers to each question, and what it was sent."""
    _scripted[1].go.set()
    _scripted[1].begin()
    return _scripted[1]


@pytest.fixture
def scripted(_scripted: tuple[str, Script], script: Script) -> str:
    """Address of a service that follows a script."""
    assert script is _scripted[1]
    return _scripted[0]


@pytest.fixture
def own(copy_of_index: Callable[[], Path], host: Host) -> Iterator[tuple[str, Library]]:
    """A service over an index of the test's own."""
    with serving(copy_of_index(), host) as found:
        yield found
