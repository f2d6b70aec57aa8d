import threading
from pathlib import Path
from typing import cast

import httpx

from rag import Library, SearchResult
from rag.store import Store
from tests.server.conftest import Start


class _Held:
    """A library whose searches take until they are let go."""

    def __init__(self, index: Path) -> None:
        self.index = index
        self.store = Store(index / "truth.sqlite")
        self.begun = threading.Event()
        self.go = threading.Event()

    def search(self, *_: object, **__: object) -> SearchResult:
        self.begun.set()
        assert self.go.wait(20)
        return SearchResult((), {})


def test_while_the_gate_refuses_nothing_is_looked_up_or_read(start: Start, tmp_path: Path) -> None:
    held = _Held(tmp_path)
    key = held.store.keys.create("k")[1]
    headers = {"Authorization": f"Bearer {key}"}
    client = start(cast("Library", held), max_concurrency=1, queue=0)
    found: list[httpx.Response] = []
    first = threading.Thread(
        target=lambda: found.append(client.post("/v1/search", json={"query": "x"}, headers=headers))
    )
    first.start()
    assert held.begun.wait(20)
    refused = [
        client.post("/v1/search", json={"query": "x"}),  # without a key
        client.post("/v1/search", content=b"no JSON", headers=headers),
        client.post("/mcp", json={}, headers=headers),
    ]
    served = [client.get(path) for path in ("/healthz", "/", "/openapi.json")]
    held.go.set()
    first.join()
    for response in refused:
        assert response.status_code == 503
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["retry-after"] == "1"
        assert response.headers["x-request-id"]
        assert response.headers["x-content-type-options"] == "nosniff"
    assert [response.status_code for response in (*served, *found)] == [200, 200, 200, 200]
    assert client.post("/v1/search", json={"query": "x"}).status_code == 401
