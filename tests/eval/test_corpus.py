import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eval.corpus import ingested
from rag import Library, Progress
from tests.rag.fakes import NOTES, fake_library, write_notes

LINES: tuple[dict[str, object], ...] = (
    {"_id": "d1", "title": "Ferry", "text": "It leaves at nine.", "metadata": {}},
    {"_id": 2, "title": "Only a title", "text": ""},
    {"_id": "d3", "title": None, "text": "No title\u2028here.\n"},
    {"_id": "d4", "title": "", "text": " "},
)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with closing(fake_library(tmp_path / "index")) as library:
        yield library


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return write_notes(tmp_path / "notes")


def jsonl(path: Path, *lines: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    text = "\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
    path.write_text(text + "\n", "utf-8")
    return path


def texts(library: Library) -> dict[str, str]:
    return {info.source: library.text(info.id) for info in library.documents()}


def test_a_folder_is_ingested_as_it_is(library: Library, notes: Path, tmp_path: Path) -> None:
    told: list[Progress] = []

    ingested(library, [notes], tmp_path / "scratch", told.append)

    assert texts(library) == NOTES
    assert told


def test_documents_of_the_contract_are_ingested_as_they_are(library: Library, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "docs.jsonl", {"doc_id": "a/1", "title": "T", "text": 'With "_id" in it.'})

    ingested(library, [path], tmp_path / "scratch")

    assert texts(library) == {"a/1": 'With "_id" in it.'}
    assert not (tmp_path / "scratch").exists()


def test_a_corpus_of_beir_is_ingested_by_its_ids_and_an_empty_text_gives_way_to_the_title(
    library: Library, tmp_path: Path
) -> None:
    ingested(library, [jsonl(tmp_path / "corpus.jsonl", "", *LINES, "")], tmp_path / "scratch")

    assert texts(library) == {"d1": "It leaves at nine.", "2": "Only a title", "d3": "No title\u2028here.\n"}


def test_two_corpora_of_one_name_are_both_ingested(library: Library, tmp_path: Path) -> None:
    paths = [jsonl(tmp_path / name / "corpus.jsonl", {"_id": name, "text": f"In {name}."}) for name in ("a", "b")]

    ingested(library, paths, tmp_path / "scratch")

    assert texts(library) == {"a": "In a.", "b": "In b."}


@pytest.mark.parametrize("bad", ["{broken", "[1]", '{"text": "no id"}', "[" * 100_000])
def test_a_line_that_is_no_document_of_beir_is_named(library: Library, tmp_path: Path, bad: str) -> None:
    with pytest.raises(ValueError, match=r"corpus\.jsonl line 2 is no document of BEIR"):
        ingested(library, [jsonl(tmp_path / "corpus.jsonl", LINES[0], bad)], tmp_path / "scratch")


def test_a_line_of_beir_whose_text_is_no_string_is_remarked(library: Library, tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", LINES[0], {"_id": "x", "text": 3})

    (remark,) = ingested(library, [corpus], tmp_path / "scratch")

    assert "corpus.jsonl line 2" in remark


def test_a_corpus_that_is_not_there_is_named_before_anything_is_ingested(
    library: Library, notes: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"There is no .*gone"):
        ingested(library, [notes, tmp_path / "gone"], tmp_path)

    assert library.documents() == []


def test_files_that_cannot_be_read_are_left_out_and_remarked(library: Library, notes: Path, tmp_path: Path) -> None:
    (notes / "bad.txt").write_bytes(b"\0" * 99)
    (notes / "worse.txt").write_bytes(b"")

    (remark,) = ingested(library, [notes], tmp_path / "scratch")

    assert remark.startswith("2 sources of the corpus could not be read, the first bad.txt: ")
    assert texts(library) == NOTES


def test_a_corpus_of_which_nothing_can_be_read_is_refused(library: Library, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "bad.txt").write_bytes(b"\0" * 99)

    with pytest.raises(ValueError, match=r"Nothing of the corpus .*bad can be read: bad\.txt: "):
        ingested(library, [tmp_path / "bad"], tmp_path / "scratch")


def test_a_corpus_without_a_document_is_refused(library: Library, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(ValueError, match=r"empty can be read: it holds no document\."):
        ingested(library, [tmp_path / "empty"], tmp_path / "scratch")


def test_a_corpus_that_is_whole_needs_no_remark(library: Library, notes: Path, tmp_path: Path) -> None:
    assert ingested(library, [notes], tmp_path / "scratch") == ()
