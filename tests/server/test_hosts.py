from contextlib import closing
from pathlib import Path

import httpx
import pytest

from rag import Library
from tests.server.conftest import Start

UPLOAD = {"file": ("note.txt", b"A page that is not ours wrote this.")}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:8000", "localhost.evil.example"])
def test_without_a_key_another_sites_name_for_this_machine_gets_no_answer(client: httpx.Client, host: str) -> None:
    refused = client.get("/v1/documents", headers={"Host": host})
    assert refused.status_code == 421
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:1", "127.1.2.3", "[::1]:8000", "rag.localhost"]
)
def test_without_a_key_names_of_this_machine_are_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/v1/documents", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1:1"]
)
def test_without_a_key_a_foreign_page_can_send_nothing(client: httpx.Client, origin: str) -> None:
    for response in (
        client.post("/v1/ask", content=b'{"question": "nests?"}', headers={"Origin": origin}),
        client.post("/v1/documents", files=UPLOAD, headers={"Origin": origin}),
        client.get("/v1/documents", headers={"Origin": origin}),
        client.post("/mcp", json={}, headers={"Origin": origin}),
    ):
        assert response.status_code == 403
        assert response.headers["content-type"] == "application/problem+json"
    assert not [d for d in client.get("/v1/documents").json()["documents"] if d["source"] == "note.txt"]


def test_without_a_key_the_services_own_page_can_ask(client: httpx.Client) -> None:
    own = str(client.base_url)
    assert client.post("/v1/ask", json={"question": "nests?"}, headers={"Origin": own}).status_code == 200


def test_without_a_key_a_page_of_a_named_origin_can_ask(start: Start) -> None:
    page = "https://a.example"
    client = start(cors_origins=page)
    assert client.post("/v1/ask", json={"question": "nests?"}, headers={"Origin": page}).status_code == 200


def test_every_page_may_load_the_scripts(client: httpx.Client) -> None:
    assert client.get("/widget.js", headers={"Origin": "https://a.example"}).status_code == 200


def test_with_a_key_any_name_and_any_page_is_answered(start: Start, own_index: Path) -> None:
    with closing(Library(own_index)) as library:
        key = library.store.keys.create("k")[1]
        headers = {"Host": "rag.example", "Origin": "https://a.example", "Authorization": f"Bearer {key}"}
        assert start(library).get("/v1/documents", headers=headers).status_code == 200
