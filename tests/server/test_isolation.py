"""Two collections under parallel load never show each other's text."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag import Library
from tests.server.conftest import Start

WORDS = {"harbour": "brinewort", "orchard": "applethorn"}
"""A word that stands in every document of a collection, its sources and titles, and in no other."""
_TOPICS = ("keeper", "boats", "ledger", "storm", "market")


def _text(word: str, number: int, topic: str) -> bytes:
    return (
        f"The {word} {topic} number {number} is kept by Ada. She counted {number} {topic} in 1836 for {word}.".encode()
    )


@pytest.fixture(scope="module")
def pair(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """An index of two collections alike but for their word; the same sources, and so the same document ids, in both."""
    folder = tmp_path_factory.mktemp("pair")
    (folder / "model").symlink_to(index / "model")
    with closing(Library(folder)) as library:
        for collection, word in WORDS.items():
            for number, topic in enumerate(_TOPICS):
                library.add(_text(word, number, topic), f"{topic}.txt", collection)
        yield library


questions = st.builds(
    "{} {}?".format,
    st.sampled_from(["Who keeps the", "How many in 1836:", "What of", "brinewort applethorn"]),
    st.sampled_from([*_TOPICS, *WORDS.values()]),
)
filters = st.fixed_dictionaries({}, optional={"source": st.sampled_from(["*", "k*", "boats.txt", "nothing*"])})
bodies = st.fixed_dictionaries({"filters": filters, "top_k": st.integers(1, 50)})


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, str, dict[str, object] | None]:
    """Collection, method, path and body of a request that reads."""
    collection = draw(st.sampled_from(sorted(WORDS)))
    kind = draw(st.sampled_from(["ask", "stream", "search", "list", "document", "text", "verify"]))
    question, body = draw(questions), {**draw(bodies), "collection": collection}
    document_id = draw(st.sampled_from(sorted(_IDS)))
    if kind in {"ask", "stream"}:
        return collection, "POST", "/v1/ask", {**body, "question": question, "stream": kind == "stream"}
    if kind == "search":
        return collection, "POST", "/v1/search", {**body, "query": question}
    if kind == "verify":
        quoted = {"n": 1, "document_id": document_id, "start": 0, "end": 3, "quote": "The"}
        return collection, "POST", "/v1/verify", {"collection": collection, "citations": [quoted]}
    path = {"list": "", "document": f"/{document_id}", "text": f"/{document_id}/text"}[kind]
    return collection, "GET", f"/v1/documents{path}?collection={collection}", None


_IDS: set[str] = set()


def _shown(client: httpx.Client, request: tuple[str, str, str, dict[str, object] | None]) -> tuple[str, str]:
    """What of a reply is not the question itself, with the collection that was asked."""
    collection, method, path, body = request
    response = client.request(method, path, json=body)
    assert response.status_code == 200, response.text
    asked = "" if body is None else str(body.get("question", body.get("query", "")))
    return collection, response.text.replace(asked, "")


def test_no_reply_of_a_collection_under_load_holds_a_word_of_the_other(start: Start, pair: Library) -> None:
    _IDS.update(info.id for info in pair.documents("harbour"))
    client = start(pair, rate_limit="off", max_concurrency=8)

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(batch=st.lists(requests(), min_size=8, max_size=24))
    def holds(batch: list[tuple[str, str, str, dict[str, object] | None]]) -> None:
        with ThreadPoolExecutor(8) as pool:
            for collection, shown in pool.map(lambda request: _shown(client, request), batch):
                other = next(word for name, word in WORDS.items() if name != collection)
                assert other not in shown

    holds()


def test_the_test_would_notice(start: Start, pair: Library) -> None:
    client = start(pair, rate_limit="off")
    for collection, word in WORDS.items():
        body: dict[str, object] = {"question": "Who keeps the boats?", "collection": collection}
        assert word in _shown(client, (collection, "POST", "/v1/ask", body))[1]
