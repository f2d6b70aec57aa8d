import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from rag import Library, SettingError
from rag.settings import read_settings
from server.app import create_app
from server.keys import protected
from tests.server.conftest import Start

ASK = {"question": "How many nests?"}
PAGE = "https://a.example"


@pytest.fixture
def own(own_index: Path) -> Iterator[Library]:
    """An index of which a test may make keys."""
    with closing(Library(own_index)) as library:
        yield library


def bearer(key: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", **headers}


def key_of(
    library: Library, write: bool = True, collections: Sequence[str] | None = None, origins: Sequence[str] | None = None
) -> str:
    return library.store.keys.create("k", write, collections, origins)[1]


def _raw(client: httpx.Client, *headers: bytes) -> bytes:
    """The head of what is answered to a request with these headers as they are."""
    with socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=20) as line:
        request = b"\r\n".join([b"GET /v1/documents HTTP/1.1", b"Host: localhost", b"Connection: close", *headers])
        line.sendall(request + b"\r\n\r\n")
        return b"".join(iter(lambda: line.recv(65536), b""))


def test_without_a_key_nothing_below_v1_is_told(own: Library, start: Start) -> None:
    key = key_of(own)
    client = start(own)
    for sent in (None, key, f"Basic {key}", "Bearer", f"Bearer {key}x", f"Bearer {key[:-1]}", f"Bearer  {key} {key}"):
        headers = {"Authorization": sent} if sent else {}
        for response in (
            client.post("/v1/ask", json=ASK, headers=headers),
            client.get("/v1/documents", headers=headers),
            client.get("/%761/documents", headers=headers),
            client.get("/v1/nothing", headers=headers),
            client.post("/mcp", json={}, headers=headers),
            client.delete("/v1/documents/d", headers=headers),
            client.options("/v1/documents", headers=headers),
        ):
            assert response.status_code == 401
            assert response.headers["www-authenticate"] == "Bearer"
            assert response.headers["content-type"] == "application/problem+json"
            assert key not in response.text
        assert client.head("/v1/documents", headers=headers).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_with_a_key_all_is_answered(own: Library, start: Start, scheme: str) -> None:
    key = key_of(own)
    headers = {"Authorization": f"{scheme} {key}"}
    assert start(own).get("/v1/documents", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("path", "asked_for"),
    [
        ("/v1", True),
        ("/v1/", True),
        ("/v1/ask", True),
        ("/mcp", True),
        ("/mcp/x", True),
        ("/v10", False),
        ("/", False),
        ("/healthz", False),
        ("/static/v1/x", False),
    ],
)
def test_keys_are_asked_for_below_two_paths(path: str, asked_for: bool) -> None:
    assert protected(path) is asked_for


def test_what_tells_nothing_of_the_documents_needs_no_key(own: Library, start: Start) -> None:
    key_of(own)
    client = start(own)
    for path in ("/", "/healthz", "/readyz", "/openapi.json", "/static/page.js"):
        assert client.get(path).status_code == 200


def test_a_service_open_to_others_without_a_key_is_not_made(own: Library) -> None:
    with pytest.raises(SettingError, match="rag keys create"):
        create_app(own, read_settings(host="0.0.0.0"))
    key_of(own)
    create_app(own, read_settings(host="0.0.0.0"))


def test_keys_count_from_the_moment_they_are_made_until_they_are_revoked(own: Library, start: Start) -> None:
    client = start(own)
    with closing(Library(own.index)) as elsewhere:  # as another process has it
        assert client.get("/v1/documents").status_code == 200
        key, shown = elsewhere.store.keys.create("k")
        assert client.get("/v1/documents").status_code == 401
        assert client.get("/v1/documents", headers=bearer(shown)).status_code == 200
        elsewhere.store.keys.revoke(key.id)
        refused = client.get("/v1/documents", headers=bearer(shown))
        assert refused.status_code == 401
        assert "revoked" in refused.json()["detail"]
        assert client.get("/v1/documents").status_code == 401


def test_a_key_of_another_index_opens_nothing(own: Library, start: Start, tmp_path: Path) -> None:
    key_of(own)
    with closing(Library(tmp_path / "other")) as other:
        elsewhere = key_of(other)
    assert start(own).get("/v1/documents", headers=bearer(elsewhere)).status_code == 401


def test_hostile_headers_are_refused_and_the_service_goes_on(own: Library, start: Start) -> None:
    key = key_of(own).encode()
    client = start(own)
    for headers in (
        [b"Authorization: Bearer " + b"x" * 10_000],
        [b"Authorization: Bearer rag_" + b"_" * 10_000],
        [b"Authorization: Bearer " + key + b" " * 10_000 + key],
        ["Authorization: Bearer schlüssel".encode()],
        [b"Authorization: Bearer \xff\xfe\x80"],
        [b"Authorization: \xe2\x80\xae Bearer " + key],
        [b"Authorization: Bearer " + key, b"Authorization: Bearer " + key],
        [b"Authorization: Bearer x", b"Authorization: Bearer " + key],
        [b"Authorization:"],
        [b"Authorization: Bearer \t"],
        [b"Authorization: Bearer " + key + b"\x00"],
    ):
        assert _raw(client, *headers)[:12] in {b"HTTP/1.1 401", b"HTTP/1.1 400"}, headers
    assert _raw(client, b"Authorization: Bearer " + key)[:12] == b"HTTP/1.1 200"


def test_a_key_that_reads_does_not_change(own: Library, start: Start, heron: str) -> None:
    client, headers = start(own), bearer(key_of(own, write=False))
    refused = client.delete(f"/v1/documents/{heron}", headers=headers)
    assert (refused.status_code, refused.json()["detail"]) == (403, "This key may read, not change.")
    assert client.get(f"/v1/documents/{heron}", headers=headers).status_code == 200


def test_a_key_opens_its_own_collections_only(own: Library, start: Start) -> None:
    client, headers = start(own), bearer(key_of(own, collections=["birds"]))
    for response in (
        client.post("/v1/ask", json=ASK, headers=headers),
        client.post("/v1/search", json={"query": "nests"}, headers=headers),
        client.post("/v1/verify", json={"citations": []}, headers=headers),
        client.get("/v1/documents", headers=headers),
        client.get("/v1/documents", params={"collection": "nothing"}, headers=headers),
    ):
        assert response.status_code == 403
    listed = client.get("/v1/documents", params={"collection": "birds"}, headers=headers)
    assert listed.status_code == 404  # which it would open, if it were there


def test_a_browser_key_works_from_pages_of_its_origins_only(own: Library, start: Start, heron: str) -> None:
    client, key = start(own, cors_origins=PAGE), key_of(own, write=False, origins=[PAGE])
    for headers in (
        bearer(key),
        bearer(key, Origin="https://b.example"),
        bearer(key, Origin=f"{PAGE}.evil.example"),
        bearer(key, Origin=f"{PAGE}:444"),
        bearer(key, Origin="null"),
        bearer(key, Origin=""),
        bearer(key, Referer=f"{PAGE}/page"),
    ):
        refused = client.get("/v1/documents", headers=headers)
        assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    read = client.get("/v1/documents", headers=bearer(key, Origin=PAGE))
    assert read.status_code == 200
    assert read.headers["access-control-allow-origin"] == PAGE
    assert client.delete(f"/v1/documents/{heron}", headers=bearer(key, Origin=PAGE)).status_code == 403


@pytest.mark.parametrize("origin", ["http://a.example:8000", "https://a.example:8000"])
def test_a_page_of_the_service_itself_may_get_without_an_origin(own: Library, start: Start, origin: str) -> None:
    client, key = start(own), key_of(own, write=False, origins=["https://b.example", origin])
    here, own_page = {"Host": "a.example:8000"}, {"Sec-Fetch-Site": "same-origin"}
    assert client.get("/v1/documents", headers=bearer(key, **here, **own_page)).status_code == 200
    for headers in (
        here,
        {**here, "Sec-Fetch-Site": "same-site"},
        {**here, "Sec-Fetch-Site": "cross-site"},
        {**here, "Sec-Fetch-Site": "none"},
        {**own_page, "Host": "a.example"},
        {**own_page, "Host": "c.example:8000"},
        own_page,
        {**here, **own_page, "Origin": "https://c.example"},
        {**here, **own_page, "Origin": ""},
    ):
        assert client.get("/v1/documents", headers=bearer(key, **headers)).status_code == 403, headers


def test_a_browser_key_is_told_no_scores(own: Library, start: Start) -> None:
    client = start(own)
    page, other = key_of(own, write=False, origins=[PAGE]), key_of(own)
    for headers, told in ((bearer(page, Origin=PAGE), False), (bearer(other), True)):
        answer = client.post("/v1/ask", json=ASK, headers=headers).json()
        found = client.post("/v1/search", json={"query": "nests"}, headers=headers).json()
        streamed = client.post("/v1/ask", json={**ASK, "stream": True}, headers=headers).text
        assert answer["citations"]
        assert 0 < answer["confidence"] < 1  # of the answer, for pages to say in words
        assert f'"confidence":{answer["confidence"]}' in streamed
        for passage in (*answer["citations"], *answer["passages"], *found["hits"]):
            assert (passage["score"] is not None) is told
            assert (passage.get("scores", {}) is not None) is (told or "scores" not in passage)
        assert ('"score":null' in streamed) is not told
        assert ('"dense"' in streamed) is told


def test_no_secret_comes_into_the_log(own: Library, start: Start, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client, key = start(own), key_of(own)
        secret = key[len("rag_") + 13 :]
        for presented in (key, f"{key}x", secret):
            client.get("/v1/documents", headers=bearer(presented))
            client.get(f"/v1/{presented}", headers=bearer(key))
    assert any("/v1/documents" in str(record.__dict__) for record in caplog.records if record.name == "rag.request")
    told = " ".join(str(record.__dict__) for record in caplog.records if record.name.startswith("rag"))
    assert secret not in told


def test_a_preflight_needs_no_key_and_only_named_origins_may_ask(own: Library, start: Start) -> None:
    key_of(own)
    client = start(own, cors_origins=PAGE)
    for method in ("GET", "POST", "DELETE", "HEAD"):
        asking = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization"}
        allowed = client.options("/v1/ask", headers={"Origin": PAGE, **asking})
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == PAGE
        refused = client.options("/v1/ask", headers={"Origin": "https://b.example", **asking})
        assert "access-control-allow-origin" not in refused.headers


def test_an_error_too_can_be_read_by_a_named_origin(own: Library, start: Start) -> None:
    key_of(own)
    response = start(own, cors_origins=PAGE).post("/v1/ask", json=ASK, headers={"Origin": PAGE})
    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == PAGE
    exposed = {name.strip() for name in response.headers["access-control-expose-headers"].split(",")}
    assert exposed == {"X-Request-ID", "Retry-After", "RateLimit", "RateLimit-Policy", "Location", "ETag"}


def test_no_origin_may_ask_unless_named(client: httpx.Client) -> None:
    response = client.post("/v1/ask", json=ASK, headers={"Origin": PAGE})
    assert "access-control-allow-origin" not in response.headers
