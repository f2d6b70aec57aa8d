import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from rag.cli.robustness import robustness, show_robustness
from tests.eval.robustness.findings import FINDINGS
from tests.program import NESTS

app = typer.Typer()
app.command()(robustness)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    lines = [
        {"id": "n", "question": NESTS, "type": "lookup", "answerable": True, "must_include": [["160 nests"]]},
        {"id": "p", "question": "Who invented the pigeon post?", "type": "absent", "answerable": False},
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return path


def test_the_whole_command_prints_writes_and_exits_by_what_holds(questions: Path, texts: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, [str(questions), "--corpus", str(texts), "--steps", "0,2", "--out", str(tmp_path / "out"), "--json"]
    )

    found = json.loads(done.stdout)
    written = json.loads((tmp_path / "out" / "robustness.json").read_text("utf-8"))
    assert found == written
    assert [step["documents"] for step in found["steps"]] == [4, 6]
    assert found["steps"][0]["figures"]["right"]["value"] == 1
    sound = not found["injections"]["breaches"] and all(not same["different"] for same in found["sameness"])
    assert done.exit_code == (0 if sound else 1)
    assert (tmp_path / "out" / "robustness.md").read_text("utf-8").startswith("# Robustness")


def test_people_see_each_figure_of_each_step_and_each_breach(capsys: pytest.CaptureFixture[str]) -> None:
    show_robustness(FINDINGS)

    told = capsys.readouterr().out
    assert ["right", "5,000", "0.50", "[0.15,", "0.85]", "2", "of", "4"] in [line.split() for line in told.splitlines()]
    assert "right refusals" not in told
    assert "follow-ups right standing alone" in told
    assert "q1: obeyed, a.md: CANARY-1 | <b>bold</b>" in told
    assert "q2: misquoted, no document: Nine." in told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--steps", "5"], "begin with 0"),
        (["--steps", "0,99", "--distractors", "TEXTS"], "the last step takes 99"),
        (["--corpus", "nowhere"], "does not exist"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_asked(
    questions: Path, texts: Path, options: list[str], said: str
) -> None:
    given = [str(texts) if option == "TEXTS" else option for option in options]

    done = CliRunner().invoke(app, [str(questions), "--corpus", str(texts), *given], env={"COLUMNS": "300"})

    assert done.exit_code == 2
    assert said in done.output
