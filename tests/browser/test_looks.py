"""How the widget looks: what a page sets, and what a reader's system says."""

import re

import pytest
from playwright.sync_api import Page

from server.widget import MODULES
from tests.browser.conftest import LOAD, POLICY, Host, Visit
from tests.browser.scripted import Script, events_of, problem, reply

CHAT = "document.querySelector('rag-chat')"
PAGE = (MODULES / "README.md").read_text("utf-8")
QUESTION = "What do beds cost?"


def colours(page: Page) -> tuple[int, int]:
    """Lightness of the panel's paper and ink, 0 to 255."""
    found = page.locator(".panel").evaluate("n => [getComputedStyle(n).backgroundColor, getComputedStyle(n).color]")
    paper, ink = (sum(map(int, re.findall(r"\d+", colour)[:3])) // 3 for colour in found)
    return paper, ink


THEMES = [("", "light", False), ("", "dark", True), ("light", "dark", False), ("dark", "light", True)]


def test_the_theme_is_the_attribute_or_the_readers(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, "<rag-chat inline></rag-chat>"), locale="en-GB")
    for theme, scheme, dark in THEMES:
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.evaluate(f"theme => {{ {CHAT}.theme = theme }}", theme)
        paper, ink = colours(page)
        assert (paper < 60 and ink > 200) if dark else (paper > 230 and ink < 60), (theme, scheme)


def test_a_page_sets_colours_and_reaches_parts(visit: Visit, host: Host, scripted: str) -> None:
    style = "<style>rag-chat { --rag-accent: rgb(1, 2, 3); } rag-chat::part(send) { border-radius: 7px; }</style>"
    policy = POLICY.replace("default-src", "style-src 'unsafe-inline'; default-src")
    page = visit(host.put(scripted, "<rag-chat inline></rag-chat>", head=style + LOAD, policy=policy))
    send = page.locator(".send").evaluate(
        "n => [getComputedStyle(n).backgroundColor, getComputedStyle(n).borderRadius]"
    )
    assert send == ["rgb(1, 2, 3)", "7px"]


def test_styles_of_the_page_do_not_reach_in(visit: Visit, host: Host, scripted: str) -> None:
    style = (
        "<style>* { font-size: 40px !important; letter-spacing: 9px; text-align: right; } button { color: red }</style>"
    )
    policy = POLICY.replace("default-src", "style-src 'unsafe-inline'; default-src")
    page = visit(host.put(scripted, "<rag-chat inline></rag-chat>", head=style + LOAD, policy=policy))
    greeting = page.locator(".greeting").evaluate(
        "n => [getComputedStyle(n).fontSize, getComputedStyle(n).letterSpacing, getComputedStyle(n).textAlign]"
    )
    assert greeting == ["16.005px", "normal", "start"]


@pytest.mark.parametrize("position", ["start", "end"])
def test_it_stands_in_the_corner_of_the_attribute(visit: Visit, host: Host, scripted: str, position: str) -> None:
    page = visit(host.put(scripted, f'<rag-chat position="{position}"></rag-chat>'))
    box = page.get_by_role("button", name="Ask a question").bounding_box()
    assert box is not None
    assert (box["x"] == 24) is (position == "start")


SETS = {
    "--rag-accent": ("rgb(1, 2, 3)", ".send", "backgroundColor"),
    "--rag-accent-ink": ("rgb(1, 2, 4)", ".send", "color"),
    "--rag-paper": ("rgb(1, 2, 5)", ".panel", "backgroundColor"),
    "--rag-ink": ("rgb(1, 2, 6)", ".panel", "color"),
    "--rag-soft": ("rgb(1, 2, 7)", ".facts", "color"),
    "--rag-line": ("rgb(1, 2, 8)", ".panel", "borderTopColor"),
    "--rag-mark": ("rgb(1, 2, 9)", "mark", "backgroundColor"),
    "--rag-mark-ink": ("rgb(1, 2, 10)", "mark", "color"),
    "--rag-font": ("monospace", ".question", "fontFamily"),
    "--rag-font-size": ("20px", ".root", "fontSize"),
    "--rag-radius": ("3px", ".panel", "borderTopLeftRadius"),
    "--rag-width": ("950px", ".panel", "width"),
    "--rag-height": ("500px", ".panel", "height"),
    "--rag-inset": ("40px", ".panel", "bottom"),
    "--rag-z-index": ("7", ".panel", "zIndex"),
}


def ask(page: Page, question: str = QUESTION) -> None:
    page.evaluate(f"question => {CHAT}.ask(question)", question)


def test_each_variable_sets_what_it_says(visit: Visit, host: Host, scripted: str) -> None:
    assert set(SETS) == set(re.findall(r"`(--rag-[a-z-]+)`", PAGE))
    page = visit(host.put(scripted, "<rag-chat></rag-chat>"), viewport={"width": 1280, "height": 800})
    ask(page)
    page.locator(".chip").click()
    for name, (value, where, style) in SETS.items():
        node = page.locator(where)
        assert node.evaluate(f"n => getComputedStyle(n).{style}") != value, name
        page.evaluate(f"([name, value]) => {CHAT}.style.setProperty(name, value)", [name, value])
        assert node.evaluate(f"n => getComputedStyle(n).{style}") == value, name


PARTS = f"[...{CHAT}.shadowRoot.querySelectorAll('[part]')].map((node) => node.part.value)"


def test_each_part_is_there(visit: Visit, host: Host, scripted: str, script: Script) -> None:
    script.answers = {
        "none": lambda _: script.streamed(events_of(reply("none", []))),
        "busy": lambda _: problem(503),
    }
    page = visit(host.put(scripted, '<rag-chat suggestions="One?"></rag-chat>'))
    page.get_by_role("button", name="Ask a question").click()
    found = set(page.evaluate(PARTS))
    for question in ("none", "busy", QUESTION):
        ask(page, question)
    page.locator(".chip").click()
    found |= set(page.evaluate(PARTS))
    listed = PAGE.partition("`::part()` reaches")[2].partition("\n\n")[0]
    assert found == set(re.findall(r"`([a-z-]+)`", listed))


def test_whoever_wants_more_contrast_gets_no_grey(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, "<rag-chat inline></rag-chat>"), contrast="more")
    ask(page)
    inks = page.locator(".where, .foot, .panel").evaluate_all("nodes => nodes.map((n) => getComputedStyle(n).color)")
    edge = page.locator(".composer").evaluate("n => getComputedStyle(n).borderTopColor")
    assert {*inks, edge} == {inks[0]}
