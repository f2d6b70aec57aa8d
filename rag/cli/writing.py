"""Has the LLM of the settings word one answer, on the command line."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from time import monotonic

from rag import Answer, Claim, SettingError
from rag.cli.screen import note
from rag.generate import ChatBackend, Desk, configured, write
from rag.settings import Settings

_WHY = {
    "llm_unavailable": "the LLM gave no reply",
    "llm_timeout": "the LLM did not reply in time (RAG_LLM_TIMEOUT_S)",
    "llm_unsupported": "no sentence of the LLM is borne out by the passages that it cites",
}


def worded(settings: Settings, ask: Callable[[], Answer], standing: Callable[[Claim], Claim | None]) -> Answer:
    """The answer in the words of the LLM, each sentence proved; the extracts, with a word on stderr, where it fails.

    Raises:
        SettingError: No LLM is set.
        RagError: The index cannot be used.
    """
    llm = configured(settings)
    if llm is None:
        raise SettingError("RAG_LLM_BASE_URL and RAG_LLM_MODEL are not set; --llm needs both.")
    answer = asyncio.run(_written(settings, llm, ask, standing))
    if answer.degraded:
        note(f"note: these are extracts, since {_WHY[answer.degraded]}")
    return answer


async def _written(
    settings: Settings, llm: ChatBackend, ask: Callable[[], Answer], standing: Callable[[Claim], Claim | None]
) -> Answer:
    desk = Desk(lambda: asyncio.to_thread(ask), standing, llm, asyncio.to_thread, settings.llm_prompt_tokens)
    async with aclosing(llm), aclosing(write(desk, (), monotonic() + settings.llm_timeout_s)) as coming:
        *_, answer = [found async for found in coming]
    assert isinstance(answer, Answer)
    return answer
