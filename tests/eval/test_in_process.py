from importlib.metadata import version

import pytest

from eval.in_process import LibrarySubject
from eval.records import Example
from eval.subject import RETRIEVED, SHOWN, fingerprint
from rag import Library, Turn
from tests.program import NESTS

ASKED = Example("q", NESTS)
CHESS = Example("u", "Who won the chess olympiad of 1972?")
BRIDGE = "What did the bridge cost?"


@pytest.fixture(scope="module")
def subject(library: Library) -> LibrarySubject:
    return LibrarySubject(library)


def test_a_reply_is_the_answer_with_its_marks_and_what_retrieval_found(
    subject: LibrarySubject, library: Library
) -> None:
    reply = subject.reply(ASKED)
    answer = library.ask(NESTS, top_k=SHOWN)
    found = library.search(NESTS, top_k=RETRIEVED)

    assert (reply.id, reply.status, reply.confidence) == ("q", "answered", answer.confidence)
    assert [(q.n, q.source, q.document_id, q.start, q.end, q.quote) for q in reply.quotes] == [
        (c.n, c.source, c.document_id, c.start, c.end, c.quote) for claim in answer.claims for c in claim.citations
    ]
    assert all(f"{quote.quote} [{quote.n}]" in reply.answer for quote in reply.quotes)
    assert [(p.source, p.start, p.end, p.score) for p in reply.ranked or ()] == [
        (h.document.source, h.passage.start, h.passage.end, h.score) for h in answer.hits
    ]
    assert [p.text for p in reply.retrieved or ()] == [h.passage.text for h in found.hits]
    assert reply.milliseconds > 0
    assert reply.timings_ms.keys() == answer.timings_ms.keys()


def test_every_quote_and_passage_stands_where_it_says(subject: LibrarySubject) -> None:
    reply = subject.reply(ASKED)
    passages = [*(reply.ranked or ()), *(reply.retrieved or ())]
    stretches = [(q.source, q.start, q.end, q.quote) for q in reply.quotes]
    stretches += [(p.source, p.start, p.end, p.text) for p in passages]
    assert [(subject.text(source) or "")[start:end] for source, start, end, _ in stretches] == [s[3] for s in stretches]


def test_an_abstention_tells_its_reason_and_still_shows_passages(subject: LibrarySubject, library: Library) -> None:
    reply = subject.reply(CHESS)
    assert (reply.status, reply.quotes) == ("abstained", ())
    assert reply.answer == library.ask(CHESS.question).reason
    assert reply.ranked


def test_alone_asks_the_question_as_it_would_be_without_its_history(subject: LibrarySubject) -> None:
    history = (Turn("user", "Tell me of the Orwell bridge."), Turn("assistant", "It has a span."))
    follow_up = Example("f", "What did it cost?", history=history, standalone=BRIDGE)
    assert subject.reply(follow_up, alone=True).quotes == subject.reply(Example("f", BRIDGE)).quotes
    assert subject.reply(ASKED, alone=True).quotes == subject.reply(ASKED).quotes


def test_an_error_of_the_library_is_a_failed_reply(library: Library) -> None:
    reply = LibrarySubject(library, "default").reply(ASKED)
    assert reply.status == "answered"
    lost = LibrarySubject(library)
    lost._collection = "nowhere"
    failed = lost.reply(ASKED)
    assert (failed.status, failed.quotes, failed.ranked) == ("failed", (), None)
    assert "nowhere" in failed.answer


def test_the_system_is_named_by_version_model_and_documents(subject: LibrarySubject, library: Library) -> None:
    system = subject.system()
    infos = library.documents()
    assert (system.kind, system.name, system.documents) == ("library", version("rag-cited"), 4)
    assert system.corpus == fingerprint((i.source, i.sha256) for i in reversed(infos))
    assert system.corpus != fingerprint((i.source, i.sha256) for i in infos[1:])
    assert system.model is not None
    assert "MiniLM" in system.model


def test_texts_are_those_of_the_library_and_of_nothing_else(subject: LibrarySubject, library: Library) -> None:
    info = library.documents()[0]
    assert subject.text(info.source) == library.text(info.id)
    assert subject.text("none.txt") is None


def test_what_lies_in_a_passage_is_held_and_what_is_nowhere_is_not(subject: LibrarySubject) -> None:
    text = subject.text("birds/heron.txt") or ""
    at = text.index("160 nests")
    assert subject.holds("birds/heron.txt", at, at + 9) is True
    assert subject.holds("birds/heron.txt", len(text) + 10, len(text) + 20) is False
    assert subject.holds("none.txt", 0, 1) is False
