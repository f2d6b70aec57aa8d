"""Every error this package raises on purpose, named by what the caller can do about it.

RagError
├── LoadError           a source cannot be read: mend it or leave it out
├── IndexBusyError      another process is writing: wait for it
├── IndexUnusableError  the index cannot be used as it is: rebuild it as the message says
├── ModelError          the embedding model cannot be had: install it or name another
├── SettingError        a setting has a wrong value: correct it
├── LlmUnavailableError the LLM does not answer as it should: the extracts stand without it
├── LlmTimeoutError     the LLM does not answer in time: likewise
└── NotFoundError       no such document or collection
"""


class RagError(Exception):
    """Root of all; the message says what was found, what was expected and what to do."""


class LoadError(RagError):
    """A source cannot be read as a document."""


class IndexBusyError(RagError):
    """Another process holds the index for writing."""


class IndexUnusableError(RagError):
    """The index cannot be used by this program as it is."""


class ModelError(RagError):
    """The embedding model cannot be loaded or exported."""


class SettingError(RagError):
    """A setting has a wrong value."""


class NotFoundError(RagError):
    """No such document or collection."""


class LlmUnavailableError(RagError):
    """The LLM cannot be reached, refuses, breaks off or does not speak its protocol."""


class LlmTimeoutError(RagError):
    """The LLM did not end its reply by the deadline, or would not have."""
