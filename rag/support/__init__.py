"""Says of each sentence of a text whether quotes bear it out: what stands in them, and what does not. English only.

`check.py` takes a text apart, `evidence.py` reads the passages, `claim.py` finds the sentences that hold most of a
claim, `conflicts.py` has the rules by which they still do not bear it out, `doubts.py` what leaves that open (small
words in `nuance.py`, figures in `amounts.py`), and `score.py` puts these together.
"""

from rag.support.check import (
    PASSAGES_CHECKED,
    CheckedSentence,
    PassageQuote,
    check_documents,
    check_passages,
    checked_sentences,
    is_checkable,
    is_led,
    quoted,
    split_reply,
)
from rag.support.evidence import Evidence, Passage
from rag.support.score import Score, score

__all__ = [
    "PASSAGES_CHECKED",
    "CheckedSentence",
    "Evidence",
    "Passage",
    "PassageQuote",
    "Score",
    "check_documents",
    "check_passages",
    "checked_sentences",
    "is_checkable",
    "is_led",
    "quoted",
    "score",
    "split_reply",
]
