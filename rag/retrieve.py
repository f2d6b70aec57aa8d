"""Ranks passages for a question by their vectors and their words together."""

from collections.abc import Sequence

import numpy as np

from rag.protocols import Keys, LexicalIndex, Ranking, VectorIndex, Vectors
from rag.records import Hit, Scores
from rag.store import Stored

CANDIDATES = 50
"""Taken from each index before fusion; deeper lists changed no answer on the sets in rag/README.md."""
DENSE_WEIGHT = 0.5
"""Of the cosine against BM25, both scaled to [0, 1] over the candidates; see rag/README.md for the weights compared."""


def candidates(
    vectors: VectorIndex, lexical: LexicalIndex, vector: Vectors, question: str, allowed: Keys | None
) -> dict[int, Scores]:
    """Scores of the best passages of either index, by key."""
    dense = vectors.search(vector, CANDIDATES, allowed)
    words = lexical.search(question, CANDIDATES, allowed)
    found = {key: Scores(dense=score) for key, score in zip(dense.keys, dense.scores, strict=True)}
    for key, score in zip(words.keys, words.scores, strict=True):
        found[key] = Scores(dense=found[key].dense if key in found else None, lexical=score)
    return found


def fuse(found: dict[int, Scores]) -> Ranking:
    """Candidates by the weighted sum of their scaled scores, in [0, 1]; equal scores in order of key.

    A convex combination of scores scaled by their least and greatest, after Bruch, Gai and Ingber, "An Analysis of
    Fusion Functions for Hybrid Retrieval" (2023). A passage that one index did not return counts as its least.
    """
    dense = _scaled([s.dense for s in found.values()])
    lexical = _scaled([s.lexical for s in found.values()], least=0.0)
    fused = DENSE_WEIGHT * dense + (1 - DENSE_WEIGHT) * lexical
    keys = list(found)
    order = sorted(range(len(keys)), key=lambda i: (-fused[i], keys[i]))
    return Ranking([keys[i] for i in order], [float(fused[i]) for i in order])


def _scaled(scores: Sequence[float | None], least: float | None = None) -> Vectors:
    """Scores scaled to [0, 1]; shape (len(scores),)."""
    known = [s for s in scores if s is not None]
    low = min(known, default=0.0) if least is None else least
    high = max(known, default=0.0)
    filled = np.array([low if s is None else s for s in scores], np.float32)
    scaled: Vectors = (filled - low) / (high - low) if high > low else np.ones_like(filled) * bool(known)
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
            scores=_with_cosine(found[key], stored[key], vector),
            sentence_cosines=tuple((stored[key].sentence_vectors @ vector).tolist()),
        )
        for key, score in zip(ranking.keys, ranking.scores, strict=True)
        if key in stored
    ]


def _with_cosine(scores: Scores, stored: Stored, vector: Vectors) -> Scores:
    return scores if scores.dense is not None else Scores(float(stored.vector @ vector), scores.lexical, scores.rerank)
