from typing import Any

import httpx
import pytest

from rag import Library
from rag.client.replies import AskReply, SearchReply, VerifyReply

NESTS = "How many nests did a heronry in Kent count in 2009?"


def _ask(client: httpx.Client, **body: object) -> dict[str, Any]:
    response = client.post("/v1/ask", json={"question": NESTS, **body})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    reply: dict[str, Any] = response.json()
    return reply


def test_an_answer_has_the_shape_of_the_contract(client: httpx.Client) -> None:
    reply = _ask(client)
    AskReply.model_validate(reply)
    assert reply["id"].startswith("ans_")
    assert (reply["status"], reply["mode"], reply["degraded"]) == ("answered", "extractive", None)
    assert "160 nests" in reply["answer"]
    assert [p["rank"] for p in reply["passages"]] == list(range(1, len(reply["passages"]) + 1))
    assert list(reply["timings_ms"])[-1] == "total"


def test_each_quote_stands_in_the_answer_and_in_its_document(client: httpx.Client, library: Library) -> None:
    for question in (NESTS, "What does a barn owl swallow whole?", "What did the bridge cost to build?"):
        reply = _ask(client, question=question)
        rest = reply["answer"]
        for citation in reply["citations"]:
            begin, end = citation["answer_span"]
            assert reply["answer"][begin:end] == citation["quote"]
            text = library.text(citation["document_id"])
            assert text[citation["start"] : citation["end"]] == citation["quote"]
            rest = rest.replace(citation["quote"], "", 1).replace(f"[{citation['n']}]", "", 1)
        assert reply["citations"]
        assert not rest.strip(), "an extractive answer is quotes and markers and nothing else"


def test_offsets_count_code_points_behind_astral_characters(client: httpx.Client, library: Library) -> None:
    reply = _ask(client, question="How many pellets a day does a barn owl cast?")
    (citation,) = [c for c in reply["citations"] if "pellets" in c["quote"]][:1]
    assert citation["source"] == "birds/owls.txt"
    assert "🦉" in library.text(citation["document_id"])[: citation["start"] + len(citation["quote"])]
    assert library.text(citation["document_id"])[citation["start"] : citation["end"]] == citation["quote"]


def test_abstaining_says_so_and_shows_the_nearest_passages(client: httpx.Client) -> None:
    reply = _ask(client, question="Who won the chess olympiad of 1972?")
    assert reply["status"] == "abstained"
    assert reply["answer"]
    assert reply["citations"] == []
    assert reply["passages"]


def test_scores_and_timings_are_rounded(client: httpx.Client) -> None:
    reply = _ask(client)
    passage = reply["passages"][0]
    for score in (reply["confidence"], passage["score"], passage["scores"]["dense"], reply["citations"][0]["score"]):
        assert score == round(score, 4)
    assert all(ms == round(ms, 1) for ms in reply["timings_ms"].values())


def test_answers_to_the_same_question_differ_in_id_only(client: httpx.Client) -> None:
    first, second = _ask(client), _ask(client)
    assert first.pop("id") != second.pop("id")
    del first["timings_ms"], second["timings_ms"]
    assert first == second


@pytest.mark.parametrize(("mode", "degraded"), [("auto", None), ("extractive", None), ("llm", "llm_unavailable")])
def test_without_an_llm_every_mode_answers_in_extracts(client: httpx.Client, mode: str, degraded: str | None) -> None:
    reply = _ask(client, mode=mode)
    assert (reply["mode"], reply["degraded"], reply["status"]) == ("extractive", degraded, "answered")


def test_a_source_pattern_limits_the_documents(client: httpx.Client) -> None:
    reply = _ask(client, filters={"source": "birds/*"}, question="Tell of the bridge and its cost.")
    assert {p["source"] for p in reply["passages"]} <= {"birds/heron.txt", "birds/owls.txt"}
    assert reply["passages"]


def test_document_ids_limit_the_documents(client: httpx.Client, heron: str) -> None:
    reply = _ask(client, filters={"document_id": [heron]})
    assert {p["document_id"] for p in reply["passages"]} == {heron}
    told = _ask(client, filters={"document_id": []})
    assert (told["status"], told["abstained_because"]) == ("abstained", "nothing_found")
    assert _ask(client)["abstained_because"] is None


def test_top_k_limits_the_passages(client: httpx.Client) -> None:
    assert len(_ask(client, top_k=1)["passages"]) == 1


def test_a_follow_up_is_shown_as_it_was_understood(client: httpx.Client) -> None:
    history = [{"role": "user", "content": "Who is Ada Holm?"}, {"role": "assistant", "content": "She keeps it."}]

    told = _ask(client, question="And what does she buy?", history=history)

    assert told["question"] == "And what does she buy?"
    assert told["rewritten_question"] == "And what does Ada Holm buy?"
    assert _ask(client)["rewritten_question"] is None


def test_search_gives_ranked_passages(client: httpx.Client) -> None:
    response = client.post("/v1/search", json={"query": "barn owl pellets", "top_k": 2})
    reply = response.json()
    SearchReply.model_validate(reply)
    assert reply["query"] == "barn owl pellets"
    assert [h["rank"] for h in reply["hits"]] == [1, 2]
    assert reply["hits"][0]["source"] == "birds/owls.txt"


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/ask", {"question": "x"}), ("/v1/search", {"query": "x"}), ("/v1/verify", {"citations": []})],
)
def test_an_unknown_collection_is_not_found(client: httpx.Client, path: str, body: dict[str, object]) -> None:
    response = client.post(path, json={**body, "collection": "nowhere"})
    assert response.status_code == 404
    assert "nowhere" in response.json()["detail"]


def test_a_saved_answer_is_verified_whole(client: httpx.Client) -> None:
    saved = _ask(client)
    reply = client.post("/v1/verify", json=saved).json()
    VerifyReply.model_validate(reply)
    assert reply["valid"] is True
    assert [(c["n"], c["start"]) for c in reply["citations"]] == [(c["n"], c["start"]) for c in saved["citations"]]


def test_quotes_that_moved_changed_or_lost_their_document_are_told_apart(client: httpx.Client) -> None:
    good = _ask(client)["citations"][0]
    citations = [
        good,
        {**good, "n": 2, "start": good["start"] + 1, "end": good["end"] + 1},
        {**good, "n": 3, "quote": good["quote"] + "?"},
        {**good, "n": 4, "document_id": "doc_gone"},
    ]
    reply = client.post("/v1/verify", json={"citations": citations}).json()
    assert reply["valid"] is False
    assert [c["status"] for c in reply["citations"]] == ["valid", "moved", "changed", "gone"]
    assert reply["citations"][1]["start"] == good["start"]
