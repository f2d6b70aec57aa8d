import io
import json
import logging
from collections.abc import Iterator
from time import monotonic, sleep
from typing import Any, cast

import httpx
import pytest

from rag import IndexUnusableError, Library
from rag.settings import read_settings
from server.logs import configure_logs
from tests.program import NESTS
from tests.server.conftest import Start

CANARY = "xylophone-canary"
NASTY = "a\nb\r\x1b[31mred\x1b[0m\x7f\x85\u2028\u202e\ud800 end"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Log:
    """What was logged since the test began."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    def text(self) -> str:
        return self._stream.getvalue()

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().split("\n")[:-1]]

    def requests(self, count: int = 1) -> list[dict[str, Any]]:
        """The lines of so many requests; a line is written just after its response is sent."""
        deadline = monotonic() + 20
        while len(found := [e for e in self.entries() if e["logger"] == "rag.request"]) < count:
            assert monotonic() < deadline
            sleep(0.01)
        return found


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    names = (None, "rag", "uvicorn")
    levels = [logging.getLogger(name).level for name in names]
    handlers = logging.getLogger().handlers[:]
    yield
    logging.captureWarnings(False)
    logging.getLogger().handlers = handlers
    for name, level in zip(names, levels, strict=True):
        logging.getLogger(name).setLevel(level)


def logged(stream: io.StringIO | None = None, **settings: object) -> Log:
    stream = stream or io.StringIO()
    configure_logs(read_settings(**{"log_format": "json", **settings}), stream)
    return Log(stream)


@pytest.fixture
def log() -> Log:
    return logged(log_level="debug")


def asked(client: httpx.Client, question: str = NESTS, **headers: str) -> httpx.Response:
    return client.post("/v1/ask", json={"question": question}, headers=headers)


def test_a_request_is_one_line_with_what_it_was(log: Log, client: httpx.Client) -> None:
    response = asked(client)
    (entry,) = log.requests()
    assert {name: entry[name] for name in ("level", "event", "method", "route", "status", "client", "answer")} == {
        "level": "info",
        "event": "request",
        "method": "POST",
        "route": "/v1/ask",
        "status": 200,
        "client": "127.0.0.1",
        "answer": "answered",
    }
    assert entry["request_id"] == response.headers["x-request-id"]
    assert entry["ms"] > 0
    assert list(entry)[:4] == ["time", "level", "logger", "event"]


def test_the_route_is_the_template_and_an_unknown_path_is_not_told(log: Log, client: httpx.Client) -> None:
    client.get(f"/v1/documents/{CANARY}")
    client.get(f"/{CANARY}?key={CANARY}")
    client.put("/v1/ask")
    found = log.requests(3)
    assert [e["route"] for e in found] == ["/v1/documents/{document_id}", "(none)", "/v1/ask"]
    assert [e["status"] for e in found] == [404, 404, 405]
    assert CANARY not in log.text()


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_what_programs_ask_all_the_time_is_for_debugging_only(client: httpx.Client, path: str) -> None:
    quiet = logged(log_level="info")
    client.get(path)
    asked(client)
    assert [e["route"] for e in quiet.requests()] == ["/v1/ask"]
    loud = logged(log_level="debug")
    client.get(path)
    assert [e["route"] for e in loud.requests()] == [path]


def test_a_session_of_asks_leaves_no_question_document_or_key_in_the_log(log: Log, start: Start) -> None:
    client = start()
    secret = "rag_0123456789ab_" + "s3cret" * 7 + "x"
    key = {"Authorization": f"Bearer {secret}"}
    for body in ({"question": f"{NESTS} {CANARY}"}, {"question": CANARY, "mode": "llm"}, {"question": CANARY * 500}):
        client.post("/v1/ask", json=body, headers=key)
    client.post("/v1/ask", json={"question": CANARY, "stream": True}, headers=key)
    client.post("/v1/search", json={"query": CANARY}, headers=key)
    client.post(
        "/v1/verify", json={"citations": [{"n": 1, "document_id": CANARY, "start": 0, "end": 9, "quote": CANARY}]}
    )
    client.post("/v1/ask", content=f'{{"question": "{CANARY}'.encode(), headers={"Content-Type": "application/json"})
    client.get(f"/v1/documents?key={secret}&collection={CANARY}", headers=key)
    client.get("/healthz", headers={"Cookie": CANARY, "X-Request-ID": f"{CANARY} {secret}"})
    assert len(log.requests(9)) == 9
    for leak in (CANARY, secret, "s3cret", "Bearer", "160 nests", "heronries"):
        assert leak not in log.text()


def test_questions_are_logged_where_that_is_set(start: Start) -> None:
    log = logged(log_questions=True)
    asked(start(log_questions="true"), f"{NESTS} {CANARY}")
    assert log.requests()[0]["question"] == f"{NESTS} {CANARY}"


def test_every_line_of_a_request_carries_its_id(log: Log, start: Start, library: Library) -> None:
    class Talkative:
        """A library that logs, as a part of it might, from the thread that it works in."""

        store, index = library.store, library.index

        def ask(self, *_: object) -> object:
            logging.getLogger("rag.library").warning("half way")
            raise IndexUnusableError("it is gone")

    response = asked(start(cast("Library", Talkative())), **{"X-Request-ID": "mine-1"})
    assert response.status_code == 503
    log.requests()
    lines = [e for e in log.entries() if e["logger"].startswith("rag")]
    assert [(e["event"], e["request_id"]) for e in lines] == [
        ("half way", "mine-1"),
        ("IndexUnusableError: it is gone", "mine-1"),
        ("request", "mine-1"),
    ]


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_nothing_that_is_logged_can_make_a_line_of_its_own(log_format: str) -> None:
    log = logged(log_format=log_format)
    logging.getLogger("rag.server").warning("request to %s", NASTY, extra={"client": NASTY})
    logging.getLogger("rag.server").error("it failed", exc_info=OSError(NASTY))
    assert all(c == "\n" or c.isprintable() for c in log.text())
    starts = [line for line in log.text().split("\n")[:-1] if not line.startswith("    | ")]
    assert len(starts) == 2
    assert all(line.startswith(("{", "20")) for line in starts)


def test_a_path_with_line_breaks_stays_in_its_line(log: Log, client: httpx.Client) -> None:
    client.get("/v1/%0a%1b[31mfaked%0d%0a")
    client.get("/v1/documents/%0a%7b%22faked%22%3a1%7d")
    assert [e["status"] for e in log.requests(2)] == [404, 404]
    assert "faked" not in log.text()


def test_an_unforeseen_error_is_told_without_what_it_may_quote() -> None:
    def fail() -> None:
        try:
            int(CANARY)
        except ValueError as error:
            raise KeyError(CANARY) from error

    for whole in (False, True):
        log = logged(log_questions=whole)
        try:
            fail()
        except KeyError:
            logging.getLogger("rag.server").exception("it failed")
        told = log.entries()[0]["exception"]
        assert "ValueError: " in told
        assert "KeyError: " in told
        assert "in fail" in told
        assert (CANARY in told) is whole


def test_secrets_are_struck_out_wherever_they_stand(log: Log) -> None:
    key = "rag_0123456789ab_" + "A-_z" * 10 + "abc"
    logger = logging.getLogger("rag.server")
    logger.warning("sent %s and Authorization: Bearer %s", key, CANARY)
    logger.warning("GET /v1/ask?api_key=%s&x=1", CANARY)
    logger.warning("headers", extra={"authorization": CANARY, "Cookie": CANARY, "key_id": "0123456789ab"})
    assert key not in log.text()
    assert CANARY not in log.text()
    assert log.entries()[2]["key_id"] == "0123456789ab"
    assert log.entries()[1]["event"] == "GET /v1/ask?[redacted]&x=1"


def test_text_is_written_to_a_terminal_and_json_elsewhere() -> None:
    shown, kept = Terminal(), io.StringIO()
    for stream in (shown, kept):
        logged(stream, log_format="auto")
        logging.getLogger("rag.server").info("begun", extra={"port": 80, "place": "a b"})
    assert shown.getvalue().endswith('Z info rag.server: begun port=80 place="a b"\n')
    assert json.loads(kept.getvalue())["place"] == "a b"


def test_libraries_log_the_same_way_but_never_their_debug_lines(log: Log) -> None:
    logging.getLogger("mcp.server").debug("Received message: %s", CANARY)
    logging.getLogger("mcp.server").info("Processing request")
    logging.getLogger("uvicorn.error").debug("%s", CANARY)
    logging.getLogger("uvicorn.error").info("Started", extra={"color_message": "\x1b[36mStarted"})
    logging.getLogger("httpx").warning("slow")
    assert [(e["logger"], e["event"]) for e in log.entries()] == [("uvicorn.error", "Started"), ("httpx", "slow")]


def test_a_worker_numbers_its_lines() -> None:
    stream = io.StringIO()
    configure_logs(read_settings(log_format="json"), stream, worker=3)
    logging.getLogger("rag.server").warning("begun")
    assert json.loads(stream.getvalue())["worker"] == 3


def test_a_very_long_value_is_cut(log: Log) -> None:
    logging.getLogger("rag.server").warning("%s", "x" * 100_000)
    assert len(log.text()) < 5000
