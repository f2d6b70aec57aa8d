"""Reads English.

`wording.py` has stems, opposites and lists of words, `reading.py` words and what denies them, `facts.py` figures, dates
and names.
"""
