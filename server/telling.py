"""Tells an answer in the shapes of OpenAI's chat completions: whole, or in chunks while it is written."""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from rag import Answer, Claim
from rag.tokens import estimate_tokens
from server.completions import (
    PART,
    Completion,
    after,
    chunk_head,
    closing_chunks,
    completed,
    opening_chunk,
    pieces,
    text_chunk,
)
from server.wire import Json, Sheet, answer_json, new_id
from server.writing import Question, Writing


@dataclass(slots=True)
class Telling:
    """One completion."""

    writing: Writing
    question: Question
    model: str
    read: Sequence[str]
    """Texts of the messages that were looked at."""
    base_url: str
    allowed: Callable[[Json], Json]
    """Makes of a reply what the sender may have."""
    _prompt_tokens: int = 0

    async def whole(self) -> Completion:
        """The completion of the finished answer; raises as `Writing.answer` does."""
        return self._completed(await self.writing.answer(self._counted()), new_id(), "")

    async def chunks(self, with_usage: bool) -> AsyncGenerator[Json]:
        """The chunks, once the extracts are there; raises as `Writing.answers` does until then."""
        coming = self.writing.answers(self._counted())
        await anext(coming)
        return self._chunks(coming, with_usage)

    async def _chunks(self, coming: AsyncGenerator[Answer | Claim], with_usage: bool) -> AsyncGenerator[Json]:
        answer_id = new_id()
        head = chunk_head(answer_id, self.model, with_usage)
        yield opening_chunk(head)
        sheet, said, final = Sheet(), "", None
        async with aclosing(coming):
            async for found in coming:
                if isinstance(found, Claim):
                    written = sheet.add(found)
                    said += f"{written.text}{written.markers}"
                    yield text_chunk(head, f"{written.text}{written.markers}")
                else:
                    final = found
        assert final is not None
        for chunk in self._last_chunks(head, final, answer_id, said):
            yield chunk

    def _last_chunks(self, head: Json, final: Answer, answer_id: str, said: str) -> Iterator[Json]:
        """The end; before it the whole answer, where the LLM failed or it is not what was said while it was written."""
        reply = answer_json(final)
        if final.mode == "llm" and said == reply["answer"]:
            yield from closing_chunks(head, self._completed(final, answer_id, ""))
            return
        if said:
            said += PART
            yield text_chunk(head, PART)
        for piece in pieces(reply):
            yield text_chunk(head, piece)
        yield from closing_chunks(head, self._completed(final, answer_id, said))

    def _counted(self) -> Question:
        """The question, whose tokens are counted where its extracts are made: in a thread, and within the gate."""

        def extracts() -> Answer:
            self._prompt_tokens = sum(map(estimate_tokens, self.read))
            return self.question.extracts()

        return replace(self.question, extracts=extracts)

    def _completed(self, answer: Answer, answer_id: str, said: str) -> Completion:
        reply = after(said, self.allowed(answer_json(answer, answer_id)))
        return completed(reply, self._prompt_tokens, self.model, self.question.collection, self.base_url)
