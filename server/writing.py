"""Who asks the LLM: where one is set and wanted it writes the answer, within one deadline; else the extracts are it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from typing import Literal, TypeVar

from rag import Answer, Claim, Library, Turn
from rag.generate import ChatBackend, Desk, warm_up, write
from rag.protocols import Generator
from rag.settings import Settings
from server.limits import Gate, Meter
from server.metrics import Metrics
from server.observe import note

_PROVING = 2
"""Threads that prove sentences: some 10 ms each, which is why nothing of it is refused."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it came in."""

    extracts: Callable[[], Answer]
    """The answer without an LLM: blocking work."""
    collection: str
    history: Sequence[Turn]
    mode: Literal["auto", "extractive", "llm"]
    since: float
    """When it came, on the clock of `time.monotonic`: the deadline counts from then."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """Extracts that an LLM may replace: not what is counted as the answer."""

    answer: Answer


class Writing:
    """Answers questions, with an LLM or without."""

    def __init__(
        self, library: Library, gate: Gate, settings: Settings, llm: ChatBackend | None, meter: Meter, metrics: Metrics
    ) -> None:
        """Answer from a library; extracts go through the gate, what an LLM says has threads of its own."""
        self._library = library
        self._gate = gate
        self._settings = settings
        self._llm = llm
        self._meter = meter
        self._metrics = metrics
        self._threads = ThreadPoolExecutor(_PROVING, "rag-prove")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Readies what the first answer of an LLM would else wait for; at the end, lets go of all."""
        if self._llm is not None:
            self._threads.submit(warm_up)
        try:
            yield
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
            if self._llm is not None:
                await self._llm.aclose()

    def asks(self, mode: str) -> bool:
        """Whether an LLM is asked."""
        return self._llm is not None and mode != "extractive"

    async def run(self, work: Callable[[], T]) -> T:
        """What some milliseconds of work return."""
        return await asyncio.wrap_future(self._threads.submit(copy_context().run, work))

    async def answer(self, question: Question) -> Answer:
        """The answer; raises as `Gate.run` and `Library.ask` do."""
        async with aclosing(self.answers(question)) as coming:
            *_, last = [found async for found in coming]
        assert isinstance(last, Answer)
        return last

    async def answers(self, question: Question) -> AsyncGenerator[Answer | Claim]:
        """First the extracts, then each claim of an LLM once it is proved, and at the end the answer, which counts.

        Raises:
            HTTPException: Too much waits at the gate (503).
            RagError: The library cannot answer.
        """
        if self._llm is None or question.mode == "extractive":
            answer = await self._gate.run(question.extracts)
            final = replace(answer, degraded="llm_unavailable") if question.mode == "llm" else answer
            note(degraded=final.degraded)
            yield final
            yield final
            return
        async with aclosing(self._written(self._llm, question)) as coming:
            async for found in coming:
                yield found

    async def _written(self, llm: Generator, question: Question) -> AsyncGenerator[Answer | Claim]:
        desk = Desk(
            partial(self._extracts, question.extracts),
            partial(self._library.standing, collection=question.collection),
            llm,
            self.run,
            self._settings.llm_prompt_tokens,
        )
        found: Answer | Claim | None = None
        begun = False
        async with aclosing(write(desk, question.history, question.since + self._settings.llm_timeout_s)) as coming:
            async for found in coming:
                if isinstance(found, Claim) and not begun:
                    begun = True
                    self._metrics.first_sentence(monotonic() - question.since)
                yield found
        assert isinstance(found, Answer)
        self._tell(found)

    async def _extracts(self, extracts: Callable[[], Answer]) -> Answer:
        return (await self._gate.run(lambda: _Draft(extracts()))).answer

    def _tell(self, answer: Answer) -> None:
        self._meter.done(answer)
        if "llm" in answer.timings_ms:
            self._metrics.wrote(answer)
        note(degraded=answer.degraded, removed=answer.removed or None)
