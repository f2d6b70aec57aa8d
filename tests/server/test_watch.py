import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
from filelock import FileLock

from rag import Library
from rag.watch import Watch
from tests.server.conftest import Start

FERRY = "The ferry leaves the north pier at six.\n"
TIDE = "The spring tide reaches the third step of the quay.\n"
WAIT_S = 60.0


@dataclass
class Place:
    """A folder, and the service over the index that follows it."""

    folder: Path
    library: Library
    client: httpx.Client

    def sources(self) -> list[str]:
        return [d["source"] for d in self.client.get("/v1/documents").json()["documents"]]

    def quoted(self, question: str) -> list[str]:
        return [c["quote"] for c in self.client.post("/v1/ask", json={"question": question}).json()["citations"]]

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True, parents=True)
        (self.folder / name).write_text(text, "utf-8")


@pytest.fixture
def place(tmp_path: Path, start: Start) -> Iterator[Place]:
    """A folder with one document, not followed yet."""
    with closing(Library(tmp_path / "index")) as library:
        place = Place(tmp_path / "notes", library, start(library))
        place.write("ferry.txt", FERRY)
        yield place


@contextmanager
def followed(place: Place, still_s: float = 0.05) -> Iterator[None]:
    watch = Watch(place.library, place.folder, still_s=still_s, look_s=0.1, most_pause_s=0.2)
    watch.start()
    try:
        yield
    finally:
        watch.stop()


def becomes(look: Callable[[], Any], wanted: object) -> None:
    deadline = monotonic() + WAIT_S
    while (found := look()) != wanted:
        assert monotonic() < deadline, found
        sleep(0.02)


def told(caplog: pytest.LogCaptureFixture, part: str) -> int:
    return sum(part in record.getMessage() for record in caplog.records if record.name == "rag.watch")


def test_the_index_follows_files_that_come_change_move_and_go(place: Place) -> None:
    with followed(place):
        becomes(place.sources, ["ferry.txt"])
        place.write("sea/tide.md", TIDE)
        becomes(place.sources, ["ferry.txt", "sea/tide.md"])
        becomes(lambda: place.quoted("How far does the spring tide reach?"), [TIDE.strip()])
        place.write("ferry.txt", "The ferry leaves the south pier at nine.\n")
        becomes(lambda: place.quoted("When does the ferry leave?"), ["The ferry leaves the south pier at nine."])
        (place.folder / "ferry.txt").rename(place.folder / "boat.txt")
        becomes(place.sources, ["boat.txt", "sea/tide.md"])
        (place.folder / "sea").rename(place.folder / "coast")
        becomes(place.sources, ["boat.txt", "coast/tide.md"])
        (place.folder / "boat.txt").unlink()
        becomes(place.sources, ["coast/tide.md"])
        becomes(lambda: place.quoted("When does the ferry leave?"), [])


def test_what_changed_while_nobody_followed_is_made_up_for_at_the_start(place: Place) -> None:
    place.library.ingest([place.folder])
    (place.folder / "ferry.txt").unlink()
    place.write("tide.txt", TIDE)
    with followed(place):
        becomes(place.sources, ["tide.txt"])


def test_a_file_that_is_still_being_written_is_left_until_it_stands_still(place: Place) -> None:
    with followed(place, still_s=1.0):
        becomes(place.sources, ["ferry.txt"])
        with (place.folder / "log.txt").open("w") as growing:
            for _ in range(20):
                growing.write(TIDE)
                growing.flush()
                assert place.sources() == ["ferry.txt"]
                sleep(0.05)
        becomes(place.sources, ["ferry.txt", "log.txt"])
    assert place.library.documents()[1].characters == 20 * len(TIDE)


def test_while_another_writes_it_is_tried_again(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    with followed(place):
        becomes(place.sources, ["ferry.txt"])
        with FileLock(place.library.index / "writer.lock"):
            place.write("tide.txt", TIDE)
            becomes(lambda: told(caplog, "another process is writing"), 1)
            assert place.sources() == ["ferry.txt"]
            assert place.quoted("When does the ferry leave?") == [FERRY.strip()]
        becomes(place.sources, ["ferry.txt", "tide.txt"])


def test_uploads_and_the_folder_get_along(place: Place) -> None:
    with followed(place):
        files = [("file", (f"up{n}.txt", f"Note {n} is about the mast number {n}.\n")) for n in range(5)]
        assert place.client.post("/v1/documents", files=files).status_code == 202
        for n in range(5):
            place.write(f"down{n}.txt", f"Page {n} tells of the anchor number {n}.\n")
        wanted = [f"down{n}.txt" for n in range(5)] + ["ferry.txt"] + [f"up{n}.txt" for n in range(5)]
        becomes(place.sources, wanted)
    assert place.library.audit().findings == ()


def test_a_folder_that_vanishes_takes_nothing_with_it(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    elsewhere = place.folder.with_name("elsewhere")
    with followed(place):
        becomes(place.sources, ["ferry.txt"])
        place.folder.rename(elsewhere)
        becomes(lambda: told(caplog, "nothing is removed"), 1)
        assert place.sources() == ["ferry.txt"]
        elsewhere.rename(place.folder)
        place.write("tide.txt", TIDE)
        becomes(place.sources, ["ferry.txt", "tide.txt"])


def test_the_bare_place_of_a_disk_that_is_gone_takes_nothing_with_it(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    disk = place.folder.with_name("disk")
    with followed(place):
        becomes(place.sources, ["ferry.txt"])
        place.folder.rename(disk)
        place.folder.mkdir()
        becomes(lambda: told(caplog, "as if a disk were not mounted") > 0, True)
        assert place.sources() == ["ferry.txt"]
        place.folder.rmdir()
        disk.rename(place.folder)
        place.write("tide.txt", TIDE)
        becomes(place.sources, ["ferry.txt", "tide.txt"])


def test_a_folder_that_is_bare_at_the_start_takes_nothing_with_it(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.library.ingest([place.folder])
    (place.folder / "ferry.txt").unlink()
    with followed(place):
        becomes(lambda: told(caplog, "as if a disk were not mounted"), 1)
        assert place.sources() == ["ferry.txt"]
        place.write("tide.txt", TIDE)
        becomes(place.sources, ["tide.txt"])


def test_files_that_are_all_deleted_are_all_removed(place: Place) -> None:
    with followed(place):
        becomes(place.sources, ["ferry.txt"])
        (place.folder / "ferry.txt").unlink()
        becomes(place.sources, [])


def test_a_folder_that_comes_later_is_waited_for(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    shutil.rmtree(place.folder)
    with followed(place):
        becomes(lambda: told(caplog, "cannot be read"), 1)
        place.write("tide.txt", TIDE)
        becomes(place.sources, ["tide.txt"])


def test_problems_are_logged_by_source_and_once(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "rag.watch")
    place.write("broken.pdf", "%PDF-1.4 and no more")
    with followed(place):
        becomes(place.sources, ["ferry.txt"])
        place.write("tide.txt", TIDE)
        becomes(lambda: told(caplog, "the index is in step"), 2)
        assert told(caplog, "broken.pdf: ") == 1
        place.write("broken.pdf", "%PDF-1.4 and still no more")
        (place.folder / "broken.pdf").unlink()
        place.write("tide.txt", TIDE * 2)
        becomes(lambda: told(caplog, "the index is in step"), 3)
    assert FERRY.strip() not in caplog.text


def test_one_of_several_processes_follows_and_another_takes_over(place: Place) -> None:
    with ExitStack() as first, closing(Library(place.library.index)) as second:
        first.enter_context(followed(place))
        becomes(place.sources, ["ferry.txt"])
        assert not _free(place.library.index / "watch.lock")
        with followed(Place(place.folder, second, place.client)):
            place.write("tide.txt", TIDE)
            becomes(place.sources, ["ferry.txt", "tide.txt"])
            first.close()
            place.write("moon.txt", "The moon pulls the sea twice a day.\n")
            becomes(place.sources, ["ferry.txt", "moon.txt", "tide.txt"])
    assert _free(place.library.index / "watch.lock")


def _free(lock: Path) -> bool:
    other = FileLock(lock)
    try:
        other.acquire(blocking=False)
    except TimeoutError:
        return False
    other.release()
    return True


def test_it_stops_in_the_middle_of_an_ingest_and_leaves_the_index_whole(place: Place) -> None:
    for n in range(300):
        place.write(f"n{n:03}.txt", f"Note {n} is about the mast number {n}. " * 30)
    with followed(place):
        becomes((place.library.index / "watch.lock").exists, True)
    assert len(place.library.documents(limit=-1)) < 301
    assert not [t for t in threading.enumerate() if t.name == "watch"]
    assert place.library.audit().findings == ()


def test_hidden_and_unsupported_files_are_passed_over(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "rag.watch")
    with followed(place):
        becomes(place.sources, ["ferry.txt"])
        place.write("data.bin", "x")
        place.write(".hidden/tide.txt", TIDE)
        place.write("tide.txt", TIDE)
        becomes(place.sources, ["ferry.txt", "tide.txt"])
    assert told(caplog, "the index is in step") == 2
