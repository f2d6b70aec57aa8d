import json
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

from tests.program import Rag, command, environment


def test_serve_answers_until_it_is_interrupted(index: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        command("serve", "--port", "0"),
        cwd=tmp_path,
        env=environment(index),
        stderr=subprocess.PIPE,
        text=True,
    ) as serving:
        assert serving.stderr is not None
        line = serving.stderr.readline()
        assert line.startswith("Serving ")
        address = next(word for word in line.split() if word.startswith("http://127.0.0.1:"))
        with urllib.request.urlopen(f"{address}readyz", timeout=20) as response:
            assert json.load(response) == {"status": "ready"}
        serving.send_signal(signal.SIGINT)
        rest = serving.stderr.read()
    assert serving.returncode == 130
    assert "Traceback" not in rest


def test_serve_off_loopback_asks_for_a_key(inside: Rag) -> None:
    done = inside("serve", "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 2
    assert "RAG_API_KEY" in done.stderr


def test_a_port_that_is_taken_is_told_in_one_line(inside: Rag) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = inside("serve", "--port", port)
    assert done.returncode == 2
    assert f"RAG_PORT is {port}" in done.stderr
    assert done.stderr.count("\n") == 1
