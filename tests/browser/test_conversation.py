"""What a person does with the widget, against the real service, on a page of another origin."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, Request, Route, expect

from rag import Library
from tests.browser.conftest import Host, Visit, serving

NESTS = "How many nests did a heronry in Kent count in 2009?"
QUOTE = "A heronry in Kent counted 160 nests in 2009."
OFF_TOPIC = "Who won the 1972 olympiad?"
WIDGET = "<rag-chat></rag-chat>"


@pytest.fixture
def page(visit: Visit, host: Host, service: str) -> Page:
    return visit(host.put(service, WIDGET))


def open_(page: Page) -> None:
    page.get_by_role("button", name="Ask a question").click()
    expect(page.get_by_label("Your question")).to_be_focused()


def ask(page: Page, question: str = NESTS) -> None:
    """Types a question and waits for the end of what is answered."""
    ends = page.locator(".turn[aria-busy=false]")
    before = ends.count()
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    expect(ends).to_have_count(before + 1)


def test_a_question_is_answered_with_a_chip_that_opens_its_passage(page: Page) -> None:
    open_(page)
    ask(page)
    expect(page.locator("blockquote").first).to_contain_text(QUOTE)
    chip = page.get_by_role("button", name=re.compile("^Source 1: ")).first
    assert chip.inner_text() == "1"
    chip.click()
    pane = page.get_by_role("region", name=re.compile("^Source 1: "))
    expect(pane.locator("mark")).to_contain_text(QUOTE)
    expect(pane.locator(".facts")).to_contain_text("birds/heron.txt")
    expect(pane.locator(".passage")).to_contain_text("Herons return to the same trees each February.")
    expect(chip).to_have_attribute("aria-expanded", "true")


def test_the_source_links_to_the_quote_in_its_document(page: Page, served: tuple[str, Library]) -> None:
    service, library = served
    open_(page)
    ask(page)
    page.locator(".chip").first.click()
    link = page.get_by_role("link", name="Open in the document").get_attribute("href")
    heron = next(d.id for d in library.documents() if d.source == "birds/heron.txt")
    quote = page.locator("mark").inner_text()
    start = library.text(heron).index(quote)
    span = f"collection=default&start={start}&end={start + len(quote)}"
    assert link == f"{service}/documents/{heron}?{span}#{urlencode({'quote': quote}, safe='*')}"


def test_the_dates_and_pages_of_a_source_are_said_in_the_language(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, '<rag-chat language="de"></rag-chat>'))
    page.get_by_role("button", name="Frage stellen").click()
    page.get_by_label("Ihre Frage").fill("Was kosten Betten?")
    page.keyboard.press("Enter")
    page.locator(".chip").click()
    facts = page.locator(".facts").inner_text().split("\n")
    assert [facts[i : i + 2] for i in range(0, len(facts), 2)] == [
        ["Abschnitt", "Cost"],
        ["Seite", "4"],
        ["Datum", "02.03.2018"],
        ["Autor", "A. Nonymous"],
        ["Datei", "notes/nao.txt"],
    ]


def test_a_quote_outside_the_passages_is_shown_in_its_document(visit: Visit, host: Host, service: str) -> None:
    page = visit(host.put(service, WIDGET))

    def without_passages(route: Route) -> None:
        answered = route.fetch()
        route.fulfill(
            response=answered, body=re.sub(r'"passages":\[.*\],"degraded"', '"passages":[],"degraded"', answered.text())
        )

    page.route("**/v1/ask", without_passages)
    open_(page)
    ask(page)
    page.locator(".chip").first.click()
    expect(page.locator("mark")).to_contain_text(QUOTE)
    expect(page.locator(".passage")).to_contain_text("stand motionless for an hour")


def test_abstaining_looks_different_and_offers_the_nearest_passages(page: Page) -> None:
    open_(page)
    ask(page, OFF_TOPIC)
    turn = page.locator(".turn")
    expect(turn).to_have_attribute("data-status", "abstained")
    expect(turn.get_by_text("Not found in the documents")).to_be_visible()
    assert turn.locator(".chip, blockquote, .sure").count() == 0
    nearest = turn.locator(".source")
    assert nearest.count() > 0
    nearest.first.click()
    expect(page.locator(".passage")).not_to_be_empty()
    assert page.locator("mark").count() == 0


def test_a_follow_up_is_asked_with_the_conversation_before_it(page: Page) -> None:
    open_(page)
    ask(page, "When did the Orwell bridge open?")
    with page.expect_request("**/v1/ask") as sent:
        ask(page, "And what did it cost?")
    history = json.loads(sent.value.post_data or "")["history"]
    assert [turn["role"] for turn in history] == ["user", "assistant"]
    assert history[0]["content"] == "When did the Orwell bridge open?"
    expect(page.locator(".turn").last).to_contain_text("24 million pounds")


def test_confidence_is_said_in_words(page: Page) -> None:
    open_(page)
    ask(page)
    expect(page.locator(".sure")).to_have_text(re.compile("^(High|Medium|Low) confidence"))


def test_an_answer_is_copied_with_its_sources(visit: Visit, host: Host, service: str) -> None:
    page = visit(host.put(service, WIDGET), permissions=["clipboard-read", "clipboard-write"])
    open_(page)
    ask(page)
    page.get_by_role("button", name="Copy with sources").click()
    expect(page.get_by_text("Copied")).to_be_attached()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert QUOTE in copied.split("\n")[0]
    assert re.search(
        rf"^\[1\] .*<{service}/documents/\w+\?collection=default&start=\d+&end=\d+#quote=\S+>$", copied, re.MULTILINE
    )


def test_a_page_without_a_clipboard_is_copied_from_all_the_same(visit: Visit, host: Host, service: str) -> None:
    page = visit(host.put(service, WIDGET))
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.evaluate("document.addEventListener('copy', () => { window.copied = true })")
    open_(page)
    ask(page)
    copy = page.get_by_role("button", name="Copy with sources")
    copy.click()
    expect(page.get_by_text("Copied")).to_be_attached()
    assert page.evaluate("window.copied")
    expect(copy).to_be_focused()


def test_a_thumb_and_its_comment_are_kept_by_the_service(page: Page, served: tuple[str, Library]) -> None:
    open_(page)
    ask(page)
    up = page.get_by_role("button", name="Good answer")
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    page.get_by_label("What was good or wrong? (optional)").fill("Just what I wanted.")
    page.get_by_role("button", name="Send comment").click()
    expect(page.locator(".end").get_by_text("Thank you.")).to_be_visible()
    expect(up).to_be_focused()
    (kept,) = [r for r in served[1].store.feedback.listed("default", "up") if r.comment == "Just what I wanted."]
    assert kept.question == NESTS
    assert any(QUOTE in quote.quote for quote in kept.quotes)


def test_a_thumb_can_be_turned(page: Page) -> None:
    open_(page)
    ask(page)
    up, down = page.get_by_role("button", name="Good answer"), page.get_by_role("button", name="Bad answer")
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    down.click()
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(up).to_have_attribute("aria-pressed", "false")


def test_the_conversation_outlasts_the_page_until_it_is_cleared(page: Page) -> None:
    open_(page)
    ask(page)
    page.get_by_role("button", name="Good answer").click()
    expect(page.get_by_label("What was good or wrong? (optional)")).to_be_visible()
    page.reload()
    open_(page)
    expect(page.locator("blockquote").first).to_contain_text(QUOTE)
    expect(page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    page.locator(".chip").first.click()
    expect(page.locator("mark")).to_contain_text(QUOTE)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear the conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.get_by_label("Your question")).to_be_focused()
    assert page.evaluate("sessionStorage.length") == 0


def test_a_suggested_question_is_asked(visit: Visit, host: Host, service: str) -> None:
    page = visit(
        host.put(service, f'<rag-chat title="Birds" greeting="Hello." suggestions="{NESTS}|Other?"></rag-chat>')
    )
    open_(page)
    expect(page.get_by_role("dialog", name="Birds")).to_be_visible()
    expect(page.get_by_text("Hello.")).to_be_visible()
    page.get_by_role("button", name=NESTS).click()
    expect(page.locator("blockquote").first).to_contain_text(QUOTE)
    expect(page.get_by_label("Your question")).to_be_focused()


def test_no_request_goes_anywhere_but_to_the_service(visit: Visit, host: Host, service: str) -> None:
    page = visit(host.put(service, WIDGET))
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))  # noqa: PLW0108 - playwright marks its handlers
    open_(page)
    ask(page)
    page.locator(".chip").first.click()
    page.get_by_role("button", name="Good answer").click()
    expect(page.get_by_label("What was good or wrong? (optional)")).to_be_visible()
    assert {request.url.removeprefix(service) for request in sent} == {"/v1/ask", "/v1/feedback"}
    assert not [r for r in sent if "referer" in r.all_headers() or "cookie" in r.all_headers()]


def test_the_collection_asked_is_that_of_the_attribute(page: Page, tmp_path: Path, served: tuple[str, Library]) -> None:
    (tmp_path / "swan.txt").write_text("The mute swan of Abbotsbury lays seven eggs in April.", "utf-8")
    served[1].ingest([tmp_path], "swans")
    page.evaluate("document.querySelector('rag-chat').collection = 'swans'")
    open_(page)
    ask(page, "How many eggs does the mute swan of Abbotsbury lay?")
    expect(page.locator("blockquote")).to_contain_text("seven eggs")
    page.evaluate("document.querySelector('rag-chat').collection = null")
    expect(page.locator(".turn")).to_have_count(0)
    page.evaluate("document.querySelector('rag-chat').collection = 'swans'")
    expect(page.locator(".turn")).to_have_count(1)


@pytest.fixture
def locked(copy_of_index: Callable[[], Path], host: Host) -> Iterator[tuple[str, str]]:
    """A service that asks for keys, and a browser key for the host's pages."""
    with serving(copy_of_index(), host) as (service, library):
        _, shown = library.store.keys.create("pages", write=False, collections=None, origins=[host.origin])
        yield service, shown


def test_a_browser_key_opens_the_service(visit: Visit, host: Host, locked: tuple[str, str]) -> None:
    service, key = locked
    page = visit(host.put(service, f'<rag-chat key="{key}"></rag-chat>'))
    open_(page)
    ask(page)
    expect(page.locator("blockquote").first).to_contain_text(QUOTE)
    page.get_by_role("button", name="Bad answer").click()
    expect(page.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")


def test_without_its_key_a_page_is_told_plainly(visit: Visit, host: Host, locked: tuple[str, str]) -> None:
    page = visit(host.put(locked[0], WIDGET))
    open_(page)
    ask(page)
    expect(page.locator(".failed")).to_contain_text("its key is missing or not valid")
