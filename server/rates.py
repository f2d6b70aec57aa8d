"""Counts requests per key and address, and refuses those over the rate, before any work is done for them."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from math import ceil
from time import time

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.access import access_in
from server.problems import problem, respond

RATE_WITH_KEYS = "60/minute"
"""Where the index has keys and RAG_RATE_LIMIT is not set."""
MOST_COUNTED = 1024
"""Keys and addresses that are counted at once. Each request costs a look at the counters of all: on one core 0.04 ms
where one is counted, 0.2 ms where so many are, 0.9 ms where four times as many are."""
_POLICY = "requests"
_V6_NETWORK = 64
"""Bits of an IPv6 address that name the network; who has one has all the addresses in it."""
_PORT = re.compile(r"^(\d+(?:\.\d+){3})(?::\d+)?$|^\[([^\]]*)\](?::\d+)?$")


@dataclass(frozen=True, slots=True)
class Count:
    """Where a sender stands after a request."""

    allowed: bool
    most: int
    """Requests in a window."""
    window_s: int
    remaining: int
    free_s: int
    """Until one more is free, in seconds."""

    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers-11 has them."""
        return {
            "RateLimit-Policy": f'"{_POLICY}";q={self.most};w={self.window_s}',
            "RateLimit": f'"{_POLICY}";r={self.remaining};t={self.free_s}',
        }


class Rates:
    """Counts in this process, over a sliding window; of too many senders, the one silent longest is forgotten.

    A `rate` is such as `60/minute`, or `off`; `None` stands for one that holds only where there are keys.
    """

    def __init__(self, rate: str | None, trusted_proxies: Sequence[str] = (), most_counted: int = MOST_COUNTED) -> None:
        """Hold senders to a rate; `trusted_proxies` are addresses or networks whose `X-Forwarded-For` is believed."""
        self._given = rate is not None
        self._item: RateLimitItem | None = None if rate == "off" else parse(rate or RATE_WITH_KEYS)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._trusted = trusted_proxies
        self._most_counted = most_counted
        self._counted: OrderedDict[str, None] = OrderedDict()

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, locked: bool) -> None:
        """Pass a request on unless its sender is over the rate; `locked` says whether the index has keys."""
        if self._item is None or not (locked or self._given):
            await app(scope, receive, send)
            return
        count = await self.count(_who(scope, self._trusted), self._item)

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(count.headers())
            await send(message)

        await (app if count.allowed else _refusal(count, scope))(scope, receive, send_counted)

    async def count(self, who: str, item: RateLimitItem) -> Count:
        """Count a request of a sender."""
        self._counted[who] = None
        self._counted.move_to_end(who)
        if len(self._counted) > self._most_counted:
            await self._limiter.clear(item, self._counted.popitem(last=False)[0])
        allowed = await self._limiter.hit(item, who)
        stats = await self._limiter.get_window_stats(item, who)
        free_s = max(1, ceil(stats.reset_time - time()))
        return Count(allowed, item.amount, item.get_expiry(), stats.remaining if allowed else 0, free_s)


def client_address(scope: Scope, trusted_proxies: Sequence[str] = ()) -> str:
    """Who sent a request: the other end of the connection, or whom a trusted proxy there names, a network for IPv6.

    Of `X-Forwarded-For` the last address counts that is not itself a trusted proxy: what stands before it came from
    outside, and may be made up.
    """
    at = _address((scope.get("client") or ("",))[0])
    hops = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    hops = ",".join(hops).split(",")
    while at is not None and hops and _is_trusted(at, trusted_proxies):
        named = _address(hops.pop())
        if named is None:
            break
        at = named
    if isinstance(at, IPv6Address):
        return str(ip_network((at, _V6_NETWORK), strict=False))
    return str(at or "")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address that may have a port."""
    try:
        found = ip_address(_PORT.sub(r"\1\2", text.strip()).partition("%")[0])
    except ValueError:
        return None
    return (isinstance(found, IPv6Address) and found.ipv4_mapped) or found


def _is_trusted(address: IPv4Address | IPv6Address, trusted: Sequence[str]) -> bool:
    return any(address in ip_network(network) for network in trusted)


def _who(scope: Scope, trusted_proxies: Sequence[str]) -> str:
    """The key; the address where there is none; both for a browser key, which many people use at once."""
    access = access_in(scope)
    if access.key and not access.browser:
        return f"key {access.key}"
    return f"{access.key} {client_address(scope, trusted_proxies)}"


def _refusal(count: Count, scope: Scope) -> ASGIApp:
    detail = f"Over the rate of {count.most} requests in {count.window_s} seconds (RAG_RATE_LIMIT)."
    return respond(problem(429, detail, scope["path"]), {"Retry-After": str(count.free_s)})
