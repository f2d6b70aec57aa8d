"""Decides who runs, who waits and who is turned away: the rules of a gate, without its clock and its threads."""

from dataclasses import dataclass
from typing import Literal

INTERVAL_S = 0.15
"""A queue that was not empty for so long is a standing one. Between the 100 ms of RFC 8289 (CoDel, section 4.3; what
"Fail at Scale", ACM Queue 13(8), 2015, took over for requests) and what 64 waiting answers take to be done."""
BUDGET = 4.0
"""What work on a standing queue may take, the wait for its turn included, in times of work on a gate with nothing else
to do: the service promises less than five, and the rest of a request takes time as well."""
CROWDED = 2.0
"""Times that work may take of what it takes on a quiet gate, before less runs at once: two threads that each take twice
as long do no more than one, and keep the thread that answers from its core. On two cores (2026-11-22), with a client of
five times the load beside it, 95 % of the answers then came within 4.1 times the quiet time; of ten times, when the two
cores have no time left, within 11 times, and 31 times without this."""
_WEIGHT = 0.1
"""Of the newest time in a moving mean: the last 20 or so count."""
Verdict = Literal["run", "wait", "refuse"]


@dataclass(slots=True)
class Ticket:
    """One piece of work, from its arrival on; times are in seconds, of any one clock."""

    arrived: float
    began: float = 0.0
    quiet: bool = False
    """Whether nothing else ran or waited while it ran."""


class Overload:
    """Controlled delay, for work of which so much runs at once.

    A burst may fill the queue, and is served: the queue empties soon. Under more work than can be done a queue never
    empties, and only makes everybody wait; so once it has stood for an interval, work is turned away on arrival where
    it would wait for longer than it may. While more is turned away than done, so is work whose turn comes too late:
    what waits since before the queue stood would be slow for nothing. A queue that empties while work is turned away
    has not ended its stand. And where so much at once is too much for the machine, less runs at once for as long.
    """

    def __init__(self, at_once: int, most_waiting: int) -> None:
        """Let in `at_once` to run and `most_waiting` more to wait."""
        self.running = 0
        self.waiting = 0
        self.refused = 0
        """Turned away so far."""
        self._at_once = self._lanes = at_once
        self._most_waiting = most_waiting
        self._work_s: float | None = None
        self._quiet_s: float | None = None
        self._only: Ticket | None = None
        self._standing_from: float | None = None
        self._refused_at = -INTERVAL_S
        self._pressure = 0

    def arrive(self, now: float) -> Verdict:
        """What becomes of work that arrives; it counts as running or waiting from now on."""
        if not self.waiting and now - self._refused_at > INTERVAL_S:
            self._standing_from = None
            self._pressure = 0
            self._lanes = self._at_once
        if self._is_free():
            self.running += 1
            return "run"
        if self.refuse(now):
            return "refuse"
        if self._standing_from is None:
            self._standing_from = now
        self.waiting += 1
        return "wait"

    def refuse(self, now: float) -> bool:
        """Whether work that arrives now is turned away; it is counted if it is, and else nothing has happened."""
        stands = self._stands(now)
        full = self.waiting >= self._most_waiting or (stands and self._wait_s() > self.patience_s())
        if self._is_free() or not full:
            return False
        self.refused += 1
        if stands:
            self._pressure += 1
            self._refused_at = now
        return True

    def turn(self, ticket: Ticket, now: float) -> bool:
        """Whether work that waited is to run, now that its turn has come; else it is turned away."""
        late = self._pressure > 0 and now - ticket.arrived > self.patience_s()
        self._pressure = max(0, self._pressure - 1)
        self.leave()
        self.refused += late
        self.running += not late
        return not late

    def leave(self) -> None:
        """Work waits no more: its turn has come, or its caller has gone."""
        self.waiting -= 1

    def begin(self, ticket: Ticket, now: float) -> None:
        """Work starts to run."""
        if self._only is not None:
            self._only.quiet = False
        ticket.began = now
        ticket.quiet = self.running == 1 and not self.waiting
        self._only = ticket if ticket.quiet else None

    def finish(self, ticket: Ticket, now: float) -> None:
        """Work has run."""
        self.running -= 1
        took = now - ticket.began
        self._work_s = _mean(self._work_s, took)
        if self._stands(now) and self._quiet_s and self._work_s > CROWDED * self._quiet_s:
            self._lanes = max(1, self._lanes - 1)
        if ticket.quiet and not self.waiting:
            self._quiet_s = _mean(self._quiet_s, took)
        if self._only is ticket:
            self._only = None

    def patience_s(self) -> float:
        """What a standing queue may make wait, in seconds; at least until the next turn, so that no thread idles."""
        work_s = self._work_s or 0.0
        return max(BUDGET * (self._quiet_s or work_s) - work_s, work_s / self._lanes)

    def has_room(self) -> bool:
        """Whether more may run now."""
        return self.running < self._lanes

    def _is_free(self) -> bool:
        return self.has_room() and not self.waiting

    def _wait_s(self) -> float:
        """What work that arrives now would wait, in seconds."""
        return (self.waiting + 1) * (self._work_s or 0.0) / self._lanes

    def _stands(self, now: float) -> bool:
        return self.waiting > 0 and self._standing_from is not None and now - self._standing_from > INTERVAL_S


def _mean(so_far: float | None, newest: float) -> float:
    return newest if so_far is None else so_far + _WEIGHT * (newest - so_far)
