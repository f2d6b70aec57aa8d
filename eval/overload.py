"""Asks a service ten times as much as it can answer: `python -m eval.overload [--seconds 30] [--corpus seeds]`.

First one question after the other tells the unloaded p95, then a few clients at once the capacity. Then requests are
sent at ten times that rate, on their due time whether or not earlier ones are answered. What is accepted has to stay
under five times the unloaded p95, what is refused has to be so at once, memory has to stay flat, and the service has to
be its old self seconds later. The sender shares the cores with the service, and so takes from what it measures.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from eval.examples import read_dataset
from eval.serving import Served, served
from rag import Library

_ALONE = 200
"""Questions asked one after the other."""
_CONNECTIONS = 512
_HEAD = b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_TIMES = 10
_RECOVERED_AFTER_S = 3.0
_OK = 200
_REFUSED = (429, 503)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply's status, 0 where the connection broke, and the seconds that it took."""

    status: int
    seconds: float


class Connection:
    """One kept-alive connection; plain HTTP/1.1, so that sending costs next to nothing."""

    def __init__(self, service: Served) -> None:
        """Connect at the first question."""
        self._service = service
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, body: bytes) -> Reply:
        """The reply to a request."""
        begin = time.perf_counter()
        try:
            status = await self._exchange(body)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            self._streams, status = None, 0
        return Reply(status, time.perf_counter() - begin)

    async def _exchange(self, body: bytes) -> int:
        reader, writer = self._streams or await asyncio.open_connection(self._service.host, self._service.port)
        self._streams = reader, writer
        head = (
            f"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        )
        writer.write(f"{head}\r\n\r\n".encode() + body)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        length = next(int(line.partition(":")[2]) for line in lines if line.startswith("content-length:"))
        await reader.readexactly(length)
        if "connection: close" in lines:
            writer.close()
            self._streams = None
        return int(lines[0].split()[1])

    def close(self) -> None:
        """Let go of the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def alone(service: Served, bodies: Sequence[bytes], count: int) -> list[Reply]:
    """Replies to questions asked one after the other."""
    connection = Connection(service)
    replies = [await connection.ask(bodies[n % len(bodies)]) for n in range(count)]
    connection.close()
    return replies


async def capacity(service: Served, bodies: Sequence[bytes], clients: int, seconds: float) -> float:
    """Answers a second, with so many clients that each ask again when they are answered."""
    until, done = time.perf_counter() + seconds, 0

    async def asking(client: int) -> None:
        nonlocal done
        connection, n = Connection(service), client
        while time.perf_counter() < until:
            done += (await connection.ask(bodies[n % len(bodies)])).status == _OK
            n += clients
        connection.close()

    await asyncio.gather(*(asking(client) for client in range(clients)))
    return done / seconds


async def flood(service: Served, bodies: Sequence[bytes], rate: float, seconds: float) -> list[Reply]:
    """Replies to requests sent at a rate; where all connections wait, a request waits for one and its time counts."""
    free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()  # none rests until the service closes it
    connections = [Connection(service) for _ in range(_CONNECTIONS)]
    for connection in connections:
        free.put_nowait(connection)
    replies: list[Reply] = []

    async def one(body: bytes) -> None:
        connection = await free.get()
        replies.append(await connection.ask(body))
        free.put_nowait(connection)

    begin = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for n in range(int(rate * seconds)):
            if (wait := begin + n / rate - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            group.create_task(one(bodies[n % len(bodies)]))
    for connection in connections:
        connection.close()
    return replies


def p95_ms(replies: Sequence[Reply]) -> float:
    """The 95th percentile of the replies' times, in milliseconds; NaN of none."""
    return float(np.quantile([reply.seconds for reply in replies], 0.95)) * 1000 if replies else float("nan")


async def measure(service: Served, bodies: Sequence[bytes], seconds: float) -> dict[str, object]:
    """All figures of one run."""
    await alone(service, bodies, _ALONE // 4)
    before = p95_ms(await alone(service, bodies, _ALONE))
    per_second = await capacity(service, bodies, psutil.cpu_count() or 2, 5)
    await flood(service, bodies, per_second * _TIMES, seconds / 4)
    process = psutil.Process(service.pid)
    memory = process.memory_info().rss
    replies = await flood(service, bodies, per_second * _TIMES, seconds)
    grown = process.memory_info().rss - memory
    await asyncio.sleep(_RECOVERED_AFTER_S)
    after = await alone(service, bodies, _ALONE)
    accepted = [r for r in replies if r.status == _OK]
    refused = [r for r in replies if r.status in _REFUSED]
    return {
        "unloaded_p95_ms": before,
        "capacity_per_s": per_second,
        "sent": len(replies),
        "sent_per_s": len(replies) / seconds,
        "statuses": dict(Counter(reply.status for reply in replies)),
        "accepted_per_s": len(accepted) / seconds,
        "accepted_p95_ms": p95_ms(accepted),
        "accepted_p95_ratio": p95_ms(accepted) / before,
        "refused_p95_ms": p95_ms(refused),
        "memory_grown_mb": grown / 2**20,
        "recovered_p95_ms": p95_ms(after),
        "recovered_ratio": p95_ms(after) / before,
        "recovered_all_answered": all(reply.status == _OK for reply in after),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m eval.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--corpus", type=Path, default=Path("seeds"))
    parser.add_argument("--questions", type=Path, default=Path("eval/datasets/seeds.jsonl"))
    chosen = parser.parse_args(arguments)
    bodies = [json.dumps({"question": e.question}).encode() for e in read_dataset(chosen.questions).examples]
    with tempfile.TemporaryDirectory() as scratch:
        library = Library(Path(scratch))
        library.ingest([chosen.corpus])
        library.close()
        with served(Path(scratch), RAG_RATE_LIMIT="off", RAG_LOG_LEVEL="error") as service:
            print(json.dumps(asyncio.run(measure(service, bodies, chosen.seconds)), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
