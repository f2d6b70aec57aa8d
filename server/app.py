"""Puts the HTTP service together from a library and the settings."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI

from rag import Library
from rag.generate import configured
from rag.settings import Settings, require_key_off_loopback
from server.answers import Answers
from server.chat import Chat
from server.check import Check
from server.collections import Collections
from server.describe import describe
from server.documents import Documents
from server.feedback import Ratings
from server.health import Health
from server.jobs import Runner
from server.layers import add_layers
from server.limits import Gate
from server.mcp import Mcp
from server.metrics import Metrics
from server.observe import Meter
from server.pages import Pages
from server.problems import handle_problems
from server.report import Report
from server.scrape import Scrape
from server.uploads import Uploads
from server.writing import Writing


def create_app(library: Library, settings: Settings) -> FastAPI:
    """The service over a library; who opened the library closes it.

    Raises:
        SettingError: The service would be open to other machines without a key, or the LLM cannot be asked so.
    """
    require_key_off_loopback(settings, library.store.keys.exist())
    app = FastAPI(title="rag", version=_version(), docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.settings = settings
    metrics = Metrics()
    meter = Meter(metrics, settings.max_concurrency, settings.log_questions)
    gate = Gate(settings.max_concurrency, settings.queue, meter, settings.request_timeout_s)
    writing = Writing(library, gate, settings, configured(settings), meter, metrics)
    runner = Runner(library, library.store.jobs, library.index / "jobs.lock")
    mcp = Mcp(library, gate, settings, app.version)
    report = Report(settings.report, library.store.keys, gate)
    for part in (
        Answers(library, gate, writing),
        Chat(library, gate, settings, writing),
        Check(library, gate),
        Documents(library, gate),
        Uploads(library.store.jobs, gate, runner.wake, settings.max_upload_bytes),
        Collections(library, gate, settings.max_upload_bytes),
        Ratings(library, gate),
        Health(library),
        Scrape(metrics, library, app.version),
        report,
    ):
        app.include_router(part.routes())
    app.router.routes.extend([*Pages(report.there).routes(), *report.pages(), mcp.route()])
    app.router.lifespan_context = partial(_running, mcp, runner, writing)
    add_layers(app, gate, library.store.keys, metrics, settings)
    handle_problems(app)
    describe(app)
    return app


@asynccontextmanager
async def _running(mcp: Mcp, runner: Runner, writing: Writing, _app: FastAPI) -> AsyncIterator[None]:
    """What runs beside the requests, a line each; it is stopped in the other order."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(mcp.running())
        await stack.enter_async_context(runner.running())
        await stack.enter_async_context(writing.running())
        yield


def _version() -> str:
    try:
        return version("rag-cited")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"
