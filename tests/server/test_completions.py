from collections.abc import Iterator

import httpx
import openai
import pytest

from rag.tokens import count_tokens, estimate_tokens
from server.completions import completed
from tests.server.official import NESTS, OFF_TOPIC, OWLS_AND_HERONS, asked, chunks, opened, own


@pytest.fixture(scope="module")
def official(client: httpx.Client) -> Iterator[openai.OpenAI]:
    with opened(client) as found:
        yield found


def test_annotations_point_to_the_quotes_in_the_answer(official: openai.OpenAI) -> None:
    found = official.chat.completions.create(model="rag", messages=asked(OWLS_AND_HERONS))
    message = found.choices[0].message
    assert message.content is not None
    assert message.annotations
    cited = [a.url_citation for a in message.annotations]
    assert [message.content[c.start_index : c.end_index] for c in cited] == [
        c["quote"] for c in own(found)["citations"]
    ]
    assert [c.title for c in cited] == [c["title"] for c in own(found)["citations"]]


def test_an_annotation_leads_to_the_text_that_holds_the_quote(official: openai.OpenAI) -> None:
    found = official.chat.completions.create(model="rag", messages=asked(NESTS))
    annotations = found.choices[0].message.annotations
    assert annotations
    address, _, fragment = annotations[0].url_citation.url.partition("#:~:text=")
    text = httpx.get(address, headers={"Accept": "text/html"})
    assert text.headers["content-type"].startswith("text/plain")
    quote = own(found)["citations"][0]["quote"]
    start, end = (httpx.URL(f"http://x/?q={words}").params["q"] for words in fragment.split(","))
    assert quote.startswith(start)
    assert quote.endswith(end)
    assert quote in text.text


def test_tokens_of_a_long_text_are_estimated_from_its_beginning(official: openai.OpenAI) -> None:
    said = "Herons nest in trees. " * 2_000
    found = official.chat.completions.create(
        model="rag", messages=[{"role": "assistant", "content": said}, {"role": "user", "content": NESTS}]
    )
    assert found.usage is not None
    exact = count_tokens(said) + count_tokens(NESTS)
    assert found.usage.prompt_tokens == pytest.approx(exact, rel=0.01)
    assert estimate_tokens("a b c " * 3_000 + "strange" * 10_000) == round(
        count_tokens(("a b c " * 3_000 + "strange" * 10_000)[:20_000]) * 88_000 / 20_000
    )


def test_tokens_are_counted(official: openai.OpenAI) -> None:
    found = official.chat.completions.create(
        model="rag",
        messages=[
            {"role": "system", "content": "You are a pirate."},
            {"role": "user", "content": "Where do herons nest?"},
            {"role": "assistant", "content": "In heronries."},
            {"role": "user", "content": NESTS},
        ],
    )
    assert found.usage is not None
    read = ("Where do herons nest?", "In heronries.", NESTS)
    assert found.usage.prompt_tokens == sum(map(count_tokens, read))
    assert found.usage.completion_tokens == count_tokens(found.choices[0].message.content or "")
    assert found.usage.total_tokens == found.usage.prompt_tokens + found.usage.completion_tokens


@pytest.mark.parametrize("question", [NESTS, OWLS_AND_HERONS, OFF_TOPIC])
def test_a_stream_holds_the_same_answer(official: openai.OpenAI, question: str) -> None:
    whole = official.chat.completions.create(model="rag", messages=asked(question))
    found = chunks(official, question)
    assert found[0].choices[0].delta.role == "assistant"
    assert "".join(c.choices[0].delta.content or "" for c in found) == whole.choices[0].message.content
    assert [c.choices[0].finish_reason for c in found] == [None] * (len(found) - 1) + ["stop"]
    assert len({(c.id, c.created, c.model, c.object) for c in found}) == 1
    assert all(c.usage is None for c in found)
    last = found[-1]
    annotations = [a.model_dump() for a in whole.choices[0].message.annotations or []]
    assert last.choices[0].delta.model_dump()["annotations"] == annotations
    assert own(last) == own(whole)


def test_a_stream_tells_its_usage_where_asked(official: openai.OpenAI) -> None:
    whole = official.chat.completions.create(model="rag", messages=asked(NESTS))
    found = chunks(official, NESTS, stream_options={"include_usage": True})
    assert found[-1].choices == []
    assert found[-1].usage == whole.usage
    assert found[-2].choices[0].finish_reason == "stop"


def test_a_stream_ends_with_done(client: httpx.Client) -> None:
    body = {"model": "rag", "messages": asked(NESTS), "stream": True}
    response = client.post("/v1/chat/completions", json=body)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    lines = [line for line in response.text.split("\n\n") if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"


@pytest.mark.parametrize(
    ("quote", "fragment"),
    [
        ("Herons fish.", "Herons%20fish."),
        (
            "one two three four five six seven eight nine ten",
            "one%20two%20three%20four%20five%20six%20seven%20eight%20nine%20ten",
        ),
        ("a b c d e f g h i j k", "a%20b%20c%20d%20e,g%20h%20i%20j%20k"),
        ("A list:\r\n- well-known birds\n- owls, too", "A%20list%3A,%2D%20owls%2C%20too"),
    ],
)
def test_an_address_marks_the_quote_by_its_ends(quote: str, fragment: str) -> None:
    citation = {"document_id": "a/b", "title": "Birds", "quote": quote, "answer_span": [0, len(quote)]}
    reply = {"answer": f"{quote} [1]", "citations": [citation]}
    (annotation,) = completed(reply, 0, "rag/my birds", "my birds", "https://docs.example.org/").annotations
    address = f"https://docs.example.org/v1/documents/a%2Fb/text?collection=my+birds#:~:text={fragment}"
    place = {"start_index": 0, "end_index": len(quote), "title": "Birds", "url": address}
    assert annotation == {"type": "url_citation", "url_citation": place}
