import asyncio
import logging
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from threading import Event
from time import monotonic, sleep

import httpx
import pytest

from rag import IndexBusyError, IndexUnusableError, IngestReport, Library, ModelError, Problem, Progress
from rag.cli.serving import STOP_S
from rag.load import document_id
from rag.records import PassageVectors, Span, Vectors
from rag.store import Job, Store, Upload
from rag.store.jobs import MOST_ATTEMPTS
from server.jobs import GRACE_S, LAST_S, End, Runner, outcome
from tests.program import command, environment
from tests.rag.fakes import FakeEmbedder, fake_library

_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
LONG_S = 3600.0
"""No test waits so long: what happens all the same happened for another reason than the time."""


class FakeAdds:
    """Takes files up as told, or at once."""

    def __init__(self, *acts: Callable[[Callable[[Progress], None]], IngestReport]) -> None:
        self._acts = list(acts)
        self.taken: list[tuple[bytes, str, str, int | None]] = []

    def add(
        self, data: bytes, source: str, collection: str, since: int | None, on_progress: Callable[[Progress], None]
    ) -> IngestReport:
        self.taken.append((data, source, collection, since))
        return self._acts.pop(0)(on_progress) if self._acts else IngestReport(added=1, passages=1)

    @property
    def sources(self) -> list[str]:
        return [source for _, source, _, _ in self.taken]


class HeldEmbedder:
    """A fake embedder that waits in the middle of its work."""

    def __init__(self) -> None:
        self._fake = FakeEmbedder()
        self.fingerprint, self.dim, self.limit = self._fake.fingerprint, self._fake.dim, self._fake.limit
        self.began, self.go_on = Event(), Event()

    def count(self, texts: Sequence[str]) -> list[int]:
        return self._fake.count(texts)

    def questions(self, texts: Sequence[str]) -> Vectors:
        return self._fake.questions(texts)

    def passages(self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]) -> list[PassageVectors]:
        self.began.set()
        assert self.go_on.wait(30)
        return self._fake.passages(texts, sentences)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "truth.sqlite")) as store:
        yield store


def accept(store: Store, *sources: str) -> str:
    uploads = [Upload(source, document_id(source), 4, BytesIO(b"text")) for source in sources]
    job = store.jobs.accept("default", uploads, 1000, 1 << 30)
    assert job is not None
    return job.id


def runner_of(store: Store, library: FakeAdds | Library, grace_s: float = 8.0, poll_s: float = LONG_S) -> Runner:
    return Runner(library, store.jobs, store.database.path.parent / "jobs.lock", grace_s, 0.01, poll_s, 0.01)


@contextmanager
def running(runner: Runner) -> Iterator[None]:
    with asyncio.Runner() as loop:
        inside = runner.running()
        loop.run(inside.__aenter__())
        try:
            yield
        finally:
            loop.run(inside.__aexit__(None, None, None))


def until(true: Callable[[], bool]) -> None:
    deadline = monotonic() + 60
    while not true():
        assert monotonic() < deadline
        sleep(0.02)


def done(store: Store, job_id: str) -> Job:
    until(lambda: store.jobs.get(job_id).state == "done")
    return store.jobs.get(job_id)


def attempts(store: Store) -> list[int]:
    return [count for (count,) in store.database.connection.execute("SELECT attempts FROM job_files ORDER BY number")]


def states(job: Job) -> list[str]:
    return [file.state for file in job.files]


def test_files_are_taken_up_in_the_order_they_came(store: Store) -> None:
    jobs = [accept(store, "b.txt", "a.txt"), accept(store, "c.txt")]
    library = FakeAdds()

    with running(runner_of(store, library)):
        found = [done(store, job) for job in jobs]

    assert library.taken == [(b"text", source, "default", 0) for source in ("b.txt", "a.txt", "c.txt")]
    assert [states(job) for job in found] == [["added", "added"], ["added"]]
    assert [file.passages for job in found for file in job.files] == [1, 1, 1]


def test_an_upload_wakes_it(store: Store) -> None:
    library = FakeAdds()
    runner = runner_of(store, library)
    with running(runner):
        first = accept(store, "a.txt")
        runner.wake()
        done(store, first)
        second = accept(store, "b.txt")
        runner.wake()
        done(store, second)


def test_an_upload_that_another_process_accepted_is_noticed(store: Store) -> None:
    with running(runner_of(store, FakeAdds(), poll_s=0.01)):
        done(store, accept(store, "a.txt"))
        done(store, accept(store, "b.txt"))


def test_progress_shows_while_a_file_is_taken_up(store: Store) -> None:
    go_on = Event()

    def slow(on_progress: Callable[[Progress], None]) -> IngestReport:
        on_progress(Progress(1, 1, 512, "a.txt"))
        assert go_on.wait(30)
        return IngestReport(added=1, passages=700)

    job = accept(store, "a.txt")
    with running(runner_of(store, FakeAdds(slow))):
        until(lambda: store.jobs.get(job).files[0].passages == 512)
        assert states(store.jobs.get(job)) == ["running"]
        go_on.set()
        assert done(store, job).files[0].passages == 700


def test_while_another_process_writes_the_file_waits_its_turn(store: Store) -> None:
    busy = True

    def held(_: Callable[[Progress], None]) -> IngestReport:
        if busy:
            raise IndexBusyError("Another process is writing to /secret/index.")
        return IngestReport(added=1)

    job = accept(store, "a.txt", "b.txt")
    library = FakeAdds(*[held] * 1000)
    with running(runner_of(store, library)):
        until(lambda: len(library.taken) >= 3)
        until(lambda: states(store.jobs.get(job)) == ["queued", "queued"])
        busy = False
        assert states(done(store, job)) == ["added", "added"]
    assert set(library.sources[:-1]) == {"a.txt"}


def test_an_error_that_nobody_foresaw_fails_its_file_only(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: Callable[[Progress], None]) -> IngestReport:
        raise ValueError("what is in /secret/index")

    job = accept(store, "a.txt", "b.txt")
    with caplog.at_level(logging.ERROR, "rag.server"), running(runner_of(store, FakeAdds(broken))):
        files = done(store, job).files

    assert [file.state for file in files] == ["failed", "added"]
    assert "/secret" not in str(files[0].detail)
    assert "log" in str(files[0].detail)
    assert job in caplog.text


PASSING = [
    sqlite3.OperationalError("database or disk is full"),
    OSError("no space left on /secret/index"),
    MemoryError(),
    ModelError("There is no model in /secret/index."),
    IndexUnusableError("The file /secret/index is damaged."),
]


def failing(error: Exception) -> Callable[[Callable[[Progress], None]], IngestReport]:
    def fail(_: Callable[[Progress], None]) -> IngestReport:
        raise error

    return fail


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
def test_a_file_that_failed_for_now_is_tried_again(store: Store, error: Exception) -> None:
    job = accept(store, "a.txt", "b.txt")
    library = FakeAdds(*[failing(error)] * 2)

    with running(runner_of(store, library)):
        files = done(store, job).files

    assert [file.state for file in files] == ["added", "added"]
    assert library.sources == ["a.txt", "a.txt", "a.txt", "b.txt"]


def test_a_file_that_failed_for_now_three_times_has_failed(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    job = accept(store, "a.txt", "b.txt")
    library = FakeAdds(*[failing(PASSING[1])] * 3)

    with caplog.at_level(logging.ERROR, "rag.server"), running(runner_of(store, library)):
        files = done(store, job).files

    assert [file.state for file in files] == ["failed", "added"]
    assert library.sources == ["a.txt", "a.txt", "a.txt", "b.txt"]
    assert "/secret" not in str(files[0].detail)
    assert job in caplog.text


def test_an_index_that_fails_for_a_while_ends_nothing(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    library = FakeAdds()
    job = accept(store, "a.txt")
    with caplog.at_level(logging.ERROR, "rag.server"), closing(sqlite3.connect(store.database.path)) as other:
        other.execute("ALTER TABLE job_files RENAME TO elsewhere")
        with running(runner_of(store, library)):
            until(lambda: "uploads rest" in caplog.text)
            other.execute("ALTER TABLE elsewhere RENAME TO job_files")
            assert states(done(store, job)) == ["added"]


def test_one_takes_them_up_and_another_takes_over(store: Store) -> None:
    first, second = FakeAdds(), FakeAdds()
    with running(runner_of(store, second, poll_s=0.01)):
        done(store, accept(store, "a.txt"))
        with running(runner_of(store, first, poll_s=0.01)):
            for number in range(5):
                done(store, accept(store, f"{number}.txt"))
    assert (len(first.taken), len(second.taken)) == (0, 6)

    with running(runner_of(store, first, poll_s=0.01)):
        done(store, accept(store, "b.txt"))
    assert first.sources == ["b.txt"]


def test_what_a_killed_process_had_in_hand_is_taken_up_first(store: Store) -> None:
    job = accept(store, "a.txt", "b.txt")
    assert store.jobs.take() is not None
    library = FakeAdds()

    with running(runner_of(store, library)):
        done(store, job)

    assert library.sources == ["a.txt", "b.txt"]


def test_the_file_in_hand_is_finished_when_the_service_stops(store: Store) -> None:
    began, stopping = Event(), Event()

    def slow(_: Callable[[Progress], None]) -> IngestReport:
        began.set()
        assert stopping.wait(30)
        return IngestReport(added=1)

    job = accept(store, "a.txt", "b.txt")
    with running(runner_of(store, FakeAdds(slow), grace_s=30)):
        assert began.wait(30)
        stopping.set()

    assert states(store.jobs.get(job))[0] == "added"


def test_the_file_in_hand_is_put_back_at_once_when_the_service_stops(store: Store) -> None:
    went_on: list[str] = []

    def slow(on_progress: Callable[[Progress], None]) -> IngestReport:
        began.set()
        until(lambda: attempts(store) == [0])
        assert states(store.jobs.get(job)) == ["queued"]
        on_progress(Progress(1, 1, 512, "a.txt"))
        went_on.append("to the end")
        return IngestReport(added=1, passages=700)

    began = Event()
    job = accept(store, "a.txt")
    with running(runner_of(store, FakeAdds(slow), grace_s=120)):
        assert began.wait(30)
        assert attempts(store) == [1]

    found = store.jobs.get(job)
    assert went_on == ["to the end"]
    assert (found.state, states(found), found.files[0].passages) == ("done", ["added"], 700)


def test_a_stop_is_over_before_the_process_is_killed() -> None:
    assert GRACE_S + LAST_S < 9 < STOP_S


def test_a_file_that_takes_too_long_stops_at_the_next_moment_and_comes_again(store: Store) -> None:
    began, go_on, reached = Event(), Event(), []

    def slow(on_progress: Callable[[Progress], None]) -> IngestReport:
        began.set()
        assert go_on.wait(30)
        on_progress(Progress(1, 1, 512, "a.txt"))
        reached.append("the end")
        return IngestReport(added=1)

    job = accept(store, "a.txt", "b.txt")
    library = FakeAdds(slow)
    with running(runner_of(store, library, grace_s=0.01)):
        assert began.wait(30)
    assert states(store.jobs.get(job)) == ["queued", "queued"]
    go_on.set()

    with running(runner_of(store, library, poll_s=0.01)):  # waits for the lock that the other still holds
        assert states(done(store, job)) == ["added", "added"]
    assert reached == []
    assert library.sources == ["a.txt", "a.txt", "b.txt"]


def test_a_file_that_is_cancelled_in_hand_is_left_at_the_next_moment(store: Store) -> None:
    job = accept(store, "a.txt", "b.txt")
    reached = []

    def cancelled(on_progress: Callable[[Progress], None]) -> IngestReport:
        store.remove("default", document_id("a.txt"))
        on_progress(Progress(1, 1, 512, "a.txt"))
        reached.append("the end")
        return IngestReport(added=1)

    with running(runner_of(store, FakeAdds(cancelled))):
        assert states(done(store, job)) == ["cancelled", "added"]
    assert reached == []


def test_jobs_done_long_ago_are_dropped(store: Store) -> None:
    old = accept(store, "old.txt")
    with running(runner_of(store, FakeAdds())):
        done(store, old)
    store.database.connection.execute("UPDATE jobs SET finished = '2020-01-01T00:00:00+00:00'")

    with running(runner_of(store, FakeAdds())):
        until(lambda: store.jobs.listed(1) == [])


# --- with a library


def test_a_document_removed_while_its_upload_is_in_hand_stays_removed(tmp_path: Path) -> None:
    embedder = HeldEmbedder()
    with closing(fake_library(tmp_path / "index", embedder)) as library:
        job = accept(library.store, "a.txt", "b.txt")
        with running(runner_of(library.store, library)):
            assert embedder.began.wait(30)
            library.remove([document_id("a.txt")])
            embedder.go_on.set()
            found = done(library.store, job)

        assert states(found) == ["cancelled", "added"]
        assert [d.source for d in library.documents()] == ["b.txt"]


def test_a_collection_dropped_while_its_upload_is_in_hand_stays_dropped(tmp_path: Path) -> None:
    embedder = HeldEmbedder()
    with closing(fake_library(tmp_path / "index", embedder)) as library:
        accept(library.store, "a.txt", "b.txt")
        other = library.store.jobs.accept("other", [Upload("c.txt", "doc_c", 4, BytesIO(b"text"))], 10, 100)
        assert other is not None
        with running(runner_of(library.store, library)):
            assert embedder.began.wait(30)
            library.drop_collection("default")
            embedder.go_on.set()
            done(library.store, other.id)

        assert [job.id for job in library.store.jobs.listed(10)] == [other.id]
        assert library.documents() == []


# --- what is said of a file


@pytest.mark.parametrize(
    ("report", "end"),
    [
        (IngestReport(added=1, passages=3), End("added", None, 3)),
        (IngestReport(updated=1, passages=2), End("updated", None, 2)),
        (IngestReport(unchanged=1), End("unchanged")),
        (IngestReport(added=1, dropped=1), End("cancelled", "It was removed while it came in.")),
        (IngestReport(problems=[Problem("a.txt", "is empty")]), End("failed", "is empty")),
        (IngestReport(), End("failed", "It holds no document.")),
        (
            IngestReport(added=1, passages=1, problems=[Problem("a.txt", "decoded as cp1252", fatal=False)]),
            End("added", "decoded as cp1252", 1),
        ),
        (
            IngestReport(added=2, unchanged=1, passages=4, problems=[Problem("a.txt line 3", "is not JSON")]),
            End("added", "2 added, 0 updated, 1 unchanged\nline 3: is not JSON", 4),
        ),
        (
            IngestReport(updated=1, passages=1, problems=[Problem(f"doc {n}", "is empty") for n in range(30)]),
            End("updated", "\n".join([*(f"doc {n}: is empty" for n in range(20)), "and 10 more"]), 1),
        ),
    ],
)
def test_the_end_of_a_file_says_what_became_of_it(report: IngestReport, end: End) -> None:
    assert outcome(report, "a.txt") == end


# --- killed


@contextmanager
def serving(index: Path, log: Path) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes]]]:
    """The service in a process of its own, which is killed at the end."""
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            command("serve", "--port", "0"), cwd=log.parent, env=environment(index), stderr=stderr
        ) as process,
    ):
        try:
            until(lambda: process.poll() is not None or _ADDRESS.search(log.read_text()) is not None)
            address = _ADDRESS.search(log.read_text())
            assert address is not None, log.read_text()
            with httpx.Client(base_url=address[0], timeout=30) as client:
                yield client, process
        finally:
            process.kill()


def test_a_service_killed_while_it_takes_uploads_up_loses_none(own_index: Path, tmp_path: Path) -> None:
    texts = {f"ship{n}.txt": f"The ship Marigold{n} carried {n + 200} barrels of tar to Riga." for n in range(5)}
    with serving(own_index, tmp_path / "first.log") as (client, _):
        sent = [("file", (name, text.encode())) for name, text in texts.items()]
        response = client.post("/v1/documents", files=sent)
        assert response.status_code == 202
        job = response.headers["location"]
        until(lambda: client.get(job).json()["counts"]["added"] > 0)
    with closing(Library(own_index)) as library:
        assert library.store.jobs.get(job.rpartition("/")[2]).state != "done"

    with serving(own_index, tmp_path / "second.log") as (client, _):
        until(lambda: client.get(job).json()["state"] == "done")
        files = client.get(job).json()["files"]
        assert {file["state"] for file in files} <= {"added", "unchanged"}
        listed = client.get("/v1/documents", params={"limit": 200}).json()["documents"]
        assert texts.keys() <= {d["source"] for d in listed}
        answer = client.post("/v1/ask", json={"question": "How many barrels did the Marigold4 carry to Riga?"}).json()
        assert "204 barrels" in answer["answer"]


def test_a_file_in_hand_outlives_three_orderly_stops(own_index: Path, tmp_path: Path) -> None:
    text = "\n\n".join(f"On day {n} the wind blew from {n % 360} degrees, and {n} boats went out." for n in range(4000))
    with closing(Store(own_index / "truth.sqlite")) as store:
        job = store.jobs.accept("default", [Upload("log.txt", None, len(text), BytesIO(text.encode()))], 1, 1 << 20)
        assert job is not None
        for time in range(MOST_ATTEMPTS):
            with serving(own_index, tmp_path / f"{time}.log") as (_, process):
                until(lambda: states(store.jobs.get(job.id)) == ["running"])
                process.terminate()
                # Here it is killed, before it has waited for the file.
                until(lambda: attempts(store) == [0])

        assert states(store.jobs.get(job.id)) == ["queued"]
