"""A circuit breaker: what failed several times in a row is left alone for a while, then tried by one call.

The libraries that have one (circuitbreaker and purgatory were read) let every call through once the while is
over, and take a call that was abandoned for a good one, or for a bad one.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rag.errors import LlmTimeoutError, LlmUnavailableError


@dataclass(slots=True)
class Breaker:
    """Stands between calls and a service that may be down; for the calls of one loop."""

    failures: int
    """So many in a row, and it is left alone."""
    rest_s: float
    """For so long."""
    clock: Callable[[], float] = time.monotonic
    _failed: int = 0
    _until: float = 0
    _probing: bool = False

    @contextmanager
    def call(self) -> Iterator[None]:
        """A block in which the service is asked; one that is abandoned says nothing about the service.

        Raises:
            LlmUnavailableError: It is being left alone.
        """
        probe = self._admitted()
        try:
            yield
        except (LlmUnavailableError, LlmTimeoutError):
            self._failed += 1
            self._until = self.clock() + self.rest_s
            raise
        else:
            self._failed = 0
        finally:
            self._probing = self._probing and not probe

    def _admitted(self) -> bool:
        """Whether this call is the one that tries again."""
        if self._failed < self.failures:
            return False
        left = self._until - self.clock()
        if left > 0 or self._probing:
            soon = f"in {left:.1f} s" if left > 0 else "when the call under way has ended"
            raise LlmUnavailableError(
                f"The LLM failed {self._failed} times in a row and is left alone; it is tried again {soon}."
            )
        self._probing = True
        return True
