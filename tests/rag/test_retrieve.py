import math
from random import Random

import numpy as np
import pytest

from rag.protocols import Ranking
from rag.records import Keys, Scores, Stored, Vectors
from rag.retrieve import CANDIDATES, Candidates, candidates, fuse, hits
from tests.rag.hits import hit


class Listed:
    """An index of either kind that gives what it was told to."""

    def __init__(self, scores: dict[int, float], shown: int = CANDIDATES + 1) -> None:
        self._scores = scores
        self._shown = shown

    def search(self, _: object, limit: int, allowed: Keys | None = None) -> Ranking:
        keys = [key for key in self._scores if allowed is None or key in allowed][: min(limit, self._shown)]
        return Ranking(keys, [self._scores[key] for key in keys])

    def add(self, keys: Keys, _: object) -> None:
        raise NotImplementedError

    def remove(self, keys: Keys) -> None:
        raise NotImplementedError

    def rarity(self, question: str) -> dict[str, float]:
        return {question: 1.0}


VECTOR: Vectors = np.array([1, 0], np.float32)


def found(dense: dict[int, float], words: dict[int, float], allowed: Keys | None = None) -> Candidates:
    return candidates(Listed(dense), Listed(words), VECTOR, "a question", allowed)


def test_passages_of_both_indexes_are_candidates_with_both_scores() -> None:
    made = found({1: 0.9, 2: 0.5}, {2: 7.0})

    assert made.keys.tolist() == [1, 2]
    np.testing.assert_allclose(made.dense, [0.9, 0.5])
    np.testing.assert_array_equal(made.lexical, [math.nan, 7.0])


def test_passages_found_by_words_alone_get_their_cosine_too() -> None:
    vectors = Listed({1: 0.9, 2: 0.5, 3: 0.1}, shown=1)

    made = candidates(vectors, Listed({3: 4.0}), VECTOR, "a question", None)

    assert made.keys.tolist() == [1, 3]
    np.testing.assert_allclose(made.dense, [0.9, 0.1])


def test_only_the_allowed_are_candidates() -> None:
    assert found({1: 0.9, 2: 0.5}, {1: 3.0, 2: 7.0}, np.array([2])).keys.tolist() == [2]


def test_fused_scores_descend_within_zero_and_one() -> None:
    chance = Random(11)
    for _ in range(50):
        dense = {key: chance.uniform(-1, 1) for key in chance.sample(range(99), 20)}
        made = fuse(found(dense, {key: chance.uniform(0, 30) for key in chance.sample(sorted(dense), 9)}))

        scores = [one.score for one in made]
        assert scores == sorted(scores, reverse=True)
        assert 0 <= min(scores) <= max(scores) <= 1 + 1e-6


def test_what_is_better_by_both_scores_comes_first() -> None:
    assert [one.key for one in fuse(found({5: 0.3, 6: 0.8}, {5: 2.0, 6: 9.0}))] == [6, 5]


def test_either_score_alone_decides_where_the_other_is_equal() -> None:
    assert [one.key for one in fuse(found({5: 0.3, 6: 0.8}, {}))] == [6, 5]
    assert [one.key for one in fuse(found({5: 0.8, 6: 0.8}, {6: 1.0}))] == [6, 5]


def test_equal_scores_stand_in_order_of_key() -> None:
    assert [one.key for one in fuse(found({9: 0.5, 3: 0.5, 6: 0.5}, {}))] == [3, 6, 9]


def test_nothing_found_fuses_to_nothing() -> None:
    assert fuse(found({}, {})) == []


@pytest.mark.parametrize("dense", [-0.5, 0.0])
def test_scores_that_are_not_positive_make_no_trouble(dense: float) -> None:
    assert [one.score for one in fuse(found({1: dense, 2: dense}, {}))] == [0, 0]


def test_hits_carry_both_scores_and_the_cosine_of_each_sentence() -> None:
    example = hit("Boats float well. Some boats sink.")
    stored = Stored(
        key=4,
        passage=example.passage,
        document=example.document,
        section=example.section,
        page=2,
        sentence_vectors=np.array([[1, 0], [0.6, 0.8]], np.float32),
        words=example.sentence_words,
    )

    (made,) = hits(fuse(found({4: 0.7, 5: 0.6}, {5: 1.0})), {4: stored}, VECTOR)

    assert made.sentence_cosines == pytest.approx((1.0, 0.6))
    assert made.scores == Scores(dense=float(np.float32(0.7)))
    assert (made.page, made.passage, made.sentence_words) == (2, example.passage, example.sentence_words)


def test_passages_that_are_gone_from_the_store_are_no_hits() -> None:
    assert hits(fuse(found({4: 0.7}, {})), {}, VECTOR) == []


COSINES = {key: 1 - key / 1000 for key in range(CANDIDATES * 2)}


def scored(candidates: Candidates) -> set[int]:
    """Keys that have a lexical score."""
    pairs = zip(candidates.keys, candidates.lexical, strict=True)
    return {int(key) for key, score in pairs if not np.isnan(score)}


def test_equals_at_the_last_place_are_all_left_out_so_that_their_order_cannot_matter() -> None:
    better = dict.fromkeys(range(CANDIDATES - 5), 2.0)
    equals = range(CANDIDATES - 5, CANDIDATES + 5)

    one = found(COSINES, better | dict.fromkeys(equals, 1.0))
    other = found(COSINES, better | dict.fromkeys(reversed(equals), 1.0))

    assert scored(one) == scored(other) == set(better)


def test_where_all_are_equal_some_are_looked_at_all_the_same() -> None:
    assert len(scored(found(COSINES, dict.fromkeys(range(CANDIDATES * 2), 1.0)))) == CANDIDATES
