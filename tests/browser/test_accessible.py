"""The widget by the rules of WCAG, in large type and strong colours, on small and large screens."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.browser.conftest import Host, Visit
from tests.browser.scripted import Script, events_of, problem, reply, writing, written

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
QUESTION = "What do beds cost?"
TWO = ["Beds cost money.", "And time."]
FLOATING = '<rag-chat suggestions="One?|Two?"></rag-chat>'
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
Prepared = Callable[[Page, Script], None]


AXE = """async (rules) => {
  const { violations } = await axe.run({ runOnly: rules, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
}"""


def violations(page: Page) -> list[str]:
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(AXE, WCAG)
    return found


def launch(page: Page) -> None:
    page.locator(".launcher").click()


def ask(page: Page, question: str = QUESTION) -> None:
    page.locator("textarea#question").fill(question)
    page.keyboard.press("Enter")


def closed(_page: Page, _script: Script) -> None:
    pass


def opened(page: Page, _script: Script) -> None:
    launch(page)


def streaming(page: Page, script: Script) -> None:
    script.answers[QUESTION] = lambda _: script.streamed(events_of(reply(QUESTION, TWO)), wait_before=3)
    launch(page)
    ask(page)
    expect(page.locator("[data-status=streaming] .chip")).to_have_count(1)


def waiting(page: Page, script: Script) -> None:
    script.answers[QUESTION] = lambda _: script.streamed([b": \n\n"], wait_before=0)
    launch(page)
    ask(page)
    expect(page.locator(".waiting")).to_be_visible()


def answered(page: Page, script: Script) -> None:
    other: dict[str, Any] = {"degraded": "llm_timeout", "rewritten_question": "What?", "confidence": 0.1}
    script.answers[QUESTION] = lambda _: script.streamed(events_of(reply(QUESTION, TWO, **other)))
    launch(page)
    ask(page)
    expect(page.locator("[data-status=answered]")).to_be_visible()


def worded(page: Page, script: Script) -> None:
    claims = [("Beds cost **money**.", [1, 2]), ("And time.", [1])]
    done = written(QUESTION, claims, removed_sentences=2)
    script.answers[QUESTION] = lambda _: script.streamed(writing(done, claims))
    launch(page)
    ask(page)
    expect(page.locator("[data-status=answered]")).to_be_visible()


def rated(page: Page, script: Script) -> None:
    answered(page, script)
    page.locator(".actions .icon").last.click()
    expect(page.locator(".comment")).to_be_visible()


def abstained(page: Page, script: Script) -> None:
    script.answers[QUESTION] = lambda _: script.streamed(events_of(reply(QUESTION, [])))
    launch(page)
    ask(page)
    expect(page.locator(".abstained .source")).to_be_visible()


def failed(page: Page, script: Script) -> None:
    script.answers[QUESTION] = lambda _: problem(503, **{"Retry-After": "60"})
    launch(page)
    ask(page)
    expect(page.locator(".failed")).to_be_visible()


def source_open(page: Page, script: Script) -> None:
    answered(page, script)
    page.locator(".chip").first.click()
    expect(page.locator("mark")).to_be_visible()


STATES: list[Prepared] = [closed, opened, waiting, streaming, answered, worded, rated, abstained, failed, source_open]
LOOKS = {
    "light": (FLOATING, {}),
    "dark": ('<rag-chat theme="dark" suggestions="One?"></rag-chat>', {}),
    "right-to-left": ('<rag-chat language="ar" suggestions="ما تكلفة الأسرّة؟"></rag-chat>', {}),
    "phone": (FLOATING, PHONE),
}


SMALL = """() => [...document.querySelector("rag-chat").shadowRoot.querySelectorAll("button, a, textarea")]
  .filter((node) => node.checkVisibility())
  .map((node) => [node.className || node.tagName, node.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24)
  .map(([name]) => name)"""


OVERFLOW = """() => {
  const shown = (selector) => [...document.querySelector("rag-chat").shadowRoot.querySelectorAll(selector)]
    .filter((node) => node.checkVisibility() && !node.closest(".hidden"));
  const wide = shown(".log, .main, .body, .pane, .passage, dialog").filter((n) => n.scrollWidth > n.clientWidth);
  const out = shown("button, a, textarea, h2, p, blockquote").filter((node) => {
    const { left, right } = node.getBoundingClientRect();
    return left < 0 || right > innerWidth;
  });
  return [...wide, ...out].map((node) => node.className || node.tagName)
    .concat(document.documentElement.scrollWidth > innerWidth ? ["page"] : []);
}"""


@pytest.mark.parametrize("look", LOOKS)
def test_every_state_keeps_the_rules_of_wcag_and_fits(
    visit: Visit, host: Host, scripted: str, script: Script, look: str
) -> None:
    body, options = LOOKS[look]
    page = visit(host.put(scripted, body), reduced_motion="reduce", **options)
    for state in STATES:
        script.begin()
        state(page, script)
        assert violations(page) == [], state.__name__
        assert page.evaluate(SMALL) == [], state.__name__
        assert page.evaluate(OVERFLOW) == [], state.__name__
        script.go.set()
        page.evaluate("(chat => { chat.clear(); chat.close() })(document.querySelector('rag-chat'))")


SIZES = {"320 px": (320, 640), "200 % zoom": (640, 400), "desktop": (1280, 800), "4K": (3840, 2160)}


def test_nothing_is_cut_off_at_any_size(visit: Visit, host: Host, scripted: str, script: Script) -> None:
    page = visit(host.put(scripted, FLOATING))
    source_open(page, script)
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(OVERFLOW) == [], size
        page.keyboard.press("Escape")
        assert page.evaluate(OVERFLOW) == [], size
        expect(page.locator(".send")).to_be_in_viewport()
        page.locator(".chip").first.click()


def test_turning_the_screen_keeps_panel_and_focus(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, FLOATING))
    launch(page)
    page.get_by_label("Your question").fill("half a que")
    for width, modal in [(390, True), (1280, False)]:
        page.set_viewport_size({"width": width, "height": 800})
        expect(page.get_by_label("Your question")).to_be_focused()
        assert page.locator("dialog").evaluate("node => node.matches(':modal')") is modal
    expect(page.get_by_label("Your question")).to_have_value("half a que")


def test_where_the_source_covers_the_conversation_that_cannot_be_reached(
    visit: Visit, host: Host, scripted: str, script: Script
) -> None:
    page = visit(host.put(scripted, FLOATING))
    source_open(page, script)
    main = page.locator(".main")
    assert main.evaluate("node => node.inert") is False
    page.set_viewport_size({"width": 600, "height": 800})
    expect(page.locator(".main[inert]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".main[inert]")).to_have_count(0)
    expect(page.locator(".chip").first).to_be_focused()


def test_whoever_wants_no_motion_sees_none(visit: Visit, host: Host, scripted: str, script: Script) -> None:
    page = visit(host.put(scripted, FLOATING), reduced_motion="reduce")
    waiting(page, script)
    assert page.evaluate("document.querySelector('rag-chat').shadowRoot.getAnimations().length") == 0


def test_in_forced_colours_every_control_has_an_edge(visit: Visit, host: Host, scripted: str, script: Script) -> None:
    page = visit(host.put(scripted, FLOATING), forced_colors="active")
    answered(page, script)
    edges = page.locator(".chip, .icon, .send").evaluate_all(
        "nodes => nodes.map((n) => getComputedStyle(n).borderTopWidth)"
    )
    assert set(edges) == {"1px"}
