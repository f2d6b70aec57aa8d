"""OpenAI's own client, asking the service."""

from typing import Any

import httpx
import openai
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

NESTS = "How many nests did a heronry in Kent count in 2009?"
OWLS_AND_HERONS = "What does the barn owl do, and the heron?"
OFF_TOPIC = "Who won the 1972 olympiad?"


def opened(client: httpx.Client, key: str = "none") -> openai.OpenAI:
    """The client, for a service that another client asks too."""
    return openai.OpenAI(base_url=f"{client.base_url}/v1", api_key=key, max_retries=0)


def asked(question: str) -> list[ChatCompletionMessageParam]:
    """A conversation of one question."""
    return [{"role": "user", "content": question}]


def chunks(over: openai.OpenAI, question: str, **more: Any) -> list[ChatCompletionChunk]:  # noqa: ANN401
    """The whole stream of an answer."""
    with over.chat.completions.create(model="rag", messages=asked(question), stream=True, **more) as stream:
        return list(stream)


def own(found: Any) -> dict[str, Any]:  # noqa: ANN401 - it has no type for the members that are ours
    """Our own members of a completion or of its last chunk."""
    members: dict[str, Any] = found.rag
    return members
