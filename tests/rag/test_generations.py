import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag import IndexBusyError, Library
from rag.generations import Generations
from rag.store import Store

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from contextlib import closing
from pathlib import Path
from rag.generations import Generations
from rag.store import Store

index = Path(sys.argv[1])
with closing(Store(index / "truth.sqlite")) as store, Generations(store, index, lambda: 64).writing():
    print("held", flush=True)
    sys.stdin.read()
"""
ADD = """
import sys
from contextlib import closing
from pathlib import Path
from tests.rag.fakes import fake_library

with closing(fake_library(Path(sys.argv[1]))) as library:
    print(library.ingest([Path(sys.argv[2])]))
"""


@contextmanager
def another_writer(index: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the right to write."""
    command = [sys.executable, "-c", HOLD, str(index)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_writer_is_refused_and_told_why(stocked: Library, notes: Path) -> None:
    with another_writer(stocked.index):
        with pytest.raises(IndexBusyError, match=r"Another process is writing to .*index"):
            stocked.ingest([notes])

        assert len(stocked.documents()) == 6


def test_readers_are_answered_while_another_process_writes(
    stocked: Library, make_library: Callable[..., Library]
) -> None:
    with another_writer(stocked.index):
        assert make_library().ask("When does the ferry leave?").hits


def test_a_writer_that_was_killed_is_not_waited_for(make_library: Callable[..., Library], notes: Path) -> None:
    library = make_library()
    with another_writer(library.index) as process:
        process.kill()
        process.wait()

        assert library.ingest([notes]).added == 6


def test_two_writers_in_one_process_are_refused_too(stocked: Library) -> None:
    other = Generations(stocked.store, stocked.index, lambda: 64)

    with other.writing(), pytest.raises(IndexBusyError):
        stocked.add(b"The tower stands.", "tower.txt")


def test_a_writer_waits_for_a_reader_of_its_process_that_makes_the_files_anew(stocked: Library) -> None:
    healing, go_on = threading.Event(), threading.Event()

    def dim() -> int:
        healing.set()
        assert go_on.wait(10)
        return 64

    def write() -> str:
        with generations.writing():
            return "written"

    generations = Generations(stocked.store, stocked.index, dim)
    (stocked.index / "search" / "default" / "manifest.json").unlink()
    with ThreadPoolExecutor(2) as pool:
        pool.submit(generations.current, "default")
        assert healing.wait(10)
        writer = pool.submit(write)
        with pytest.raises(TimeoutError):
            writer.result(0.2)
        go_on.set()

        assert writer.result(10) == "written"


def test_a_reader_without_a_usable_index_waits_for_the_writer_and_then_says_so(
    stocked: Library, make_library: Callable[..., Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.generations._WAIT_S", 0.2)
    (stocked.index / "search" / "default" / "manifest.json").unlink()

    with another_writer(stocked.index), pytest.raises(IndexBusyError):
        make_library().search("ferry")


def test_a_reader_sees_what_another_process_ingested(stocked: Library, tmp_path: Path) -> None:
    assert "kraken" not in stocked.search("kraken").hits[0].passage.text
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "kraken.txt").write_text("A kraken was seen off the north pier.")

    command = [sys.executable, "-c", ADD, str(stocked.index), str(tmp_path / "new")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    assert stocked.search("kraken").hits[0].document.source == "kraken.txt"


def test_threads_open_one_generation(stocked: Library) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: stocked._generations.current("default"), range(16)))

    assert all(generation is found[0] for generation in found)


def test_health_tells_missing_damaged_and_stale_indexes(stocked: Library) -> None:
    assert stocked.status().healthy
    stocked.store.remove("default", stocked.documents()[0].id)
    assert not stocked.status().healthy

    stocked._generations.update("default")
    assert stocked.status().healthy

    (stocked.index / "search" / "default" / "vectors.faiss").unlink()
    assert not stocked.status().healthy


def test_an_open_reader_heals_after_a_writer_was_killed_before_it_saved_the_indexes(
    make_library: Callable[..., Library], notes: Path
) -> None:
    reader = make_library()
    reader.ingest([notes])
    assert reader.ask("When does the ferry leave?").status == "answered"
    stored = Store(reader.index / "truth.sqlite")  # what a killed ingest leaves: stored, and not yet in the indexes
    for document in reader.documents():
        stored.remove("default", document.id)
    stored.close()

    assert reader.search("ferry").hits == ()
    assert reader.status().healthy
