"""Ranks passages for a question by their vectors and their words together."""

from collections.abc import Sequence

import numpy as np

from rag.protocols import LexicalIndex, Ranking, VectorIndex
from rag.records import Hit, Keys, Scores, Stored, Vectors

CANDIDATES = 100
"""Taken from each index before fusion."""
DENSE_WEIGHT = 0.6
"""Of the cosine against BM25, both scaled to [0, 1]; rag/README.md shows the weights compared on five sets."""


def candidates(
    vectors: VectorIndex, lexical: LexicalIndex, vector: Vectors, question: str, allowed: Keys | None
) -> dict[int, Scores]:
    """Scores of the best passages of either index, by key: the cosine of each, BM25 of those best by it."""
    dense = vectors.search(vector, CANDIDATES, allowed)
    words = lexical.search(question, CANDIDATES, allowed)
    missing = np.setdiff1d(np.array(words.keys, np.int64), np.array(dense.keys, np.int64))
    rest = vectors.search(vector, len(missing), missing) if len(missing) else Ranking([], [])
    bm25 = dict(zip(words.keys, words.scores, strict=True))
    return {
        key: Scores(dense=cosine, lexical=bm25.get(key))
        for key, cosine in zip([*dense.keys, *rest.keys], [*dense.scores, *rest.scores], strict=True)
    }


def fuse(found: dict[int, Scores]) -> Ranking:
    """Candidates by the weighted sum of their scaled scores, in [0, 1]; equal scores in order of key.

    A convex combination of scores, each divided by the greatest of its kind (their least possible value that matters
    being 0), after Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023). It was better
    than reciprocal rank fusion, and than scaling from the least score found, on every set compared.
    """
    keys = list(found)
    dense = _scaled([found[key].dense for key in keys])
    lexical = _scaled([found[key].lexical for key in keys])
    fused = DENSE_WEIGHT * dense + (1 - DENSE_WEIGHT) * lexical
    order = sorted(range(len(keys)), key=lambda i: (-fused[i], keys[i]))
    return Ranking([keys[i] for i in order], [float(fused[i]) for i in order])


def _scaled(scores: Sequence[float | None]) -> Vectors:
    """Scores divided by the greatest, none and negative ones as 0; shape (len(scores),)."""
    filled = np.array([max(s or 0.0, 0.0) for s in scores], np.float32)
    scaled: Vectors = filled / max(float(filled.max(initial=0.0)), 1e-9)
    return scaled


def hits(ranking: Ranking, found: dict[int, Scores], stored: dict[int, Stored], vector: Vectors) -> list[Hit]:
    """The ranked passages that are still in the store, with the cosine of each of their sentences."""
    return [
        Hit(
            passage=stored[key].passage,
            document=stored[key].document,
            section=stored[key].section,
            page=stored[key].page,
            score=score,
            scores=found[key],
            sentence_cosines=tuple((stored[key].sentence_vectors @ vector).tolist()),
        )
        for key, score in zip(ranking.keys, ranking.scores, strict=True)
        if key in stored
    ]
