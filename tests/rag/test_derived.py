import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rag import Hit, Library
from rag.derived import bring_in_step, in_step, load, manifest_stamp
from rag.errors import IndexUnusableError

QUESTIONS = (
    "When does the ferry leave?",
    "What did dredging cost in 2016/17?",
    "Who buys lantern oil?",
    "fog bell 1788",
)


@pytest.fixture
def library(stocked: Library) -> Library:
    return stocked


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index" / "search" / "default"


def found(library: Library) -> list[tuple[Hit, ...]]:
    return [library.search(question).hits for question in QUESTIONS]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [truncate, flip, empty, Path.unlink])
@pytest.mark.parametrize(
    "name",
    ["vectors.faiss", "manifest.json", "lexical/meta.json", *(f"lexical/*.{s}" for s in ("term", "idx", "fast"))],
)
def test_a_damaged_file_heals_and_finds_the_same_as_before(
    library: Library, folder: Path, make_library: Callable[..., Library], name: str, damage: Callable[[Path], None]
) -> None:
    before = found(library)
    files = list(folder.glob(name))
    assert files
    for file in files:
        damage(file)

    again = make_library()

    assert found(again) == before
    assert again.status().healthy


@pytest.mark.parametrize("content", ["[]", "{}", "null", '{"files": 3}', '{"files": {"no": "such"}}', "\udcff"])
def test_a_manifest_of_something_else_heals(
    library: Library, folder: Path, make_library: Callable[..., Library], content: str
) -> None:
    before = found(library)
    (folder / "manifest.json").write_text(content, "utf-8", "surrogateescape")

    assert found(make_library()) == before


@pytest.mark.parametrize("gone", ["search", "search/default", "search/default/lexical"])
def test_a_deleted_folder_heals_even_while_it_is_open(library: Library, gone: str) -> None:
    before = found(library)

    shutil.rmtree(library.index / gone)

    assert found(library) == before


def test_a_folder_of_another_index_heals(
    library: Library, folder: Path, make_library: Callable[..., Library], tmp_path: Path
) -> None:
    before = found(library)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.txt").write_text("The ferry is another one, and sails at four.")
    other = make_library(tmp_path / "elsewhere")
    other.ingest([tmp_path / "other"])
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "elsewhere" / "search" / "default", folder)

    assert found(make_library()) == before


def test_a_folder_from_before_the_last_changes_heals(
    folder: Path, make_library: Callable[..., Library], notes: Path, tmp_path: Path
) -> None:
    library = make_library()
    library.ingest([notes])
    shutil.copytree(folder, tmp_path / "old")
    (notes / "ferry.txt").write_text("The ferry leaves at seven now.")
    (notes / "boats" / "rope.txt").unlink()
    library.ingest([notes], prune=True)
    after = found(library)
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "old", folder)

    assert found(make_library()) == after


def test_nothing_is_written_when_all_is_in_step(library: Library, folder: Path) -> None:
    stamp = manifest_stamp(folder)

    bring_in_step(folder, library.store, "default", 64)

    assert manifest_stamp(folder) == stamp


def test_words_that_were_removed_do_not_change_scores(
    make_library: Callable[..., Library], notes: Path, tmp_path: Path
) -> None:
    library = make_library()
    for n in range(30):
        (notes / f"more{n}.txt").write_text(f"The ferry and the lantern and the dredging bill, told again, number {n}.")
    library.ingest([notes])
    for n in range(30):
        (notes / f"more{n}.txt").unlink()
    library.ingest([notes], prune=True)

    fresh = make_library(tmp_path / "fresh")
    fresh.ingest([notes])

    assert [[(h.scores, h.document) for h in hits] for hits in found(library)] == [
        [(h.scores, h.document) for h in hits] for hits in found(fresh)
    ]


def test_large_indexes_remove_words_one_by_one(library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.derived._REBUILD_BELOW", 0)
    (gone,) = (info.id for info in library.documents() if info.source == "ferry.txt")

    library.remove([gone])

    assert in_step(load(folder, library.store), library.store, "default")
    assert load(folder, library.store).lexical.search("ferry", 9).keys == []


def test_the_manifest_names_every_file(library: Library, folder: Path) -> None:
    library.search("ferry")

    named = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
    there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and not p.name.endswith(".lock")}

    assert there == {*named, "manifest.json"}


def test_an_index_that_is_not_there_is_named(library: Library, tmp_path: Path) -> None:
    with pytest.raises(IndexUnusableError, match="missing or damaged"):
        load(tmp_path, library.store)


def test_an_index_holds_exactly_the_stores_keys(library: Library, folder: Path) -> None:
    generation = load(folder, library.store)

    assert np.array_equal(generation.keys, library.store.passages.keys("default"))
    assert len(generation.lexical) == len(generation.keys)
