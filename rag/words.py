"""Cuts text into the stemmed words by which passages and sentences are matched."""

import re
import threading
from unicodedata import normalize

import Stemmer

from rag.hidden import without_hidden

_WORD = re.compile(r"[^\W_]+(?:[.,/][^\W_]+)*(?:['’][^\W_]+)?")
"""A word; figures and dates such as 33.59, 2016/17 and 1,204 stay whole, and are indexed in parts as well."""
_PARTS = re.compile(r"[^\W_]+")
STOP_WORDS = frozenset(
    "a about an and any are as at be been being but by can could did do does for from had has have having how i if in"
    " into is it its me my of on or our shall should so such than that the their them then there these they this those"
    " to us was we were what when where which while who whom whose why will with would you your".split()
)
"""Words that say how a question is asked rather than what it asks for."""


def terms(text: str) -> list[str]:
    """Stemmed words of a text, stop words left out, in order; the same however its accents are composed."""
    words: list[str] = []
    for word in _WORD.findall(normalize("NFC", without_hidden(text)).casefold()):
        if word in STOP_WORDS:
            continue
        if word.isalnum():
            words.append(word)
        else:
            words += _with_parts(word.replace("’", "'").removesuffix("'s"))
    stemmed: list[str] = _stemmer().stemWords(words)
    return stemmed


def _with_parts(word: str) -> list[str]:
    parts = _PARTS.findall(word)
    return [word, *parts] if len(parts) > 1 else [word] * (word not in STOP_WORDS)


_local = threading.local()


def _stemmer() -> Stemmer.Stemmer:
    # A stemmer keeps state while it works, so each thread has its own.
    found: Stemmer.Stemmer | None = getattr(_local, "stemmer", None)
    if found is None:
        found = _local.stemmer = Stemmer.Stemmer("english")
    return found
