import json
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from rag import IngestReport, Library, Progress
from rag.records import PassageVectors, Span
from tests.rag.fakes import FakeEmbedder, fake_library
from tests.rag.webtext import OPENING

Make = Callable[..., Library]


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture
def library(make_library: Make, embedder: FakeEmbedder) -> Library:
    return make_library(embedder=embedder)


def sources(library: Library) -> list[str]:
    return [info.source for info in library.documents()]


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.removed


def test_a_folder_is_taken_in_with_sources_relative_to_it(library: Library, notes: Path) -> None:
    report = library.ingest([notes])

    assert counts(report) == (6, 0, 0, 0)
    assert report.problems == []
    assert sources(library) == sorted(f"{p.relative_to(notes).as_posix()}" for p in notes.rglob("*.*"))
    assert library.text(library.documents()[0].id) == (notes / "boats/bell.md").read_bytes().decode()


def test_unchanged_files_are_skipped_and_nothing_is_embedded(
    library: Library, notes: Path, embedder: FakeEmbedder
) -> None:
    library.ingest([notes])
    before = len(embedder.embedded)

    report = library.ingest([notes])

    assert counts(report) == (0, 0, 6, 0)
    assert (report.passages, report.embedded, len(embedder.embedded)) == (0, 0, before)


def test_a_file_that_was_only_touched_is_unchanged(library: Library, notes: Path) -> None:
    library.ingest([notes])
    os.utime(notes / "ferry.txt")

    assert library.ingest([notes]).unchanged == 6


def test_of_a_changed_file_only_the_changed_passages_are_embedded(
    library: Library, notes: Path, embedder: FakeEmbedder
) -> None:
    entries = [
        f"# Day {n}\n\nOn day {n} the wind blew from {n * 11} degrees and {n} boats went out.\n\n" for n in range(20)
    ]
    (notes / "log.md").write_text("".join(entries), "utf-8")
    library.ingest([notes])
    embedder.embedded.clear()
    entries[7] = "# Day 7\n\nOn day 7 nobody went out at all.\n\n"
    (notes / "log.md").write_text("".join(entries), "utf-8")

    report = library.ingest([notes])

    assert counts(report) == (0, 1, 6, 0)
    assert report.passages == 20
    assert len(embedder.embedded) == report.embedded == 1
    assert "nobody went out" in embedder.embedded[0]


def test_of_a_long_document_too_only_the_changed_passages_are_embedded(library: Library, tmp_path: Path) -> None:
    entries = [
        f"# Day {n}\n\nOn day {n} there was wind from {n} degrees, and {n} boats went out.\n\n" for n in range(700)
    ]
    (tmp_path / "log.md").write_text("".join(entries), "utf-8")
    assert library.ingest([tmp_path / "log.md"]).embedded == 700
    entries[7] = "# Day 7\n\nOn day 7 nobody went out at all.\n\n"
    (tmp_path / "log.md").write_text("".join(entries), "utf-8")

    report = library.ingest([tmp_path / "log.md"])

    assert (report.passages, report.embedded) == (700, 1)


def test_a_reader_opens_and_answers_while_a_long_document_is_embedded(
    make_library: Make, notes: Path, tmp_path: Path
) -> None:
    answers = []

    class Watching(FakeEmbedder):
        def passages(self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]) -> list[PassageVectors]:
            if len(texts) > 100:
                with closing(fake_library(tmp_path / "index")) as reader:
                    answers.append(reader.ask("When does the ferry leave?").status)
            return super().passages(texts, sentences)

    library = make_library(embedder=Watching())
    library.ingest([notes])
    (tmp_path / "log.md").write_text("".join(f"# Day {n}\n\nThe wind blew from {n} degrees.\n\n" for n in range(700)))

    library.ingest([tmp_path / "log.md"])

    assert len(answers) > 1
    assert set(answers) == {"answered"}


def test_a_document_of_nothing_but_furniture_is_kept_and_remarked(library: Library, tmp_path: Path) -> None:
    (tmp_path / "minutes.txt").write_text("The motion was carried.\n" * 6)

    (problem,) = library.ingest([tmp_path / "minutes.txt"]).problems

    assert (problem.source, problem.fatal) == ("minutes.txt", False)
    assert "furniture" in problem.reason
    assert sources(library) == ["minutes.txt"]


def test_a_file_given_through_a_link_keeps_the_name_it_was_given_by(
    library: Library, notes: Path, tmp_path: Path
) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "today.txt").symlink_to(notes / "ferry.txt")
    library.ingest([tmp_path / "links" / "today.txt"])

    assert library.ingest([tmp_path / "links" / "today.txt"], prune=True).unchanged == 1
    assert sources(library) == ["today.txt"]


def test_a_changed_file_replaces_what_it_said_before(library: Library, notes: Path) -> None:
    library.ingest([notes])
    (notes / "ferry.txt").write_text("The ferry was sold.", "utf-8")

    library.ingest([notes])

    assert "nine" not in library.search("When does the ferry leave?").hits[0].passage.text


def test_files_that_are_gone_are_removed_with_prune_only(library: Library, notes: Path) -> None:
    library.ingest([notes])
    (notes / "ferry.txt").unlink()

    assert library.ingest([notes]).removed == 0
    assert "ferry.txt" in sources(library)
    assert counts(library.ingest([notes], prune=True)) == (0, 0, 5, 1)
    assert "ferry.txt" not in sources(library)


def test_prune_leaves_other_folders_alone(library: Library, notes: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "buoy.txt").write_text("A buoy marks the rock.", "utf-8")
    library.ingest([notes, other])
    (notes / "ferry.txt").unlink()

    assert library.ingest([other], prune=True).removed == 0
    assert library.ingest([notes], prune=True).removed == 1
    assert "buoy.txt" in sources(library)


def test_prune_removes_what_a_folder_held_that_is_gone_itself(library: Library, notes: Path) -> None:
    library.ingest([notes])
    for file in sorted(notes.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    notes.rmdir()

    report = library.ingest([notes], prune=True)

    assert report.removed == 6
    assert sources(library) == []


def test_prune_keeps_a_file_that_cannot_be_read_any_more(library: Library, notes: Path) -> None:
    library.ingest([notes])
    (notes / "ferry.txt").write_bytes(b"%PDF-1.7 not text")

    report = library.ingest([notes], prune=True)

    assert [(p.source, p.fatal) for p in report.problems] == [("ferry.txt", True)]
    assert report.removed == 0
    assert "ferry.txt" in sources(library)


def test_prune_keeps_what_was_in_a_folder_that_cannot_be_looked_into_any_more(
    library: Library, notes: Path, tmp_path: Path
) -> None:
    library.ingest([notes])
    (notes / "boats").rename(tmp_path / "elsewhere")
    (notes / "boats").symlink_to(tmp_path / "elsewhere")

    report = library.ingest([notes], prune=True)

    assert [p.source for p in report.problems] == ["boats"]
    assert report.removed == 0
    assert "boats/bell.md" in sources(library)


def test_prune_of_a_file_given_alone_removes_nothing_else(library: Library, notes: Path) -> None:
    library.ingest([notes])
    (notes / "lantern.txt").unlink()

    assert library.ingest([notes / "ferry.txt"], prune=True).removed == 0


def test_one_bad_file_is_reported_each_time_and_never_stops_the_rest(library: Library, notes: Path) -> None:
    (notes / "bad.txt").write_bytes(b"\x00\x01\x02" * 99)
    (notes / "empty.txt").write_bytes(b" \n")

    for added in (6, 0):
        report = library.ingest([notes])
        assert report.added == added
        assert [problem.source for problem in report.problems] == ["bad.txt", "empty.txt"]


def test_a_folder_that_was_moved_keeps_its_documents_and_embeds_nothing(
    library: Library, notes: Path, embedder: FakeEmbedder
) -> None:
    library.ingest([notes])
    before = {info.id for info in library.documents()}
    embedder.embedded.clear()

    report = library.ingest([notes.rename(notes.with_name("moved"))])

    assert counts(report) == (0, 6, 0, 0)
    assert (report.embedded, embedder.embedded, report.problems) == (0, [], [])
    assert {info.id for info in library.documents()} == before


def test_two_folders_with_a_file_of_one_name_are_a_conflict(library: Library, notes: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "ferry.txt").write_text("Another ferry altogether.", "utf-8")

    for paths in ([notes], [other]), ([notes, other],):
        for _ in range(2):
            reports = [library.ingest(given) for given in paths]
            (problem,) = [problem for report in reports for problem in report.problems]
            assert (problem.source, problem.fatal) == ("ferry.txt", True)
            assert str(notes / "ferry.txt") in problem.reason
            assert "collection" in problem.reason
            assert library.search("ferry").hits[0].passage.text.startswith("The ferry leaves")


def test_a_conflict_within_one_run_keeps_the_first(library: Library, notes: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "ferry.txt").write_text("Another ferry altogether.", "utf-8")

    report = library.ingest([notes, other])

    assert counts(report) == (6, 0, 0, 0)
    assert [problem.source for problem in report.problems] == ["ferry.txt"]
    assert library.search("ferry").hits[0].passage.text.startswith("The ferry leaves")


def test_the_same_name_in_another_collection_is_no_conflict(library: Library, notes: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "ferry.txt").write_text("Another ferry altogether.", "utf-8")
    library.ingest([notes])

    assert library.ingest([other], collection="others").problems == []
    assert library.search("ferry", collection="others").hits[0].passage.text == "Another ferry altogether."


@pytest.mark.parametrize("together", [True, False])
def test_the_same_content_twice_is_remarked_and_both_are_kept(library: Library, notes: Path, together: bool) -> None:
    if not together:
        library.ingest([notes])
    (notes / "ferry-copy.txt").write_bytes((notes / "ferry.txt").read_bytes())

    report = library.ingest([notes])

    (remark,) = report.problems
    assert not remark.fatal
    assert {remark.source, remark.reason.split("'")[1]} == {"ferry.txt", "ferry-copy.txt"}
    assert len(library.documents()) == 7
    assert library.ingest([notes]).problems == []


def lines(path: Path, **texts: str) -> Path:
    path.write_text("".join(json.dumps({"doc_id": i, "title": i, "text": t}) + "\n" for i, t in texts.items()), "utf-8")
    return path


def test_a_line_of_json_lines_is_a_document(library: Library, tmp_path: Path, embedder: FakeEmbedder) -> None:
    path = lines(tmp_path / "many.jsonl", one="The first boat.", two="The second boat.", three="The third boat.")
    assert counts(library.ingest([path])) == (3, 0, 0, 0)
    assert sources(library) == ["one", "three", "two"]
    embedder.embedded.clear()

    report = library.ingest(
        [lines(path, one="The first boat.", two="The second boat sank.", four="A fourth.")], prune=True
    )

    assert counts(report) == (1, 1, 1, 1)
    assert len(embedder.embedded) == 2
    assert sources(library) == ["four", "one", "two"]


def test_two_bulk_files_with_one_doc_id_are_a_conflict(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "bulk"
    folder.mkdir()
    lines(folder / "a.jsonl", one="The first boat.", two="Another.")
    lines(folder / "b.jsonl", one="The first boat, told otherwise.")

    for _ in range(3):
        report = library.ingest([folder])
        assert [problem.source for problem in report.problems] == ["one"]
        assert library.text(library.documents()[0].id) == "The first boat."


def test_a_line_may_move_from_one_bulk_file_to_another(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "bulk"
    folder.mkdir()
    lines(folder / "a.jsonl", one="The first boat.", two="Another.")
    lines(folder / "b.jsonl", three="A third.")
    library.ingest([folder])
    lines(folder / "a.jsonl", two="Another.")
    lines(folder / "b.jsonl", one="The first boat.", three="A third.")

    report = library.ingest([folder], prune=True)

    assert report.problems == []
    assert sources(library) == ["one", "three", "two"]


def test_bad_lines_are_reported_and_the_others_stored(library: Library, tmp_path: Path) -> None:
    path = lines(tmp_path / "many.jsonl", one="The first boat.")
    path.write_text(path.read_text("utf-8") + "{broken\n", "utf-8")

    for _ in range(2):
        report = library.ingest([path])
        assert [problem.source for problem in report.problems] == ["many.jsonl line 2"]
        assert sources(library) == ["one"]


def test_an_opening_becomes_boilerplate_with_the_third_file_and_ceases_with_it(library: Library, notes: Path) -> None:
    body = {name: " ".join(f"About {name} there is item {n} to tell at length." for n in range(30)) for name in "abc"}

    def opened() -> list[bool]:
        spans = [
            library.store.documents.boilerplate("default", i.id) for i in library.documents() if len(i.source) == 5
        ]
        return [bool(found) for found in spans]

    for name, text in body.items():
        (notes / f"{name}.txt").write_text(OPENING + text, "utf-8")
        library.ingest([notes])
        assert opened() == ([True] * 3 if name == "c" else [False] * (ord(name) - 96))

    library.remove([i.id for i in library.documents() if i.source == "b.txt"])
    assert opened() == [False, False]


def test_progress_counts_files_and_ends_with_the_last(library: Library, notes: Path) -> None:
    seen: list[Progress] = []

    library.ingest([notes], on_progress=seen.append)

    assert [p.file for p in seen] == sorted(p.file for p in seen)
    assert (seen[-1].files, seen[-1].file) == (6, 6)


def upload_of(documents: int) -> bytes:
    found = ({"doc_id": f"day {n}", "text": f"On day {n} the wind blew from {n} degrees."} for n in range(documents))
    return "".join(json.dumps(document) + "\n" for document in found).encode()


def test_an_upload_of_many_small_documents_says_how_far_it_is(library: Library) -> None:
    seen: list[Progress] = []

    library.add(upload_of(300), "days.jsonl", on_progress=seen.append)

    passages = [p.passages for p in seen]
    assert passages == sorted(passages)
    assert (passages[0], passages[-1]) == (0, 300)
    assert len(set(passages)) > 2


def test_an_upload_that_is_left_keeps_what_was_stored_whole(library: Library, embedder: FakeEmbedder) -> None:
    class LeftError(Exception):
        pass

    def leave(progress: Progress) -> None:
        if progress.source == "day 50":
            raise LeftError

    with pytest.raises(LeftError):
        library.add(upload_of(300), "days.jsonl", on_progress=leave)

    kept = library.documents()
    assert len(kept) == 51
    assert all(library.text(info.id).startswith(f"On {info.source} the wind") for info in kept)
    assert all(len(library.passage_spans(info.id)) == 1 for info in kept)
    assert len(embedder.embedded) < 200

    report = library.add(upload_of(300), "days.jsonl")
    assert counts(report) == (249, 0, 51, 0)
    assert library.search("wind on day 7").hits[0].document.source == "day 7"
    assert library.audit().findings == ()


def test_a_long_upload_is_left_between_two_calls_of_the_embedder(library: Library, embedder: FakeEmbedder) -> None:
    class LeftError(Exception):
        pass

    def leave(progress: Progress) -> None:
        if progress.passages:
            raise LeftError

    entries = "".join(f"# Day {n}\n\nOn day {n} the wind blew from {n} degrees.\n\n" for n in range(300))
    with pytest.raises(LeftError):
        library.add(entries.encode(), "log.md", on_progress=leave)

    assert 0 < len(embedder.embedded) < 200
    assert library.documents() == []


def test_a_path_that_does_not_exist_is_a_problem(library: Library, tmp_path: Path) -> None:
    report = library.ingest([tmp_path / "nowhere.txt"])

    assert counts(report) == (0, 0, 0, 0)
    assert "does not exist" in report.problems[0].reason


def test_one_file_is_named_by_its_name_alone(library: Library, notes: Path) -> None:
    library.ingest([notes / "boats" / "bell.md"])

    assert sources(library) == ["bell.md"]


def test_a_document_longer_than_a_batch_is_stored_whole(
    library: Library, tmp_path: Path, embedder: FakeEmbedder
) -> None:
    entries = [f"# Day {n}\n\nOn day {n} the wind blew from {n * 11} degrees.\n\n" for n in range(600)]
    (tmp_path / "log.md").write_text("".join(entries), "utf-8")
    (tmp_path / "zero.txt").write_text("Before the log there was nothing.", "utf-8")

    report = library.ingest([tmp_path / "log.md", tmp_path / "zero.txt"])

    assert (report.added, report.passages, len(embedder.embedded)) == (2, 601, 601)
    assert library.search("wind on day 599").hits[0].document.source == "log.md"
