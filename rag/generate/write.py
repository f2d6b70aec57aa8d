"""The order of an answer that an LLM writes: extracts, prompt, reply, proof; extracts again where anything fails."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Protocol, TypeVar

from rag.errors import LlmTimeoutError, LlmUnavailableError
from rag.generate.prove import Cut, Given, prove, read_given
from rag.generate.reading import read_sentences
from rag.generate.sentences import Sentences
from rag.prompts import Prompt, prompt
from rag.protocols import Generator
from rag.records import Answer, Citation, Claim, Degraded, Disagreement, Turn

PROMPT_TOKENS = 3_000
FOUND_NONE = "The passages that were found do not seem to hold the answer; they are shown instead."
CHANGED = "The documents that hold the answer have just changed; ask again."
T = TypeVar("T")
_log = logging.getLogger("rag.generate")


class Run(Protocol):
    """Where work of some milliseconds is done, so that it holds nothing up."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        """What the work returns."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a writer works with."""

    extracts: Callable[[], Awaitable[Answer]]
    """The answer as it is without an LLM; asked for again where a document changed while the LLM wrote."""
    standing: Callable[[Claim], Claim | None]
    """The claim with the pages of its quotes, if all of them stand in the documents as they are now."""
    generator: Generator
    run: Run
    prompt_tokens: int = PROMPT_TOKENS
    """Budget of the prompt, in cl100k tokens."""


async def write(desk: Desk, history: Sequence[Turn], deadline: float) -> AsyncGenerator[Answer | Claim]:
    """First the answer of extracts, then each claim that the LLM can prove, once it can, and at the end the answer.

    The last answer is what counts: where the LLM fails, even after some claims, it is the extracts alone, and
    `degraded` says why. Where the extracts abstain, or the LLM says that the passages hold no answer, it abstains.
    `deadline`, on the clock of `time.monotonic`, is for the LLM; the extracts take the time they need.
    """
    draft = await desk.extracts()
    yield draft
    if draft.status == "abstained":
        yield draft
        return
    begin = monotonic()
    told = _Told()
    async with aclosing(_claims(desk, draft, history, deadline, told)) as claims:
        async for claim in claims:
            yield claim
    answer = await _still_standing(desk, told.answer(draft))
    yield replace(answer, timings_ms=_with_llm(answer.timings_ms, (monotonic() - begin) * 1000))


@dataclass(slots=True)
class _Told:
    """What came of a reply so far."""

    claims: list[Claim] = field(default_factory=list)
    removed: int = 0
    found_none: bool = False
    fault: Degraded | None = None
    numbers: dict[tuple[str, int, int], int] = field(default_factory=dict)
    """Of each quote its marker: equal quotes share one."""

    def numbered(self, claim: Claim) -> Claim:
        return replace(claim, citations=tuple(replace(c, n=self._number(c)) for c in claim.citations))

    def _number(self, citation: Citation) -> int:
        place = (citation.document_id, citation.start, citation.end)
        return self.numbers.setdefault(place, len(self.numbers) + 1)

    def answer(self, draft: Answer) -> Answer:
        if self.fault:
            return replace(draft, degraded=self.fault, removed=self.removed)
        worded = replace(draft, claims=tuple(self.claims), mode="llm", disagreement=None)
        if self.claims:
            return replace(worded, removed=self.removed, disagreement=self._disagreement(draft))
        if self.found_none and not self.removed:
            return replace(worded, status="abstained", reason=FOUND_NONE, because="llm_found_none")
        return replace(draft, degraded="llm_unsupported", removed=self.removed)

    def _disagreement(self, draft: Answer) -> Disagreement | None:
        """That of the extracts, where the LLM cites both of them too."""
        if draft.disagreement is None:
            return None
        extracts = {c.n: c for claim in draft.claims for c in claim.citations}
        one, other = (self._citing(extracts[n]) for n in draft.disagreement.citations)
        return replace(draft.disagreement, citations=(one, other)) if one and other else None

    def _citing(self, extract: Citation) -> int | None:
        """The marker of a quote that shares text with an extract."""
        cited = (c for claim in self.claims for c in claim.citations if c.document_id == extract.document_id)
        return next((c.n for c in cited if c.start < extract.end and extract.start < c.end), None)


async def _claims(
    desk: Desk, draft: Answer, history: Sequence[Turn], deadline: float, told: _Told
) -> AsyncGenerator[Claim]:
    """The claims of the reply, each once, numbered; a fault of any kind ends them and is noted."""
    try:
        async with aclosing(_proved(desk, draft, history, deadline, told)) as proved:
            async for claim in proved:
                if all(claim.text != before.text for before in told.claims):
                    told.claims.append(told.numbered(claim))
                    yield told.claims[-1]
    except (LlmTimeoutError, TimeoutError):
        told.fault = "llm_timeout"
    except LlmUnavailableError as error:
        _log.warning("the LLM gave no reply: %s", error)
        told.fault = "llm_unavailable"
    except Exception:  # noqa: BLE001 - whatever it is, people get the extracts
        _log.exception("writing an answer broke")
        told.fault = "llm_unavailable"


async def _proved(
    desk: Desk, draft: Answer, history: Sequence[Turn], deadline: float, told: _Told
) -> AsyncGenerator[Claim]:
    asked = draft.rewritten or draft.question
    sent: Prompt = await _within(deadline, desk.run(partial(prompt, asked, draft.hits, history, desk.prompt_tokens)))
    reading = asyncio.ensure_future(desk.run(partial(read_given, sent.hits)))  # while the LLM begins
    try:
        proof: Claim | Cut | None = None
        async with aclosing(read_sentences(desk.generator.reply(sent.messages, deadline), deadline)) as sentences:
            async for sentence in sentences:
                given = await _within(deadline, asyncio.shield(reading))
                proof = await _within(deadline, desk.run(partial(_proof, sentence, given, proof, desk.standing)))
                if isinstance(proof, Claim):
                    yield proof
                told.removed += proof == "unsupported"
                told.found_none |= proof == "found_none"
    finally:
        reading.cancel()


def _proof(
    sentence: str, given: Given, before: Claim | Cut | None, standing: Callable[[Claim], Claim | None]
) -> Claim | Cut:
    proof = prove(sentence, given, before)
    return (standing(proof) or "unsupported") if isinstance(proof, Claim) else proof


async def _within(deadline: float, work: Awaitable[T]) -> T:
    async with asyncio.timeout(max(deadline - monotonic(), 0)):
        return await work


async def _still_standing(desk: Desk, answer: Answer) -> Answer:
    """The answer, or the extracts made anew where a document that it quotes changed while the LLM wrote.

    Where there is no room to make them, it is what still stands of the answer.
    """
    standing = await desk.run(lambda: tuple(claim for claim in answer.claims if desk.standing(claim)))
    if len(standing) == len(answer.claims):
        return answer
    degraded = answer.degraded or "llm_unsupported"
    try:
        return replace(await desk.extracts(), degraded=degraded, removed=answer.removed)
    except Exception as error:  # noqa: BLE001 - the gate is full, or whatever else: an answer was promised
        _log.warning("no extracts instead of those that changed: %s", type(error).__name__)
        left = _left_of(answer, standing)
        return left if left.mode == "llm" else replace(left, degraded=degraded)


def _left_of(answer: Answer, standing: tuple[Claim, ...]) -> Answer:
    """The answer without the claims that fell, and without all that is of their documents: it may lean on them."""
    kept = {id(claim) for claim in standing}
    gone = {c.document_id for claim in answer.claims if id(claim) not in kept for c in claim.citations}
    standing = tuple(claim for claim in standing if all(c.document_id not in gone for c in claim.citations))
    hits = tuple(hit for hit in answer.hits if hit.document.id not in gone)
    fallen = len(answer.claims) - len(standing) if answer.mode == "llm" else 0
    left = replace(answer, hits=hits, disagreement=None, removed=answer.removed + fallen)
    if not standing:
        return replace(left, claims=(), status="abstained", reason=CHANGED, because="nothing_found", mode="extractive")
    numbers: dict[int, int] = {}
    renumbered = [
        replace(
            claim, citations=tuple(replace(c, n=numbers.setdefault(c.n, len(numbers) + 1)) for c in claim.citations)
        )
        for claim in standing
    ]
    return replace(left, claims=tuple(renumbered))


def _with_llm(timings_ms: dict[str, float], llm_ms: float) -> dict[str, float]:
    return {**timings_ms, "llm": llm_ms, "total": timings_ms.get("total", 0.0) + llm_ms}


def warm_up() -> None:
    """Loads what the first answer would else wait for, a second or so: the ranks of tokens, the cutter of sentences."""
    prompt("What is it?", (), (), PROMPT_TOKENS)
    read_given(())
    Sentences().feed("It is one. [1] And")
