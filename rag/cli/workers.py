"""Runs the service in several processes that share one socket, and starts one again that dies."""

import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from time import monotonic, sleep
from types import FrameType

from prometheus_client.multiprocess import mark_process_dead

from rag import Library, RagError, SettingError
from rag.cli.screen import note
from rag.cli.serving import INTERRUPTED, STOP_S, serve_here
from rag.settings import Settings, require_key_off_loopback
from server.logs import configure_logs

_LONGEST_PAUSE_S = 30.0
"""Before a worker that dies again and again is started again; from a second on, doubled each time."""
_SOUND_S = 60.0
"""A worker that lived so long starts anew with the shortest pause."""
_KILL_S = 1.0
"""After the time that workers have to end by themselves."""
_COUNTS = "PROMETHEUS_MULTIPROC_DIR"
_spawn = get_context("spawn")  # the models' threads do not survive a fork
_log = logging.getLogger("rag.serve")


def supervise(settings: Settings, listening: socket.socket, on_ready: Callable[[], None]) -> None:
    """Runs the workers until SIGTERM or Ctrl-C; the first alone until it answers, since it mends what is to be mended.

    Raises:
        SettingError: The service would be open to others without a key.
        SystemExit: The first worker could not start; it has said why.
    """
    with closing(Library(settings.index_dir)) as library:
        require_key_off_loopback(settings, library.store.keys.exist())
    counts = Path(tempfile.mkdtemp(prefix="rag-counts-"))
    os.environ[_COUNTS] = str(counts)  # prometheus-client looks there when a worker imports it
    try:
        code = _Supervisor(_shared(settings), listening, counts).run(on_ready)
    finally:
        shutil.rmtree(counts, ignore_errors=True)
    if code:
        raise SystemExit(code)


def _shared(settings: Settings) -> Settings:
    """What each worker gets of the limits on work, so that together they keep to them."""
    of_each = {name: -(-getattr(settings, name) // settings.workers) for name in ("max_concurrency", "queue")}
    return settings.model_copy(update=of_each)


@dataclass(slots=True)
class _Worker:
    """A worker process and what is known of it."""

    process: SpawnProcess
    ready: Connection
    """Says when it answers, and by its end when this process is gone."""
    since: float
    again_at: float | None = None
    pause_s: float = 1.0


class _Supervisor:
    """Keeps workers running."""

    def __init__(self, settings: Settings, listening: socket.socket, counts: Path) -> None:
        """Run as many as the settings say."""
        self._settings = settings
        self._listening = listening
        self._counts = counts
        self._workers: dict[int, _Worker] = {}
        self._woken, self._wake = os.pipe()
        self._asked = False

    def run(self, on_ready: Callable[[], None]) -> int:
        """The exit code, 0 after a stop that was asked for."""
        for asking in (signal.SIGINT, signal.SIGTERM):
            signal.signal(asking, self._stop)
        self._workers[1] = self._start(1)
        code = self._first()
        if code is not None:
            return code
        for number in range(2, self._settings.workers + 1):
            self._workers[number] = self._start(number)
        on_ready()
        while not self._asked:
            self._look()
        self._end()
        return 0

    def _first(self) -> int | None:
        """Waits for the first worker to answer; the exit code where there is nothing more to do."""
        first = self._workers[1]
        while not self._asked:
            ready = wait([first.ready, first.process.sentinel, self._woken])
            if first.ready in ready and _is_ready(first.ready):
                return None
            if first.process.sentinel in ready:
                first.process.join()
                return first.process.exitcode or 1
        self._end()
        return 0

    def _start(self, number: int, pause_s: float = 1.0) -> _Worker:
        here, there = _spawn.Pipe()
        process = _spawn.Process(
            target=work, args=(self._settings, self._listening, number, there), name=f"rag worker {number}"
        )
        # A terminal sends Ctrl-C to every process: the workers leave it to this one, from their first moment on.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        process.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        there.close()
        return _Worker(process, here, monotonic(), pause_s=pause_s)

    def _look(self) -> None:
        """Waits until something happens, and starts again what died and has paused."""
        alive = [w.process.sentinel for w in self._workers.values() if w.again_at is None]
        pauses = [w.again_at - monotonic() for w in self._workers.values() if w.again_at is not None]
        wait([*alive, self._woken], max(0.0, min(pauses)) if pauses else None)
        for number, worker in self._workers.items():
            if self._asked:
                return
            if worker.again_at is None and not worker.process.is_alive():
                self._bury(number, worker)
            elif worker.again_at is not None and worker.again_at <= monotonic():
                self._workers[number] = self._start(number, min(2 * worker.pause_s, _LONGEST_PAUSE_S))

    def _bury(self, number: int, worker: _Worker) -> None:
        worker.process.join()
        worker.ready.close()
        mark_process_dead(worker.process.pid, str(self._counts))  # type: ignore[no-untyped-call]
        if monotonic() - worker.since > _SOUND_S:
            worker.pause_s = 1.0
        worker.again_at = monotonic() + worker.pause_s
        facts = {"worker": number, "pid": worker.process.pid, "exit_code": worker.process.exitcode}
        _log.error("a worker died; it is started again in %.0f s", worker.pause_s, extra=facts)

    def _stop(self, number: int, _: FrameType | None) -> None:
        if self._asked and number == signal.SIGINT:
            for worker in self._workers.values():
                worker.process.kill()
            shutil.rmtree(self._counts, ignore_errors=True)
            os._exit(INTERRUPTED)
        self._asked = True
        os.write(self._wake, b"x")

    def _end(self) -> None:
        """Has every worker end, by force where it does not."""
        for worker in self._workers.values():
            worker.process.terminate()
        deadline = monotonic() + STOP_S + _KILL_S
        for worker in self._workers.values():
            worker.process.join(max(0.0, deadline - monotonic()))
            worker.process.kill()
            worker.process.join()


def _is_ready(ready: Connection) -> bool:
    try:
        return bool(ready.recv())
    except EOFError:  # it died; its sentinel says so
        sleep(0.01)
        return False


def work(settings: Settings, listening: socket.socket, number: int, parent: Connection) -> None:
    """Serves as one of several processes."""
    configure_logs(settings, worker=number)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    threads = max(1, (os.cpu_count() or 1) // settings.workers)
    try:
        serve_here(settings, listening, threads, lambda: parent.send(True))
    except RagError as error:
        note(f"rag: {error}")
        sys.exit(2 if isinstance(error, SettingError) else 1)


def _end_with(parent: Connection) -> None:
    """Ends this process in order when the one that started it is gone, whatever ended that."""
    try:
        parent.recv()
    except EOFError:
        os.kill(os.getpid(), signal.SIGTERM)
