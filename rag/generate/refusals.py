"""Why there is no reply: what a server's refusal means, and what an operator can do about it.

Nothing that the server or httpx wrote goes into a message, a short code aside: it may repeat the prompt or the key.
"""

import asyncio
import re
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx
from pydantic import BaseModel, ValidationError

from rag.errors import LlmUnavailableError
from rag.generate.breaker import SparedError

_NOT_NOW = frozenset({429, 500, 502, 503, 504})
_NOT_THIS = frozenset({400, 413, 422})
"""Of one prompt, and no sign that others are refused."""
_HELP = {
    400: "the prompt may be longer than its context",
    401: "correct RAG_LLM_API_KEY",
    403: "correct RAG_LLM_API_KEY",
    404: "correct RAG_LLM_BASE_URL, which usually ends in /v1, or RAG_LLM_MODEL",
    413: "the prompt may be longer than its context",
    422: "the prompt may be longer than its context",
    429: "it has no room now: ask it less often, or raise its limit",
}
_CODE = re.compile(r"[a-z][a-z_]{2,39}")
_SECONDS = re.compile(r"\d{1,9}(\.\d+)?")
_MOST_READ = 1 << 14
"""Bytes of a refusal that are looked at."""
_READ_S = 0.2


class NotNowError(LlmUnavailableError):
    """A refusal after which another try may do."""

    def __init__(self, message: str, after_s: float | None = None) -> None:
        """Tell with it after how many seconds the server wants to be asked again; `None` where it does not say."""
        super().__init__(message)
        self.after_s = after_s


class NotThisError(SparedError, LlmUnavailableError):
    """A refusal of what was sent, by a server that works."""


class _Reason(BaseModel):
    code: object = None
    type: object = None


class _Refusal(BaseModel):
    error: _Reason


def unreachable(error: httpx.HTTPError, address: str) -> LlmUnavailableError:
    """What to raise where no response came; not for another try where connecting took too long."""
    kind = LlmUnavailableError if isinstance(error, httpx.TimeoutException) else NotNowError
    return kind(
        f"The LLM's server at {address} does not answer ({type(error).__name__}); expected is an OpenAI-compatible "
        "API: start it, or correct RAG_LLM_BASE_URL."
    )


async def refusal(response: httpx.Response, address: str, model: str) -> LlmUnavailableError:
    """What to raise for a response that is no reply."""
    status = response.status_code
    code = await _code(response)
    message = (
        f"The LLM's server at {address} answered {status}{code and f' ({code})'} when {model!r} was asked; "
        f"expected is 200: {_help(status)}."
    )
    if status in _NOT_NOW:
        return NotNowError(message, _after_s(response))
    return NotThisError(message) if status in _NOT_THIS else LlmUnavailableError(message)


def _help(status: int) -> str:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return "redirects are not followed, so set RAG_LLM_BASE_URL to the address that it leads to"
    return _HELP.get(status, "its log says why")


async def _code(response: httpx.Response) -> str:
    """The code of an error object, such as `model_not_found`; empty where there is none soon."""
    with suppress(TimeoutError, httpx.HTTPError, ValidationError):
        async with asyncio.timeout(_READ_S):
            reason = _Refusal.model_validate_json(await _start(response)).error
        codes = (str(code) for code in (reason.code, reason.type))
        return next((code for code in codes if _CODE.fullmatch(code)), "")
    return ""


async def _start(response: httpx.Response) -> bytes:
    read = b""
    async for raw in response.aiter_raw():
        read += raw
        if len(read) > _MOST_READ:
            break
    return read


def _after_s(response: httpx.Response) -> float | None:
    said = response.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(said):
        return float(said)
    with suppress(ValueError, OverflowError):  # the latter in UTC, of a time at the end of the year 9999
        when = parsedate_to_datetime(said)
        return max((when.astimezone(UTC) - datetime.now(UTC)).total_seconds(), 0)
    return None
