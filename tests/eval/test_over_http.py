import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest

from eval.examples import Dataset
from eval.gate import Gate, Rules, broken
from eval.in_process import LibrarySubject
from eval.over_http import ChatSubject, ServiceSubject, service_client
from eval.records import Evidence, Example, Reply
from eval.run import evaluate
from rag import Library, Turn
from tests.eval.serving import chat, closed_port, served, serving
from tests.program import NESTS
from tests.rag.fakes import fake_library

ASKED = Example("q", NESTS)
QUESTIONS = (
    NESTS,
    "What did the Orwell bridge cost?",
    "When did the bridge open to traffic?",
    "How many pellets does a barn owl cast a day?",
    "In which year was the lighthouse lamp at Start Point first lit?",
    "Who won the chess olympiad of 1972?",
)
ANSWER = {
    "status": "answered",
    "answer": "",
    "confidence": 1,
    "citations": [],
    "passages": [],
    "degraded": None,
    "timings_ms": {},
    "hits": [],
}
"""What is both an answer and a search, as ours gives them."""
Ours = Callable[..., ServiceSubject]
Chatting = Callable[[str | bytes | None], Reply]


@pytest.fixture
def ours() -> Iterator[Ours]:
    """A subject over an address."""
    with ExitStack() as stack:
        yield lambda url, key=None: ServiceSubject(stack.enter_context(service_client(url, key, timeout_s=20)))


@pytest.fixture(scope="module")
def address(library: Library) -> Iterator[str]:
    with served(library) as url:
        yield url


# --- our service


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_service_says_what_its_library_says(library: Library, address: str, ours: Ours, question: str) -> None:
    here = LibrarySubject(library).reply(Example("q", question))
    there = ours(address).reply(Example("q", question))

    assert (there.id, there.status, there.answer, there.quotes) == (here.id, here.status, here.answer, here.quotes)
    assert there.confidence == round(here.confidence or 0, 4)
    for over_http, in_process in ((there.retrieved, here.retrieved), (there.ranked, here.ranked)):
        assert [(p.source, p.start, p.end, p.text, p.score) for p in over_http or ()] == [
            (p.source, p.start, p.end, p.text, round(p.score or 0, 4)) for p in in_process or ()
        ]
    assert there.degraded is None
    assert there.timings_ms.keys() == here.timings_ms.keys()
    assert there.milliseconds > 0


def test_a_service_has_the_documents_of_its_library(library: Library, address: str, ours: Ours) -> None:
    here, there = LibrarySubject(library), ours(address)
    assert there.system().corpus == here.system().corpus
    assert (there.system().kind, there.system().documents) == ("service", 4)
    assert [there.text(i.source) for i in library.documents()] == [here.text(i.source) for i in library.documents()]
    assert there.text("none.txt") is None
    assert [there.holds(source, 0, 1) for source in ("bridge.md", "none.txt")] == [None, False]


def test_history_goes_along_and_a_question_asked_alone_goes_without() -> None:
    heard = []

    def says(path: str, body: bytes) -> tuple[int, bytes]:
        heard.append((path, json.loads(body or b"null")))
        return 200, json.dumps({"documents": [], "next": None}).encode()

    example = Example(
        "q", "And in 2014?", history=(Turn("user", "a"), Turn("assistant", "b")), standalone="What in 2014?"
    )
    with serving(says) as url, service_client(url, None) as client:
        subject = ServiceSubject(client)
        subject.reply(example)
        subject.reply(example, alone=True)
    asked = [body for path, body in heard if path == "/v1/ask"]
    assert [(body["question"], len(body["history"])) for body in asked] == [("And in 2014?", 2), ("What in 2014?", 0)]


def test_all_pages_of_a_long_list_are_read(tmp_path: Path, ours: Ours) -> None:
    lines = [json.dumps({"doc_id": f"d{n}", "title": "", "text": f"Buoy {n} is red."}) for n in range(120)]
    (tmp_path / "many.jsonl").write_text("\n".join(lines))
    with closing(fake_library(tmp_path / "index")) as library:
        library.ingest([tmp_path / "many.jsonl"])
        with served(library) as url:
            subject = ours(url)
            system, text = subject.system(), subject.text("d119")
        assert system.corpus == LibrarySubject(library).system().corpus
    assert system.documents == 120
    assert text == "Buoy 119 is red."


def test_a_key_opens_a_service_that_asks_for_one(own_index: Path, ours: Ours) -> None:
    with closing(Library(own_index)) as library:
        key = library.store.keys.create("evaluation", write=False)[1]
        with served(library) as url:
            assert ours(url, key).reply(ASKED).status == "answered"
            for other in (None, "wrong"):
                with pytest.raises(ValueError, match=r"^401 from /v1/documents"):
                    ours(url, other)


def test_a_service_that_goes_away_gives_failed_replies_and_no_crash(library: Library, ours: Ours) -> None:
    examples = tuple(
        Example(
            f"q{n}", q, answerable=True, must_include=(("160",),), evidence=(Evidence("birds/heron.txt", "160 nests"),)
        )
        for n, q in enumerate(QUESTIONS)
    )
    with served(library) as url:
        subject = ours(url)
        first = subject.reply(examples[0])
    assert first.status == "answered"
    run = evaluate(Dataset("gone", "0", examples), subject)

    assert {row.status for row in run.rows} == {"failed"}
    assert all("ConnectError" in row.answer for row in run.rows)
    assert run.figures["failed"].value == 1
    assert run.figures["right"].value is None
    assert any("questions got an error" in fault for fault in broken(run, Rules(Gate(), None)))


def test_a_busy_service_gives_a_failed_reply_that_says_so() -> None:
    def says(path: str, _: bytes) -> tuple[int, bytes]:
        if path.startswith("/v1/documents"):
            return 200, b'{"documents": [], "next": null}'
        return 503, b'{"title": "The queue is full"}'

    with serving(says) as url, service_client(url, None) as client:
        reply = ServiceSubject(client).reply(ASKED)
    assert reply == Reply("q", "failed", '503 from /v1/ask: {"title": "The queue is full"}')


@pytest.mark.parametrize(
    "told",
    [
        b"<!doctype html><p>Sign in, please.</p>",
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        json.dumps({**ANSWER, "status": "who knows"}).encode(),
        json.dumps({**ANSWER, "confidence": "high"}).encode(),
        json.dumps({**ANSWER, "citations": [{"n": 1}]}).encode(),
        json.dumps({**ANSWER, "passages": [{"source": "a", "start": "x", "end": 2, "text": "", "score": 1}]}).encode(),
        json.dumps({**ANSWER, "answer": None}).encode(),
    ],
)
def test_what_is_no_answer_is_a_failed_reply(told: bytes) -> None:
    def says(path: str, _: bytes) -> tuple[int, bytes]:
        if path == "/v1/documents?collection=default":
            listed = {"documents": [{"source": "a", "document_id": "1", "sha256": "0"}], "next": None}
            return 200, json.dumps(listed).encode()
        return 200, told

    with serving(says) as url, service_client(url, None) as client:
        subject = ServiceSubject(client)
        assert subject.reply(ASKED).status == "failed"
        assert subject.text("a") is None


def test_the_answer_that_the_broken_ones_are_made_of_is_one() -> None:
    told = json.dumps({**ANSWER, "documents": [], "next": None}).encode()
    with serving(lambda *_: (200, told)) as url, service_client(url, None) as client:
        assert ServiceSubject(client).reply(ASKED).status == "answered"


@pytest.mark.parametrize("told", [b"<html>", b"[]", b'{"documents": 3}', b'{"documents": [{}], "next": null}', b"3"])
def test_what_is_no_list_of_documents_is_refused_at_the_start(told: bytes) -> None:
    with (
        serving(lambda *_: (200, told)) as url,
        service_client(url, None) as client,
        pytest.raises(ValueError, match=r"^\w+Error: "),
    ):
        ServiceSubject(client)


def test_a_service_without_documents_to_list_is_refused_with_its_words() -> None:
    with (
        serving(lambda *_: (404, b"no such page")) as url,
        service_client(url, None) as client,
        pytest.raises(ValueError, match=r"^404 from /v1/documents: no such page$"),
    ):
        ServiceSubject(client)


def test_a_client_asks_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    with serving(lambda *_: (302, b"")) as url, service_client(url, None) as client:
        assert client.get("/").status_code == 302


# --- any service with the OpenAI-compatible face


@pytest.fixture
def chatting() -> Chatting:
    """What is made of words, or of a raw body."""

    def told(words: str | bytes | None) -> Reply:
        body = words if isinstance(words, bytes) else chat(words)
        with serving(lambda *_: (200, body)) as url, service_client(f"{url}/v1", None) as client:
            return ChatSubject(client, "parrot").reply(ASKED)

    return told


@pytest.mark.parametrize(
    "words",
    [
        "The documents do not seem to hold the answer; the nearest passages are shown instead.",
        "I could not find an answer to that.",
        "I'm sorry, but I cannot answer this question from what I was given.",
        "I don’t know.",
        "We are unable to determine this.",
        "The provided context does not mention the cost.",
        "Based on the documents, I cannot say.",
        "The text has no information about dragons.",
        "The given information does not specify a year.",
        "There is no mention of a kraken in the documents.",
        "This is not stated in the provided text. You may want to ask the council.",
        "Sorry, no information available.",
        "Not enough information.",
        "There is not enough information to tell.",
        "Unanswerable",
        "N/A",
        "",
        None,
    ],
)
def test_a_refusal_is_an_abstention_in_any_wording(chatting: Chatting, words: str | None) -> None:
    assert chatting(words).status == "abstained"


@pytest.mark.parametrize(
    "words",
    [
        "The bridge does not hold more than forty tonnes.",
        "No, the keeper was not paid in 1836.",
        "The patient could not find a doctor, and so went to the hospital.",
        "There is no state provision for dental care.",
        "Herons do not provide for their young after July.",
        "The note says that the ferry does not run on Sundays.",
        "It cost 24 million pounds. The documents do not say who paid.",
        "Not 160 but 170 nests.",
        "There is no evidence that red paint works.",
        "Known unknowns, as the minister said.",
        "160 nests [1]",
    ],
)
def test_an_answer_with_a_no_or_not_in_it_is_an_answer(chatting: Chatting, words: str) -> None:
    reply = chatting(words)
    assert (reply.status, reply.answer) == ("answered", words)
    assert (reply.quotes, reply.retrieved, reply.ranked, reply.confidence) == ((), None, None, None)


@pytest.mark.parametrize(
    "told",
    [
        b"<html>",
        b"",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": null}',
        b'{"choices": [{"message": {}}]}',
        b'{"choices": [{"message": "x"}]}',
        chat(["a", "b"]),
        chat({"text": "a"}),
        chat(7),
    ],
)
def test_a_malformed_completion_is_a_failed_reply(chatting: Chatting, told: bytes) -> None:
    assert chatting(told).status == "failed"


def test_the_talk_so_far_goes_along_unless_the_question_is_asked_alone() -> None:
    heard = []

    def says(path: str, body: bytes) -> tuple[int, bytes]:
        heard.append((path, json.loads(body)))
        return 200, chat("At nine.")

    example = Example("q", "And on Sundays?", history=(Turn("user", "When?"), Turn("assistant", "At eight.")))
    with serving(says) as url, service_client(f"{url}/v1", None) as client:
        subject = ChatSubject(client, "parrot")
        subject.reply(example)
        subject.reply(Example("q", "And then?", history=example.history, standalone="When on Sundays?"), alone=True)
        system = subject.system()
    assert {path for path, _ in heard} == {"/v1/chat/completions"}
    first, second = (body for _, body in heard)
    assert (first["model"], first["temperature"]) == ("parrot", 0)
    assert first["messages"] == [
        {"role": "user", "content": "When?"},
        {"role": "assistant", "content": "At eight."},
        {"role": "user", "content": "And on Sundays?"},
    ]
    assert second["messages"] == [{"role": "user", "content": "When on Sundays?"}]
    assert (system.kind, system.corpus, system.documents, system.model) == ("openai", None, None, "parrot")


def test_a_chat_service_that_is_not_there_gives_failed_replies() -> None:
    with service_client(f"http://127.0.0.1:{closed_port()}/v1", None) as client:
        reply = ChatSubject(client, "m").reply(ASKED)
    assert reply.status == "failed"
    assert reply.answer.startswith(httpx.ConnectError.__name__)
