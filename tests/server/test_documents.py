from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import httpx
import pytest

from rag import DocumentInfo, Library
from rag.client.replies import DocumentReply, DocumentsReply, TextReply
from tests.program import NESTS
from tests.server.conftest import Start


def test_the_documents_are_listed_by_source(client: httpx.Client) -> None:
    reply = client.get("/v1/documents").json()
    DocumentsReply.model_validate(reply)
    sources = [d["source"] for d in reply["documents"]]
    assert sources == ["birds/heron.txt", "birds/owls.txt", "bridge.md", "lighthouse.txt"]
    assert reply["next"] is None


def test_pages_follow_each_other_to_the_end(client: httpx.Client) -> None:
    seen, after = [], ""
    for _ in range(2):
        page = client.get("/v1/documents", params={"limit": 2, "after": after}).json()
        seen += [d["source"] for d in page["documents"]]
        after = page["next"]
    assert after is None
    assert seen == ["birds/heron.txt", "birds/owls.txt", "bridge.md", "lighthouse.txt"]


@pytest.mark.parametrize("limit", ["0", "201", "many"])
def test_a_page_has_its_limits(client: httpx.Client, limit: str) -> None:
    response = client.get("/v1/documents", params={"limit": limit})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "limit"


def test_one_document_is_shown(client: httpx.Client, heron: str) -> None:
    reply = client.get(f"/v1/documents/{heron}").json()
    DocumentReply.model_validate(reply)
    assert (reply["document_id"], reply["source"], reply["media_type"]) == (heron, "birds/heron.txt", "text/plain")


@pytest.mark.parametrize(
    "path", ["/v1/documents/doc_none", "/v1/documents/doc_none/text", "/v1/documents?collection=nowhere"]
)
def test_what_is_not_there_is_not_found(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_the_text_comes_as_json(client: httpx.Client, heron: str, library: Library) -> None:
    reply = client.get(f"/v1/documents/{heron}/text").json()
    TextReply.model_validate(reply)
    assert reply["text"] == library.text(heron)


@pytest.mark.parametrize(
    "accept",
    [
        "text/plain",
        "text/plain, */*",
        "text/plain, application/json;q=0.9",
        "text/html",
        "text/html,application/xhtml+xml,*/*;q=0.8",
    ],
)
def test_the_bare_text_comes_for_those_who_ask_and_for_browsers(
    client: httpx.Client, heron: str, library: Library, accept: str
) -> None:
    response = client.get(f"/v1/documents/{heron}/text", headers={"Accept": accept})
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == library.text(heron)
    assert response.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/json",
        "text/plain;q=0, application/json",
        "text/plain;q=0.5, application/json",
        "text/plain;q=0, text/html",
        "text/html, application/json",
        "image/png",
    ],
)
def test_json_comes_where_it_is_more_welcome(client: httpx.Client, heron: str, accept: str) -> None:
    response = client.get(f"/v1/documents/{heron}/text", headers={"Accept": accept})
    assert response.headers["content-type"] == "application/json"


class _Replaced:
    """A library in which a document is replaced while its text is read for the first time."""

    def __init__(self, library: Library, index: Path) -> None:
        self._library = library
        self._changed = False
        self.index = index
        self.store = library.store

    def document(self, *at: str) -> DocumentInfo:
        found = self._library.document(*at)
        return replace(found, sha256="new") if self._changed else found

    def text(self, *_: str) -> str:
        self._changed = True
        return "new"


def test_new_text_never_goes_out_under_the_old_tag(start: Start, library: Library, heron: str, tmp_path: Path) -> None:
    client = start(cast("Library", _Replaced(library, tmp_path)))
    response = client.get(f"/v1/documents/{heron}/text")
    assert (response.headers["etag"], response.json()["text"]) == ('W/"new"', "new")


def test_a_text_that_is_still_the_same_is_not_sent_again(client: httpx.Client, heron: str) -> None:
    etag = client.get(f"/v1/documents/{heron}/text").headers["etag"]
    assert client.get(f"/v1/documents/{heron}").json()["sha256"] in etag
    same = client.get(f"/v1/documents/{heron}/text", headers={"If-None-Match": etag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    other = client.get(f"/v1/documents/{heron}/text", headers={"If-None-Match": 'W/"other"'})
    assert other.status_code == 200


def test_a_removed_document_is_gone_and_in_no_answer(start: Start, own_index: Path) -> None:
    with closing(Library(own_index)) as own:
        client = start(own)
        heron = next(d.id for d in own.documents() if d.source == "birds/heron.txt")
        removed = client.delete(f"/v1/documents/{heron}")
        asked = client.post("/v1/ask", json={"question": NESTS}).json()
        assert (removed.status_code, removed.content) == (204, b"")
        assert heron not in {p["document_id"] for p in asked["passages"]}
        assert client.get(f"/v1/documents/{heron}").status_code == 404
        assert client.delete(f"/v1/documents/{heron}").status_code == 404
        assert own.audit().findings == ()
