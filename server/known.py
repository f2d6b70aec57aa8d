"""Tells a collection that is not there from one that holds nothing."""

from rag import DEFAULT_COLLECTION, Library, NotFoundError


def check_collection(library: Library, collection: str) -> None:
    """Passes the default collection and every other that holds documents.

    Raises:
        NotFoundError: There is no such collection.
    """
    if collection != DEFAULT_COLLECTION and collection not in library.store.documents.collections():
        raise NotFoundError(f"There is no collection {collection!r}.")
