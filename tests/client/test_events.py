import orjson
import pytest

from rag.client import AnswerEvent, ApiError, BrokenReplyError, Delta, Done, Passages
from rag.client.events import Decoder

HARD = "One.\u2028Two.\u0085Three.\r\nFour: 🦉\n\ndata: five"
"""A quote with every character that a careless reader would take for the end of a line."""
ANSWER: dict[str, object] = {
    "id": "ans_1",
    "question": "?",
    "rewritten_question": None,
    "status": "answered",
    "answer": HARD,
    "abstained_because": None,
    "mode": "extractive",
    "confidence": 1.0,
    "citations": [],
    "passages": [],
    "degraded": None,
    "timings_ms": {},
    "of_a_newer_service": True,
}


def _event(name: str, data: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps(data))


STREAM = b"".join(
    [
        b": heartbeat\n\n",
        _event("passages", {"passages": []}),
        _event("delta", {"text": HARD, "of_a_newer_service": 1}),
        b": heartbeat\n\n",
        _event("of_a_newer_service", {}),
        _event("done", ANSWER),
    ]
)


def _decoded(*pieces: bytes) -> list[AnswerEvent]:
    decoder = Decoder("req_1")
    found = [event for piece in pieces for event in decoder.feed(piece)]
    decoder.close()
    return found


def test_the_events_are_told_in_order_and_whole() -> None:
    passages, delta, done = _decoded(STREAM)
    assert passages == Passages(())
    assert delta == Delta(HARD)
    assert isinstance(done, Done)
    assert done.answer.answer == HARD


def test_it_does_not_matter_how_the_bytes_are_cut() -> None:
    whole = _decoded(STREAM)
    assert _decoded(*(bytes([byte]) for byte in STREAM)) == whole
    for cut in range(0, len(STREAM), 7):
        assert _decoded(STREAM[:cut], STREAM[cut:]) == whole


def test_lines_may_end_as_a_proxy_likes() -> None:
    crlf = STREAM.replace(b"\n", b"\r\n")
    assert _decoded(crlf) == _decoded(STREAM)
    assert _decoded(*(bytes([byte]) for byte in crlf)) == _decoded(STREAM)


def test_an_error_is_raised_with_its_problem_and_the_request() -> None:
    problem = {"type": "about:blank", "title": "Busy", "status": 503, "detail": "Full.", "instance": "/v1/ask"}
    with pytest.raises(ApiError, match=r"503 Busy: Full\.") as refused:
        _decoded(_event("error", problem))
    assert (refused.value.status, refused.value.request_id) == (503, "req_1")


def test_a_stream_without_its_end_broke_off() -> None:
    with pytest.raises(BrokenReplyError, match="broke off"):
        _decoded(_event("passages", {"passages": []}), _event("done", ANSWER)[:-1])


def test_an_event_that_is_not_what_it_should_be_is_said_so() -> None:
    with pytest.raises(BrokenReplyError, match="delta"):
        _decoded(_event("delta", {"txt": "?"}))
