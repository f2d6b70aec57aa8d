"""The widget for those who use a keyboard or a screen reader: where the focus is, and what is announced."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Host, Visit
from tests.browser.scripted import Script, events_of, problem, reply
from tests.browser.test_accessible import FLOATING, PHONE, QUESTION, TWO, answered, ask, launch


def test_a_whole_conversation_by_keyboard(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, FLOATING))
    press = page.keyboard.press
    focused = page.locator("*:focus").last
    press("Tab")
    press("Tab")
    expect(page.get_by_role("button", name="Ask a question")).to_be_focused()
    press("Enter")
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("What do beds")
    press("Shift+Enter")
    page.keyboard.type("cost?")
    press("Enter")
    expect(page.locator("[data-status=answered]")).to_be_visible()
    expect(page.get_by_label("Your question")).to_be_focused()
    while not focused.evaluate("node => node.classList.contains('chip')"):
        press("Shift+Tab")
    press("Space")
    expect(page.locator(".source-title")).to_be_focused()
    press("Tab")
    expect(page.locator(".passage")).to_be_focused()
    press("Tab")
    expect(page.get_by_role("link", name="Open in the document")).to_be_focused()
    press("Escape")
    expect(page.locator(".chip")).to_be_focused()
    for name in ["Source", "Copy", "Good", "Bad"]:
        press("Tab")
        assert re.match(name, focused.get_attribute("aria-label") or name)
    press("Enter")
    expect(page.locator(".comment")).to_be_visible()
    press("Tab")
    page.keyboard.type("Wrong.")
    press("Tab")
    press("Enter")
    expect(page.get_by_role("button", name="Bad answer")).to_be_focused()
    press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Ask a question")).to_be_focused()


def test_the_page_can_be_reached_while_the_panel_is_open(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, FLOATING))
    launch(page)
    seen = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.tagName"))
    assert {"A", "RAG-CHAT"} <= seen
    page.get_by_role("link", name="a link").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_on_a_phone_the_panel_covers_the_page_and_keeps_the_focus(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, FLOATING), reduced_motion="reduce", **PHONE)
    launch(page)
    assert page.get_by_role("dialog").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") in {"RAG-CHAT", "BODY"}
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Ask a question")).to_be_focused()


ANNOUNCED = """() => {
  const log = document.querySelector("rag-chat").shadowRoot.querySelector("[role=log]");
  window.said = [];
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) window.said.push(node.textContent);
  }).observe(log, { childList: true, subtree: true, characterData: true });
}"""


def test_an_answer_is_announced_once_when_it_is_whole(visit: Visit, host: Host, scripted: str, script: Script) -> None:
    page = visit(host.put(scripted, FLOATING))
    script.answers[QUESTION] = lambda _: script.streamed(events_of(reply(QUESTION, TWO)), wait_before=4)
    launch(page)
    page.evaluate(ANNOUNCED)
    ask(page)
    expect(page.locator(".chip")).to_have_count(1)
    assert page.evaluate("window.said") == []
    script.go.set()
    expect(page.locator("[data-status=answered]")).to_be_visible()
    assert page.evaluate("window.said") == ["Beds cost money. And time. (2 sources, High confidence)"]
    live = page.evaluate(
        "[...document.querySelector('rag-chat').shadowRoot.querySelectorAll('[aria-live], [role=alert]')].length"
    )
    assert live == 1


@pytest.mark.parametrize(("status", "said"), [(200, "Not found in the documents"), (503, "The service is busy.")])
def test_what_is_no_answer_is_announced_once(
    visit: Visit, host: Host, scripted: str, script: Script, status: int, said: str
) -> None:
    nothing = events_of(reply(QUESTION, []))
    script.otherwise = lambda _: script.streamed(nothing) if status == 200 else problem(status)
    page = visit(host.put(scripted, FLOATING))
    launch(page)
    page.evaluate(ANNOUNCED)
    ask(page)
    expect(page.locator(".turn[aria-busy=false]")).to_have_count(1)
    (announced,) = page.evaluate("window.said")
    assert announced.startswith(said)


FOCUSED = "document.querySelector('rag-chat').shadowRoot.activeElement !== null"


def test_the_focus_is_never_lost(visit: Visit, host: Host, scripted: str, script: Script) -> None:
    page = visit(host.put(scripted, FLOATING))
    launch(page)

    def press(control: Locator, key: str = "Enter") -> None:
        control.focus()
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED), control

    def named(name: str) -> Locator:
        return page.get_by_role("button", name=name, exact=True).last

    hold = events_of(reply(QUESTION, TWO))
    script.answers["One?"] = lambda _: script.streamed(hold, wait_before=3)
    press(named("One?"))
    expect(page.locator("[data-status=streaming]")).to_have_count(1)
    press(named("Stop"))
    press(named("Try again"))
    script.go.set()
    expect(page.locator("[data-status=answered]")).to_have_count(1)
    for name in ["Copy with sources", "Good answer", "Bad answer"]:
        press(named(name), "Space")
    expect(page.locator(".comment")).to_be_visible()
    for control in [page.locator(".chip").first, named("Back to the answer"), page.locator(".source").first]:
        press(control)
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUSED)
    script.otherwise = lambda _: problem(500)
    press(page.get_by_label("Your question"))
    page.keyboard.type("More?")
    page.keyboard.press("Enter")
    expect(page.locator("[data-status=failed]")).to_have_count(1)
    for name in ["Try again", "Clear the conversation", "Close"]:
        press(named(name))


def test_the_enter_that_ends_a_word_being_composed_does_not_ask(
    visit: Visit, host: Host, scripted: str, script: Script
) -> None:
    page = visit(host.put(scripted, FLOATING))
    launch(page)
    field = page.get_by_label("Your question")
    field.fill("ねだん")
    field.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    expect(field).to_have_value("ねだん")
    page.keyboard.press("Enter")
    expect(page.locator("[data-status=answered]")).to_have_count(1)
    assert [asked["question"] for asked in script.asked] == ["ねだん"]


def test_the_focus_stays_on_a_chip_while_more_of_the_answer_comes(
    visit: Visit, host: Host, scripted: str, script: Script
) -> None:
    page = visit(host.put(scripted, FLOATING))
    script.answers[QUESTION] = lambda _: script.streamed(events_of(reply(QUESTION, TWO)), wait_before=3)
    launch(page)
    ask(page)
    page.locator(".chip").focus()
    page.keyboard.press("Enter")
    expect(page.locator("mark")).to_be_visible()
    script.go.set()
    expect(page.locator("[data-status=answered]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".chip").first).to_be_focused()


def test_the_focus_can_be_seen_on_every_control(visit: Visit, host: Host, scripted: str, script: Script) -> None:
    page = visit(host.put(scripted, FLOATING))
    answered(page, script)
    seen = []
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        active = "document.querySelector('rag-chat').shadowRoot.activeElement"
        if page.evaluate(f"{active} === null"):
            break
        style = page.evaluate(
            f"(({{ outlineStyle, outlineWidth }}) => [outlineStyle, outlineWidth])(getComputedStyle({active}))"
        )
        seen.append(style)
    assert len(seen) > 6
    assert all(style == ["solid", "2px"] for style in seen)
