import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from eval.report.saved import read_run
from rag import Library
from tests.eval.serving import chat, closed_port, served, serving
from tests.program import NESTS, ROOT, Done, Rag, printed

QUESTIONS = (
    {"id": "h1", "question": NESTS, "answerable": True, "must_include": [["160 nests"]]},
    {
        "id": "h2",
        "question": "How much did the Orwell bridge cost to build?",
        "type": "lookup",
        "answerable": True,
        "must_include": [["24 million"]],
        "evidence": [{"doc": "bridge.md", "quote": "The bridge cost 24 million pounds to build."}],
    },
    {"id": "h3", "question": "Who won the chess olympiad of 1972?", "type": "off-topic", "answerable": False},
)
REPORTS = {"run.json", "junit.xml", "summary.md", "questions.csv", "report.html"}


def write(path: Path, lines: object) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))  # type: ignore[attr-defined]
    return path


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write(tmp_path / "heron.jsonl", QUESTIONS)


@pytest.fixture
def evaluated(inside: Rag, dataset: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Runs an evaluation on the index, and gives the folder of its reports."""

    def into(name: str) -> Path:
        assert inside("eval", dataset, "--out", tmp_path / name).returncode == 0
        return tmp_path / name

    return into


def refused(done: Done, code: int) -> str:
    """What a command says that did not do its work, on one line."""
    assert done.returncode == code
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.replace("│", " ").split())


# --- who is asked


def test_the_index_is_asked_when_nothing_else_is_named(inside: Rag, dataset: Path) -> None:
    done = inside("eval", dataset)
    assert done.returncode == 0
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line.strip()}
    assert lines["right"][1:] == ["1.00", "[0.34,", "1.00]", "2", "of", "2"]
    assert lines["peak_mb"][-1] == "MB"
    assert "Failures: none." in done.stdout
    assert "Traceback" not in done.stderr


def test_a_corpus_is_asked_in_a_temporary_index(rag: Rag, dataset: Path, texts: Path, tmp_path: Path) -> None:
    run = printed(rag("eval", "run", dataset, "--corpus", texts, "--json", over=tmp_path / "none"))
    assert run["system"]["documents"] == 4
    assert run["figures"]["right"]["value"] == 1
    assert not (tmp_path / "none").exists()


def test_a_running_service_is_asked_and_says_what_the_index_says(inside: Rag, dataset: Path, library: Library) -> None:
    with served(library) as url:
        over_http = printed(inside("eval", dataset, "--url", url, "--json"))
    here = printed(inside("eval", dataset, "--json"))
    assert (over_http["system"]["kind"], over_http["system"]["name"]) == ("service", url)
    assert over_http["system"]["corpus"] == here["system"]["corpus"]
    assert [row["quotes"] for row in over_http["rows"]] == [row["quotes"] for row in here["rows"]]
    for name in ("right", "quote_fidelity", "evidence_f1", "retrieved_ndcg@10", "right_refusals"):
        assert over_http["figures"][name] == here["figures"][name]


def test_an_address_that_ends_in_v1_is_asked_as_openai_is(inside: Rag, dataset: Path) -> None:
    with serving(lambda *_: (200, chat("It counted 160 nests."))) as url:
        run = printed(inside("eval", dataset, "--url", f"{url}/v1", "--model", "parrot", "--json"))
    assert (run["system"]["kind"], run["system"]["model"]) == ("openai", "parrot")
    assert run["figures"]["right"]["value"] == 0.5
    assert run["figures"]["quote_fidelity"]["value"] is None


# --- what is written


def test_json_is_what_the_schema_says(inside: Rag, dataset: Path) -> None:
    schema = json.loads((ROOT / "eval" / "run.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(printed(inside("eval", dataset, "--json")))


def test_all_reports_are_written_and_a_second_run_finds_the_same(
    evaluated: Callable[[str], Path], inside: Rag, dataset: Path
) -> None:
    out = evaluated("out")
    assert {path.name for path in out.iterdir()} == {*REPORTS, "replies.jsonl"}
    before = read_run(out / "run.json")

    again = inside("eval", dataset, "--out", out)
    assert again.returncode == 0
    assert "Written: " in again.stderr
    after = read_run(out / "run.json")
    assert replace(after, timings=before.timings) == before


def test_a_run_that_was_stopped_goes_on(evaluated: Callable[[str], Path]) -> None:
    out = evaluated("out")
    whole = (out / "replies.jsonl").read_bytes().split(b"\n")
    first = json.loads(whole[1])
    cut = [whole[0], json.dumps({**first, "milliseconds": 12345.0}).encode(), whole[2][:40]]
    (out / "replies.jsonl").write_bytes(b"\n".join(cut))

    taken = read_run(evaluated("out") / "run.json").timings.per_question_ms
    assert set(taken) == {"h1", "h2", "h3"}
    assert [id_ for id_, milliseconds in taken.items() if milliseconds == 12345.0] == [first["id"]]


# --- the gate


def test_the_gate_opens_for_figures_above_their_floors(inside: Rag, dataset: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate.toml"
    gate.write_text("[floors]\nright = 0.3\nquote_fidelity = 1.0\n[ceilings]\nfailed = 0.9\n")
    done = inside("eval", dataset, "--gate", gate)
    assert done.returncode == 0
    assert done.stderr.endswith("The gate is open.\n")


def test_the_gate_stays_shut_under_a_floor_and_says_which(inside: Rag, dataset: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate.toml"
    gate.write_text("[floors]\nright = 0.5\n")
    done = inside("eval", dataset, "--gate", gate, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "The gate stays shut: right may be as low as 0.342, under its floor of 0.5." in done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} >= REPORTS


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[floors", "isnoTOML"),
        ("[floors]\nrihgt = 0.5", "rihgt"),
        ("[floors]\nright = 'high'", "floors.right"),
        ("baseline = 'none.json'", "none.json"),
    ],
)
def test_a_bad_gate_is_wrong_usage_before_anything_is_asked(
    inside: Rag, dataset: Path, tmp_path: Path, content: str, told: str
) -> None:
    gate = tmp_path / "gate.toml"
    gate.write_text(content)
    # Without the frame and the line breaks of a message that holds a long path.
    assert told in re.sub(r"[\s│]", "", refused(inside("eval", dataset, "--gate", gate), 2))


# --- two runs


def test_two_runs_that_differ_in_nothing_compare_as_equal(inside: Rag, evaluated: Callable[[str], Path]) -> None:
    before, after = evaluated("a"), evaluated("b")
    done = inside("eval", "compare", before / "run.json", after / "run.json")
    assert done.returncode == 0
    assert "0 better, 0 worse, " in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert {"retrieved_evidence@10", "evidence_precision"} <= {line.split()[0] for line in done.stdout.splitlines()}
    differences = printed(inside("eval", "compare", before / "run.json", after / "run.json", "--json"))
    assert {d["before"] - d["after"] for d in differences} == {0}


def test_a_run_that_got_worse_exits_1(inside: Rag, dataset: Path, tmp_path: Path) -> None:
    asked = [{**QUESTIONS[0], "id": f"h{n}", "question": f"{NESTS} ({n})"} for n in range(8)]
    for name, words in (("a", "It counted 160 nests."), ("b", "It counted 170 nests.")):
        with serving(lambda *_, words=words: (200, chat(words))) as url:
            out = ["--out", tmp_path / name]
            assert inside("eval", write(dataset, asked), "--url", f"{url}/v1", *out).returncode == 0
    assert inside("eval", "compare", tmp_path / "a" / "run.json", tmp_path / "b" / "run.json").returncode == 1
    better = inside("eval", "compare", tmp_path / "b" / "run.json", tmp_path / "a" / "run.json")
    assert better.returncode == 0
    assert ", 0 worse, " in better.stdout


def test_runs_of_other_questions_cannot_be_compared(
    inside: Rag, evaluated: Callable[[str], Path], dataset: Path
) -> None:
    before = evaluated("a")
    write(dataset, QUESTIONS[:2])
    after = evaluated("b")
    done = inside("eval", "compare", before / "run.json", after / "run.json")
    assert "different questions" in refused(done, 2)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 1}', '{"format": 7}', "\x00"])
def test_what_is_no_run_cannot_be_compared(
    inside: Rag, evaluated: Callable[[str], Path], tmp_path: Path, content: str
) -> None:
    saved = evaluated("a") / "run.json"
    (tmp_path / "no.json").write_text(content)
    assert "no.json" in refused(inside("eval", "compare", saved, tmp_path / "no.json"), 2).replace(" ", "")


def test_a_run_is_named_by_its_file_or_its_folder(
    inside: Rag, evaluated: Callable[[str], Path], tmp_path: Path
) -> None:
    out = evaluated("a")
    assert inside("eval", "compare", out, out / "run.json").returncode == 0
    (tmp_path / "empty").mkdir()
    refused(inside("eval", "compare", out, tmp_path / "empty"), 2)


# --- wrong usage and trouble


def test_every_level_has_help(inside: Rag) -> None:
    for arguments in ([], ["run"], ["compare"]):
        done = inside("eval", *arguments, "--help")
        assert done.returncode == 0
        assert "Usage: rag eval" in done.stdout
    assert "DATASET" in inside("eval", "--help").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["none.jsonl"],
        ["heron.jsonl", "--corpus", "none"],
        ["heron.jsonl", "--corpus", ".", "--url", "http://127.0.0.1:1"],
        ["heron.jsonl", "--gate", "none.toml"],
        ["heron.jsonl", "--jobs", "0"],
        ["heron.jsonl", "--dance"],
        ["heron.jsonl", "--url", "http://[::1"],
        ["compare", "heron.jsonl"],
    ],
)
def test_wrong_usage_exits_2(inside: Rag, dataset: Path, arguments: list[str]) -> None:
    assert dataset.is_file()
    assert refused(inside("eval", *arguments), 2)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "holds no question"),
        (b'{"id": "a", "question": "Why?"}\n{"id": ', "bad.jsonl line 2 is no example"),
        (b'{"id": "a", "question": "Why?"}\n\n{"id": "b"}\n', "bad.jsonl line 3 is no example: question"),
        (b'{"id": "a", "question": "Why?"}\n{"id": "a", "question": "How?"}\n', "'a' twice"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[1]\n", "bad.jsonl line 1 is no example"),
    ],
)
def test_a_bad_dataset_is_wrong_usage_and_its_line_is_named(
    inside: Rag, tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "bad.jsonl").write_bytes(content)
    assert told in refused(inside("eval", tmp_path / "bad.jsonl"), 2)


def test_a_folder_that_is_no_question_set_is_wrong_usage(inside: Rag, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "is no question set" in refused(inside("eval", tmp_path / "folder"), 2)


def test_without_an_index_the_way_to_documents_is_told(rag: Rag, dataset: Path, tmp_path: Path) -> None:
    told = refused(rag("eval", dataset, over=tmp_path / "none"), 1)
    assert told == f"rag: There is no index in {tmp_path / 'none'} yet: make one with `rag ingest PATH`."


def test_a_collection_that_is_not_there_is_told(inside: Rag, dataset: Path) -> None:
    assert "'nowhere'" in refused(inside("eval", dataset, "--collection", "nowhere"), 1)


@pytest.mark.parametrize("path", ["", "/v1"])
def test_a_port_at_which_nobody_listens_is_told_in_one_line(inside: Rag, dataset: Path, path: str) -> None:
    done = inside("eval", dataset, "--json", "--url", f"http://127.0.0.1:{closed_port()}{path}")
    assert done.returncode == 1
    assert done.stderr.startswith("rag: ")
    assert "ConnectError" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("status", "body"), [(404, b"no such page"), (200, b"<!doctype html>"), (503, b""), (302, b"")]
)
def test_a_service_that_is_not_ours_is_told_in_one_line(inside: Rag, dataset: Path, status: int, body: bytes) -> None:
    with serving(lambda *_: (status, body)) as url:
        told = refused(inside("eval", dataset, "--url", url), 1)
    assert told.startswith(f"rag: {url} cannot be asked: ")


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "nonsense/v1", "ftp://127.0.0.1", "http:///v1"])
def test_what_is_no_address_is_wrong_usage(inside: Rag, dataset: Path, url: str) -> None:
    assert f"{url} is no address" in refused(inside("eval", dataset, "--url", url), 2)


@pytest.mark.parametrize("command", [["run"], ["robustness", "--corpus", "."]])
def test_a_folder_that_cannot_be_made_is_wrong_usage(inside: Rag, dataset: Path, command: list[str]) -> None:
    told = refused(inside("eval", *command, dataset, "--out", dataset / "out"), 2).replace(" ", "")
    assert "cannotbemade" in told


def test_a_source_that_cannot_be_read_is_left_out_and_said_so(
    rag: Rag, dataset: Path, texts: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    done = rag("eval", dataset, "--corpus", texts, "--corpus", tmp_path / "broken.pdf", "--json")
    assert done.returncode == 0
    (warning,) = printed(done)["warnings"]
    assert "broken.pdf" in warning


def test_a_corpus_of_which_nothing_can_be_read_is_refused(rag: Rag, dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    assert "broken.pdf" in refused(rag("eval", dataset, "--corpus", tmp_path / "broken.pdf"), 2)


# --- calibrate


def test_calibrating_sets_the_point_that_status_shows_and_answers_keep(
    rag: Rag, dataset: Path, own_index: Path
) -> None:
    few = refused(rag("eval", "calibrate", dataset, over=own_index), 2)
    assert "3 judged questions cannot promise an error of at most 0.05: at least 19 are needed" in few

    point = printed(rag("eval", "calibrate", dataset, "--max-error", "0.3", "--json", over=own_index))
    assert (point["max_error"], point["questions"], point["dataset"]) == (0.3, 3, "heron")
    assert point["wrong"] <= 0.3
    assert printed(rag("status", "--json", over=own_index))["operating_point"] == point
    assert f"at a confidence of {point['threshold']:.3f} or more" in rag("status", over=own_index).stdout
