"""Asks a running service from Python."""

from rag.client.aio import AsyncClient
from rag.client.client import Client
from rag.client.errors import (
    ApiError,
    BrokenReplyError,
    ClientError,
    RateLimitedError,
    UnfinishedError,
    UnreachableError,
)
from rag.client.events import AnswerEvent, Cited, Delta, Done, Passages

__all__ = [
    "AnswerEvent",
    "ApiError",
    "AsyncClient",
    "BrokenReplyError",
    "Cited",
    "Client",
    "ClientError",
    "Delta",
    "Done",
    "Passages",
    "RateLimitedError",
    "UnfinishedError",
    "UnreachableError",
]
