import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import anyio
import httpx
import pytest
from limits import parse

from rag import Library
from server.rates import Rates, client_address
from tests.server.conftest import Start

PROXIES = ("10.0.0.0/8", "2001:db8:ffff::1/128")


@pytest.fixture
def own(own_index: Path) -> Iterator[Library]:
    """An index of which a test may make keys."""
    with closing(Library(own_index)) as library:
        yield library


def bearer(key: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", **headers}


def statuses(client: httpx.Client, times: int, headers: dict[str, str] | None = None) -> list[int]:
    return [client.get("/v1/documents", headers=headers).status_code for _ in range(times)]


def test_over_the_rate_a_client_is_told_when_to_come_again(start: Start) -> None:
    client = start(rate_limit="3/day")
    seen = [client.get("/v1/documents") for _ in range(3)]
    assert [response.headers["ratelimit"].partition(";t=")[0] for response in seen] == [
        f'"requests";r={left}' for left in (2, 1, 0)
    ]
    refused = client.get("/v1/documents")
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert "RAG_RATE_LIMIT" in refused.json()["detail"]
    for response in (*seen, refused):
        assert response.headers["ratelimit-policy"] == '"requests";q=3;w=86400'
    told = re.fullmatch(r'"requests";r=0;t=([1-9]\d*)', refused.headers["ratelimit"])
    assert told is not None
    assert told[1] == refused.headers["retry-after"]


def test_what_needs_no_key_is_not_counted(start: Start) -> None:
    client = start(rate_limit="1/day")
    assert statuses(client, 2) == [200, 429]
    for path in ("/", "/healthz", "/readyz", "/openapi.json"):
        response = client.get(path)
        assert response.status_code == 200
        assert "ratelimit" not in response.headers


def test_without_keys_nothing_is_counted_unless_a_rate_is_set(client: httpx.Client) -> None:
    assert "ratelimit" not in client.get("/v1/documents").headers


def test_with_keys_a_rate_holds_unless_it_is_off(own: Library, start: Start) -> None:
    headers = bearer(own.store.keys.create("k")[1])
    assert start(own).get("/v1/documents", headers=headers).headers["ratelimit-policy"] == '"requests";q=60;w=60'
    assert "ratelimit" not in start(own, rate_limit="off").get("/v1/documents", headers=headers).headers


def test_each_key_is_counted_apart_and_wrong_ones_by_address(own: Library, start: Start) -> None:
    one, other = (bearer(own.store.keys.create(name)[1]) for name in ("one", "other"))
    client = start(own, rate_limit="2/day")
    assert statuses(client, 3, one) == [200, 200, 429]
    assert statuses(client, 3, bearer("wrong")) == [401, 401, 429]
    assert statuses(client, 1) == [429]
    assert statuses(client, 3, other) == [200, 200, 429]


def test_a_browser_key_is_counted_for_each_address(own: Library, start: Start) -> None:
    page = "https://a.example"
    key = own.store.keys.create("page", write=False, origins=[page])[1]
    client = start(own, rate_limit="1/day", trusted_proxies="127.0.0.1")
    here, there = (bearer(key, Origin=page, **{"X-Forwarded-For": at}) for at in ("192.0.2.1", "192.0.2.2"))
    assert statuses(client, 2, here) == [200, 429]
    assert statuses(client, 2, there) == [200, 429]


def test_a_forwarded_address_counts_only_from_a_trusted_proxy(start: Start) -> None:
    for proxies, second in (("", 429), ("127.0.0.0/8", 200)):
        client = start(rate_limit="1/day", trusted_proxies=proxies)
        assert statuses(client, 1, {"X-Forwarded-For": "192.0.2.1"}) == [200]
        assert statuses(client, 1, {"X-Forwarded-For": "192.0.2.2"}) == [second]


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["192.0.2.9"], "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.9"], "192.0.2.9"),
        ("10.0.0.1", ["192.0.2.7, 192.0.2.9"], "192.0.2.9"),
        ("10.0.0.1", ["192.0.2.7, 192.0.2.9, 10.0.0.2"], "192.0.2.9"),
        ("10.0.0.1", ["192.0.2.7", "192.0.2.9:4711"], "192.0.2.9"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["192.0.2.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.7, "], "10.0.0.1"),
        ("10.0.0.1", ["\xff" * 9], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["192.0.2.9"], "192.0.2.9"),
        ("2001:db8:ffff::1", ["[2001:db8:1:2:3:4:5:6]:443"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:a:b:c:d", [], "2001:db8:1:2::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("", ["192.0.2.9"], ""),
    ],
)
def test_who_sent_a_request(peer: str, forwarded: Sequence[str], found: str) -> None:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    assert client_address({"client": (peer, 1) if peer else None, "headers": headers}, PROXIES) == found


def test_so_many_senders_are_counted_and_no_more() -> None:
    async def scene() -> None:
        rates, item = Rates("9/day", most_counted=3), parse("9/day")
        left = [(await rates.count(who, item)).remaining for who in ("a", "a", "b", "c", "a", "d", "a", "b")]
        assert left == [8, 7, 8, 8, 6, 8, 5, 8]  # b was silent longest when d came, and begins anew

    anyio.run(scene)
