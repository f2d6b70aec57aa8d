"""Turns what a service refused with into an error."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx
from pydantic import ValidationError

from rag.client.errors import ApiError, RateLimitedError, UnreachableError
from rag.client.replies import ProblemReply

_SHOWN = 200
"""Characters of a body that is no problem, in the message."""
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def api_error(problem: bytes, request_id: str | None = None, retry_after: float | None = None) -> ApiError:
    """The error of a problem in JSON, which a stream or a response told."""
    return _error(ProblemReply.model_validate_json(problem, extra="ignore"), request_id, retry_after)


def refusal(response: httpx.Response) -> ApiError:
    """The error of a response that is no success, of a proxy's too; its body must have been read."""
    request_id, retry_after = response.headers.get("x-request-id"), seconds(response.headers.get("retry-after"))
    try:
        return api_error(response.content, request_id, retry_after)
    except ValidationError:
        title, detail = response.reason_phrase or "Error", response.text.strip()[:_SHOWN] or "The reply is empty."
        status, instance = response.status_code, response.url.path
        return _error(
            ProblemReply(type="about:blank", title=title, status=status, detail=detail, instance=instance),
            request_id,
            retry_after,
        )


def unreachable(error: httpx.RequestError, address: str) -> UnreachableError:
    """The error of a connection that was not made, or did not hold."""
    unsent = isinstance(error, _UNSENT)
    if isinstance(error, httpx.TimeoutException) and not unsent:
        return UnreachableError(f"The service at {address} did not answer in time; wait longer with `timeout`.")
    advice = "Is it running (`rag serve`), and is the address right?" if unsent else "Ask again."
    return UnreachableError(f"The service at {address} cannot be reached ({_reason(error)}). {advice}", unsent)


def seconds(retry_after: str | None) -> float | None:
    """Seconds that a Retry-After names, as a number or a date; `None` where it names none."""
    if retry_after is None:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max((parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):  # TypeError: a date without a zone
        return None


def _error(problem: ProblemReply, request_id: str | None, retry_after: float | None) -> ApiError:
    kind = RateLimitedError if problem.status == HTTPStatus.TOO_MANY_REQUESTS else ApiError
    return kind(problem, request_id, retry_after)


def _reason(error: httpx.RequestError) -> str:
    return str(error) or type(error).__name__
