"""Keeps for a moment what costs work to find out, for routes that anybody may ask as often as they like."""

from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import TypeVar

KEPT_S = 1.0
"""Far less than probes and scrapes are apart (ten seconds and more), and one piece of work a second is a small load."""
T = TypeVar("T")


def kept(work: Callable[[], T], clock: Callable[[], float] = monotonic, for_s: float = KEPT_S) -> Callable[[], T]:
    """What tells the result of the work, found out anew once the last one is `for_s` seconds old.

    It may be called from several threads: one works, the others wait for it. An error is raised and not kept.
    """
    lock = Lock()
    found: list[tuple[float, T]] = []

    def tell() -> T:
        with lock:
            if not found or clock() - found[0][0] >= for_s:
                result = work()
                found[:] = [(clock(), result)]
            return found[0][1]

    return tell
