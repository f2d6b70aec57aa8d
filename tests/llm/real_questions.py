"""The shipped questions answered by a real model, run by `make test-llm`: prints figures, and keeps what was served.

No program can tell whether a sentence is borne out; `eval/out/served.jsonl` holds each with its quotes, to be read.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from eval.examples import read_dataset
from eval.over_http import ServiceSubject
from eval.records import Figure
from eval.run import evaluate
from rag import Library
from tests.llm.real_server import MODEL, real_model, served
from tests.program import ROOT
from tests.server.conftest import Start, start

SERVED = ROOT / "eval/out/served.jsonl"
PROMPT_TOKENS = 600
"""A fifth of the usual: a small model reads a hundred or two a second on two cores, and loses its way in many."""
LATEST_S = 600
_STATEMENT = re.compile(r"(\S.*?) ((?:\[\d+\])+)(?=\s|$)", re.DOTALL)
"""One group of markers stands behind each sentence of an answer."""
__all__ = ["start"]


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(real_model(), tmp_path_factory.mktemp("llm") / "server.log") as url:
        yield url


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with closing(Library(tmp_path_factory.mktemp("notes"))) as library:
        library.ingest([ROOT / "seeds"])
        yield library


class _Tally:
    """What the service said of its answers."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.statements: list[dict[str, object]] = []
        self.unquoted: list[str] = []

    def __call__(self, response: httpx.Response) -> None:
        response.read()
        if response.url.path == "/v1/ask":
            self._add(response.json(), json.loads(response.request.content)["question"])

    def _add(self, answer: dict[str, Any], question: str) -> None:
        self.counts[f"answered by {answer['mode']}" if answer["status"] == "answered" else "abstained"] += 1
        self.counts[f"degraded: {answer['degraded']}"] += 1
        self.counts["sentences cut"] += answer["removed_sentences"]
        if answer["mode"] == "llm" and answer["status"] == "answered":
            self._add_statements(question, answer["answer"], {c["n"]: c["quote"] for c in answer["citations"]})

    def _add_statements(self, question: str, text: str, quotes: dict[int, str]) -> None:
        for said in _STATEMENT.finditer(text):
            quoted = [quotes[int(n)] for n in re.findall(r"\d+", said[2])]
            self.statements.append({"question": question, "sentence": said[1], "quotes": quoted})
        self.unquoted += filter(None, [_STATEMENT.sub("", text).strip()])


def test_no_sentence_without_a_quote_is_served_and_the_figures_are_told(
    base_url: str, notes: Library, start: Start
) -> None:
    client = start(
        notes,
        llm_base_url=base_url,
        llm_model=MODEL,
        llm_prompt_tokens=PROMPT_TOKENS,
        llm_timeout_s=LATEST_S,
        request_timeout_s=2 * LATEST_S,
    )
    tally = _Tally()
    client.event_hooks = {"response": [tally]}
    client.timeout = httpx.Timeout(2 * LATEST_S)
    run = evaluate(read_dataset(ROOT / "eval/datasets/seeds.jsonl"), ServiceSubject(client))
    SERVED.parent.mkdir(exist_ok=True)
    SERVED.write_text("".join(json.dumps(said, ensure_ascii=False) + "\n" for said in tally.statements), "utf-8")
    print("", *(f"{name}: {count}" for name, count in sorted(tally.counts.items())), sep="\n")
    print(f"sentences served: {len(tally.statements)}, to be read in {SERVED.relative_to(ROOT)}")
    for name in ("right", "answered_wrong", "quote_fidelity", "citation_recall", "right_refusals", "failed"):
        print(f"{name}: {_shown(run.figures[name])}")
    assert tally.unquoted == []
    assert not any(run.misquotes.values())
    assert run.figures["failed"].value == 0


def _shown(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return str(figure.value)
    return f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]"
