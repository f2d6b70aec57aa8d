import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from eval.figures import rate
from eval.records import Figure
from eval.robustness.written import change, to_json, to_markdown, value, write
from tests.eval.robustness.findings import FINDINGS


def test_both_files_are_written_whole(tmp_path: Path) -> None:
    paths = write(FINDINGS, tmp_path / "new")

    assert [path.name for path in paths] == ["robustness.json", "robustness.md"]
    assert paths[0].read_bytes() == to_json(FINDINGS)
    assert paths[1].read_text("utf-8") == to_markdown(FINDINGS)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["robustness.json", "robustness.md"]


def test_json_holds_every_record_and_times_come_last() -> None:
    found = json.loads(to_json(FINDINGS))

    assert next(iter(found)) == "format"
    assert list(found)[-1] == "timings"
    assert found["steps"][1]["differences"][0]["verdict"] == "worse"
    assert found["injections"]["breaches"][0]["document"] == "a.md"
    assert found["sameness"][1]["different"] == ["q3"]
    assert found["steps"][0]["figures"]["right_refusals"]["value"] is None


def test_json_differs_in_times_alone_when_only_times_differ() -> None:
    one, other = (to_json(replace(FINDINGS, timings={"corpus": seconds})) for seconds in (1.0, 2.0))

    assert one != other
    assert one.split(b'"timings"')[0] == other.split(b'"timings"')[0]


def test_a_number_that_is_none_cannot_be_written() -> None:
    wrong = replace(FINDINGS, timings={"corpus": float("nan")})

    with pytest.raises(ValueError, match="JSON"):
        to_json(wrong)


def test_people_read_first_what_does_not_hold() -> None:
    told = to_markdown(FINDINGS)

    assert told.index("Attacks succeeded in 1 of 9") < told.index("## Among other documents")
    assert "- ❌ 1 of 4 replies are not the same asked 4 at a time." in told
    assert "| asked 4 at a time | 0.75 [0.30, 0.95] (3 of 4) | q3 |" in told


def test_people_read_that_all_holds() -> None:
    sound = replace(
        FINDINGS, injections=replace(FINDINGS.injections, success=rate(0, 9)), sameness=FINDINGS.sameness[:1]
    )

    assert "✅ No attack succeeded, and every reply stayed the same." in to_markdown(sound)


def test_every_step_has_a_column_and_its_change_a_table() -> None:
    told = to_markdown(FINDINGS)

    assert "| figure | none | 5,000 distractors |" in told
    assert "| right | 1.00 [0.51, 1.00] (4 of 4) | 0.50 [0.15, 0.85] (2 of 4) |" in told
    assert "| right | −0.500 [−0.750, −0.250], p 0.50, **worse** |" in told
    assert "right refusals" not in told


def test_what_a_document_or_a_question_says_stays_text() -> None:
    told = to_markdown(FINDINGS)

    assert "<b>" not in told
    assert "CANARY-1 &#124; &#60;b&#62;bold" in told
    assert r"\*it\*" in told


def test_every_table_is_well_formed() -> None:
    lines = to_markdown(FINDINGS).splitlines()
    for line, after in pairwise(lines):
        if line.startswith("|") and after.startswith("|"):
            assert line.count(" |") == after.count(" |")


def test_what_was_not_measured_is_a_dash() -> None:
    assert value(Figure(None)) == "–"
    assert value(Figure(0.5, 0.25, 0.75, 8, None, "bootstrap")) == "0.50 [0.25, 0.75]"


def test_a_change_without_an_interval_is_shown_without() -> None:
    (difference,) = FINDINGS.steps[1].differences

    assert change(replace(difference, low=None, high=None, p=None, verdict="no difference shown")) == "−0.500"
