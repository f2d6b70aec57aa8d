"""The report of a real evaluation, as the service shows it to a person."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page, expect

from eval.examples import read_dataset
from eval.in_process import LibrarySubject
from eval.report import write_reports
from eval.run import evaluate
from rag import Library
from tests.browser.conftest import Host, Visit, serving
from tests.browser.test_accessible import AXE, WCAG, violations

Json = dict[str, Any]
ANSWERABLE = [
    ("How many nests did a heronry in Kent count in 2009?", "lookup", "160 nests", "birds/heron.txt"),
    ("What did the Orwell bridge cost?", "number", "24 million", "bridge.md"),
    ("When did the Orwell bridge open?", "date", "December 1982", "bridge.md"),
    ("What does a barn owl cast? <img src=x onerror='window.ran=1'>", "lookup", "two pellets a day", "birds/owls.txt"),
    ("Which birds stay up late?", "paraphrase", "herons at dusk", "birds/heron.txt"),
]
UNANSWERABLE = ["Who won the 1972 olympiad?", "What did the Severn bridge cost?"]


def questions() -> Iterator[Json]:
    for n, (question, kind, answer, source) in enumerate(ANSWERABLE):
        quote = {"doc": source, "quote": answer}
        told: Json = {"answerable": True, "answers": [answer], "must_include": [[answer]], "evidence": [quote]}
        yield {"id": f"a{n}", "question": question, "type": kind, **told}
    for n, question in enumerate(UNANSWERABLE):
        yield {"id": f"u{n}", "question": question, "type": "unanswerable-near-miss", "answerable": False}


@pytest.fixture(scope="module")
def reported(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report, as `rag eval --out` leaves it."""
    folder = tmp_path_factory.mktemp("eval")
    asked = folder / "birds-and-bridges.jsonl"
    asked.write_text("\n".join(map(json.dumps, questions())), "utf-8")
    write_reports(evaluate(read_dataset(asked), LibrarySubject(library)), folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def service(copy_of_index: Callable[[], Path], host: Host, reported: Path) -> Iterator[str]:
    with serving(copy_of_index(), host, report=reported) as (address, _):
        yield address


@pytest.fixture
def locked(copy_of_index: Callable[[], Path], host: Host, reported: Path) -> Iterator[tuple[str, Library]]:
    with serving(copy_of_index(), host, report=reported) as found:
        yield found


def headline(page: Page | Frame) -> None:
    expect(page.get_by_role("heading", name="birds-and-bridges", level=1)).to_be_visible()
    expect(page.locator(".verdict")).to_have_text(re.compile(r"^\d of 7 questions ended as they should\.$"))


def test_it_opens_with_its_style_and_script_and_asks_nobody(visit: Visit, service: str) -> None:
    page = visit("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{service}/report")
    headline(page)
    assert page.locator(".card").first.evaluate("node => getComputedStyle(node).borderRadius") == "16px"
    page.get_by_label("Words").fill("olympiad")
    expect(page.locator("#count")).to_have_text("1 of 7 shown")
    page.locator("details.question:not([hidden]) summary").click()
    expect(page.locator("details[open] .told")).to_contain_text("Expected")
    page.get_by_role("link", name="Speed").click()
    expect(page.locator("#speed")).to_be_in_viewport()
    assert [url for url in asked if not url.startswith("data:")] == [f"{service}/report"]
    assert page.evaluate("typeof window.ran") == "undefined"


def test_it_has_an_origin_of_its_own(visit: Visit, service: str) -> None:
    page = visit(f"{service}/report")
    assert page.evaluate("self.origin") == "null"
    assert page.evaluate("(() => { try { return sessionStorage.length } catch (error) { return error.name } })()") == (
        "SecurityError"
    )


def test_axe_finds_nothing_and_nothing_is_cut_off(visit: Visit, service: str) -> None:
    page = visit(f"{service}/report")
    for question in page.locator("details.question summary").all()[:2]:
        question.click()
    for width in [320, 390, 1280, 3840]:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        if width in {320, 1280}:
            page.emulate_media(color_scheme="light" if width == 320 else "dark")
            assert violations(page) == [], width


def test_a_question_is_reached_and_opened_by_keyboard(visit: Visit, service: str) -> None:
    page = visit(f"{service}/report")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the figures")).to_be_focused()
    page.get_by_role("button", name="Open or close").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("details.question").first).to_have_attribute("open", "")


def test_the_start_page_leads_to_it(visit: Visit, service: str) -> None:
    page = visit(f"{service}/?lang=de")
    link = page.get_by_role("link", name="Auswertungsbericht")
    assert link.bounding_box()["y"] < page.locator("#documents").bounding_box()["y"]  # type: ignore[index]
    link.click()
    headline(page)


def test_with_keys_it_is_shown_to_whoever_has_one(visit: Visit, locked: tuple[str, Library]) -> None:
    service, library = locked
    _, key = library.store.keys.create("reader", write=False)
    page = visit(f"{service}/report")
    expect(page.locator("#status")).to_have_text("Reading the report needs a key.")
    assert violations(page) == []
    field = page.get_by_label("This service asks for a key")
    for wrong, place, said in [
        ("wrong", "#key-wrong", "The service does not know this key."),
        (scoped(library), "#status", "This key may not read"),
        ("schlüssel", "#key-wrong", "The service does not know this key."),
    ]:
        field.fill(wrong)
        page.keyboard.press("Enter")
        expect(page.locator(place)).to_contain_text(said)
    field.fill(key)
    page.keyboard.press("Enter")
    headline(framed(page))
    expect(field).to_be_hidden()
    expect(page.locator("#report")).to_be_focused()


def scoped(library: Library) -> str:
    return library.store.keys.create("scoped", write=False, collections=["default"])[1]


def framed(page: Page) -> Frame:
    page.locator("iframe").wait_for()
    (frame,) = page.frames[1:]
    return frame


def test_the_frame_has_its_style_and_script_and_no_more(visit: Visit, locked: tuple[str, Library]) -> None:
    service, library = locked
    _, key = library.store.keys.create("reader", write=False)
    page = visit(service)
    page.get_by_label("This service asks for a key").fill(key)
    page.keyboard.press("Enter")
    expect(page.locator("#documents-list a").first).to_be_attached()
    page.goto(f"{service}/report")
    frame = framed(page)
    headline(frame)
    assert frame.locator(".card").first.evaluate("node => getComputedStyle(node).borderRadius") == "16px"
    frame.get_by_label("Words").fill("olympiad")
    expect(frame.locator("#count")).to_have_text("1 of 7 shown")
    frame.get_by_role("link", name="Speed").click()
    expect(frame.locator("#speed")).to_be_in_viewport()
    assert frame.evaluate("self.origin") == "null"
    frame.evaluate(AXE_SCRIPT)
    assert frame.evaluate(AXE, WCAG) == []
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save").click()
    assert saved.value.suggested_filename == "report.html"
