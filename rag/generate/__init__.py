"""Writes answers with an LLM that nobody trusts: asks it, and lets through what the passages bear out."""

from rag.generate.chat import ChatBackend
from rag.generate.configured import configured
from rag.generate.prove import Given, prove, read_given
from rag.generate.write import Desk, Run, warm_up, write

__all__ = ["ChatBackend", "Desk", "Given", "Run", "configured", "prove", "read_given", "warm_up", "write"]
