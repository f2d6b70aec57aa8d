"""What the sender of a request may do: set once by the key check, asked for by every route."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Scope

from server.wire import Json, without_scores


@dataclass(frozen=True, slots=True)
class Access:
    """What a key allows."""

    key: str = ""
    """Its id; empty where the service has no keys."""
    collections: tuple[str, ...] | None = None
    """`None` for all."""
    write: bool = True
    """Whether it may upload, delete, and make and drop collections."""
    browser: bool = False
    """Whether it lies open in a page: then no scores are told."""

    def sees(self, collection: str) -> bool:
        """Whether it may know of a collection."""
        return self.collections is None or collection in self.collections


EVERYTHING = Access()
"""Of whoever asks a service without keys, which only this machine reaches."""


def grant(scope: Scope, access: Access) -> None:
    """Keep with a request what its sender may do."""
    scope.setdefault("state", {})["access"] = access


def access_in(scope: Scope) -> Access:
    """What was kept with a request, everything if nothing was."""
    found: Access = scope.get("state", {}).get("access", EVERYTHING)
    return found


def access_of(request: Request) -> Access:
    """What the sender may do."""
    return access_in(request.scope)


def as_allowed(request: Request, reply: Json) -> Json:
    """A reply as the sender may have it: without scores where the key is one for browsers."""
    return without_scores(reply) if access_of(request).browser else reply


def check_access(request: Request, collection: str, write: bool = False) -> None:
    """Nothing where the sender may read a collection, or with `write` change it.

    Raises:
        HTTPException: The key does not allow it (403).
    """
    access = access_of(request)
    if not access.sees(collection):
        raise HTTPException(403, f"This key does not open the collection {collection!r}.")
    if write and not access.write:
        raise HTTPException(403, "This key may read, not change.")
