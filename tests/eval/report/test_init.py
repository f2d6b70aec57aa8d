import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from eval.records import Figure
from eval.report import write_reports
from eval.report.saved import read_run
from tests.eval.report.hostile import HOSTILE, with_texts
from tests.eval.report.sample import run_of, sample

RUN = sample()
FEW = run_of([*RUN.rows[:9], RUN.rows[12], *RUN.rows[44:46], *RUN.rows[-2:]])
NAMES = ["run.json", "junit.xml", "summary.md", "questions.csv", "report.html"]


def test_five_files_are_written_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"

    written = write_reports(RUN, folder)

    assert written == [folder / name for name in NAMES]
    assert sorted(folder.iterdir()) == sorted(written)
    assert read_run(folder / "run.json") == RUN


def test_writing_again_replaces_what_was_there(tmp_path: Path) -> None:
    write_reports(RUN, tmp_path)
    write_reports(replace(RUN, dataset="other.jsonl"), tmp_path)

    assert json.loads((tmp_path / "run.json").read_bytes())["dataset"] == "other.jsonl"
    assert "other.jsonl" in (tmp_path / "report.html").read_text("utf-8")
    assert len(list(tmp_path.iterdir())) == len(NAMES)


def test_a_reader_keeps_the_file_that_was_there_when_it_began(tmp_path: Path) -> None:
    write_reports(RUN, tmp_path)
    with (tmp_path / "run.json").open("rb") as reading:
        write_reports(replace(RUN, rows=()), tmp_path)

        assert len(json.loads(reading.read())["rows"]) == len(RUN.rows)


def test_a_run_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    write_reports(RUN, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    with pytest.raises(ValueError, match="not JSON compliant"):
        write_reports(replace(RUN, figures={"right": Figure(float("nan"))}), tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_that_cannot_be_put_in_place_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "run.json").mkdir()

    with pytest.raises(OSError, match=r"run\.json"):
        write_reports(RUN, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_breaks_a_file(hostile: str, tmp_path: Path) -> None:
    write_reports(with_texts(FEW, lambda text: hostile + text), tmp_path)

    assert len(read_run(tmp_path / "run.json").rows) == len(FEW.rows)
    assert len(etree.parse(tmp_path / "junit.xml").findall(".//testcase")) == len(FEW.rows)
    with (tmp_path / "questions.csv").open(encoding="utf-8", newline="") as lines:
        assert len(list(csv.DictReader(lines))) == len(FEW.rows)
    (tmp_path / "summary.md").read_text("utf-8")
    (tmp_path / "report.html").read_text("utf-8")
