"""The page that shows how to embed the widget: what is chosen is seen at once, and what is copied works."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from rag import Library
from server.widget import MODULES, assembled, integrity
from tests.browser.conftest import Host, Visit
from tests.browser.test_accessible import violations
from tests.browser.test_hostile import STRINGS
from tests.browser.test_start_page import ask
from tests.program import Rag

SEND = "rag-chat .send"


def opened(visit: Visit, service: str, **options: object) -> Page:
    """The page once its scripts have run."""
    page = visit(f"{service}/embed", **options)
    expect(page.locator("#lines")).to_contain_text("<rag-chat")
    return page


def lines(page: Page) -> str:
    return page.locator("#lines").inner_text()


def css(page: Page) -> str:
    return page.locator("#css").inner_text()


def paint(page: Page, name: str, colour: str) -> None:
    page.get_by_label(f"{name}, as a hex number", exact=True).fill(colour)


def colour_of(page: Page, selector: str, which: str = "backgroundColor") -> str:
    found: str = page.locator(selector).first.evaluate(f"node => getComputedStyle(node).{which}")
    return found


def test_the_lines_are_those_that_the_program_prints(visit: Visit, service: str, rag: Rag) -> None:
    page = opened(visit, service)
    page.get_by_label("Heading").fill("Ask <the> \"archive\" & 'more'")
    page.get_by_label("Theme").select_option("dark")
    page.get_by_label("Part of the page").check()
    chosen = ["title=Ask <the> \"archive\" & 'more'", "theme=dark", "inline"]
    printed = rag("widget", service, *(part for one in chosen for part in ("--set", one)))
    assert lines(page) == printed.stdout.strip()
    assert integrity(assembled()) in lines(page)


def test_what_is_copied_works_on_a_page_of_another_origin(visit: Visit, host: Host, service: str) -> None:
    page = opened(visit, service, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_label("Heading").fill("Ask the herons")
    page.get_by_label("Suggested questions, one a line").fill("How many nests?\n\nWho | where?")
    copy = page.locator("button.copy").first
    copy.click()
    expect(copy).to_have_text("Copied")
    expect(copy).to_be_focused()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == lines(page)
    other = visit(host.put(service, copied, head=""))
    other.get_by_role("button", name="Ask a question").click()
    expect(other.get_by_role("dialog", name="Ask the herons")).to_be_visible()
    expect(other.locator("[part=suggestion]")).to_have_text(["How many nests?", "Who / where?"])
    ask(other)
    expect(other.locator("blockquote").first).to_contain_text("160 nests")


def test_every_choice_is_seen_at_once_beside_and_in_the_lines(visit: Visit, own: tuple[str, Library]) -> None:
    service, library = own
    library.create_collection("harbour")
    page = opened(visit, service)
    element = re.compile(r"<rag-chat.*")
    preview = page.get_by_label("Preview")
    expect(preview.get_by_role("dialog", name="Ask the documents")).to_be_visible()
    page.get_by_label("Heading").fill("Ask us")
    expect(preview.get_by_role("dialog", name="Ask us")).to_be_visible()
    page.get_by_label("Greeting").fill("Welcome!")
    expect(preview.get_by_text("Welcome!")).to_be_visible()
    page.get_by_label("Language").select_option("de")
    expect(preview.get_by_label("Ihre Frage")).to_be_visible()
    box = preview.get_by_role("dialog").bounding_box()
    page.get_by_label("Corner", exact=True).select_option("start")
    moved = preview.get_by_role("dialog").bounding_box()
    assert box is not None
    assert moved is not None
    assert moved["x"] < box["x"]
    page.get_by_label("Collection").select_option("harbour")
    page.get_by_label("Text of the button").fill("Ask!")
    preview.get_by_role("button", name="Schließen").click()
    expect(preview.get_by_role("button", name="Ask!")).to_be_visible()
    assert element.findall(lines(page)) == [
        (
            '<rag-chat collection="harbour" title="Ask us" label="Ask!" greeting="Welcome!" language="de"'
            ' position="start"></rag-chat>'
        )
    ]
    page.get_by_label("Part of the page").check()
    expect(preview.locator("section.panel")).to_be_visible()
    assert "inline" in lines(page)
    assert "position" not in lines(page)


def test_the_preview_changes_its_place_while_it_is_open(visit: Visit, service: str) -> None:
    page = opened(visit, service)
    for place, panel in [("Part of the page", "section.panel"), ("Button in a corner", "dialog.panel[open]")] * 2:
        page.get_by_label(place).check()
        expect(page.get_by_label("Preview").locator(panel)).to_be_visible()
        expect(page.get_by_label(place)).to_be_focused()


def test_a_preview_that_was_closed_stays_so_until_it_is_to_stand_elsewhere(visit: Visit, service: str) -> None:
    page = opened(visit, service)
    preview = page.get_by_label("Preview")
    expect(preview.get_by_role("dialog")).to_be_visible()
    preview.get_by_role("button", name="Close", exact=True).click()
    page.get_by_label("Text of the button").fill("Ask!")
    page.get_by_label("Greeting").fill("Welcome!")
    expect(preview.get_by_role("button", name="Ask!")).to_be_visible()
    expect(preview.get_by_role("dialog")).to_be_hidden()
    page.get_by_label("Corner", exact=True).select_option("start")
    expect(preview.get_by_role("dialog")).to_be_visible()


def test_what_is_copied_runs_from_left_to_right_on_every_page(visit: Visit, service: str) -> None:
    page = visit(f"{service}/embed?lang=ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    styles = "nodes => nodes.map((node) => [getComputedStyle(node).direction, getComputedStyle(node).textAlign])"
    assert page.locator("pre").evaluate_all(styles) == [["ltr", "left"]] * page.locator("pre").count()


def test_colours_are_taken_at_once_for_light_and_dark_apart(visit: Visit, service: str) -> None:
    page = opened(visit, service, color_scheme="light")
    expect(page.get_by_text("Nothing to copy")).to_be_visible()
    paint(page, "Accent", "#6b2fb3")
    assert colour_of(page, SEND) == "rgb(107, 47, 179)"
    assert css(page) == "rag-chat {\n  --rag-accent: light-dark(#6b2fb3, #7fd1c7);\n}"
    page.get_by_label("Colours for").select_option("dark")
    assert colour_of(page, SEND) == "rgb(127, 209, 199)"
    page.get_by_label("Accent", exact=True).evaluate(
        "node => { node.value = '#c9a7f5'; node.dispatchEvent(new Event('input', { bubbles: true })) }"
    )
    assert colour_of(page, SEND) == "rgb(201, 167, 245)"
    assert "light-dark(#6b2fb3, #c9a7f5)" in css(page)
    page.get_by_label("Theme").select_option("light")
    expect(page.get_by_label("Colours for")).to_be_hidden()
    assert css(page) == "rag-chat {\n  --rag-accent: #6b2fb3;\n}"
    page.get_by_role("button", name="Reset all").click()
    expect(page.get_by_text("Nothing to copy")).to_be_visible()
    assert colour_of(page, SEND) == "rgb(15, 92, 92)"
    assert "theme" not in lines(page)


LOOK = """node => ["fontFamily", "fontSize", "width", "borderRadius", "backgroundColor"]
  .map((name) => getComputedStyle(node)[name])"""


def test_the_rule_makes_another_page_look_like_the_preview(visit: Visit, host: Host, service: str) -> None:
    page = opened(visit, service, color_scheme="light")
    paint(page, "Accent", "#6b2fb3")
    paint(page, "Background", "fafafa")
    page.get_by_text("Type and sizes").click()
    for label, value in [("Corners", "4"), ("Width", "500"), ("Size of the text", "18")]:
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Typeface").select_option("serif")
    policy = f"default-src 'none'; script-src {service}; connect-src {service}; style-src 'unsafe-inline'"
    other = visit(
        host.put(service, lines(page), head=f"<style>{css(page)}</style>", policy=policy), color_scheme="light"
    )
    other.get_by_role("button", name="Ask a question").click()
    here, there = (each.locator(".panel").evaluate(LOOK) for each in (page, other))
    assert here == there
    assert here[1:] == ["16.875px", "500px", "4px", "rgb(250, 250, 250)"]


def test_sliders_begin_where_the_widget_does() -> None:
    source = Path(MODULES.parent / "look.js").read_text("utf-8")
    begins = {name: int(px) for name, px in re.findall(r'"?([\w-]+)"?: \[\d+, (\d+), \d+\]', source)}
    styles = (MODULES / "styles.js").read_text("utf-8")
    comes = {name: int(px) for name, px in re.findall(r"--rag-([\w-]+), (?:min\()?(\d+)px", styles)}
    assert begins == {"font-size": 16, **{name: comes[name] for name in ("radius", "width", "height", "inset")}}


def test_too_little_contrast_is_told_in_figures_and_only_then(visit: Visit, service: str) -> None:
    page = opened(visit, service, color_scheme="light")
    told = page.locator("#contrast")
    expect(told).to_have_text("All text has the contrast that WCAG AA asks for, 4.5 : 1 or more.")
    paint(page, "Text", "#777777")
    expect(told).to_have_text("AaLight. Text on Background: 4.4 : 1, under the 4.5 : 1 that WCAG AA asks for")
    paint(page, "Text", "#767676")
    expect(told).to_contain_text("All text has the contrast")
    paint(page, "Accent", "#ffcc00")
    expect(told.locator("p")).to_have_count(2)
    expect(told).to_contain_text("Text on the accent: 1.5 : 1")
    page.get_by_label("Colours for").select_option("dark")
    page.get_by_text("More colours").click()
    paint(page, "Lesser text", "#333333")
    expect(told).to_contain_text("Dark. Lesser text on Background:")


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#ff0000", "#00ff00", 2.91), ("#123456", "#123456", 1)],
)
def test_contrast_is_that_of_wcag(visit: Visit, service: str, one: str, other: str, found: float) -> None:
    page = opened(visit, service)
    ratio = page.evaluate(f"async () => (await import('{service}/static/contrast.js')).ratio('{one}', '{other}')")
    assert ratio == pytest.approx(found, abs=0.01)


def test_what_is_no_colour_is_marked_and_left_out(visit: Visit, service: str) -> None:
    page = opened(visit, service)
    for wrong in ["red", "#12", "url(http://evil.example)", "#fff; background: url(//evil.example)"]:
        paint(page, "Accent", wrong)
        expect(page.get_by_label("Accent, as a hex number", exact=True)).to_have_attribute("aria-invalid", "true")
        assert css(page) == ""
    paint(page, "Accent", "abc")
    expect(page.get_by_label("Accent, as a hex number", exact=True)).not_to_have_attribute("aria-invalid", "true")
    assert "#aabbcc" in css(page)


def test_who_types_keeps_the_focus_while_the_preview_follows(visit: Visit, service: str) -> None:
    page = opened(visit, service)
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    page.keyboard.press("Tab")
    for _ in range(20):
        if page.evaluate("document.activeElement.id") == "title":
            break
        page.keyboard.press("Tab")
    page.keyboard.type("Herons")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("!")
    expect(page.get_by_label("Heading")).to_be_focused()
    expect(page.get_by_role("dialog", name="Heron!s")).to_be_visible()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")
        page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement !== document.body")


def test_it_says_what_page_and_service_need(visit: Visit, service: str) -> None:
    page = opened(visit, service)
    page.get_by_label("Address of your page").fill("https://wiki.example.org/start")
    expect(page.get_by_text("RAG_CORS_ORIGINS=https://wiki.example.org", exact=True)).to_be_visible()
    expect(page.get_by_text("rag keys create site --origin https://wiki.example.org", exact=True)).to_be_visible()
    expect(page.get_by_text(f"script-src {service}; connect-src {service}")).to_be_visible()
    page.get_by_label("Address of your page").fill("javascript:alert(1)")
    expect(page.get_by_role("alert")).to_have_text("An address such as https://www.example.org is wanted.")
    expect(page.get_by_label("Address of your page")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("The key of that page").fill('rag_"x')
    assert 'key="rag_&quot;x"' in lines(page)


def test_a_service_with_keys_asks_for_one_and_shows_the_lines_without(visit: Visit, own: tuple[str, Library]) -> None:
    service, library = own
    _, key = library.store.keys.create("reader", write=False)
    page = opened(visit, service)
    field = page.get_by_label("This service asks for a key")
    field.fill("wrong")
    assert "<rag-chat></rag-chat>" in lines(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("The service does not know this key.")).to_be_visible()
    field.fill(key)
    page.keyboard.press("Enter")
    expect(field).to_be_hidden()
    assert key not in lines(page)
    page.get_by_label("Preview").get_by_label("Your question").fill(
        "How many nests did a heronry in Kent count in 2009?"
    )
    page.keyboard.press("Enter")
    expect(page.locator("blockquote").first).to_contain_text("160 nests")


@pytest.mark.parametrize("name", [name for name in STRINGS if name != "one word"])
def test_hostile_words_stay_text_and_make_no_request(visit: Visit, service: str, name: str) -> None:
    page = visit("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{service}/embed")
    for label in ["Heading", "Text of the button", "Greeting", "Suggested questions, one a line"]:
        page.get_by_label(label).fill(STRINGS[name].encode("utf-16", "replace").decode("utf-16"))
    expect(page.locator("#lines")).to_contain_text("greeting=")
    assert lines(page).count("<") == 4
    assert [url for url in asked if not url.startswith(f"{service}/")] == []
    assert page.evaluate("[typeof window.ran, typeof {}.ran]") == ["undefined", "undefined"]
    assert page.locator("main img, main iframe, .stage img, .stage iframe, [onerror], [onload]").count() == 0


LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "right-to-left": {"locale": "ar"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_nothing_is_cut_off(visit: Visit, service: str, look: str) -> None:
    page = opened(visit, service, reduced_motion="reduce", **LOOKS[look])
    expect(page.locator("#contrast p")).to_be_visible()
    for summary in page.locator("summary").all():
        summary.click()
    widths = [390] if look == "phone" else [320, 800, 1280, 3840]
    for width in widths:
        page.set_viewport_size({"width": width, "height": 800})
        assert violations(page) == [], width
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    page.locator("[name=inline]").last.check()
    page.locator("#hex-accent").fill("#ffcc00" if look != "dark" else "#223322")
    expect(page.locator("#contrast[data-is=bad]")).to_be_visible()
    page.locator("#hex-accent").fill("#5b2a86" if look != "dark" else "#d9b8ff")
    expect(page.locator("#contrast[data-is=good]")).to_be_visible()
    assert violations(page) == []
