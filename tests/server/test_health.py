import json
import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from rag import Library
from tests.server.conftest import Start


@pytest.fixture
def opened(own_index: Path) -> Iterator[Library]:
    with closing(Library(own_index)) as library:
        yield library


def break_index(library: Library) -> None:
    """As while another process rebuilds it."""
    library.store.database.set_meta("rebuilding", "yes")


def mend_index(library: Library) -> None:
    library.store.database.set_meta("rebuilding", "")


def test_a_service_whose_index_answers_is_ready(client: httpx.Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


def test_it_is_not_ready_until_a_search_works_and_lives_all_the_same(opened: Library, start: Start) -> None:
    client = start(opened)
    break_index(opened)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.headers["retry-after"].isdecimal()
    assert response.headers["content-type"] == "application/problem+json"
    assert str(opened.index) not in response.text
    assert client.get("/healthz").json() == {"status": "ok"}
    mend_index(opened)
    assert client.get("/readyz").json() == {"status": "ready"}


def test_it_lives_although_the_database_cannot_be_read(opened: Library, start: Start) -> None:
    client = start(opened)
    opened.store.database.connection.execute("DROP TABLE keys")
    assert client.get("/healthz").status_code == 200
    assert client.get("/v1/documents").status_code == 500


def test_an_index_without_documents_is_ready(tmp_path: Path, start: Start) -> None:
    with closing(Library(tmp_path / "empty")) as empty:
        assert start(empty).get("/readyz").status_code == 200


def test_what_is_wrong_is_logged_once_and_its_end_too(
    opened: Library, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    client = start(opened)
    break_index(opened)
    for _ in range(3):
        assert client.get("/readyz").status_code == 503
    mend_index(opened)
    for _ in range(2):
        assert client.get("/readyz").status_code == 200
    told = [(r.levelno, r.getMessage()) for r in caplog.records if r.name == "rag.server"]
    assert told == [
        (logging.ERROR, "the service is not ready"),
        (logging.WARNING, "the service is ready again"),
    ]


def test_probes_need_no_key_and_say_nothing_of_the_index(opened: Library, start: Start) -> None:
    opened.store.keys.create("one")
    client = start(opened)
    assert client.get("/v1/documents").status_code == 401
    for path in ("/healthz", "/readyz"):
        response = client.get(path)
        assert response.status_code == 200
        assert list(json.loads(response.text)) == ["status"]
