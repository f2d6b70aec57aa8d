"""Puts the HTTP service together from a library and the settings."""

from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from rag import Library
from rag.settings import Settings, require_key_off_loopback
from server.answers import Answers
from server.describe import describe
from server.documents import Documents
from server.envelope import Envelope
from server.health import Health
from server.hosts import HostCheck
from server.keys import KeyCheck
from server.limits import BodyLimit, Gate
from server.pages import Pages
from server.problems import handle_problems


def create_app(library: Library, settings: Settings) -> FastAPI:
    """The service over a library; who opened the library closes it.

    Raises:
        SettingError: The service would be open to other machines without a key.
    """
    require_key_off_loopback(settings)
    app = FastAPI(title="rag", version=_version(), docs_url=None, redoc_url=None, redirect_slashes=False)
    gate = Gate(settings.max_concurrency, settings.queue)
    for router in (Answers(library, gate).routes(), Documents(library, gate).routes(), Health(library).routes()):
        app.include_router(router)
    app.router.routes.extend(Pages().routes())
    _add_layers(app, settings)
    handle_problems(app)
    describe(app)
    return app


def _add_layers(app: FastAPI, settings: Settings) -> None:
    """The middleware, innermost first."""
    app.add_middleware(BodyLimit)
    if settings.api_key is None:
        app.add_middleware(HostCheck)
    else:
        app.add_middleware(KeyCheck, key=settings.api_key.get_secret_value())
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID"],
        )
    app.add_middleware(Envelope)


def _version() -> str:
    try:
        return version("rag-cited")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"
