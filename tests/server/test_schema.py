"""Everything that the OpenAPI document says, tried by schemathesis with all its checks, in sequences too."""

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from rag import Library
from tests.server.conftest import Start

CASES = int(os.environ.get("RAG_CASES", "300"))
"""At least so many requests; `make test-api` makes 10,000."""
_OPERATIONS = 23
"""Of the service; to each its share of the cases, and half as much again, since some have only a few."""
_CONFIG = Path(__file__).with_name("schemathesis.toml")


def test_no_request_gets_what_is_not_described(start: Start, own_index: Path, tmp_path: Path) -> None:
    with closing(Library(own_index)) as own:
        client = start(own, rate_limit="off", queue=1000)
        done = _schemathesis(f"{client.base_url}/openapi.json", tmp_path)
        assert done.returncode == 0, done.stdout[-20_000:]
        assert own.audit().findings == ()
    found = re.search(r"(\d+) generated", done.stdout)
    assert found
    assert int(found[1]) >= CASES


def _schemathesis(url: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    run = ["run", url, "--phases", "examples,coverage,fuzzing,stateful"]
    most = str(CASES * 3 // (2 * _OPERATIONS))
    more = ["-n", most, "--continue-on-failure", "--no-color", "--warnings", "off", "--seed", "1"]
    return subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", str(_CONFIG), *run, *more],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
