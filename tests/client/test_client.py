import inspect
from pathlib import Path

import pytest

from rag import Library
from rag.client import ApiError, AsyncClient, Cited, Client, Delta, Done, Passages, UnreachableError
from rag.client.replies import AskReply
from tests.client.playing import BREAKS, OK, Reply, playing
from tests.eval.serving import closed_port
from tests.program import NESTS

TOWER = b"The tower of Alnmouth is 31 metres high. Its bell was cast in 1788.\n"


def test_an_answer_is_cited(client: Client, library: Library) -> None:
    answer = client.ask(NESTS)
    assert isinstance(answer, AskReply)
    assert "160 nests" in answer.answer
    for citation in answer.citations:
        assert library.text(citation.document_id)[citation.start : citation.end] == citation.quote


def test_a_question_takes_its_filters_and_its_history(client: Client) -> None:
    history = [{"role": "user", "content": "Who is Ada Holm?"}, {"role": "assistant", "content": "She keeps it."}]
    answer = client.ask("And what does she buy?", history=history, source="birds/*", top_k=1)
    assert answer.rewritten_question == "And what does Ada Holm buy?"
    assert [p.source.partition("/")[0] for p in answer.passages] == ["birds"]
    assert client.ask(NESTS, document_ids=[]).abstained_because == "nothing_found"


def test_a_stream_tells_the_answer_piece_by_piece(client: Client) -> None:
    with client.ask_stream(NESTS) as events:
        passages, *pieces, done = events
    assert isinstance(passages, Passages)
    assert isinstance(done, Done)
    assert "".join(event.text for event in pieces if isinstance(event, Delta)) == done.answer.answer
    assert [event.citation for event in pieces if isinstance(event, Cited)] == done.answer.citations


def test_a_stream_that_is_refused_raises_as_a_call_does(client: Client) -> None:
    with pytest.raises(ApiError, match="nowhere") as refused, client.ask_stream(NESTS, collection="nowhere"):
        pass
    assert refused.value.status == 404


def test_a_stream_that_breaks_off_says_so() -> None:
    cut = b'event: passages\ndata: {"passages":[]}\n\n'
    reply = Reply(200, cut, (("Content-Type", "text/event-stream"),))
    with (
        playing(reply) as service,
        Client(service.address) as client,
        pytest.raises(Exception, match="broke off"),
        client.ask_stream(NESTS) as events,
    ):
        assert list(events)


def test_a_search_ranks_passages(client: Client) -> None:
    found = client.search("barn owl pellets", top_k=2, source="birds/*")
    assert [hit.rank for hit in found.hits] == [1, 2]
    assert found.hits[0].source == "birds/owls.txt"


def test_documents_come_page_by_page(client: Client, library: Library) -> None:
    assert [d.source for d in client.documents(page=1)] == [d.source for d in library.documents()]


def test_a_document_and_its_text(client: Client, library: Library, texts: Path) -> None:
    heron = next(d for d in library.documents() if d.source == "birds/heron.txt")
    assert client.document(heron.id).sha256 == heron.sha256
    assert client.text(heron.id) == (texts / "birds/heron.txt").read_text("utf-8")


def test_a_saved_answer_is_verified(client: Client) -> None:
    answer = client.ask(NESTS)
    assert client.verify(answer).valid
    saved = answer.model_dump(mode="json")
    saved["citations"][0]["quote"] = "Planted."
    assert [check.status for check in client.verify(saved).citations][:1] == ["changed"]


def test_a_text_is_checked_against_a_collection_or_passages(client: Client) -> None:
    said = "A heronry in Kent counted 160 nests in 2009."
    (sentence,) = client.check(said).sentences
    assert sentence.supported
    assert [citation.source for citation in sentence.citations] == ["birds/heron.txt"]
    held = client.check(f"{said} The moon is made of cheese.", passages=[said])
    assert [sentence.supported for sentence in held.sentences] == [True, False]
    assert held.sentences[0].quotes[0].passage == 0


def test_an_answer_gets_a_thumb(own: Client) -> None:
    answer = own.ask(NESTS)
    kept = own.feedback(answer, "up", "Good.")
    assert (kept.rating, kept.question, [c.quote for c in kept.citations]) == (
        "up",
        NESTS,
        [c.quote for c in answer.citations],
    )
    assert own.feedback(answer.id, "down").rating == "down"


def test_an_upload_is_answered_from_and_deleted(own: Client, tmp_path: Path) -> None:
    (tmp_path / "tower.txt").write_bytes(TOWER)
    job = own.wait(own.upload(tmp_path / "tower.txt", ("notes/empty.txt", b"")))
    assert [(file.source, file.state) for file in job.files] == [("tower.txt", "added"), ("notes/empty.txt", "failed")]
    assert own.job(job.id) == own.cancel(job) == job
    answer = own.ask("How high is the tower of Alnmouth?")
    assert "31 metres" in answer.answer
    own.delete(answer.citations[0].document_id)
    assert "31 metres" not in own.ask("How high is the tower of Alnmouth?").answer
    with pytest.raises(ApiError) as gone:
        own.delete(answer.citations[0].document_id)
    assert gone.value.status == 404


def test_collections_are_made_filled_and_dropped(own: Client) -> None:
    assert own.create_collection("harbour").documents == 0
    own.wait(own.upload(("tower.txt", TOWER), collection="harbour"))
    assert [(c.name, c.documents) for c in own.collections()] == [("default", 4), ("harbour", 1)]
    assert "31 metres" in own.ask("How high is the tower of Alnmouth?", collection="harbour").answer
    own.drop_collection("harbour")
    assert [c.name for c in own.collections()] == ["default"]


def test_a_service_that_lives_and_one_that_is_not_ready(client: Client) -> None:
    assert client.health().status == "ok"
    assert client.ready()
    with playing(Reply(503, b"{}")) as service, Client(service.address) as other:
        assert not other.ready()


def test_a_refusal_tells_the_problem_and_the_request(client: Client) -> None:
    with pytest.raises(ApiError, match="422") as refused:
        client.ask("x" * 100_000)
    assert refused.value.status == 422
    assert [wrong.field for wrong in refused.value.errors] == ["question"]
    assert refused.value.instance == "/v1/ask"
    assert refused.value.request_id


def test_the_key_is_sent() -> None:
    with playing(OK) as service, Client(service.address, api_key="rag_secret") as client:
        client.health()
    assert service.keys == ["Bearer rag_secret"]


def test_what_was_refused_for_the_moment_is_tried_again() -> None:
    refusals = [Reply(429, b"{}", (("Retry-After", "0"),)), Reply(503, b"{}", (("Retry-After", "0"),))]
    with playing(*refusals, OK) as service, Client(service.address) as client:
        assert client.health().status == "ok"
    assert service.requests == ["GET /healthz"] * 3


def test_a_broken_connection_is_tried_again_only_where_that_does_no_harm() -> None:
    with playing(BREAKS, OK) as service, Client(service.address) as client:
        assert client.health().status == "ok"
    with playing(BREAKS) as service, Client(service.address) as client:
        with pytest.raises(UnreachableError):
            client.delete("doc/1")
        assert service.requests == ["DELETE /v1/documents/doc%2F1?collection=default"]


def test_a_service_that_is_not_there_is_said_so_with_advice() -> None:
    address = f"http://127.0.0.1:{closed_port()}"
    with Client(address, timeout=0.2) as client, pytest.raises(UnreachableError, match="rag serve") as away:
        client.health()
    assert address in str(away.value)
    assert away.value.unsent


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "ftp://example.org", ""])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        Client(address)


def test_both_clients_take_the_same() -> None:
    methods = [name for name, _ in inspect.getmembers(Client, inspect.isfunction) if not name.startswith("_")]
    for name in [*methods, "__init__"]:
        waits, awaits = (inspect.signature(getattr(kind, name)) for kind in (Client, AsyncClient))
        assert list(waits.parameters) == list(awaits.parameters), name
        defaults = [[p.default for p in signature.parameters.values()] for signature in (waits, awaits)]
        assert defaults[0] == defaults[1], name
