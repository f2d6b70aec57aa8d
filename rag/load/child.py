"""The child process that parses (started by isolate.py as a file of its own): calls in, outcomes out, by pickle."""

import contextlib
import os
import pickle
import signal
import sys
import types
from pathlib import Path
from typing import Any, BinaryIO

with contextlib.suppress(ImportError):  # Windows has no such limits
    import resource

OUT_OF_MEMORY = 77
"""Exit status; a process that ran out of memory is not asked to go on."""


def main() -> None:
    """Serves until the parent closes the pipe or ends."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads reserve address space for every core
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which closes the pipe
    outcomes = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a native library prints must not mix with outcomes
    _limit_memory(int(sys.argv[1]))
    _without_package_bodies()
    try:
        _serve(sys.stdin.buffer, outcomes)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _limit_memory(most: int) -> None:
    if "resource" in globals():
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (most if hard < 0 else min(most, hard), hard))


def _without_package_bodies() -> None:
    """Lets `rag.load.html` be imported without `rag/__init__.py`, which brings models that no parser needs."""
    here = Path(__file__).parent
    for name, folder in (("rag", here.parent), ("rag.load", here)):
        package = types.ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package


def _serve(calls: BinaryIO, outcomes: BinaryIO) -> None:
    while True:
        try:
            function, argument = pickle.load(calls)  # noqa: S301 - from the parent
        except EOFError:
            return
        outcome = _outcome(function, argument)
        pickle.dump(outcome, outcomes, pickle.HIGHEST_PROTOCOL)
        outcomes.flush()
        del argument, outcome  # not held while waiting for the next


def _outcome(function: Any, argument: Any) -> tuple[str, Any]:  # noqa: ANN401 - whatever was pickled
    """An empty name and the result, or the name of the exception and its words."""
    try:
        return "", function(argument)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a parser meets in a file is the parent's to report
        return type(error).__name__, str(error)


if __name__ == "__main__":
    main()
