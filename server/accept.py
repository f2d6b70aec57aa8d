"""Reads the `Accept` header of a request."""

from collections.abc import Mapping


def accepted(header: str) -> dict[str, float]:
    """How welcome each media type or range is that the header names, from 0, not at all, to 1.

    A weight that is no number from 0 to 1 counts as 1, as if it were not there.
    """
    found = {}
    for part in header.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if kind:
            found[kind] = next((_weight(one[2:]) for one in parameters if one.startswith("q=")), 1.0)
    return found


def welcome(accepts: Mapping[str, float], kind: str) -> float:
    """How welcome a media type is: what the narrowest range that holds it says (RFC 9110, section 12.5.1)."""
    ranges = (kind, f"{kind.partition('/')[0]}/*", "*/*")
    return next((accepts[one] for one in ranges if one in accepts), 0.0)


def _weight(given: str) -> float:
    try:
        weight = float(given)
    except ValueError:
        return 1.0
    return weight if 0 <= weight <= 1 else 1.0
