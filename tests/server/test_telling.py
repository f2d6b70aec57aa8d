"""Documents that go once their sentences are told: a stream is read one by one, so that the moment is sure."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import pytest
from starlette.exceptions import HTTPException

from rag import Answer, Library
from rag.generate import configured
from rag.settings import read_settings
from server.limits import Gate
from server.metrics import Metrics
from server.observe import Meter
from server.stream import Event, answer_events
from server.telling import Telling
from server.wire import Json
from server.writing import Question, Writing
from tests.llm.scripted import Request, Script, scripted
from tests.llm.scripts import replying

QUESTION = "What did the bridge cost to build, and how many nests did a heronry in Kent count?"
COST = "The bridge cost 24 million pounds to build."
SPAN = "Its main span is 190 metres long."
NESTS = "A heronry in Kent counted 160 nests in 2009."
SAID = f"{COST} [1] {SPAN} [2] {NESTS} [3]"
LEFT = [
    ((), [COST, SPAN, NESTS], SAID),
    (("bridge.md",), [NESTS], f"{NESTS} [1]"),
    (("birds/heron.txt",), [COST, SPAN], f"{COST} [1] {SPAN} [2]"),
]
"""Documents that go, and the sentences that are left, as they stand in the answer."""

T = TypeVar("T")


@pytest.fixture
def own(own_index: Path) -> Iterator[Library]:
    with closing(Library(own_index)) as opened:
        yield opened


@dataclass
class _RoomForOnce:
    """The extracts, which find the service full when they are asked for again."""

    library: Library
    made: bool = False

    def __call__(self) -> Answer:
        if self.made:
            raise HTTPException(503, "Full.")
        self.made = True
        return self.library.ask(QUESTION)


def _reply(request: Request) -> Script:
    bridge, nests = (_number_of(text, request.prompt) for text in (COST, NESTS))
    return replying(" ".join(f"{text[:-1]} [{n}]." for text, n in ((COST, bridge), (SPAN, bridge), (NESTS, nests))))


def _number_of(text: str, prompt: str) -> str:
    """Of the passage in the prompt that holds the text."""
    return str(re.findall(r"^\[(\d+)\]$", prompt.partition(text)[0], re.MULTILINE)[-1])


async def _told(
    library: Library,
    tell: Callable[[Writing, Question], AsyncGenerator[T]],
    text: Callable[[T], str],
    gone: tuple[str, ...],
) -> list[T]:
    """All that is told, where documents go with the last sentence."""
    found = []
    async with scripted(_reply) as llm:
        settings, metrics = read_settings(llm_base_url=llm.base_url, llm_model="any"), Metrics()
        meter = Meter(metrics, 1, log_questions=False)
        writing = Writing(library, Gate(1, 1), settings, configured(settings), meter, metrics)
        question = Question(_RoomForOnce(library), "default", (), "auto", monotonic())
        async with writing.running(), aclosing(tell(writing, question)) as coming:
            async for one in coming:
                found.append(one)
                if text(one).lstrip().startswith(NESTS):
                    library.remove([d.id for d in library.documents() if d.source in gone])
    return found


def _allowed(reply: Json) -> Json:
    return reply


async def _chunks(writing: Writing, question: Question) -> AsyncGenerator[Json]:
    telling = Telling(writing, question, "rag", [QUESTION], "http://testserver", _allowed)
    async with aclosing(await telling.chunks(with_usage=False)) as chunks:
        async for chunk in chunks:
            yield chunk


def _events(writing: Writing, question: Question) -> AsyncGenerator[Event]:
    return answer_events(writing.answers(question), _allowed)


def _chunk_text(chunk: Any) -> str:  # noqa: ANN401 - JSON
    return str(chunk["choices"][0]["delta"].get("content", ""))


def _event_text(event: Event) -> str:
    return str(event.data["text"]) if event.name == "delta" else ""


@pytest.mark.parametrize(("gone", "left", "answer"), LEFT)
def test_what_is_left_of_a_completion_is_told_after_it_and_cited(
    own: Library, gone: tuple[str, ...], left: list[str], answer: str
) -> None:
    documents = {COST: _id_of(own, "bridge.md"), SPAN: _id_of(own, "bridge.md"), NESTS: _id_of(own, "birds/heron.txt")}
    chunks = asyncio.run(_told(own, _chunks, _chunk_text, gone))
    content, last = "".join(map(_chunk_text, chunks)), chunks[-1]
    assert content == (f"{SAID}\n\n{answer}" if gone else SAID)
    places = [annotation["url_citation"] for annotation in _delta(last)["annotations"]]
    assert [content[place["start_index"] : place["end_index"]] for place in places] == left
    assert [place["start_index"] for place in places] == [content.rindex(text) for text in left]
    assert all(documents[text] in place["url"] for text, place in zip(left, places, strict=True))
    assert _own(last) == ("llm", 3 - len(left))


def _id_of(library: Library, source: str) -> str:
    return next(d.id for d in library.documents() if d.source == source)


def _delta(chunk: Any) -> Any:  # noqa: ANN401 - JSON
    return chunk["choices"][0]["delta"]


def _own(chunk: Any) -> tuple[str, int]:  # noqa: ANN401 - JSON
    return chunk["rag"]["mode"], chunk["rag"]["removed_sentences"]


@pytest.mark.parametrize(("gone", "left", "answer"), LEFT)
def test_what_is_left_of_an_answer_is_what_done_holds_and_the_rest_is_counted(
    own: Library, gone: tuple[str, ...], left: list[str], answer: str
) -> None:
    events = asyncio.run(_told(own, _events, _event_text, gone))
    assert "".join(map(_event_text, events)) == SAID
    name, done = events[-1]
    assert (name, done["answer"], done["mode"]) == ("done", answer, "llm")
    assert done["removed_sentences"] == 3 - len(left)
