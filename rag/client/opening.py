"""What both clients are opened with."""

import httpx

TIMEOUT_S = 60.0
"""For a call; the service itself gives up on an answer after 30 s unless told otherwise."""
LIMITS = httpx.Limits(keepalive_expiry=2.0)
"""Idle connections are let go well before the service does (5 s), so that no request is sent on one just closed."""


def address(base_url: str) -> str:
    """The address for messages, without what may be secret in it.

    Raises:
        ValueError: It is none of HTTP.
    """
    url = httpx.URL(base_url)
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError(f"{base_url!r} is no address of a service; expected one such as http://127.0.0.1:8000.")
    return str(url.copy_with(username=None, password=None))


def headers(api_key: str | None) -> dict[str, str]:
    """The headers of every request."""
    return {} if api_key is None else {"Authorization": f"Bearer {api_key}"}
