"""Nothing connects to anything but this machine, in the whole program."""

import json
import os
import subprocess
import sys
from pathlib import Path

GUARDED = """
import socket, sys

def refuse(event, arguments):
    if event == "socket.getaddrinfo" and arguments[0] not in (None, "127.0.0.1", "localhost", "::1"):
        raise RuntimeError(f"looks up {arguments[0]}")
    if event == "socket.connect" and isinstance(arguments[1], tuple) and arguments[1][0] not in ("127.0.0.1", "::1"):
        raise RuntimeError(f"connects to {arguments[1]}")

sys.addaudithook(refuse)
from rag.__main__ import main
sys.argv = ["rag", *sys.argv[1:]]
main()
"""


def run(*arguments: str, index: Path) -> str:
    environment = {**os.environ, "RAG_INDEX_DIR": str(index)}
    done = subprocess.run(
        [sys.executable, "-c", GUARDED, *arguments],
        env=environment,
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ingesting_and_asking_connect_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "ferry.txt").write_text("The ferry leaves the north pier at six.\n", "utf-8")

    run("ingest", str(tmp_path / "notes"), index=tmp_path / "index")
    answer = json.loads(run("ask", "When does the ferry leave?", "--json", index=tmp_path / "index"))

    assert answer["citations"][0]["quote"] == "The ferry leaves the north pier at six."


def test_exporting_the_model_connects_to_nothing(tmp_path: Path) -> None:
    code = GUARDED.replace("from rag.__main__ import main", "from rag.export import export\nfrom pathlib import Path")
    code = code[: code.index("sys.argv =")] + f"print(export(None, Path({str(tmp_path / 'model')!r})).backend)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "onnx", done.stderr
