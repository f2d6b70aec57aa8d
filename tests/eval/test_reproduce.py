import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eval.examples import read_dataset
from eval.in_process import LibrarySubject
from eval.records import Example, Reply
from eval.report.saved import to_json
from eval.reproduce import FIGURES, auroc, ece, evidence, main, read_corpus, reproduced
from eval.run import evaluate
from rag import Library
from tests.eval import planting
from tests.eval.planting import Planted, Spoil
from tests.program import ROOT
from tests.rag.fakes import fake_library

QUESTIONS = (
    *(
        {
            "id": e.id,
            "question": e.question,
            "answerable": e.answerable,
            "answers": e.answers,
            "evidence": [{"doc": piece.doc, "quote": piece.quote} for piece in e.evidence],
        }
        for e in planting.QUESTIONS.examples
    ),
    {
        "id": "free",
        "question": "Does rope fray at the quay?",
        "answerable": True,
        "answers": ["yes"],
        "evidence": [{"doc": "boats/rope.txt", "quote": "Rope  frays\nwhere it meets the QUAY."}],
    },
    {"id": "graded", "question": "Which note tells of the tides?", "gold_docs": {"tides3.txt": 2, "tides4.txt": 1}},
    {
        "id": "twice",
        "question": "Who buys forty litres of lantern oil?",
        "answerable": True,
        "must_include": [["Ada Holm", "The keeper, Ada Holm"], ["forty"]],
        "evidence": [
            {"doc": "lantern.txt", "quote": "Ada Holm"},
            {
                "doc": "lantern.txt",
                "quote": "The keeper, Ada Holm",
                "alternatives": [{"doc": "lantern.txt", "quote": "forty litres of lantern oil"}],
            },
            {"doc": "lantern.txt", "quote": "forty litres", "alternatives": [{"doc": "ferry.txt", "quote": "nine"}]},
        ],
    },
)

Made = Callable[[Spoil], Path]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return planting.write_documents(tmp_path_factory.mktemp("documents"))


@pytest.fixture(scope="module")
def library(documents: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with closing(fake_library(tmp_path_factory.mktemp("index"))) as library:
        library.ingest([documents])
        yield library


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(q) + "\n" for q in QUESTIONS))
    return tmp_path / "questions.jsonl"


@pytest.fixture
def made(library: Library, dataset: Path, tmp_path: Path) -> Made:
    """The folder of a run with a defect."""

    def run(spoil: Spoil) -> Path:
        out = tmp_path / "out"
        out.mkdir()
        done = evaluate(read_dataset(dataset), Planted(LibrarySubject(library), spoil), folder=out)
        (out / "run.json").write_bytes(to_json(done))
        return out

    return run


def nothing(_: object, reply: Reply) -> Reply:
    return reply


def one_in_three_misquoted(example: Example, reply: Reply) -> Reply:
    return planting.moved(1)(example, reply) if len(example.id) + ord(example.id[-1]) % 3 == 2 else reply


def some_in_error(example: Example, reply: Reply) -> Reply:
    return Reply(example.id, "failed", "busy") if ord(example.id[-1]) % 2 else reply


@pytest.mark.parametrize(
    "spoil",
    [
        nothing,
        some_in_error,
        one_in_three_misquoted,
        planting.ranked_in_reverse,
        planting.answers_everything,
        planting.refuses_everything,
    ],
)
def test_a_run_is_reproduced_in_every_figure(made: Made, dataset: Path, documents: Path, spoil: Spoil) -> None:
    rows = reproduced(made(spoil), dataset, documents)
    assert [name for name, *_ in rows] == list(FIGURES)
    assert [row for row in rows if not row[3]] == []


def test_a_run_that_says_something_else_is_caught(
    made: Made, dataset: Path, documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = made(nothing)
    run = json.loads((out / "run.json").read_text())
    for name, wrong in (("brier", run["figures"]["brier"]["value"] + 1e-8), ("auroc", None)):
        run["figures"][name]["value"] = wrong
    (out / "run.json").write_text(json.dumps(run))

    assert main([str(out), str(dataset), str(documents)]) == 1
    different = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.endswith("DIFFERENT")]
    assert different == ["auroc", "brier"]


def test_the_script_runs_by_itself_and_loads_nothing_of_the_program(
    made: Made, dataset: Path, documents: Path, tmp_path: Path
) -> None:
    script = ROOT / "eval" / "reproduce.py"
    told = subprocess.run(
        [sys.executable, "-I", "-X", "importtime", script, made(nothing), dataset, documents],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0
    assert told.stdout.count(" same") == len(FIGURES)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in told.stderr.splitlines()}
    assert not loaded & {"rag", "eval", "numpy", "pydantic"}


def test_wrong_usage_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: " in capsys.readouterr().err


def test_a_corpus_is_read_in_all_its_forms(tmp_path: Path) -> None:
    (tmp_path / "ours.jsonl").write_text('{"doc_id": "a", "text": "x"}\n')
    (tmp_path / "beir.jsonl").write_text('{"_id": 7, "text": "y"}\n')
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "sub" / "b.md").write_bytes("\ufeffz\r\n".encode())
    assert read_corpus(tmp_path / "ours.jsonl") == {"a": "x"}
    assert read_corpus(tmp_path / "beir.jsonl") == {"7": "y"}
    assert read_corpus(tmp_path / "in") == {"sub/b.md": "\ufeffz\r\n"}


def test_worked_examples_by_hand() -> None:
    assert auroc([0.9, 0.5], [0.5, 0.1]) == 0.875
    assert auroc([0.9], []) is None
    assert ece([(0.95, True), (0.15, False)]) == pytest.approx(0.1)
    assert ece([]) is None
    precision, recall, f1 = evidence([("a", 0, 10)], [[("a", 5, 15)], [("b", 0, 4), ("a", 0, 5)]])
    assert precision == 1
    assert float(recall) == 0.75
    assert float(f1) == pytest.approx(6 / 7)
