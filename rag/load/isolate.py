"""Calls functions in a child process, so that a parser's crash, hang or hunger ends with one file.

The child is a plain Python process that runs child.py, not one of multiprocessing's: those import the caller's main
module again (for `rag ingest` the models, a second and 200 MB) and refuse scripts without `if __name__ == "__main__"`.
"""

import contextlib
import pickle
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

from rag.errors import LoadError
from rag.load.child import OUT_OF_MEMORY

A = TypeVar("A")
R = TypeVar("R")
_Process = subprocess.Popen[bytes]

SECONDS = 120.0
"""A 5,000-page PDF takes 20; what takes longer is built to take long."""
MEMORY = 2 << 30
"""Bytes of address space; a 100 MB web page needs half of it."""


class Isolated:
    """One child, started at the first call and again after each end, for calls from any thread, one at a time.

    `close` it, or use it as a context manager; at the latest it ends with its parent.
    """

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._lock = threading.Lock()
        self._child: _Process | None = None
        self._end: Callable[[], object] = lambda: None

    def __enter__(self) -> Self:
        """The same, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the child."""
        self.close()

    def run(self, function: Callable[[A], R], argument: A) -> R:
        """What the function returns; LoadError for whatever it raises, and when the child ends, hangs or is full.

        The function is pickled by name: it stands at the top of a module.
        """
        with self._lock:
            child = self._child or self._start()
            try:
                name, result = self._exchange(child, (function, argument))
            except BaseException:
                self._stop()
                raise
        if name:
            raise LoadError(result if name == "LoadError" else f"cannot be parsed: {name}: {result}")
        return result  # type: ignore[no-any-return]

    def close(self) -> None:
        """Ends the child, if there is one."""
        with self._lock:
            self._stop()

    def _start(self) -> _Process:
        # -P: the folder of child.py, with its html.py, must not come before the standard library.
        command = [sys.executable, "-P", str(Path(__file__).with_name("child.py")), str(self._memory)]
        pipe = subprocess.PIPE
        child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)  # noqa: S603 - our own file
        self._child, self._end = child, weakref.finalize(self, _end, child)
        return child

    def _stop(self) -> None:
        self._end()
        self._child = None

    def _exchange(self, child: _Process, call: tuple[object, object]) -> tuple[str, Any]:
        assert child.stdin
        assert child.stdout
        started = time.monotonic()
        watch = threading.Timer(self._seconds, child.kill)
        watch.start()
        try:
            pickle.dump(call, child.stdin, pickle.HIGHEST_PROTOCOL)
            child.stdin.flush()
            return pickle.load(child.stdout)  # type: ignore[no-any-return]  # noqa: S301 - from our own child
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise _ended(child.wait(), time.monotonic() - started >= self._seconds, self._memory) from error
        finally:
            watch.cancel()


def _ended(status: int, late: bool, memory: int) -> LoadError:
    if late:
        return LoadError("takes too long to parse: split it into smaller files or convert it to text")
    if status == OUT_OF_MEMORY:
        return LoadError(f"needs more than {memory >> 20} MiB of memory to parse: split it into smaller files")
    return LoadError(f"makes its parser crash (status {status}): open and save it anew, or convert it to text")


def _end(child: _Process) -> None:
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        with contextlib.suppress(OSError):  # what could not be written to a dead child
            if pipe:
                pipe.close()
