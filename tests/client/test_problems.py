from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from rag.client import ApiError, RateLimitedError
from rag.client.problems import refusal, seconds, unreachable


@pytest.mark.parametrize(("said", "meant"), [(None, None), ("7", 7.0), (" 7 ", 7.0), ("soon", None), ("-1", None)])
def test_a_time_to_come_back_is_read_as_seconds(said: str | None, meant: float | None) -> None:
    assert seconds(said) == meant


def test_a_time_to_come_back_may_be_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 80 < (seconds(soon) or 0) <= 90
    assert seconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0
    assert seconds("Thu, 01 Jan 1970 00:00:00") is None


def _response(status: int, body: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, text=body, headers=headers, request=httpx.Request("GET", "http://service/v1/x"))


def test_a_refusal_of_a_proxy_is_told_as_well() -> None:
    error = refusal(_response(502, "<h1>Bad gateway</h1>", **{"X-Request-ID": "req_1"}))
    assert (error.status, error.detail, error.instance) == (502, "<h1>Bad gateway</h1>", "/v1/x")
    assert error.request_id == "req_1"
    assert refusal(_response(301, "")).detail == "The reply is empty."


def test_too_many_requests_are_an_error_of_their_own() -> None:
    error = refusal(_response(429, "{}", **{"Retry-After": "12"}))
    assert isinstance(error, RateLimitedError)
    assert isinstance(error, ApiError)
    assert error.retry_after == 12


@pytest.mark.parametrize(
    ("error", "unsent", "said"),
    [
        (httpx.ConnectError("refused"), True, "rag serve"),
        (httpx.ConnectTimeout(""), True, "ConnectTimeout"),
        (httpx.ReadTimeout(""), False, "timeout"),
        (httpx.RemoteProtocolError("closed"), False, "Ask again"),
    ],
)
def test_what_happened_to_a_connection_is_said_with_advice(error: httpx.RequestError, unsent: bool, said: str) -> None:
    told = unreachable(error, "http://service")
    assert told.unsent is unsent
    assert said in str(told)
    assert "http://service" in str(told)
