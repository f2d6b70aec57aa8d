"""Starts the service over an index, for what is measured over HTTP."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

_START_S = 60


@dataclass(frozen=True, slots=True)
class Served:
    """A service that runs."""

    host: str
    port: int
    pid: int

    @property
    def url(self) -> str:
        """Its base."""
        return f"http://{self.host}:{self.port}"


def environment(index: Path, **settings: str) -> dict[str, str]:
    """What a process of the program reads its settings from."""
    return {**os.environ, "RAG_INDEX_DIR": str(index), **settings}


@contextmanager
def served(index: Path, **settings: str) -> Iterator[Served]:
    """A service on a free port of the loopback, ready, and ended afterwards.

    Raises:
        RuntimeError: It did not start.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "rag", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment(index, **settings)) as process:
        try:
            found = Served("127.0.0.1", port, process.pid)
            _wait(found, process)
            yield found
        finally:
            process.terminate()


def _wait(found: Served, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_S
    with httpx.Client(base_url=found.url, timeout=30, trust_env=False) as client:
        while not _ready(client):
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError("the service did not start")
            time.sleep(0.1)


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
