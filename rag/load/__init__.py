"""Finds files, and turns each into a document with text, sections and pages, or into a problem that says why not."""

from rag.load.files import Found, find
from rag.load.formats import JSON_LINES, SUPPORTED, suffix_of, unsupported
from rag.load.loader import Loader, document_id

__all__ = ["JSON_LINES", "SUPPORTED", "Found", "Loader", "document_id", "find", "suffix_of", "unsupported"]
