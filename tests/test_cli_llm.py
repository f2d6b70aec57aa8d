import json

import pytest

from tests.llm.scripted import scripted_in_thread
from tests.llm.scripts import failing, replying
from tests.program import Rag

COST = "What did the bridge cost to build?"
SAID = "The bridge cost 24 million pounds to build [1]. The bridge cost 24 million pounds [1]."


def _set(monkeypatch: pytest.MonkeyPatch, base_url: str) -> None:
    monkeypatch.setenv("RAG_LLM_BASE_URL", base_url)
    monkeypatch.setenv("RAG_LLM_MODEL", "any")


def test_the_llm_words_the_answer_where_asked(inside: Rag, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_in_thread(replying(SAID)) as server:
        _set(monkeypatch, server.base_url)
        done = inside("ask", "--llm", COST)
        printed = json.loads(inside("ask", "--llm", COST, "--json").stdout)
        assert "The bridge cost 24 million pounds. [1]" in done.stdout
        assert done.stdout.count("bridge.md") == 1
        assert (done.returncode, done.stderr) == (0, "")
        assert (printed["mode"], printed["degraded"], len(printed["citations"])) == ("llm", None, 1)
        inside("ask", COST)
        assert len(server.requests) == 2


def test_where_it_fails_extracts_are_shown_and_said_to_be(inside: Rag, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_in_thread(failing(401)) as server:
        _set(monkeypatch, server.base_url)
        done = inside("ask", "--llm", COST)
    assert "24 million pounds" in done.stdout
    assert done.stderr.splitlines()[-1] == "note: these are extracts, since the LLM gave no reply"
    assert done.returncode == 0


def test_a_reply_that_finds_nothing_abstains(inside: Rag, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_in_thread(replying("The passages do not hold the answer.")) as server:
        _set(monkeypatch, server.base_url)
        assert inside("ask", "--llm", COST).returncode == 3


def test_without_one_set_it_says_what_to_set(inside: Rag) -> None:
    done = inside("ask", "--llm", COST)
    assert done.returncode == 2
    assert done.stderr == "rag: RAG_LLM_BASE_URL and RAG_LLM_MODEL are not set; --llm needs both.\n"
