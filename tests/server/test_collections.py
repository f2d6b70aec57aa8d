from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from rag import Library
from rag.client.replies import CollectionReply, CollectionsReply
from rag.load import SUPPORTED
from tests.server.conftest import Start


@pytest.fixture
def own(own_index: Path) -> Iterator[Library]:
    """An index that a test may change."""
    with closing(Library(own_index)) as library:
        yield library


def test_the_collections_are_listed_with_what_they_hold(client: httpx.Client) -> None:
    reply = CollectionsReply.model_validate(client.get("/v1/collections").json())
    assert [(c.name, c.documents) for c in reply.collections] == [("default", 4)]


@pytest.mark.parametrize("write", [True, False])
def test_a_key_is_told_where_it_may_write_without_trying(start: Start, own: Library, write: bool) -> None:
    _, key = own.store.keys.create("page", write=write)
    reply = start(own).get("/v1/collections", headers={"Authorization": f"Bearer {key}"})
    found = CollectionsReply.model_validate(reply.json())
    assert [c.writable for c in found.collections] == [write]


def test_what_an_upload_may_be_is_told_before_one_is_sent(start: Start) -> None:
    limits = start(max_upload_bytes=5000).get("/v1/collections").json()["uploads"]
    assert limits == {"bytes": 5000, "files": 100, "suffixes": list(SUPPORTED)}


def test_a_collection_is_made_once_and_can_be_asked_at_once(start: Start, own: Library) -> None:
    client = start(own)
    made = client.post("/v1/collections", json={"name": "harbour"})
    again = client.post("/v1/collections", json={"name": "harbour"})
    asked = client.post("/v1/ask", json={"question": "Who keeps the tower?", "collection": "harbour"})
    assert (made.status_code, again.status_code) == (201, 200)
    CollectionReply.model_validate(made.json())
    assert asked.json()["abstained_because"] == "no_documents"


def test_a_dropped_collection_is_gone_with_its_documents(start: Start, own: Library) -> None:
    client = start(own)
    own.add(b"The tower keeper counts the boats at noon.", "tower.txt", "harbour")
    before = client.post("/v1/search", json={"query": "boats", "collection": "harbour"})
    dropped = client.delete("/v1/collections/harbour")
    assert before.json()["hits"]
    assert (dropped.status_code, dropped.content) == (204, b"")
    assert client.post("/v1/search", json={"query": "boats", "collection": "harbour"}).status_code == 404
    assert client.delete("/v1/collections/harbour").status_code == 404
    assert own.audit().findings == ()


@pytest.mark.parametrize("name", ["", "..", "a/b", "x" * 65, "with blank", 7, None])
def test_what_cannot_be_a_name_is_refused(client: httpx.Client, name: object) -> None:
    response = client.post("/v1/collections", json={"name": name})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "name"
