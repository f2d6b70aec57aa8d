from pathlib import Path

import faiss
import numpy as np
import pytest

from rag.errors import IndexUnusableError
from rag.index import FaissIndex
from rag.records import Keys, Vectors

KEYS = np.arange(10, 210, dtype=np.int64)


@pytest.fixture
def vectors() -> Vectors:
    made = np.random.default_rng(3).normal(size=(len(KEYS), 24)).astype(np.float32)
    unit: Vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
    return unit


@pytest.fixture
def index(vectors: Vectors) -> FaissIndex:
    index = FaissIndex(24)
    index.add(KEYS, vectors)
    return index


def nearest(vectors: Vectors, vector: Vectors, keys: Keys) -> list[int]:
    """By numpy alone."""
    order = np.argsort(-(vectors[keys - 10] @ vector))
    return [int(key) for key in keys[order]]


def test_the_nearest_come_first_with_their_cosines(index: FaissIndex, vectors: Vectors) -> None:
    found = index.search(vectors[7], 5)

    assert found.keys == nearest(vectors, vectors[7], KEYS)[:5]
    np.testing.assert_allclose(found.scores, sorted(vectors @ vectors[7])[::-1][:5], atol=1e-6)


def test_only_the_allowed_are_found(index: FaissIndex, vectors: Vectors) -> None:
    allowed = KEYS[::7]

    assert index.search(vectors[3], 100, allowed).keys == nearest(vectors, vectors[3], allowed)
    assert index.search(vectors[3], 100, np.array([10**9])).keys == []
    assert index.search(vectors[3], 100, np.empty(0, np.int64)).keys == []


def test_asking_for_more_than_there_is_gives_all(index: FaissIndex, vectors: Vectors) -> None:
    assert sorted(index.search(vectors[0], 10_000).keys) == KEYS.tolist()
    assert FaissIndex(24).search(vectors[0], 5).keys == []


def test_what_was_removed_is_found_no_more(index: FaissIndex, vectors: Vectors) -> None:
    index.remove(np.array([17, 10**9]))

    assert 17 not in index.search(vectors[7], 10_000).keys
    assert index.keys().tolist() == [key for key in KEYS.tolist() if key != 17]


def test_removing_and_adding_leaves_the_same_answers(index: FaissIndex, vectors: Vectors) -> None:
    before = index.search(vectors[5], 50)

    index.remove(KEYS[::3])
    index.add(KEYS[::3], vectors[::3])

    assert index.search(vectors[5], 50) == before


def test_an_index_comes_back_from_its_file(index: FaissIndex, vectors: Vectors, tmp_path: Path) -> None:
    index.save(tmp_path / "vectors")

    again = FaissIndex.load(tmp_path / "vectors")

    assert again.keys().tolist() == KEYS.tolist()
    assert again.search(vectors[9], 50) == index.search(vectors[9], 50)


@pytest.mark.parametrize("content", [None, b"", b"no index", b"truncated"])
def test_a_missing_or_damaged_file_is_named(index: FaissIndex, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "vectors"
    if content is not None:
        index.save(path)
        path.write_bytes(path.read_bytes()[:-100] if content == b"truncated" else content)

    with pytest.raises(IndexUnusableError, match="vectors cannot be read"):
        FaissIndex.load(path)


def test_single_questions_are_searched_on_one_thread() -> None:
    assert faiss.omp_get_max_threads() == 1
