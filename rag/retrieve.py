"""Ranks passages for a question by their vectors and their words together."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rag.protocols import LexicalIndex, Ranking, VectorIndex
from rag.records import Hit, Keys, Scores, Stored, Vectors

CANDIDATES = 100
"""Taken from each index before fusion."""
DENSE_WEIGHT = 0.6
"""Of the cosine against BM25, both scaled to [0, 1]; rag/README.md shows the weights compared on five sets."""


class Fused(NamedTuple):
    """A passage with the score that ranks it, in [0, 1], and what that was made of."""

    key: int
    score: float
    dense: float
    lexical: float


class Candidates(NamedTuple):
    """Passages that either index found, with both scores; arrays of one length, in no order."""

    keys: Keys
    dense: Vectors
    """Cosine of question and passage."""
    lexical: Vectors
    """BM25; NaN for a passage that is not among the best by it."""


def candidates(
    vectors: VectorIndex, lexical: LexicalIndex, vector: Vectors, question: str, allowed: Keys | None
) -> Candidates:
    """The best passages of either index, with the cosine of each, and BM25 of those best by it."""
    dense = _best(vectors.search(vector, CANDIDATES + 1, allowed))
    words = _best(lexical.search(question, CANDIDATES + 1, allowed))
    known = set(dense.keys)
    missing = [key for key in words.keys if key not in known]
    rest = vectors.search(vector, len(missing), np.array(missing, np.int64)) if missing else Ranking([], [])
    keys = dense.keys + rest.keys
    bm25 = dict(zip(words.keys, words.scores, strict=True))
    return Candidates(
        np.array(keys, np.int64),
        np.array(dense.scores + rest.scores, np.float32),
        np.array([bm25.get(key, math.nan) for key in keys], np.float32),
    )


def _best(ranking: Ranking) -> Ranking:
    """The candidates, without those that are no better than the first beyond.

    An index cuts equals apart in an order of its own, which would make an answer depend on the order of ingest. Only
    where all are equal, it has to do.
    """
    if len(ranking.keys) <= CANDIDATES:
        return ranking
    beyond = ranking.scores[CANDIDATES]
    kept = sum(score > beyond for score in ranking.scores) or CANDIDATES
    return Ranking(ranking.keys[:kept], ranking.scores[:kept])


def fuse(found: Candidates) -> list[Fused]:
    """Candidates by the weighted sum of their scaled scores, in [0, 1]; equal scores in order of cosine, then of key.

    A convex combination of scores, each divided by the greatest of its kind (their least possible value that matters
    being 0), after Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023). It was better
    than reciprocal rank fusion, and than scaling from the least score found, on every set compared.
    """
    fused = DENSE_WEIGHT * _scaled(found.dense) + (1 - DENSE_WEIGHT) * _scaled(found.lexical)
    order = np.lexsort((found.keys, -found.dense, -fused))
    columns = (column[order].tolist() for column in (found.keys, fused, found.dense, found.lexical))
    return [Fused(*row) for row in zip(*columns, strict=True)]


def _scaled(scores: Vectors) -> Vectors:
    """Scores divided by the greatest, none and negative ones as 0."""
    filled = np.fmax(scores, np.float32(0.0))
    greatest = max(float(filled.max(initial=0.0)), 1e-9)
    return np.divide(filled, greatest, dtype=np.float32)


def hits(ranking: Sequence[Fused], stored: dict[int, Stored], vector: Vectors) -> list[Hit]:
    """The ranked passages that are still in the store, with the cosine of each of their sentences.

    Equal ones stand in order of source and place: keys tell only which was ingested first.
    """
    found = [
        Hit(
            passage=stored[fused.key].passage,
            document=stored[fused.key].document,
            section=stored[fused.key].section,
            page=stored[fused.key].page,
            score=fused.score,
            scores=Scores(dense=fused.dense, lexical=None if math.isnan(fused.lexical) else fused.lexical),
            sentence_cosines=tuple((stored[fused.key].sentence_vectors @ vector).tolist()),
            sentence_words=stored[fused.key].words,
        )
        for fused in ranking
        if fused.key in stored
    ]
    return sorted(found, key=lambda h: (-h.score, -(h.scores.dense or 0.0), h.document.source, h.passage.start))
