import json
import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import anyio
import httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp

from rag import Library, SearchResult
from server.health import Health
from tests.server.conftest import Start
from tests.server.test_kept import Clock


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


class _Counting:
    """A library that counts its searches."""

    def __init__(self) -> None:
        self.searches = 0

    def search(self, *_: object, **__: object) -> SearchResult:
        self.searches += 1
        return SearchResult((), {})


def probing(library: Library, clock: Clock) -> ASGIApp:
    app = FastAPI()
    app.include_router(Health(library, clock).routes())
    return app


async def probed(app: ASGIApp, times: int = 1) -> list[int]:
    """The statuses of so many probes at once."""
    statuses = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:

        async def one() -> None:
            statuses.append((await client.get("/readyz")).status_code)

        async with anyio.create_task_group() as group:
            for _ in range(times):
                group.start_soon(one)
    return statuses


def asked(app: ASGIApp) -> list[int]:
    return anyio.run(probed, app)


def test_a_flood_of_probes_costs_one_search_a_second() -> None:
    library, clock = _Counting(), Clock()
    app = probing(cast("Library", library), clock)

    async def flood() -> None:
        for searches in (1, 2):
            assert await probed(app, 100) == [200] * 100
            assert library.searches == searches
            clock.now += 1

    anyio.run(flood)


def test_a_verdict_holds_for_a_second(opened: Library) -> None:
    clock = Clock()
    app = probing(opened, clock)
    assert asked(app) == [200]
    break_index(opened)
    assert asked(app) == [200]
    clock.now = 1.0
    assert asked(app) == [503]
    mend_index(opened)
    assert asked(app) == [503]
    clock.now = 2.0
    assert asked(app) == [200]


def test_while_no_search_works_it_is_not_ready_and_lives_all_the_same(opened: Library, start: Start) -> None:
    client = start(opened)
    break_index(opened)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.headers["retry-after"].isdecimal()
    assert response.headers["content-type"] == "application/problem+json"
    assert str(opened.index) not in response.text
    assert client.get("/healthz").json() == {"status": "ok"}


def test_it_lives_although_the_database_cannot_be_read(opened: Library, start: Start) -> None:
    client = start(opened)
    opened.store.database.connection.execute("DROP TABLE keys")
    assert client.get("/healthz").status_code == 200
    assert client.get("/v1/documents").status_code == 500


def test_an_index_without_documents_is_ready(tmp_path: Path, start: Start) -> None:
    with closing(Library(tmp_path / "empty")) as empty:
        assert start(empty).get("/readyz").status_code == 200


def test_what_is_wrong_is_logged_once_and_its_end_too(opened: Library, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    app = probing(opened, clock)
    break_index(opened)
    for _ in range(3):
        assert asked(app) == [503]
        clock.now += 1
    mend_index(opened)
    for _ in range(2):
        assert asked(app) == [200]
        clock.now += 1
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
