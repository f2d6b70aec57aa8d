"""Notices where two sources say different things of what was asked: other figures, other dates, opposed views.

`pairs.py` finds two sentences that speak of the same thing, `figures.py` and `views.py` have the rules by which they
differ, `clauses.py` cuts sentences into what is compared. English only.
"""

from rag.disagree.pairs import Differing, differing

__all__ = ["Differing", "differing"]
