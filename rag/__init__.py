"""Question answering over documents, in extracts that can be checked."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.errors import (
        IndexBusyError,
        IndexUnusableError,
        LoadError,
        ModelError,
        NotFoundError,
        RagError,
        SettingError,
    )
    from rag.library import Filters, Library, SearchResult, Status
    from rag.records import (
        DEFAULT_COLLECTION,
        AbstainedBecause,
        Answer,
        Audit,
        Citation,
        Claim,
        CollectionInfo,
        Disagreement,
        Document,
        DocumentInfo,
        Hit,
        IngestReport,
        OperatingPoint,
        Passage,
        Problem,
        Progress,
        QuoteCheck,
        Section,
        Turn,
    )
    from rag.store.feedback import RatedQuote, Rating, Thumb
    from rag.store.keys import ApiKey, ApiKeys
    from rag.support import CheckedSentence, PassageQuote, check_passages, split_reply

__all__ = [
    "DEFAULT_COLLECTION",
    "AbstainedBecause",
    "Answer",
    "ApiKey",
    "ApiKeys",
    "Audit",
    "CheckedSentence",
    "Citation",
    "Claim",
    "CollectionInfo",
    "Disagreement",
    "Document",
    "DocumentInfo",
    "Filters",
    "Hit",
    "IndexBusyError",
    "IndexUnusableError",
    "IngestReport",
    "Library",
    "LoadError",
    "ModelError",
    "NotFoundError",
    "OperatingPoint",
    "Passage",
    "PassageQuote",
    "Problem",
    "Progress",
    "QuoteCheck",
    "RagError",
    "RatedQuote",
    "Rating",
    "SearchResult",
    "Section",
    "SettingError",
    "Status",
    "Thumb",
    "Turn",
    "check_passages",
    "split_reply",
]

if not TYPE_CHECKING:
    _HOMES = ("rag.errors", "rag.records", "rag.store.keys", "rag.store.feedback", "rag.library", "rag.support")

    def __getattr__(name: str) -> object:
        """A public name, imported when it is first asked for: who asks a service needs neither model nor index."""
        if name in __all__:
            homes = (import_module(home) for home in _HOMES)
            return next(getattr(home, name) for home in homes if hasattr(home, name))
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
