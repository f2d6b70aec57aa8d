import json
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from rag import Library
from tests.program import NESTS, Rag, command, environment, run

BODY = json.dumps({"question": NESTS}).encode()
ANSWERED = {"status": "answered", "because": ""}
WAIT_S = 120.0


class Serving:
    """A running `rag serve` and the lines of its log."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr
        self.lines += self.process.stderr  # one by one, as they come

    def line(self, begin: str) -> str:
        """A line of what a person sees, once it is there."""
        deadline = monotonic() + WAIT_S
        while not (found := [line for line in self.lines if line.startswith(begin)]):
            assert monotonic() < deadline, self.lines
            assert self.process.poll() is None, self.lines
            sleep(0.02)
        return found[0]

    def entries(self, event: str) -> list[dict[str, Any]]:
        told = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [entry for entry in told if entry["event"].startswith(event)]

    def entry(self, event: str, number: int = 1) -> dict[str, Any]:
        """A line of the log, once it is there."""
        deadline = monotonic() + WAIT_S
        while len(found := self.entries(event)) < number:
            assert monotonic() < deadline, self.lines
            assert self.process.poll() is None, self.lines
            sleep(0.02)
        return found[number - 1]

    def address(self) -> str:
        return str(self.entry("serving")["address"])

    def end(self, asking: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(asking)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(WAIT_S)
        self._reader.join()
        return code

    def workers(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if "resource_tracker" not in " ".join(child.cmdline())]


@contextmanager
def serving(index: Path, folder: Path, *options: object, **settings: str) -> Iterator[Serving]:
    with subprocess.Popen(
        command("serve", "--port", "0", *options),
        cwd=folder,
        env=environment(index, **settings),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        found = Serving(process)
        try:
            yield found
        finally:
            if process.poll() is None:
                process.kill()
            found.ended()


@contextmanager
def begun(service: Serving) -> Iterator[socket.socket]:
    """A request that the service is at: it waits for the rest of the body."""
    with socket.create_connection(("127.0.0.1", int(service.address().rstrip("/").rpartition(":")[2]))) as request:
        head = "POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Type: application/json\r\n"
        request.sendall(f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode())
        assert b" 100 Continue" in request.recv(1 << 10)  # sent once the service reads the body
        request.sendall(BODY[:1])
        yield request


def ask(address: str) -> dict[str, Any]:
    # A connection of its own, which any worker may take.
    response = httpx.post(f"{address}v1/ask", json={"question": NESTS}, timeout=WAIT_S)
    assert response.status_code == 200
    return dict(response.json())


def gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=WAIT_S)
    return not alive


# --- one process


@pytest.mark.parametrize("asking", [signal.SIGINT, signal.SIGTERM])
def test_serve_answers_until_it_is_told_to_stop(index: Path, tmp_path: Path, asking: signal.Signals) -> None:
    with serving(index, tmp_path) as service:
        told = service.entry("serving")
        assert told["index"] == str(index)
        assert told["open_to"].startswith("It answers this machine only, without a key")
        assert httpx.get(f"{service.address()}readyz", timeout=WAIT_S).json() == {"status": "ready"}
        assert ask(service.address())["status"] == "answered"
        with begun(service) as request:
            service.process.send_signal(asking)
            service.entry("Waiting for connections")
            request.sendall(BODY[1:])
            assert b" 200 OK" in request.recv(1 << 16)
        assert service.ended() == 0
    assert all(line.startswith("{") for line in service.lines)
    assert "Traceback" not in "".join(service.lines)


def test_a_person_is_told_in_plain_lines_who_can_ask(own_index: Path, tmp_path: Path) -> None:
    library = Library(own_index)
    library.store.keys.create("one")
    library.close()
    with serving(own_index, tmp_path, "--host", "0.0.0.0", "--log-format", "text") as service:
        service.line("Below /v1 and /mcp it answers whoever reaches 0.0.0.0 with a key only")
        assert service.end() == 0
    assert any(line.startswith(f"Serving {own_index} on http://0.0.0.0:") for line in service.lines)


def test_a_second_interrupt_ends_it_at_once(index: Path, tmp_path: Path) -> None:
    with serving(index, tmp_path) as service, begun(service):
        service.process.send_signal(signal.SIGINT)
        service.entry("Waiting for connections")
        assert service.end(signal.SIGINT) == 130
    assert not service.entries("Cancel")  # what happens to a request that takes too long to end


def test_serve_off_loopback_asks_for_a_key(inside: Rag) -> None:
    done = inside("serve", "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 2
    assert "rag keys create" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_misspelt_variable_is_remarked_on_at_the_start(own_index: Path, tmp_path: Path) -> None:
    done = run(command("serve", "--host", "0.0.0.0"), own_index, tmp_path, RAG_PROT="1")
    assert "RAG_PROT is no setting and is passed over; did you mean RAG_PORT?" in done.stderr


def test_several_workers_off_loopback_ask_for_a_key_too(inside: Rag) -> None:
    done = inside("serve", "--host", "0.0.0.0", "--port", "0", "--workers", "2")
    assert done.returncode == 2
    assert "rag keys create" in done.stderr


def test_a_port_that_is_taken_is_told_in_one_line(inside: Rag) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = inside("serve", "--port", port)
    assert done.returncode == 2
    assert f"RAG_PORT is {port}" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_an_index_that_cannot_be_searched_ends_the_start(own_index: Path, tmp_path: Path, workers: int) -> None:
    library = Library(own_index)
    library.store.database.set_meta("rebuilding", "yes")
    library.close()
    with serving(own_index, tmp_path, "--workers", workers) as service:
        assert service.ended() == 1
    assert any("is being rebuilt" in line for line in service.lines)
    assert "Traceback" not in "".join(service.lines)


def test_every_option_is_a_setting_that_is_checked(inside: Rag) -> None:
    done = inside("serve", "--workers", "none", "--rate-limit", "fast")
    assert done.returncode == 2
    assert "RAG_WORKERS is 'none'" in done.stderr
    assert "RAG_RATE_LIMIT is 'fast'" in done.stderr


# --- a folder that is followed


def test_a_folder_is_followed_while_it_serves(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "ferry.txt").write_text("The ferry leaves the north pier at six.\n")
    with serving(tmp_path / "index", tmp_path, "--watch", folder) as service:
        for number, name in enumerate(("ferry.txt", "tide.txt"), 1):
            (folder / name).write_text(f"{name} tells of the sea.\n")
            service.entry("the index is in step", number)
        found = httpx.get(f"{service.address()}v1/documents").json()
        assert [d["source"] for d in found["documents"]] == ["ferry.txt", "tide.txt"]
        assert service.end() == 0


# --- several workers


@pytest.fixture(scope="module")
def pair(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Two workers that both answer."""
    folder = tmp_path_factory.mktemp("pair")
    with serving(index, folder, "--workers", "2", TMPDIR=str(folder)) as service:
        service.entry("Application startup complete", 2)
        yield service
        workers = service.workers()
        assert service.end() == 0
        assert gone(workers)
    assert not list(folder.glob("rag-counts-*"))
    assert "Traceback" not in "".join(service.lines)


def test_workers_share_the_work_and_count_together(pair: Serving) -> None:
    address = pair.address()
    asked = 0
    deadline = monotonic() + WAIT_S
    while {entry["worker"] for entry in pair.entries("request")} != {1, 2}:
        assert monotonic() < deadline
        with ThreadPoolExecutor(4) as pool:
            asked += len(list(pool.map(ask, [address] * 8)))
    for _ in range(6):  # whichever worker tells, it tells of both
        samples = scraped(address)
        assert [s.value for s in samples if s.name == "rag_answers_total" and s.labels == ANSWERED] == [asked]
        (memory,) = [s.value for s in samples if s.name == "process_resident_memory_bytes"]
        assert memory > 1.2 * max(worker.memory_info().rss for worker in pair.workers())
        assert not any("pid" in s.labels for s in samples)


def test_a_worker_that_dies_is_started_again_and_nothing_counted_is_lost(pair: Serving) -> None:
    ask(pair.address())
    (before,) = [s.value for s in scraped(pair.address()) if s.name == "rag_answers_total"]
    first = pair.workers()
    first[0].kill()
    died = pair.entry("a worker died")
    assert (died["pid"], died["exit_code"]) == (first[0].pid, -9)
    pair.entry("Application startup complete", 3)
    assert len(pair.workers()) == 2
    for _ in range(4):
        assert [s.value for s in scraped(pair.address()) if s.name == "rag_answers_total"] == [before]


def test_workers_do_not_outlive_a_service_that_was_killed(index: Path, tmp_path: Path) -> None:
    with serving(index, tmp_path, "--workers", "2") as service:
        service.entry("Application startup complete", 2)
        workers = service.workers()
        assert len(workers) == 2
        service.process.kill()
        assert gone(workers)


def test_a_second_interrupt_ends_the_workers_at_once(index: Path, tmp_path: Path) -> None:
    with serving(index, tmp_path, "--workers", "2") as service:
        service.entry("Application startup complete", 2)
        workers = service.workers()
        with begun(service):
            service.process.send_signal(signal.SIGINT)
            service.entry("Waiting for connections")
            assert service.end(signal.SIGINT) == 130
        assert gone(workers)
    assert not service.entries("Cancel")


def scraped(address: str) -> list[Sample]:
    text = httpx.get(f"{address}metrics", timeout=WAIT_S).text
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]
