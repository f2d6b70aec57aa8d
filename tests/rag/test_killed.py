"""A process that is killed while it writes leaves documents whole, and an index that heals."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from random import Random
from time import perf_counter, sleep

import numpy as np
import pytest

from rag import Library
from rag.ingest import shared_edges
from rag.split import split
from tests.rag.fakes import FakeEmbedder, fake_library
from tests.rag.killed_driver import DOCUMENTS, text

KILLS = int(os.environ.get("RAG_KILLS", "15"))
ROUNDS = 2
"""Of writing and removing, within which a process is killed; how long they take is measured, since machines differ."""
ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(60 + 10 * KILLS)
def test_a_killed_process_leaves_whole_documents_and_an_index_that_heals(tmp_path: Path) -> None:
    index, folder = tmp_path / "index", tmp_path / "documents"
    folder.mkdir()
    chance = Random(2026)
    stored = 0
    longest_s = ROUNDS * _round_s(tmp_path)

    for kill in range(KILLS):
        _run_and_kill(index, folder, kill * 1000, chance.uniform(0, longest_s))
        with closing(fake_library(index)) as library:
            stored += _assert_documents_are_whole(library)
            _assert_it_answers(library, chance)
            _assert_indexes_agree(library)

    assert stored > 0
    _assert_same_answers_as_never_killed(index, folder, tmp_path / "fresh")


def _round_s(tmp_path: Path) -> float:
    """Seconds of a process's first round."""
    (tmp_path / "timed").mkdir()
    command = [sys.executable, "-m", "tests.rag.killed_driver", str(tmp_path / "index0"), str(tmp_path / "timed"), "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        begin = perf_counter()
        assert process.stdout.readline() == "round\n"
        process.kill()
        return perf_counter() - begin


def _run_and_kill(index: Path, folder: Path, turn: int, seconds: float) -> None:
    command = [sys.executable, "-m", "tests.rag.killed_driver", str(index), str(folder), str(turn)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        sleep(seconds)
        assert process.poll() is None, "it ended before it was killed"
        process.kill()


def _assert_documents_are_whole(library: Library) -> int:
    db = library.store.database.connection
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    embedder = FakeEmbedder()
    shared = shared_edges(library.store, "default")
    for info in library.documents():
        found = library.store.documents.restore("default", info.id)
        assert sha256(found.text.encode()).hexdigest() == info.sha256
        assert len(found.text) == info.characters
        keys = library.store.passages.keys_of("default", [info.id], None)
        passages = [stored.passage for stored in library.store.passages.get(keys.tolist()).values()]
        assert len(passages) == info.passages
        assert all(found.text[p.start : p.end] == p.text for p in passages)
        cuts = [
            split(found, embedder.count, embedder.limit, edges) for edges in (shared, frozenset[str](), _edges(library))
        ]
        assert any(list(cut.passages) == passages for cut in cuts)
    return len(library.documents())


def _edges(library: Library) -> frozenset[str]:
    return library.store.documents.shared_edges("default", 3)


def _assert_it_answers(library: Library, chance: Random) -> None:
    for info in chance.sample(library.documents(), min(3, len(library.documents()))):
        answer = library.ask(library.text(info.id)[-90:])
        assert answer.hits
        assert all(library.document(hit.document.id) == hit.document for hit in answer.hits)
        assert all(check.status == "valid" for claim in answer.claims for check in library.verify(claim.citations))


def _assert_indexes_agree(library: Library) -> None:
    generation = library._generations.current("default")
    truth = library.store.passages.keys("default")
    assert np.array_equal(generation.vectors.keys(), truth)
    assert len(generation.lexical) == len(truth)
    for key, stored in library.store.passages.get(truth.tolist()).items():
        assert generation.lexical.search(stored.passage.text, 1, np.array([key])).keys == [key]
    assert library.status().healthy or not len(truth)


def _assert_same_answers_as_never_killed(index: Path, folder: Path, fresh: Path) -> None:
    for number in range(DOCUMENTS):
        (folder / f"{number:02}.txt").write_text(text(number, 1), "utf-8")
    assert list(_answers(index, folder)) == list(_answers(fresh, folder))


def _answers(index: Path, folder: Path) -> Iterator[tuple[object, ...]]:
    with closing(fake_library(index)) as library:
        report = library.ingest([folder], prune=True)
        assert [p for p in report.problems if p.fatal] == []
        for number in range(0, DOCUMENTS, 4):
            answer = library.ask(f"How many crates did berth {number} take from vessel v{number}x1?")
            yield answer.status, answer.claims, answer.hits, answer.confidence
