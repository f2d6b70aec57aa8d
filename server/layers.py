"""The layers that a request goes through before a route: in which order, and how each is set."""

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from rag import ApiKeys
from rag.settings import Settings
from server.envelope import Envelope, Unforeseen
from server.gone import Gone
from server.head import Head
from server.hosts import HostCheck
from server.keys import KeyCheck
from server.limits import BodyLimit, Gate
from server.mcp import HEADERS as MCP_HEADERS
from server.metrics import Metrics
from server.observe import Observe
from server.rates import Rates
from server.shed import Shed
from server.traces import open_traces


def add_layers(app: FastAPI, gate: Gate, keys: ApiKeys, metrics: Metrics, settings: Settings) -> None:
    """Wrap an application in its middleware, the innermost first."""
    app.add_middleware(Head)
    app.add_middleware(Gone)
    app.add_middleware(
        BodyLimit,
        most=settings.max_body_bytes,
        most_upload=settings.max_upload_bytes,
        timeout_s=settings.request_timeout_s,
    )
    app.add_middleware(KeyCheck, keys=keys, rates=Rates(settings.rate_limit, settings.trusted_proxies))
    app.add_middleware(HostCheck, keys=keys, origins=settings.cors_origins)
    app.add_middleware(Shed, gate=gate)
    app.add_middleware(Unforeseen)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "DELETE", "HEAD"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID", "If-None-Match", *MCP_HEADERS],
            expose_headers=["X-Request-ID", "Retry-After", "RateLimit", "RateLimit-Policy", "Location", "ETag"],
        )
    traces = open_traces(settings.otlp_endpoint, app.version)
    app.add_middleware(Observe, metrics=metrics, traces=traces, trusted_proxies=settings.trusted_proxies)
    app.add_middleware(Unforeseen)
    app.add_middleware(Envelope)
