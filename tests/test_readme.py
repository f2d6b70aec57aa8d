"""The examples of the README, run as they stand."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
TEXT = "The council decides on the budget every spring. The board only advises it, and the public may listen.\n"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "council.txt").write_text(TEXT, "utf-8")
    asked = {"id": "q1", "question": "Who decides on the budget?", "answerable": True, "answers": ["The council"]}
    (tmp_path / "questions.jsonl").write_text(json.dumps(asked) + "\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAG_INDEX_DIR", raising=False)
    return tmp_path


def run(line: str, folder: Path) -> str:
    command, _, target = line.partition("#")[0].partition(">")
    words = shlex.split(command)
    assert words[0] == "rag"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{line}: {done.stderr}"
    if target.strip():
        (folder / target.strip()).write_text(done.stdout, "utf-8")
    return done.stdout


def test_the_commands_of_the_readme_do_what_it_says(folder: Path) -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.strip() != "rag serve"]
    shown = {line.partition("#")[0].strip(): run(line, folder) for line in lines}
    assert "The council decides on the budget every spring." in shown['rag ask "Who decides on the budget?"']
    assert (folder / "report" / "report.html").is_file()
    saved = json.loads((folder / "answer.json").read_text("utf-8"))
    assert all(TEXT[c["start"] : c["end"]] == c["quote"] for c in saved["citations"])


@pytest.mark.usefixtures("folder")
def test_the_python_example_of_the_readme_runs() -> None:
    (example,) = [block for block in blocks("python") if "rag.client" not in block]
    names: dict[str, object] = {}
    exec(compile(example, "README.md", "exec"), names)
    assert "The council decides" in str(names["answer"])
    names["library"].close()  # type: ignore[attr-defined]
