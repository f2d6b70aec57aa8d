"""How the tests run the program itself."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
NESTS = "How many nests did a heronry in Kent count in 2009?"
"""A question that the shared index answers."""
Done = subprocess.CompletedProcess[str]
Rag = Callable[..., Done]


def command(*arguments: object) -> list[str]:
    """What starts the program."""
    return [sys.executable, "-m", "rag", *map(str, arguments)]


def environment(index: Path, **settings: str) -> dict[str, str]:
    """What it reads its settings from."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "RAG_INDEX_DIR": str(index), **settings}


def run(arguments: list[str], index: Path, folder: Path, stdin: str | None = None, **settings: str) -> Done:
    """A process that ran to its end, in a folder."""
    return subprocess.run(
        arguments,
        cwd=folder,
        env=environment(index, **settings),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def printed(done: Done) -> Any:  # noqa: ANN401 - JSON
    """The JSON on stdout."""
    return json.loads(done.stdout)
