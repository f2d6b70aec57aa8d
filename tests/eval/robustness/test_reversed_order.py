import json
from contextlib import closing
from pathlib import Path

import pytest

from eval.corpus import ingested
from eval.robustness.reversed_order import ingested_reversed
from rag import Library
from tests.rag.fakes import fake_library, write_notes


def texts(library: Library) -> dict[str, str]:
    return {info.source: library.text(info.id) for info in library.documents()}


@pytest.fixture
def corpora(tmp_path: Path) -> list[Path]:
    lines = tmp_path / "lines.jsonl"
    documents = [{"doc_id": f"n/{n}", "title": f"Number {n}", "text": f"This is number {n}."} for n in range(3)]
    lines.write_text("\n".join(json.dumps(one) for one in documents), "utf-8")
    single = tmp_path / "single.txt"
    single.write_text("A file that was named itself.", "utf-8")
    return [write_notes(tmp_path / "notes"), lines, single]


def test_the_same_documents_come_in_under_the_same_names(corpora: list[Path], tmp_path: Path) -> None:
    with closing(fake_library(tmp_path / "a")) as forwards, closing(fake_library(tmp_path / "b")) as backwards:
        ingested(forwards, corpora, tmp_path)
        ingested_reversed(backwards, corpora, tmp_path / "laid out")

        assert texts(backwards) == texts(forwards)
        assert len(texts(forwards)) == 10


def test_they_come_in_the_other_way_round(corpora: list[Path], tmp_path: Path) -> None:
    with closing(fake_library(tmp_path / "a")) as forwards, closing(fake_library(tmp_path / "b")) as backwards:
        ingested(forwards, corpora, tmp_path)
        ingested_reversed(backwards, corpora, tmp_path / "laid out")

        assert order(backwards) == order(forwards)[::-1]


def order(library: Library) -> list[str]:
    """Sources by the order in which they were stored."""
    keyed = {key: found.document.source for key, found in library.store.passages.get(keys(library)).items()}
    return list(dict.fromkeys(keyed[key] for key in sorted(keyed)))


def keys(library: Library) -> list[int]:
    return [int(key) for key in library.store.passages.keys("default")]


def test_of_very_many_files_several_come_together(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(7):
        (folder / f"{n:02}.txt").write_text(f"Note number {n}.", "utf-8")

    with closing(fake_library(tmp_path / "index")) as library:
        ingested_reversed(library, [folder], tmp_path / "laid out", most_ingests=3)

        assert [info.source for info in library.documents()] == [f"{n:02}.txt" for n in range(7)]
        assert order(library)[:4] == ["04.txt", "05.txt", "06.txt", "01.txt"]


def test_a_corpus_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "bad.txt").write_bytes(b"\0" * 99)

    with (
        closing(fake_library(tmp_path / "index")) as library,
        pytest.raises(ValueError, match=r"bad\.txt"),
    ):
        ingested_reversed(library, [tmp_path / "bad"], tmp_path / "laid out")
