from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from rag import IndexBusyError, Library, NotFoundError, SettingError
from rag.load.loader import document_id
from rag.records import PassageVectors, Progress, Span
from tests.rag.fakes import FakeEmbedder
from tests.rag.test_generations import another_writer

TOWER = b"The tower keeper counts the boats at noon. He writes the count into a green book."
FERRY = "When does the ferry leave?"


def found(library: Library, query: str, collection: str = "default") -> list[str]:
    return [hit.document.source for hit in library.search(query, collection).hits]


class _Meanwhile(FakeEmbedder):
    """Does something else while passages are embedded."""

    def __init__(self, does: Callable[[], object]) -> None:
        super().__init__()
        self.does = does

    def passages(self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]) -> list[PassageVectors]:
        if texts:
            self.does()
        return super().passages(texts, sentences)


def test_an_uploaded_file_is_found_at_once_and_quoted_by_its_name(stocked: Library) -> None:
    report = stocked.add(TOWER, "logs/tower.txt")

    assert (report.added, report.problems) == (1, [])
    assert found(stocked, "tower keeper boats")[0] == "logs/tower.txt"
    assert stocked.text(document_id("logs/tower.txt")) == TOWER.decode()


def test_the_same_upload_again_changes_nothing(stocked: Library) -> None:
    stocked.add(TOWER, "tower.txt")
    before = stocked.store.changes()

    report = stocked.add(TOWER, "tower.txt")

    assert (report.unchanged, report.embedded, stocked.store.changes()) == (1, 0, before)


def test_other_bytes_under_the_same_name_replace_the_document(stocked: Library) -> None:
    stocked.add(TOWER, "tower.txt")

    report = stocked.add(TOWER.replace(b"noon", b"dusk"), "tower.txt")

    assert (report.added, report.updated) == (0, 1)
    assert "dusk" in stocked.text(document_id("tower.txt"))


def test_an_upload_does_not_take_the_name_of_a_file_on_the_machine_nor_tell_where_that_is(
    stocked: Library, notes: Path
) -> None:
    (problem,) = stocked.add(TOWER, "ferry.txt").problems

    assert problem.fatal
    assert "The name is taken" in problem.reason
    assert str(notes) not in problem.reason
    assert stocked.text(document_id("ferry.txt")) == (notes / "ferry.txt").read_text("utf-8")


def test_a_file_that_cannot_be_read_is_a_problem_of_its_own(stocked: Library) -> None:
    (problem,) = stocked.add(b"", "empty.txt").problems

    assert (problem.source, problem.fatal) == ("empty.txt", True)


def test_an_upload_while_another_process_writes_has_to_wait(stocked: Library) -> None:
    with another_writer(stocked.index), pytest.raises(IndexBusyError):
        stocked.add(TOWER, "tower.txt")


def test_a_document_removed_while_another_process_writes_is_in_no_answer(stocked: Library) -> None:
    with another_writer(stocked.index):
        assert stocked.remove([document_id("ferry.txt")]) == []

        assert "ferry.txt" not in found(stocked, FERRY)
        assert stocked.audit(wait_s=0).findings

    assert "ferry.txt" not in found(stocked, FERRY)
    assert stocked.audit().findings == ()


def test_who_writes_brings_every_collection_in_step_with_what_was_removed_meanwhile(
    stocked: Library, make_library: Callable[..., Library]
) -> None:
    writer = make_library(embedder=_Meanwhile(lambda: stocked.remove([document_id("ferry.txt")])))

    writer.add(TOWER, "tower.txt", "harbour")

    assert stocked.audit().findings == ()


class _StoppedError(Exception):
    """Whoever follows the progress wants no more."""


def _stop(_: Progress) -> None:
    raise _StoppedError


def test_a_writer_that_is_stopped_leaves_nothing_of_what_was_removed_meanwhile(
    stocked: Library, make_library: Callable[..., Library]
) -> None:
    stocked.add(TOWER, "tower.txt", "harbour")

    def remove_both() -> None:
        stocked.remove([document_id("ferry.txt")])
        stocked.drop_collection("harbour")

    with pytest.raises(_StoppedError):
        make_library().add(b"Another text.", "other.txt", "harbour", on_progress=_stop_after(remove_both))

    assert stocked.audit().findings == ()
    assert not (stocked.index / "search" / "harbour").exists()


def _stop_after(act: Callable[[], None]) -> Callable[[Progress], None]:
    def progressed(progress: Progress) -> None:
        with suppress(NotFoundError):
            act()
        _stop(progress)

    return progressed


def test_a_reader_does_not_bring_back_the_files_of_a_collection_dropped_under_it(stocked: Library) -> None:
    stocked.add(TOWER, "tower.txt", "harbour")
    stocked.drop_collection("harbour")

    with pytest.raises(NotFoundError):
        stocked._generations.current("harbour")

    assert not (stocked.index / "search" / "harbour").exists()


def test_what_a_killed_process_left_of_a_removal_is_caught_up_with(stocked: Library) -> None:
    stocked.store.remove("default", document_id("ferry.txt"))
    assert stocked.audit().findings

    stocked.catch_up()

    assert stocked.audit().findings == ()


def test_removals_of_long_ago_are_forgotten_unless_something_waits_that_they_could_concern(stocked: Library) -> None:
    db = stocked.store.database.connection
    stocked.add(TOWER, "tower.txt")
    stocked.remove([document_id("tower.txt")])
    db.execute("INSERT INTO jobs VALUES (1, 'job_1', 'default', '', 'queued', 0, '', NULL)")
    db.execute("UPDATE meta SET value = value + 20000 WHERE name = 'changes'")

    stocked.remove([document_id("ferry.txt")])
    assert db.execute("SELECT count(*) FROM removed").fetchone() == (2,)

    db.execute("DELETE FROM jobs")
    stocked.remove([document_id("lantern.txt")])
    assert db.execute("SELECT count(*) FROM removed").fetchone() == (2,)


def test_a_collection_stays_when_its_last_document_goes(stocked: Library, notes: Path) -> None:
    stocked.ingest([notes / "ferry.txt"], "harbour")

    stocked.remove([document_id("ferry.txt")], "harbour")

    assert stocked.ask(FERRY, "harbour").because == "no_documents"


def test_a_document_removed_while_it_is_embedded_stays_removed(
    make_library: Callable[..., Library], notes: Path
) -> None:
    reader = make_library()
    reader.ingest([notes / "ferry.txt"])
    (notes / "ferry.txt").write_text("The ferry leaves at nine now.", "utf-8")
    removing = _Meanwhile(lambda: reader.remove([document_id("ferry.txt")]))
    writer = make_library(embedder=removing)

    report = writer.ingest([notes / "ferry.txt"])

    assert report.dropped == 1
    assert writer.documents() == []
    assert writer.audit().findings == ()
    removing.does = lambda: None
    assert writer.ingest([notes / "ferry.txt"]).added == 1


def test_a_collection_dropped_while_it_is_filled_stays_dropped(
    make_library: Callable[..., Library], notes: Path
) -> None:
    other = make_library()
    other.create_collection("harbour")
    writer = make_library(embedder=_Meanwhile(lambda: _drop(other)))

    writer.ingest([notes], "harbour")

    assert [info.name for info in other.collections()] == ["default"]
    assert writer.audit().findings == ()


def _drop(library: Library) -> None:
    if "harbour" in [info.name for info in library.collections()]:
        library.drop_collection("harbour")


def test_what_was_taken_in_before_a_removal_does_not_undo_it(stocked: Library) -> None:
    taken = stocked.store.changes()
    stocked.add(TOWER, "tower.txt")
    stocked.remove([document_id("tower.txt")])

    assert stocked.add(TOWER, "tower.txt", since=taken).dropped == 1
    assert stocked.store.documents.known("default", document_id("tower.txt")) is None
    assert stocked.add(TOWER, "tower.txt").dropped == 0
    assert stocked.text(document_id("tower.txt")) == TOWER.decode()


def test_of_a_removed_document_no_byte_is_left_in_the_index_folder(stocked: Library) -> None:
    stocked.add(b"The zanzibarquartz stone lies in the third hall of the harbour museum.", "stone.txt")
    assert _holding(stocked.index, b"zanzibarquartz")

    stocked.remove([document_id("stone.txt")])

    assert _holding(stocked.index, b"zanzibarquartz") == []


def _holding(folder: Path, text: bytes) -> list[str]:
    return [file.name for file in folder.rglob("*") if file.is_file() and text in file.read_bytes()]


def test_a_collection_is_there_before_it_holds_a_document_and_after_its_last(stocked: Library) -> None:
    assert stocked.create_collection("harbour")
    assert not stocked.create_collection("harbour")
    assert stocked.ask(FERRY, "harbour").because == "no_documents"

    stocked.add(TOWER, "tower.txt", "harbour")
    stocked.remove([document_id("tower.txt")], "harbour")

    assert [(c.name, c.documents) for c in stocked.collections()] == [("default", 6), ("harbour", 0)]


def test_a_dropped_collection_leaves_nothing_and_others_as_they_were(stocked: Library) -> None:
    stocked.add(TOWER, "tower.txt", "harbour")
    before = found(stocked, FERRY)

    stocked.drop_collection("harbour")

    assert stocked.audit().findings == ()
    assert not (stocked.index / "search" / "harbour").exists()
    assert found(stocked, FERRY) == before
    with pytest.raises(NotFoundError):
        stocked.search("tower", "harbour")


def test_the_default_collection_can_be_emptied(stocked: Library) -> None:
    stocked.drop_collection("default")

    assert stocked.documents() == []
    assert stocked.audit().findings == ()
    assert stocked.ask(FERRY).because == "no_documents"
    assert stocked.add(TOWER, "tower.txt").added == 1


def test_a_collection_that_is_not_there_is_not_dropped(stocked: Library) -> None:
    with pytest.raises(NotFoundError):
        stocked.drop_collection("nowhere")


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "x" * 65, "a b", "ä"])
def test_a_name_that_cannot_be_that_of_a_folder_is_refused(stocked: Library, name: str) -> None:
    with pytest.raises(SettingError, match="cannot name a collection"):
        stocked.create_collection(name)
    with pytest.raises(SettingError, match="cannot name a collection"):
        stocked.add(TOWER, "tower.txt", name)
