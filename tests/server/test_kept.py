import threading
from itertools import count

import pytest

from server.kept import kept


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_work_is_done_again_once_its_result_is_old() -> None:
    clock = Clock()
    tell = kept(count().__next__, clock)
    assert [tell(), tell()] == [0, 0]
    clock.now = 0.99
    assert tell() == 0
    clock.now = 1.0
    assert [tell(), tell()] == [1, 1]


def test_an_error_is_not_kept() -> None:
    results = iter([1 / 2])
    tell = kept(lambda: next(results), Clock())
    assert tell() == 0.5
    broken = kept(lambda: next(results), Clock())
    for _ in range(2):
        with pytest.raises(StopIteration):
            broken()


def test_threads_that_ask_at_once_share_one_piece_of_work() -> None:
    numbers, begun, go = count(), threading.Event(), threading.Event()
    told: list[int] = []

    def work() -> int:
        begun.set()
        assert go.wait(20)
        return next(numbers)

    tell = kept(work, Clock())
    asking = [threading.Thread(target=lambda: told.append(tell())) for _ in range(8)]
    for thread in asking:
        thread.start()
    assert begun.wait(20)
    go.set()
    for thread in asking:
        thread.join()
    assert told == [0] * 8
