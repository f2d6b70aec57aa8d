from collections.abc import AsyncGenerator, Iterator

import anyio
import httpx
import httpx2
import openai
import pytest

from rag import NotFoundError
from rag.client.replies import ChatProblemReply
from server.chat import streamed
from tests.server.official import NESTS, asked, opened


@pytest.fixture(scope="module")
def official(client: httpx.Client) -> Iterator[openai.OpenAI]:
    with opened(client) as found:
        yield found


@pytest.mark.parametrize("model", ["gpt-4o", "rag/nowhere", "rag/", ""])
def test_an_unknown_model_is_not_found(official: openai.OpenAI, model: str) -> None:
    with pytest.raises(openai.NotFoundError, match="There is no model") as raised:
        official.chat.completions.create(model=model, messages=asked(NESTS))
    assert "/v1/models" in raised.value.message
    assert raised.value.request_id


@pytest.mark.parametrize(
    ("error", "told"), [(NotFoundError("It is gone."), "It is gone."), (RuntimeError("secret"), "X-Request-ID")]
)
def test_an_error_in_mid_stream_is_raised_by_the_official_client(error: Exception, told: str) -> None:
    async def breaking() -> AsyncGenerator[dict[str, object]]:
        yield {"id": "ans_1", "object": "chat.completion.chunk", "created": 1, "model": "rag", "choices": []}
        raise error

    async def read() -> None:
        over = httpx2.ASGITransport(app=streamed(breaking(), "/v1/chat/completions"))
        async with (
            httpx2.AsyncClient(transport=over) as http,
            openai.AsyncOpenAI(base_url="http://test/v1", api_key="none", http_client=http) as official,
            await official.chat.completions.create(model="rag", messages=asked(NESTS), stream=True) as stream,
        ):
            assert (await anext(stream)).id == "ans_1"
            with pytest.raises(openai.APIError) as raised:
                await anext(stream)
            assert told in raised.value.message
            assert "secret" not in str(raised.value.body)

    anyio.run(read)


def test_what_is_refused_before_the_route_is_told_in_words_too(client: httpx.Client) -> None:
    response = client.post("/v1/chat/completions", content=b"x" * (1 << 20 | 1))
    problem = ChatProblemReply.model_validate(response.json())
    assert (response.status_code, problem.error.type) == (413, "invalid_request_error")
    assert problem.error.message == problem.detail
    assert response.headers["content-length"] == str(len(response.content))


def test_problems_of_other_routes_stay_as_they_are(client: httpx.Client) -> None:
    assert "error" not in client.post("/v1/ask", json={}).json()
