import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from rag.errors import LoadError
from rag.load import html
from rag.load.isolate import Isolated


@pytest.fixture
def isolated() -> Iterator[Isolated]:
    with Isolated() as isolated:
        yield isolated


def test_a_function_runs_in_another_process(isolated: Isolated) -> None:
    assert isolated.run(len, b"four") == 4
    assert isolated._child
    assert isolated._child.pid != os.getpid()


def test_the_child_is_kept_between_calls(isolated: Isolated) -> None:
    isolated.run(len, b"")
    first = isolated._child
    isolated.run(len, b"")
    assert isolated._child is first


def test_what_a_function_raises_becomes_a_load_error(isolated: Isolated) -> None:
    with pytest.raises(LoadError, match=r"cannot be parsed: ValueError: .*'x'"):
        isolated.run(int, "x")
    assert isolated.run(int, "7") == 7


def test_a_crash_is_an_error_and_the_next_call_works(isolated: Isolated) -> None:
    with pytest.raises(LoadError, match=r"makes its parser crash \(status -11\)"):
        isolated.run(signal.raise_signal, signal.SIGSEGV)
    with pytest.raises(LoadError, match=r"makes its parser crash \(status 3\)"):
        isolated.run(os._exit, 3)
    assert isolated.run(len, b"four") == 4


@pytest.mark.timeout(30)
def test_a_hang_is_an_error_and_the_next_call_works() -> None:
    with Isolated(seconds=2) as isolated:
        with pytest.raises(LoadError, match="takes too long to parse"):
            isolated.run(time.sleep, 60)
        assert isolated.run(len, b"four") == 4


def test_hunger_for_memory_is_an_error_and_the_next_call_works() -> None:
    with Isolated(memory=300 << 20) as isolated:
        with pytest.raises(LoadError, match="needs more than 300 MiB of memory"):
            isolated.run(bytearray, 1 << 30)
        assert isolated.run(len, b"four") == 4
        with pytest.raises(LoadError, match="needs more than 300 MiB of memory"):
            isolated.run(len, bytes(400 << 20))


def test_a_child_that_ended_between_calls_is_an_error_once(isolated: Isolated) -> None:
    isolated.run(len, b"")
    assert isolated._child
    isolated._child.kill()
    isolated._child.wait()
    with pytest.raises(LoadError, match="crash"):
        isolated.run(len, bytes(1_000_000))
    assert isolated.run(len, b"four") == 4


def test_what_a_function_prints_does_no_harm(isolated: Isolated) -> None:
    isolated.run(print, "noise")
    assert isolated.run(os.system, "echo noise") == 0
    assert isolated.run(len, b"four") == 4


def test_large_arguments_and_results_pass(isolated: Isolated) -> None:
    assert isolated.run(bytes, b"x" * 50_000_000) == b"x" * 50_000_000


def test_threads_take_turns(isolated: Isolated) -> None:
    results: list[int] = []
    threads = [threading.Thread(target=lambda n=n: results.append(isolated.run(abs, -n))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(20))


def test_the_child_imports_little(isolated: Isolated) -> None:
    assert isolated.run(html.parse, b"<p>a").text == "a"
    names = isolated.run(eval, "sorted(__import__('sys').modules)")
    assert "rag.load.html" in names
    assert not {"torch", "onnxruntime", "nupunkt", "rag.sections", "rag.library", "rag.load.loader"} & set(names)


def test_closing_ends_the_child_and_leaves_no_zombie() -> None:
    isolated = Isolated()
    isolated.run(len, b"")
    assert isolated._child
    pid = isolated._child.pid
    isolated.close()
    isolated.close()
    assert not psutil.pid_exists(pid)
    assert isolated.run(len, b"four") == 4
    isolated.close()


def test_a_forgotten_child_ends_with_its_owner() -> None:
    isolated = Isolated()
    isolated.run(len, b"")
    assert isolated._child
    pid = isolated._child.pid
    del isolated
    assert not psutil.pid_exists(pid)


@pytest.mark.parametrize("ending", ["", "; import os; os._exit(0)", "; import os; os.kill(os.getpid(), 9)"])
def test_the_child_ends_with_its_parent_however_that_ends(ending: str) -> None:
    script = (
        "from rag.load.isolate import Isolated; i = Isolated(); i.run(len, b''); "
        "print(i._child.pid, flush=True)" + ending
    )
    parent = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert parent.stderr == ""
    deadline = time.monotonic() + 5
    while psutil.pid_exists(int(parent.stdout)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not psutil.pid_exists(int(parent.stdout))
