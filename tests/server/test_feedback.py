from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag import Library
from rag.client.replies import FeedbackReply
from server.feedback import MOST_QUOTED_CHARACTERS
from tests.rag.fakes import fake_library
from tests.server.conftest import Start

NESTS = "How many nests did a heronry in Kent count in 2009?"


@pytest.fixture
def own(own_index: Path) -> Iterator[Library]:
    """A library of the shared documents that a test may change."""
    with closing(Library(own_index)) as library:
        yield library


@pytest.fixture
def service(start: Start, own: Library) -> httpx.Client:
    return start(own)


def _ask(service: httpx.Client) -> dict[str, Any]:
    answer: dict[str, Any] = service.post("/v1/ask", json={"question": NESTS}).json()
    assert answer["status"] == "answered"
    return answer


def _rate(service: httpx.Client, answer: dict[str, Any], **fields: object) -> httpx.Response:
    rating = {"answer_id": answer["id"], "rating": "up", "question": NESTS, "answer": answer, **fields}
    return service.post("/v1/feedback", json=rating)


def test_a_rating_is_kept_with_the_quotes_of_its_answer(service: httpx.Client, own: Library) -> None:
    answer = _ask(service)
    response = _rate(service, answer, comment="Found at once.")
    assert response.status_code == 201
    told = FeedbackReply.model_validate(response.json())
    assert [c.quote for c in told.citations] == [c["quote"] for c in answer["citations"]]
    assert (told.rating, told.comment, told.question, told.status) == ("up", "Found at once.", NESTS, "answered")
    assert told.dropped == []
    (kept,) = own.store.feedback.listed("default")
    assert kept.answer_id == answer["id"]


def test_the_same_answer_rated_again_is_replaced(service: httpx.Client, own: Library) -> None:
    answer = _ask(service)
    assert _rate(service, answer).status_code == 201
    again = _rate(service, answer, rating="down")
    assert again.status_code == 200
    FeedbackReply.model_validate(again.json())
    assert [kept.rating for kept in own.store.feedback.listed("default")] == ["down"]


def test_a_thumb_alone_is_enough(service: httpx.Client) -> None:
    response = service.post("/v1/feedback", json={"answer_id": "ans_1", "rating": "down"})
    assert response.status_code == 201
    assert (response.json()["status"], response.json()["citations"]) == (None, [])


def test_quotes_that_the_documents_do_not_hold_are_dropped_and_told(service: httpx.Client, own: Library) -> None:
    good = _ask(service)["citations"][0]
    planted = {**good, "quote": "Herons are protected by nobody at all."}
    moved = {**good, "n": 3, "start": 0, "end": len(good["quote"])}
    gone = {**good, "n": 4, "document_id": "doc_gone"}
    answer = {"id": "ans_2", "citations": [good, planted, moved, gone]}
    told = _rate(service, answer).json()
    assert [(c["n"], c["start"], c["quote"]) for c in told["citations"]] == [
        (good["n"], good["start"], good["quote"]),
        (3, good["start"], good["quote"]),
    ]
    assert told["dropped"] == [{"n": good["n"], "status": "changed"}, {"n": 4, "status": "gone"}]
    assert planted["quote"] not in str(list(own.store.feedback.listed("default")))


def test_what_an_answer_says_beside_its_quotes_is_not_kept(service: httpx.Client, own: Library) -> None:
    answer = {**_ask(service), "answer": "Planted words."}
    assert _rate(service, answer).status_code == 201
    rows = own.store.database.connection.execute("SELECT * FROM feedback").fetchall()
    assert "Planted words." not in str(rows)


def test_more_quotes_than_an_answer_can_have_are_dropped(start: Start, tmp_path: Path) -> None:
    text = "The pier has planks. " * (MOST_QUOTED_CHARACTERS // 21)
    (tmp_path / "pier.txt").write_text(text, "utf-8")
    with closing(fake_library(tmp_path / "index")) as library:
        library.ingest([tmp_path / "pier.txt"])
        whole = {"document_id": library.documents()[0].id, "start": 0, "end": len(text), "quote": text}
        answer = {"id": "ans_3", "citations": [{"n": 1, **whole}, {"n": 2, **whole}]}
        told = _rate(start(library), answer).json()
    assert [c["n"] for c in told["citations"]] == [1]
    assert told["dropped"] == [{"n": 2, "status": "over_limit"}]


def test_an_answer_of_another_collection_is_a_conflict(service: httpx.Client, own: Library, texts: Path) -> None:
    own.ingest([texts], "copy")
    answer = _ask(service)
    assert _rate(service, answer).status_code == 201
    refused = _rate(service, answer, collection="copy")
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"collection": "nowhere"}, 404),
        ({"rating": "sideways"}, 422),
        ({"answer_id": "../x"}, 422),
        ({"comment": "x" * 2001}, 422),
        ({"question": "  "}, 422),
        ({"stars": 5}, 422),
        ({"answer": {"citations": [{"n": 1}]}}, 422),
    ],
)
def test_what_is_no_rating_is_refused(client: httpx.Client, fields: dict[str, object], status: int) -> None:
    response = client.post("/v1/feedback", json={"answer_id": "ans_1", "rating": "up", **fields})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
