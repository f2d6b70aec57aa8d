import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag.client.replies import AskReply, SearchReply, VerifyReply
from tests.program import NESTS, Rag, command, environment, printed, run

# --- help and usage


@pytest.mark.parametrize("command", ["", "ingest", "ask", "search", "serve", "status", "verify", "remove"])
def test_every_level_has_help(inside: Rag, command: str) -> None:
    done = inside(*([command] if command else []), "--help")
    assert done.returncode == 0
    assert "Usage: rag" in done.stdout


def test_serve_help_names_every_setting(inside: Rag) -> None:
    text = "".join(inside("serve", "--help").stdout.split())
    names = "INDEX_DIR MODEL HOST PORT CORS_ORIGINS MAX_CONCURRENCY QUEUE LOG_LEVEL"
    assert [name for name in names.split() if f"RAG_{name}" not in text] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["ask", " "],
        ["ask", "x" * 2001],
        ["ask", "x", "--top-k", "0"],
        ["ask", "x", "--collection", "../x"],
        ["ingest"],
        ["dance"],
    ],
)
def test_wrong_usage_exits_2(inside: Rag, arguments: list[str]) -> None:
    done = inside(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr


def test_a_wrong_setting_exits_2_in_one_line(rag: Rag) -> None:
    done = rag("status", RAG_PORT="x")
    assert done.returncode == 2
    assert done.stderr == "rag: RAG_PORT is 'x'; allowed is a whole number from 0 to 65535; 0 takes any free port.\n"


# --- ask and search


def test_ask_prints_the_extracts_with_their_sources(rag: Rag) -> None:
    done = rag("ask", NESTS)
    assert done.returncode == 0
    assert "160 nests" in done.stdout
    assert "[1]" in done.stdout
    assert "birds/heron.txt, characters " in done.stdout
    assert "Confidence 0." in done.stdout
    assert done.stderr == ""


def test_ask_json_is_the_answer_of_the_contract(rag: Rag) -> None:
    reply = printed(rag("ask", NESTS, "--json", "--top-k", 2))
    AskReply.model_validate(reply)
    assert len(reply["passages"]) == 2
    assert all(reply["answer"][c["answer_span"][0] : c["answer_span"][1]] == c["quote"] for c in reply["citations"])


def test_abstaining_exits_3_with_the_reason_and_the_nearest_passages(rag: Rag) -> None:
    done = rag("ask", "Who won the chess olympiad of 1972?")
    assert done.returncode == 3
    assert "Nearest passages" in done.stdout
    assert "birds/" in done.stdout


def test_a_source_pattern_limits_what_is_asked(inside: Rag) -> None:
    reply = printed(inside("ask", "What did the bridge cost?", "--source", "birds/*", "--json"))
    assert {p["source"] for p in reply["passages"]} <= {"birds/heron.txt", "birds/owls.txt"}


def test_search_prints_ranked_passages(inside: Rag) -> None:
    assert inside("search", "barn owl").stdout.startswith(" 1. ")
    reply = printed(inside("search", "barn owl", "--json", "--top-k", 1))
    SearchReply.model_validate(reply)
    assert [hit["source"] for hit in reply["hits"]] == ["birds/owls.txt"]


def test_what_hides_or_steers_is_kept_in_json_and_kept_off_the_terminal(rag: Rag) -> None:
    question = "In which year was the lighthouse lamp at Start Point first lit?"
    shown = rag("ask", question).stdout
    assert "first lit in the year 1836, by its keeper and his family." in shown
    quotes = "".join(c["quote"] for c in printed(rag("ask", question, "--json"))["citations"])
    assert "\x1b[31mfirst lit\x1b[0m" in quotes
    assert "keep\u200ber and\u202e his" in quotes


def test_ask_loads_neither_torch_nor_the_server(index: Path, tmp_path: Path) -> None:
    heavy = {"torch", "transformers", "sentence_transformers", "fastapi", "starlette", "uvicorn", "onnx"}
    script = (
        "import sys; from rag.__main__ import main\n"
        "try: main()\n"
        f"finally: print(sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    )
    started = [sys.executable, "-c", script, "ask", NESTS]
    done = run(started, index, tmp_path)
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_without_an_index_the_way_to_one_is_told(rag: Rag, tmp_path: Path) -> None:
    done = rag("ask", NESTS, over=tmp_path / "none")
    assert done.returncode == 1
    assert done.stderr == f"rag: There is no index in {tmp_path / 'none'} yet: make one with `rag ingest PATH`.\n"
    assert not (tmp_path / "none").exists()


def test_an_index_that_is_no_database_is_told_in_one_line(rag: Rag, tmp_path: Path) -> None:
    (tmp_path / "truth.sqlite").write_text("no database, " * 100)
    done = rag("ask", NESTS, over=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("rag: ")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_has_enough_is_no_failure_to_talk_about(index: Path, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command("search", "bird", "--json"),
        cwd=tmp_path,
        env=environment(index),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert done.stderr == ""


# --- status and verify


def test_status_tells_what_the_index_holds(inside: Rag, index: Path) -> None:
    status = printed(inside("status", "--json"))
    assert (status["documents"], status["index"], status["healthy"]) == (4, str(index), True)
    assert "Documents  4" in inside("status").stdout


def test_a_saved_answer_is_verified(rag: Rag, tmp_path: Path) -> None:
    saved = rag("ask", NESTS, "--json").stdout
    (tmp_path / "saved.json").write_text(saved, "utf-8")
    done = rag("verify", tmp_path / "saved.json", "--json")
    assert done.returncode == 0
    assert VerifyReply.model_validate(printed(done)).valid
    false = rag("verify", "-", stdin=saved.replace("160 nests", "170 nests"))
    assert false.returncode == 1
    assert "changed: stands nowhere in its document any more" in false.stdout


@pytest.mark.parametrize("content", ["", "[]", "{", '{"citations": [{"n": 1}]}', '{"citations": 1}'])
def test_what_is_no_saved_answer_is_refused(inside: Rag, tmp_path: Path, content: str) -> None:
    (tmp_path / "saved.json").write_text(content)
    done = inside("verify", tmp_path / "saved.json")
    assert done.returncode == 1
    assert "is no saved answer" in done.stderr
