import json
import os
import pty
import shutil
import subprocess
from pathlib import Path

from tests.program import NESTS, Rag, command, environment, printed


def test_ingest_adds_the_good_files_and_exits_1_for_the_bad_one(rag: Rag, tmp_path: Path, texts: Path) -> None:
    shutil.copytree(texts, tmp_path / "in")
    (tmp_path / "in" / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    done = rag("ingest", tmp_path / "in", "--json", over=tmp_path / "index")
    report = printed(done)
    assert done.returncode == 1
    assert report["added"] == 4
    assert [(p["source"], p["fatal"]) for p in report["problems"]] == [("broken.pdf", True)]
    again = rag("ingest", tmp_path / "in", over=tmp_path / "index")
    assert again.returncode == 1
    assert "0 added, 0 updated, 4 unchanged, 0 removed" in again.stdout
    assert "FAILED: broken.pdf: " in again.stderr
    assert "\x1b" not in again.stdout + again.stderr


def test_ingest_prunes_on_request_and_rebuilds_without_a_path(rag: Rag, tmp_path: Path, texts: Path) -> None:
    shutil.copytree(texts, tmp_path / "in")
    over = tmp_path / "index"
    assert rag("ingest", tmp_path / "in", over=over).returncode == 0
    (tmp_path / "in" / "bridge.md").unlink()
    assert printed(rag("ingest", tmp_path / "in", "--prune", "--json", over=over))["removed"] == 1
    assert rag("ingest", "--rebuild", over=over).returncode == 0
    assert printed(rag("status", "--json", over=over))["documents"] == 3


def test_a_path_that_is_not_there_is_named(rag: Rag, tmp_path: Path) -> None:
    done = rag("ingest", tmp_path / "none.txt", over=tmp_path / "index")
    assert done.returncode == 1
    assert "none.txt" in done.stderr


def test_a_bar_is_drawn_on_a_terminal_and_results_go_to_stdout(texts: Path, tmp_path: Path) -> None:
    terminal, side = pty.openpty()
    done = subprocess.run(
        command("ingest", texts, "--json"),
        cwd=tmp_path,
        env=environment(tmp_path / "index", TERM="xterm"),
        stdout=subprocess.PIPE,
        stderr=side,
        check=False,
    )
    os.close(side)
    drawn = os.read(terminal, 1 << 16)
    os.close(terminal)
    assert b"\x1b[" in drawn
    assert json.loads(done.stdout)["added"] == 4


def test_removed_documents_answer_no_more(rag: Rag, own_index: Path) -> None:
    cited = printed(rag("ask", NESTS, "--json", over=own_index))["citations"][0]["document_id"]
    done = rag("remove", cited, "doc_none", "--json", over=own_index)
    assert done.returncode == 1
    assert printed(done) == {"removed": [cited], "missing": ["doc_none"]}
    assert "doc_none" in done.stderr
    passages = printed(rag("ask", NESTS, "--json", over=own_index))["passages"]
    assert cited not in {p["document_id"] for p in passages}
