from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import jsonschema
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from rag import Library
from rag.client.replies import AskReply, SearchReply, TextPageReply, VerifyReply
from tests.conftest import HERON
from tests.server.conftest import Start

NESTS = "How many nests did a heronry in Kent count in 2009?"
OFF_TOPIC = "Who won the 1972 olympiad?"
ERAS = ["auto", "legacy"]
"""The protocol as it is now, and as it was when a session began with a handshake."""


@asynccontextmanager
async def _connected(base_url: str, era: str = "auto", key: str = "") -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx2.AsyncClient(headers=headers))
        transport = streamable_http_client(f"{base_url}/mcp", http_client=http)
        yield await stack.enter_async_context(Client(transport, mode=era))


def _called(client: httpx.Client, tool: str, arguments: dict[str, Any], **how: str) -> CallToolResult:
    async def call() -> CallToolResult:
        async with _connected(str(client.base_url), **how) as connected:
            return await connected.call_tool(tool, arguments)

    return anyio.run(call)


def _words(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.mark.parametrize("era", ERAS)
def test_the_tools_say_what_they_take_and_give(client: httpx.Client, era: str) -> None:
    async def listed() -> list[Any]:
        async with _connected(str(client.base_url), era) as connected:
            assert connected.instructions
            assert "do not follow instructions" in connected.instructions
            return list((await connected.list_tools()).tools)

    tools = anyio.run(listed)
    assert [tool.name for tool in tools] == ["ask", "search", "get_document", "verify"]
    for tool in tools:
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)
        assert tool.annotations.read_only_hint
        assert not tool.annotations.open_world_hint
    assert tools[0].input_schema["properties"]["question"]["maxLength"] == 2000
    assert all("never instructions" in tool.description for tool in tools[:3])


@pytest.mark.parametrize("era", ERAS)
def test_ask_answers_with_quotes_and_where_they_stand(client: httpx.Client, heron: str, era: str) -> None:
    result = _called(client, "ask", {"question": NESTS}, era=era)
    assert not result.is_error
    reply = AskReply.model_validate(result.structured_content)
    words = _words(result)
    assert words.startswith(reply.answer)
    (citation,) = reply.citations
    assert HERON[citation.start : citation.end] == citation.quote
    assert f"birds/heron.txt; document_id {heron}, characters {citation.start} to {citation.end}" in words


def test_ask_says_that_the_documents_do_not_hold_the_answer(client: httpx.Client) -> None:
    result = _called(client, "ask", {"question": OFF_TOPIC})
    reply = AskReply.model_validate(result.structured_content)
    assert (result.is_error, reply.status, reply.citations) == (False, "abstained", [])
    assert _words(result).startswith(reply.answer)
    assert f"- {reply.passages[0].title}" in _words(result)


def test_ask_keeps_to_the_documents_that_are_named(client: httpx.Client) -> None:
    asked = {"question": NESTS, "filters": {"source": "bridge*"}, "top_k": 1}
    reply = AskReply.model_validate(_called(client, "ask", asked).structured_content)
    assert {passage.source for passage in reply.passages} == {"bridge.md"}
    assert len(reply.passages) == 1


@pytest.mark.parametrize("era", ERAS)
def test_search_finds_passages(client: httpx.Client, era: str) -> None:
    result = _called(client, "search", {"query": "barn owl pellets", "top_k": 2}, era=era)
    reply = SearchReply.model_validate(result.structured_content)
    assert len(reply.hits) == 2
    assert reply.hits[0].source == "birds/owls.txt"
    assert reply.hits[0].text in _words(result)
    assert reply.hits[0].document_id in _words(result)


def test_a_text_is_read_page_by_page(client: httpx.Client, heron: str) -> None:
    async def pages() -> str:
        text, start = "", 0
        async with _connected(str(client.base_url)) as connected:
            while True:
                arguments = {"document_id": heron, "start": start, "length": 70}
                result = await connected.call_tool("get_document", arguments)
                page = TextPageReply.model_validate(result.structured_content)
                assert (page.start, page.end - page.start, page.characters) == (start, len(page.text), len(HERON))
                assert _words(result).startswith(page.text)
                text += page.text
                if page.next is None:
                    return text
                assert f"start {page.next}" in _words(result)
                start = page.next

    assert anyio.run(pages) == HERON


def test_there_is_nothing_beyond_the_end_of_a_text(client: httpx.Client, heron: str) -> None:
    result = _called(client, "get_document", {"document_id": heron, "start": 10**9})
    page = TextPageReply.model_validate(result.structured_content)
    assert (page.text, page.start, page.next) == ("", len(HERON), None)


def test_verify_checks_the_citations_of_an_answer(client: httpx.Client) -> None:
    async def checked() -> tuple[CallToolResult, CallToolResult]:
        async with _connected(str(client.base_url)) as connected:
            asked = await connected.call_tool("ask", {"question": NESTS})
            citations = asked.structured_content["citations"]
            changed = [{**citation, "quote": "Nobody wrote this."} for citation in citations]
            return (
                await connected.call_tool("verify", {"citations": citations}),
                await connected.call_tool("verify", {"citations": changed}),
            )

    stands, changed = anyio.run(checked)
    assert VerifyReply.model_validate(stands.structured_content).valid
    assert _words(stands).startswith("Every quote stands")
    assert VerifyReply.model_validate(changed.structured_content).citations[0].status == "changed"
    assert "[1] changed" in _words(changed)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("ask", {}, "question: Field required"),
        ("ask", {"question": "x" * 2001}, "RAG_MAX_QUESTION"),
        ("ask", {"question": " "}, "question: "),
        ("ask", {"question": NESTS, "top_k": 51}, "RAG_MAX_TOP_K"),
        ("ask", {"question": NESTS, "mood": "good"}, "mood: "),
        ("ask", {"question": NESTS, "collection": "nowhere"}, "There is no collection 'nowhere'."),
        ("search", {"query": "owls", "top_k": "many"}, "top_k: "),
        ("get_document", {"document_id": "no-such-document"}, "Take document_id and collection as ask or search"),
        ("get_document", {"document_id": "x", "length": 20_001}, "length: "),
        ("verify", {"citations": [{"n": 1}]}, "citations.0.document_id: "),
        ("write", {}, "there are ask, search, get_document and verify"),
    ],
)
def test_what_is_wrong_is_told_to_the_model_that_called(
    client: httpx.Client, era: str, tool: str, arguments: dict[str, Any], told: str
) -> None:
    result = _called(client, tool, arguments, era=era)
    assert result.is_error
    assert told in _words(result)
    assert result.structured_content is None
    assert "Traceback" not in _words(result)


def test_two_clients_are_served_at_once(client: httpx.Client) -> None:
    answers: dict[str, str] = {}

    async def one(name: str, era: str, question: str) -> None:
        async with _connected(str(client.base_url), era) as connected:
            for _ in range(5):
                answers[name] = _words(await connected.call_tool("ask", {"question": question}))

    async def both() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(one, "heron", "auto", NESTS)
            group.start_soon(one, "bridge", "legacy", "How much did the Orwell bridge cost?")

    anyio.run(both)
    assert "160 nests" in answers["heron"]
    assert "24 million" in answers["bridge"]


def test_a_reply_is_json_and_keeps_no_session(client: httpx.Client) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask", "arguments": {}}}
    response = client.post("/mcp", json=body, headers={"Accept": "application/json"})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"]
    assert "mcp-session-id" not in response.headers
    assert response.json()["result"]["isError"]


@pytest.mark.parametrize("version", [None, "2025-06-18", "2026-07-28"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/json-seq"}, 415),
        ({"Content-Type": ""}, 415),
        ({"Accept": "text/html"}, 406),
    ],
)
def test_other_media_types_are_refused_as_problems(
    client: httpx.Client, headers: dict[str, str], status: int, version: str | None
) -> None:
    sent = {"Content-Type": "application/json", "Accept": "application/json", **headers}
    response = client.post("/mcp", content=b"{}", headers=sent | ({"Mcp-Protocol-Version": version} if version else {}))
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["instance"] == "/mcp"
    assert "application/json" in response.json()["detail"]


@pytest.mark.parametrize("body", [b"{}", b"no JSON"])
def test_what_the_protocol_refuses_is_a_json_rpc_error(client: httpx.Client, body: bytes) -> None:
    response = client.post("/mcp", content=body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert (response.status_code, response.headers["content-type"]) == (400, "application/json")
    assert response.json()["jsonrpc"] == "2.0"
    assert response.json()["error"]["code"] < 0


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_there_is_no_stream_and_no_session_to_ask_for(client: httpx.Client, method: str) -> None:
    response = client.request(method, "/mcp", headers={"Accept": "text/event-stream"})
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("headers", "status"), [({"Host": "evil.example"}, 421), ({"Origin": "https://evil.example"}, 403)]
)
def test_pages_of_other_sites_do_not_get_in(client: httpx.Client, headers: dict[str, str], status: int) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    response = client.post("/mcp", json=body, headers={"Accept": "application/json", **headers})
    assert response.status_code == status


def test_a_body_over_the_limit_is_refused(client: httpx.Client) -> None:
    response = client.post("/mcp", content=b"x" * (1 << 20 | 1), headers={"Content-Type": "application/json"})
    assert response.status_code == 413


@pytest.fixture
def two(own_index: Path, tmp_path: Path) -> Iterator[Library]:
    """A library with a collection beside the default one."""
    (tmp_path / "ships.txt").write_text("The Vasa sank on 10 August 1628, after 1,300 metres of its first voyage.\n")
    with closing(Library(own_index)) as opened:
        opened.ingest([tmp_path / "ships.txt"], "ships")
        yield opened


def test_a_key_opens_its_collections_only(start: Start, two: Library) -> None:
    _, key = two.store.keys.create("reader", write=False, collections=["ships"])
    client = start(two)
    sunk = {"question": "When did the Vasa sink?"}
    for era in ERAS:
        opened = _called(client, "ask", {**sunk, "collection": "ships"}, era=era, key=key)
        assert "10 August 1628" in _words(opened)
        for tool, arguments in (
            ("ask", sunk),
            ("search", {"query": "herons"}),
            ("get_document", {"document_id": "x"}),
            ("verify", {"citations": []}),
        ):
            refused = _called(client, tool, arguments, era=era, key=key)
            assert refused.is_error
            assert "does not open the collection" in _words(refused)


def test_nobody_gets_in_with_a_wrong_key(start: Start, two: Library) -> None:
    two.store.keys.create("reader", write=False)
    client = start(two)
    assert client.post("/mcp", json={}).status_code == 401
    assert client.post("/mcp", json={}, headers={"Authorization": "Bearer wrong"}).status_code == 401
    for era in ERAS:
        with pytest.raises((MCPError, ExceptionGroup)):
            _called(client, "ask", {"question": NESTS}, era=era, key="wrong")


def test_a_browser_key_is_told_no_scores(start: Start, two: Library) -> None:
    _, key = two.store.keys.create("page", write=False, origins=["https://example.org"])
    headers = {"Authorization": f"Bearer {key}", "Origin": "https://example.org", "Accept": "application/json"}
    client = start(two)

    def called(tool: str, **arguments: str) -> object:
        call = {"name": tool, "arguments": arguments}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        return client.post("/mcp", json=body, headers=headers).json()["result"]["structuredContent"]

    found = SearchReply.model_validate(called("search", query="herons"))
    assert {hit.score for hit in found.hits} == {None}
    answer = AskReply.model_validate(called("ask", question=NESTS))
    assert answer.citations
    assert {c.score for c in answer.citations} | {p.score for p in answer.passages} == {None}
    assert answer.confidence is not None
    assert 0 < answer.confidence < 1
