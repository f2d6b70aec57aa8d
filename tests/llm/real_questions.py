"""The shipped questions answered by a real model: `RAG_TEST_GGUF=/path/model.gguf make test-llm` prints the figures."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from eval.examples import read_dataset
from eval.over_http import ServiceSubject
from eval.records import Figure
from eval.run import evaluate
from rag import Library
from tests.llm.real_server import GGUF, MODEL, given_model, served
from tests.program import ROOT
from tests.server.conftest import Start, start

_MARKERS = re.compile(r" (?:\[\d+\])+(?= |$)")
"""One group stands behind each sentence of an answer."""
__all__ = ["start"]


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    model = given_model()
    assert model is not None, f"Set {GGUF} to the path of a GGUF model that follows instructions."
    with served(model, tmp_path_factory.mktemp("llm") / "server.log") as url:
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
        self.unlike: list[str] = []

    def __call__(self, response: httpx.Response) -> None:
        response.read()
        if response.url.path == "/v1/ask":
            self._add(response.json())

    def _add(self, answer: dict[str, object]) -> None:
        text = str(answer["answer"])
        self.counts[f"answered by {answer['mode']}" if answer["status"] == "answered" else "abstained"] += 1
        self.counts[f"degraded: {answer['degraded']}"] += 1
        self.counts["sentences cut"] += int(str(answer["removed_sentences"]))
        if answer["mode"] == "llm" and answer["status"] == "answered":
            self.counts["sentences let through"] += len(_MARKERS.findall(text))
            if _MARKERS.split(text)[-1].strip():
                self.unlike.append(text)


def test_no_sentence_without_a_quote_is_served_and_the_figures_are_told(
    base_url: str, notes: Library, start: Start
) -> None:
    client = start(notes, llm_base_url=base_url, llm_model=MODEL, llm_timeout_s=600, request_timeout_s=900)
    tally = _Tally()
    client.event_hooks = {"response": [tally]}
    client.timeout = httpx.Timeout(900)
    run = evaluate(read_dataset(ROOT / "eval/datasets/seeds.jsonl"), ServiceSubject(client))
    print("", *(f"{name}: {count}" for name, count in sorted(tally.counts.items())), sep="\n")
    for name in ("right", "answered_wrong", "quote_fidelity", "citation_recall", "right_refusals", "failed"):
        print(f"{name}: {_shown(run.figures[name])}")
    assert tally.unlike == []
    assert not any(run.misquotes.values())
    assert run.figures["failed"].value == 0


def _shown(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return str(figure.value)
    return f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]"
