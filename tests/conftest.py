"""A small real index, made once, that the tests of the whole program share."""

import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag import Library
from rag.__main__ import main
from tests.program import Done, Rag, command, run

HERON = """The grey heron nests in colonies called heronries. A heronry in Kent counted 160 nests in 2009. \
Herons return to the same trees each February.

The birds feed on eels and frogs. A heron may stand motionless for an hour before it strikes.
"""
BRIDGE = """# The Orwell bridge

## Cost

The bridge cost 24 million pounds to build. Its main span is 190 metres long.

## Opening

It opened to traffic in December 1982, after three years of work.
"""
OWLS = """🦉🦉 Notes on owls, kept in the tower.

A barn owl 🦉 swallows its prey whole and casts two pellets a day. The old keeper wrote down every pellet in a ledger.
"""
HIDDEN = """The lighthouse lamp at Start Point was \x1b[31mfirst lit\x1b[0m in the year 1836, \
by its keep\u200ber and\u202e his family.
"""
_TEXTS = {"birds/heron.txt": HERON, "bridge.md": BRIDGE, "birds/owls.txt": OWLS, "lighthouse.txt": HIDDEN}


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("RAG_"):
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of documents."""
    folder = tmp_path_factory.mktemp("texts")
    for name, text in _TEXTS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return folder


@pytest.fixture(scope="session")
def index(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of them, not to be changed."""
    folder = tmp_path_factory.mktemp("index")
    with closing(Library(folder)) as library:
        report = library.ingest([texts])
    assert report.problems == []
    return folder


@pytest.fixture(scope="session")
def library(index: Path) -> Iterator[Library]:
    """The index, opened; not to be changed."""
    with closing(Library(index)) as opened:
        yield opened


@pytest.fixture
def own_index(index: Path, tmp_path: Path) -> Path:
    """A copy of the index that a test may change."""
    copy = tmp_path / "own-index"
    shutil.copytree(index, copy, ignore=shutil.ignore_patterns("model"))
    shutil.copytree(index / "model", copy / "model", copy_function=os.link)
    return copy


@pytest.fixture
def rag(index: Path, tmp_path: Path) -> Rag:
    """Runs the program on the shared index, or on another, in an empty folder."""

    def started(*arguments: object, over: Path = index, stdin: str | None = None, **settings: str) -> Done:
        done = run(command(*arguments), over, tmp_path, stdin, **settings)
        assert "Traceback" not in done.stderr
        return done

    return started


@pytest.fixture
def _logs_put_back() -> Iterator[None]:
    """A program that ran in this process leaves its log to a stream that is closed after its test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


@pytest.fixture
def inside(
    index: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    _logs_put_back: None,
) -> Rag:
    """Runs the program in this process: the same `main`, without the time that a process takes to start."""

    def called(*arguments: object) -> Done:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("RAG_INDEX_DIR", str(index))
        monkeypatch.setattr(sys, "argv", ["rag", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Done([], int(ended.value.code or 0), out, err)

    return called
