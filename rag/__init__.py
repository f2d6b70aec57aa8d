"""Question answering over documents, in extracts that can be checked."""

from rag.errors import (
    IndexBusyError,
    IndexUnusableError,
    LoadError,
    ModelError,
    NotFoundError,
    RagError,
    SettingError,
)
from rag.library import DEFAULT_COLLECTION, Filters, Library, SearchResult, Status
from rag.records import (
    Answer,
    Citation,
    Claim,
    Document,
    DocumentInfo,
    Hit,
    IngestReport,
    Passage,
    Problem,
    Progress,
    QuoteCheck,
    Section,
)

__all__ = [
    "DEFAULT_COLLECTION",
    "Answer",
    "Citation",
    "Claim",
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
    "Passage",
    "Problem",
    "Progress",
    "QuoteCheck",
    "RagError",
    "SearchResult",
    "Section",
    "SettingError",
    "Status",
]
