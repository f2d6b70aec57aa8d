"""The start page: the chat over the whole page, with what can be asked about."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from rag import Library
from tests.browser.conftest import Visit
from tests.browser.test_accessible import violations

NESTS = "How many nests did a heronry in Kent count in 2009?"


def ask(page: Page, question: str = NESTS) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def test_a_question_is_answered_beside_its_source(visit: Visit, own: tuple[str, Library]) -> None:
    page = visit(own[0])
    ask(page)
    page.locator(".chip").first.click()
    expect(page.locator("mark")).to_contain_text("160 nests")
    expect(page.locator(".main")).to_be_visible()
    assert page.locator(".main").evaluate("node => node.inert") is False


def test_the_documents_of_the_chosen_collection_are_listed(
    visit: Visit, own: tuple[str, Library], tmp_path: Path
) -> None:
    service, library = own
    for n in range(60):
        (tmp_path / f"swan-{n:02}.txt").write_text(f"The swan of pond {n} lays {n} eggs.", "utf-8")
    library.ingest([tmp_path], "swans")
    page = visit(service)
    items = page.locator("#documents-list a")
    expect(items).to_have_count(len(list(library.documents())))
    page.get_by_label("Collection").select_option("swans")
    expect(items).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(items).to_have_count(60)
    first = next(d for d in library.documents("swans") if d.source == "swan-00.txt")
    assert items.first.get_attribute("href") == f"documents/{first.id}?collection=swans"
    ask(page, "How many eggs does the swan of pond 7 lay?")
    expect(page.locator("blockquote").first).to_contain_text("7 eggs")


def test_a_question_in_the_address_is_asked(visit: Visit, service: str) -> None:
    page = visit(f"{service}/#q=How+many+nests+did+a+heronry+in+Kent+count+in+2009%3F")
    expect(page.locator("blockquote").first).to_contain_text("160 nests")


def test_a_service_with_keys_asks_for_one(visit: Visit, own: tuple[str, Library]) -> None:
    service, library = own
    _, key = library.store.keys.create("reader", write=False)
    page = visit(service)
    field = page.get_by_label("This service asks for a key")
    field.fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The service does not know this key.")).to_be_visible()
    field.fill(key)
    page.keyboard.press("Enter")
    expect(page.locator("#documents-list a").first).to_be_visible()
    expect(field).to_be_hidden()
    ask(page)
    expect(page.locator("blockquote").first).to_contain_text("160 nests")


SIZES = {"desk": (1280, 800), "phone": (390, 844), "zoomed": (640, 400)}


@pytest.mark.parametrize("size", SIZES)
def test_after_three_answers_the_next_question_is_still_in_sight(visit: Visit, service: str, size: str) -> None:
    page = visit(service)
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    for n in range(1, 4):
        ask(page, f"{NESTS}{' ' * n}")
        expect(page.locator("[data-status=answered]")).to_have_count(n)
    expect(page.locator(".composer")).to_be_in_viewport(ratio=1)
    expect(page.locator(".chip").last).to_be_in_viewport()
    assert page.locator(".log").evaluate("node => node.scrollHeight > node.clientHeight")
    if size != "zoomed":
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_the_first_tab_leads_past_the_documents(visit: Visit, service: str) -> None:
    page = visit(f"{service}/?lang=fr")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Aller à la question")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_label("Votre question")).to_be_focused()
    assert page.url.endswith("?lang=fr")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut_off(visit: Visit, service: str, scheme: str) -> None:
    page = visit(service, color_scheme=scheme, reduced_motion="reduce")
    expect(page.locator("#documents")).to_be_visible()
    assert violations(page) == []
    ask(page)
    page.locator(".chip").first.click()
    expect(page.locator("mark")).to_be_visible()
    for width in [320, 390, 1280, 3840]:
        page.set_viewport_size({"width": width, "height": 700})
        assert violations(page) == [], width
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


def test_no_request_goes_anywhere_but_to_the_service(visit: Visit, service: str) -> None:
    page = visit("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(service)
    ask(page)
    expect(page.locator("blockquote").first).to_be_visible()
    assert [url for url in asked if not url.startswith(f"{service}/")] == []
