from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag import Library
from rag.client.replies import SupportReply
from tests.server.conftest import Start

KENT = "A heronry in Kent counted 160 nests in 2009."
TOLD = f"{KENT} The bridge cost 42 million pounds to build. What else is there?"


def _check(client: httpx.Client, **body: object) -> dict[str, Any]:
    response = client.post("/v1/check", json=body)
    assert response.status_code == 200, response.text
    reply: dict[str, Any] = response.json()
    SupportReply.model_validate(reply)
    return reply


def test_each_sentence_is_held_against_the_documents(client: httpx.Client, library: Library) -> None:
    reply = _check(client, text=TOLD)

    nests, bridge, question = reply["sentences"]
    assert (nests["checkable"], nests["supported"], nests["missing"]) == (True, True, [])
    assert (bridge["checkable"], bridge["supported"]) == (True, False)
    assert bridge["missing"] == ['"42 million pounds" stands in no quote']
    assert (question["checkable"], question["supported"], question["support"]) == (False, False, 0)
    assert (reply["checkable"], reply["supported"]) == (2, 1)
    (citation,) = nests["citations"]
    assert (citation["source"], citation["page"], nests["quotes"]) == ("birds/heron.txt", None, [])
    text = library.text(citation["document_id"])
    assert text[citation["start"] : citation["end"]] == citation["quote"] == KENT


def test_offsets_count_code_points_of_the_text_and_of_the_passages(client: httpx.Client) -> None:
    text, passages = f"🦉 Owls! {KENT}", ["🦉🦉 Owls hoot.", f"🦉 Herons stand in cold water. {KENT}"]

    reply = _check(client, text=text, passages=passages)

    for sentence in reply["sentences"]:
        assert text[sentence["start"] : sentence["end"]] == sentence["sentence"]
    (quote,) = reply["sentences"][-1]["quotes"]
    assert quote["passage"] == 1
    assert passages[1][quote["start"] : quote["end"]] == quote["quote"] == KENT


def test_a_sentence_with_markers_is_held_against_what_it_names(client: httpx.Client) -> None:
    passages = [KENT, "Herons return to the same trees each February."]
    text = f"{KENT[:-1]} [1]. {KENT[:-1]} [2]. {KENT} [1][2] {KENT[:-1]} [3]."

    right, wrong, both, none = _check(client, text=text, passages=passages)["sentences"]

    assert [s["supported"] for s in (right, wrong, both, none)] == [True, False, True, False]
    assert '"160" stands in no quote' in wrong["missing"]
    assert none["missing"] == ["[3] names no passage"]
    passed_over = _check(client, text=text, passages=passages, markers=False)["sentences"]
    assert all(sentence["supported"] for sentence in passed_over)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"text": "One is here. " * 101}, "text"),
        ({"text": KENT, "passages": []}, "passages"),
        ({"text": KENT, "passages": [""]}, "passages.0"),
        ({"text": KENT, "passages": ["x"] * 51}, "passages"),
        ({"text": KENT, "passages": ["x"], "collection": "default"}, "passages"),
        ({"text": KENT, "language": "en"}, "language"),
        ({"text": KENT, "markers": "yes"}, "markers"),
    ],
)
def test_what_is_over_a_limit_or_not_of_the_shape_is_refused(
    client: httpx.Client, body: dict[str, object], field: str
) -> None:
    response = client.post("/v1/check", json=body)

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert field in response.json()["detail"]


def test_an_unknown_collection_is_not_found(client: httpx.Client) -> None:
    response = client.post("/v1/check", json={"text": KENT, "collection": "nowhere"})
    assert response.status_code == 404
    assert "nowhere" in response.json()["detail"]


def test_a_key_checks_against_the_collections_it_opens(start: Start, own_index: Path) -> None:
    with closing(Library(own_index)) as library:
        _, inside = library.store.keys.create("inside", write=False, collections=["default"])
        _, outside = library.store.keys.create("outside", write=False, collections=["other"])
        client = start(library)

        assert _status(client, inside) == 200
        assert _status(client, outside) == 403
        assert _status(client, outside, passages=[KENT]) == 200
        assert _status(client, "rag_no_key") == 401


def test_a_browser_key_is_told_no_probabilities(start: Start, own_index: Path) -> None:
    with closing(Library(own_index)) as library:
        _, key = library.store.keys.create("page", write=False, origins=["https://page.example"])
        headers = {"Authorization": f"Bearer {key}", "Origin": "https://page.example"}
        reply = start(library).post("/v1/check", json={"text": KENT}, headers=headers).json()

    SupportReply.model_validate(reply)
    assert [(s["supported"], s["support"]) for s in reply["sentences"]] == [(True, None)]


def _status(client: httpx.Client, key: str, **body: object) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return client.post("/v1/check", json={"text": KENT, **body}, headers=headers).status_code
