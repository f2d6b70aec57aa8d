import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise

import pytest

from server.overload import BUDGET, INTERVAL_S, Overload, Ticket

WORK_S = 0.02
AT_ONCE = 2
CAPACITY = AT_ONCE / WORK_S


@dataclass
class Played:
    """What became of arrivals, in seconds from each."""

    served: list[tuple[float, float]] = field(default_factory=list)
    """When each arrived, and what it took."""
    refused: list[tuple[float, float]] = field(default_factory=list)


def play(overload: Overload, arrivals: Sequence[float], crowding: float = 1.0) -> Played:
    """A gate's day, by a clock of its own; work takes `crowding` times as long where two run at once."""
    played, queue, order, before = Played(), list[Ticket](), count(), overload.refused
    events = [(at, next(order), Ticket(at), False) for at in arrivals]
    heapq.heapify(events)

    def begin(ticket: Ticket, now: float) -> None:
        overload.begin(ticket, now)
        took = WORK_S * (crowding if overload.running > 1 else 1)
        heapq.heappush(events, (now + took, next(order), ticket, True))

    while events:
        now, _, ticket, done = heapq.heappop(events)
        if done:
            overload.finish(ticket, now)
            played.served.append((ticket.arrived, now - ticket.arrived))
            while queue and overload.has_room():
                next_one = queue.pop(0)
                if overload.turn(next_one, now):
                    begin(next_one, now)
                else:
                    played.refused.append((next_one.arrived, now - next_one.arrived))
            continue
        match overload.arrive(now):
            case "run":
                begin(ticket, now)
            case "wait":
                queue.append(ticket)
            case "refuse":
                played.refused.append((now, 0.0))
    assert (overload.running, overload.waiting, overload.refused - before) == (0, 0, len(played.refused))
    return played


def quiet(overload: Overload, until: float = 1.0) -> None:
    """Some work, one piece after the other."""
    play(overload, [n * 2 * WORK_S - until for n in range(int(until / WORK_S / 2) - 1)])


def steadily(rate: float, seconds: float, begin: float = 0.0) -> Iterator[float]:
    return (begin + n / rate for n in range(int(rate * seconds)))


@pytest.mark.parametrize("crowding", [1.0, 2.0])
@pytest.mark.parametrize("times", [1.5, 3.0, 10.0, 50.0])
def test_under_lasting_overload_what_is_served_is_served_soon(times: float, crowding: float) -> None:
    overload = Overload(AT_ONCE, 64)
    quiet(overload)
    played = play(overload, list(steadily(times * CAPACITY, 10)), crowding)
    taken = sorted(took for arrived, took in played.served if arrived > 1)
    assert taken[int(0.95 * len(taken))] < 5 * WORK_S
    assert len(played.served) > 0.9 * 10 * CAPACITY / crowding  # and the work that can be done is done


def test_under_heavy_overload_hardly_anything_was_slow_even_at_its_beginning() -> None:
    overload = Overload(AT_ONCE, 64)
    quiet(overload)
    played = play(overload, list(steadily(10 * CAPACITY, 10)))
    taken = sorted(took for _, took in played.served)
    assert taken[int(0.95 * len(taken))] < 5 * WORK_S
    at_once = sum(took == 0 for _, took in played.refused)
    assert at_once > 0.98 * len(played.refused)


def test_a_burst_that_the_queue_holds_is_served_whole() -> None:
    overload = Overload(AT_ONCE, 64)
    quiet(overload)
    played = play(overload, [0.0] * (AT_ONCE + 64))
    assert (len(played.served), len(played.refused)) == (AT_ONCE + 64, 0)
    assert max(took for _, took in played.served) > INTERVAL_S


def test_of_a_larger_burst_what_the_queue_does_not_hold_is_refused_and_nothing_else() -> None:
    played = play(Overload(AT_ONCE, 64), [0.0] * 200)
    assert (len(played.served), len(played.refused)) == (AT_ONCE + 64, 200 - AT_ONCE - 64)


def test_a_straggler_does_not_cost_a_burst_its_place() -> None:
    overload = Overload(AT_ONCE, 64)
    quiet(overload)
    played = play(overload, [0.0] * (AT_ONCE + 64) + [INTERVAL_S * 1.5])
    assert len(played.served) >= AT_ONCE + 64 - 1


def test_below_capacity_nothing_is_refused() -> None:
    played = play(Overload(AT_ONCE, 64), list(steadily(0.95 * CAPACITY, 10)))
    assert played.refused == []


def test_after_an_overload_the_next_is_served_at_once() -> None:
    overload = Overload(AT_ONCE, 64)
    quiet(overload)
    play(overload, list(steadily(10 * CAPACITY, 5)))
    played = play(overload, [6.0])
    assert [round(took, 6) for _, took in played.served] == [WORK_S]


def test_the_order_of_arrival_is_kept() -> None:
    overload = Overload(AT_ONCE, 64)
    played = play(overload, list(steadily(3 * CAPACITY, 2)))
    assert all(one <= other for (one, _), (other, _) in pairwise(sorted(played.served, key=lambda s: s[0] + s[1])))


@pytest.mark.parametrize(("crowding", "patience"), [(1.0, BUDGET - 1), (2.0, BUDGET - 2), (6.0, 6 / AT_ONCE)])
def test_the_slower_the_work_under_load_the_less_may_it_wait(crowding: float, patience: float) -> None:
    overload = Overload(AT_ONCE, 64)
    quiet(overload)
    play(overload, list(steadily(10 * CAPACITY, 4)), crowding)
    assert overload.patience_s() == pytest.approx(patience * WORK_S, rel=0.1)


def test_who_leaves_the_queue_makes_room() -> None:
    overload = Overload(1, 1)
    assert [overload.arrive(0.0) for _ in range(3)] == ["run", "wait", "refuse"]
    overload.leave()
    assert overload.arrive(0.0) == "wait"
