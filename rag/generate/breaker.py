"""A circuit breaker: what failed several times in a row is left alone for a while, then tried by one call.

The libraries that have one (circuitbreaker and purgatory were read) let every call through once the while is
over, and take a call that was abandoned for a good one, or for a bad one.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rag.errors import LlmTimeoutError, LlmUnavailableError


class SparedError(Exception):
    """A failure that is no fault of the service, so that it is not counted."""


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
        self.ensure_asked()
        probe = self._admitted()
        try:
            yield
        except SparedError:
            raise
        except (LlmUnavailableError, LlmTimeoutError):
            self._failed += 1
            self._until = self.clock() + self.rest_s
            raise
        else:
            self._failed = 0
        finally:
            self._probing = self._probing and not probe

    def ensure_asked(self) -> None:
        """Raise as `call` does, for who would wait before it."""
        left = self._until - self.clock()
        if self._failed >= self.failures and (left > 0 or self._probing):
            soon = f"in {left:.1f} s" if left > 0 else "when the call under way has ended"
            raise LlmUnavailableError(
                f"The LLM failed {self._failed} times in a row and is left alone; it is tried again {soon}."
            )

    def _admitted(self) -> bool:
        """Whether this call is the one that tries again."""
        probe = self._failed >= self.failures
        self._probing = self._probing or probe
        return probe
