"""Where the LLM is and what is sent along, checked at the start so that no request fails for a setting."""

import re
from collections.abc import Mapping

import httpx

from rag.errors import SettingError
from rag.generate.chunks import EVENTS, JSON

_COMPLETIONS = "/chat/completions"
_LAST_PORT = 65_535
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A name of a header, as in RFC 9110, section 5.6.2."""
_OUR_OWN = frozenset(
    ("host", "content-length", "content-type", "transfer-encoding", "accept-encoding", "connection", "te", "upgrade")
)
"""Made for each request, or such that the reply could no longer be read."""


def address(base_url: str) -> httpx.URL:
    """The URL of an API, below which its paths are.

    Raises:
        SettingError: It is none, or one that cannot be meant.
    """
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo:
        raise SettingError(
            "RAG_LLM_BASE_URL is not the address of an OpenAI-compatible API; expected is one such as "
            "http://127.0.0.1:11434/v1, without a user name: a key goes into RAG_LLM_API_KEY."
        )
    if wrong := _wrong(url, base_url):
        raise SettingError(f"RAG_LLM_BASE_URL {wrong}; expected is one such as http://127.0.0.1:11434/v1.")
    return url


def sent_headers(api_key: str | None, extra: Mapping[str, str]) -> dict[str, str]:
    """The headers of each request, by name in small letters; those of the settings count.

    Raises:
        SettingError: One cannot be sent, is made for each request anyway, or is there twice.
    """
    # What httpx says of a header that it cannot send would show the key.
    key = {} if api_key is None else {"authorization": f"Bearer {api_key}"}
    own = {name.lower(): value for name, value in extra.items()}
    for name in extra:
        _check_name(name, key)
    for name, value in (*key.items(), *own.items()):
        if not (value.isascii() and value.isprintable()):
            raise SettingError(
                f"The value of the header {name!r} for the LLM (RAG_LLM_API_KEY or RAG_LLM_HEADERS) must be printable "
                "ASCII."
            )
    if len(own) < len(extra):
        raise SettingError("RAG_LLM_HEADERS names a header twice; capital letters make no difference.")
    # Without compression nothing can grow when it is unpacked.
    return {"accept": f"{EVENTS}, {JSON}", "accept-encoding": "identity", **key, **own}


def _wrong(url: httpx.URL, written: str) -> str:
    if "#" in written:
        return "has a fragment (#), which is never sent: leave it out"
    if url.port is not None and not 1 <= url.port <= _LAST_PORT:
        return f"has the port {url.port}, which is none from 1 to {_LAST_PORT}"
    if url.path.rstrip("/").endswith(_COMPLETIONS):
        return f"ends in {_COMPLETIONS}, which is added to it: leave that out"
    return ""


def _check_name(name: str, key: Mapping[str, str]) -> None:
    if not _TOKEN.fullmatch(name):
        raise SettingError(
            "RAG_LLM_HEADERS holds a name that is none of a header; expected are letters, figures and hyphens."
        )
    if name.lower() in _OUR_OWN:
        raise SettingError(f"RAG_LLM_HEADERS sets {name!r}, which is made for each request: leave it out.")
    if name.lower() in key:
        raise SettingError(f"RAG_LLM_HEADERS sets {name!r} beside RAG_LLM_API_KEY: set one of the two.")
