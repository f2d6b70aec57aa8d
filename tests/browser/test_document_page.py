"""The page of a document, which the widget links to: the quote is marked, and looked up again."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, Route, expect

from rag import Library
from tests.browser.conftest import Host, Visit
from tests.browser.test_accessible import violations
from tests.browser.test_hostile import STRINGS
from tests.browser.test_start_page import ask

QUOTE = "The osprey of the far shore takes 🐟 at dawn."
TEXTS = {
    "emoji.txt": f"# 🦉🦉🦅\n\nOwls 🦉 hunt by night.\n\n{QUOTE}\n\nNobody knows why 🦆.\n",
    "crlf.txt": f"First line.\r\nSecond line 🦉.\r\n\r\n{QUOTE}\r\nLast line.\r\n",
    "rtl.txt": "عنوان\n\nيعشش البلشون في الأشجار العالية 🦉.\n\nيعود كل عام في شهر فبراير.\n",
    "across.txt": "Before.\n\nIt ends here.\n\nIt goes on here.\n\nAfter.\n",
}
QUOTES = {
    "emoji.txt": QUOTE,
    "crlf.txt": QUOTE,
    "rtl.txt": "يعود كل عام في شهر فبراير.",
    "across.txt": "ends here.\n\nIt goes",
}
SEEN = """node => {
  const { top, bottom } = node.getBoundingClientRect();
  return top >= document.querySelector(".bar").getBoundingClientRect().bottom && bottom <= innerHeight;
}"""
Shelf = Callable[[str, str], str]


@pytest.fixture
def shelve(served: tuple[str, Library], tmp_path: Path) -> Shelf:
    """Ingests a file, anew if it was there; gives the document's id."""

    def shelved(name: str, text: str) -> str:
        (tmp_path / name).write_bytes(text.encode())
        served[1].ingest([tmp_path / name], "shelf")
        return next(d.id for d in served[1].documents("shelf") if d.source == name)

    return shelved


def link(service: str, document: str, text: str, quote: str, collection: str = "shelf", carried: bool = True) -> str:
    start = text.index(quote)
    query = urlencode({"collection": collection, "start": start, "end": start + len(quote)})
    return f"{service}/documents/{document}?{query}" + (f"#{urlencode({'quote': quote})}" if carried else "")


def marked(page: Page) -> str:
    page.locator("mark").first.wait_for()
    found: str = page.evaluate("[...document.querySelectorAll('mark')].map((mark) => mark.textContent).join('')")
    return found


def status(page: Page, text: str) -> None:
    expect(page.locator("#status")).to_have_text(re.compile(f"^{re.escape(text)}" if text else "^$"))


def test_the_widget_leads_to_the_quote_in_its_document(visit: Visit, host: Host, service: str) -> None:
    page = visit(host.put(service, "<rag-chat inline></rag-chat>"))
    ask(page)
    page.locator(".chip").first.click()
    quote = page.locator("mark").inner_text()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open in the document").click()
    shown = opened.value
    status(shown, "The quote stands here, word for word.")
    assert marked(shown) == quote
    expect(shown.get_by_role("heading", level=1)).not_to_have_text("Document")
    expect(shown.locator("#facts")).to_have_text("birds/heron.txt · text/plain")
    shown.close()


@pytest.mark.parametrize("carried", [True, False])
@pytest.mark.parametrize("name", TEXTS)
def test_exactly_the_quote_is_marked_in_view_and_in_focus(
    visit: Visit, served: tuple[str, Library], shelve: Shelf, name: str, carried: bool
) -> None:
    document = shelve(name, f"{TEXTS[name]}\n" + "A word about nothing.\n\n" * 30 + f"End of {name}.\n")
    text = served[1].text(document, "shelf")
    quote = next(q for q in (QUOTES[name], QUOTES[name].replace("\n", "\r\n")) if q in text)
    page = visit("about:blank")
    page.set_viewport_size({"width": 390, "height": 600})
    page.goto(link(served[0], document, text, quote, carried=carried))
    assert marked(page) == quote
    assert page.evaluate("document.querySelector('#text').textContent") == text
    assert page.locator("mark").first.evaluate(SEEN)
    expect(page.locator("mark").first).to_be_focused()
    status(page, "The quote stands here" if carried else "")


def test_right_to_left_text_runs_from_the_right(visit: Visit, served: tuple[str, Library], shelve: Shelf) -> None:
    page = visit(link(served[0], shelve("rtl.txt", TEXTS["rtl.txt"]), TEXTS["rtl.txt"], QUOTES["rtl.txt"]))
    paragraph = page.locator("p:has(mark)")
    assert paragraph.evaluate("node => getComputedStyle(node).direction") == "rtl"


def test_the_page_says_what_became_of_the_quote(visit: Visit, served: tuple[str, Library], shelve: Shelf) -> None:
    service, library = served
    before = f"Some news.\n\n{QUOTE}\n"
    document = shelve("changing.txt", before)
    address = link(service, document, before, QUOTE)
    shelve("changing.txt", "Something 🦉 was put before it.\n\n" * 400 + before)
    page = visit(address)
    status(page, "The quote has moved since the link was made: it now stands here")
    assert marked(page) == QUOTE
    assert page.locator("mark").evaluate(SEEN)
    page.evaluate("scrollTo(0, 0)")
    page.get_by_role("button", name="Go to the quote").click()
    expect(page.locator("mark")).to_be_in_viewport()

    shelve("changing.txt", "Some news.\n\nThe osprey left.\n")
    page.reload()
    status(page, "The quote does not stand in the document as it is now.")
    expect(page.locator("mark")).to_have_count(0)
    expect(page.locator("blockquote")).to_have_text(QUOTE)
    expect(page.locator("#text")).to_contain_text("The osprey left.")

    library.remove([document], "shelf")
    page.reload()
    status(page, "There is no such document here: it was removed, or was never there.")
    expect(page.locator("blockquote")).to_have_text(QUOTE)


@pytest.mark.parametrize(
    "path", ["none", "none?collection=nowhere", "%ff?start=1&end=2", "..%5c?start=a&end=-1#quote=x", "%3Cscript%3E"]
)
def test_what_is_not_there_is_said(visit: Visit, service: str, path: str) -> None:
    page = visit(f"{service}/documents/{path}")
    status(page, "There is no such document here")
    expect(page.get_by_role("heading", level=1)).to_have_text("No such document")
    assert violations(page) == []


@pytest.mark.parametrize("span", ["start=5&end=2", "start=x&end=9", "start=-3&end=4", "", "start=0&end=0"])
def test_a_link_without_a_span_shows_the_text(
    visit: Visit, served: tuple[str, Library], shelve: Shelf, span: str
) -> None:
    document = shelve("emoji.txt", TEXTS["emoji.txt"])
    page = visit(f"{served[0]}/documents/{document}?collection=shelf&{span}#quote=Owls")
    expect(page.locator("#text")).to_contain_text(QUOTE)
    expect(page.locator("mark")).to_have_count(0)
    status(page, "")


def test_a_span_past_the_end_is_said(visit: Visit, served: tuple[str, Library], shelve: Shelf) -> None:
    document = shelve("emoji.txt", TEXTS["emoji.txt"])
    page = visit(f"{served[0]}/documents/{document}?collection=shelf&start=99999&end=100000")
    status(page, "The link points past the end of this text.")


def test_a_service_with_keys_asks_for_one_and_then_shows_the_quote(visit: Visit, own: tuple[str, Library]) -> None:
    service, library = own
    heron = next(d.id for d in library.documents() if d.source == "birds/heron.txt")
    _, key = library.store.keys.create("reader", write=False)
    page = visit(link(service, heron, library.text(heron), "Herons return", "default"))
    status(page, "Reading this document needs a key.")
    assert violations(page) == []
    field = page.get_by_label("This service asks for a key")
    field.fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#key-wrong")).to_have_text("The service does not know this key.")
    field.fill(key)
    page.keyboard.press("Enter")
    status(page, "The quote stands here, word for word.")
    expect(field).to_be_hidden()
    assert marked(page) == "Herons return"


def test_the_tab_that_the_start_page_opens_has_its_key(visit: Visit, own: tuple[str, Library]) -> None:
    service, library = own
    _, key = library.store.keys.create("reader", write=False)
    page = visit(service)
    page.get_by_label("This service asks for a key").fill(key)
    page.keyboard.press("Enter")
    expect(page.locator("#documents-list a").first).to_be_attached()
    ask(page)
    page.locator(".chip").first.click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open in the document").click()
    status(opened.value, "The quote stands here, word for word.")
    opened.value.close()


def faked(page: Page, service: str, text: str, check: int = 500) -> None:
    """Has the page get this document, whichever it asks for; its quotes cannot be checked."""

    def answered(route: Route) -> None:
        if "verify" in route.request.url:
            route.fulfill(status=check, body="{}")
            return
        told = {"title": text[:500], "source": text[:500], "media_type": "text/plain", "text": text}
        route.fulfill(body=json.dumps(told), content_type="application/json")

    page.route(re.compile(f"^{service}/v1/"), answered)


def test_a_quote_that_cannot_be_checked_is_marked_where_the_link_says(visit: Visit, service: str) -> None:
    page = visit("about:blank")
    faked(page, service, TEXTS["emoji.txt"], check=503)
    page.goto(link(service, "d", TEXTS["emoji.txt"], QUOTE))
    status(page, "Whether the quote still stands here could not be checked.")
    assert marked(page) == QUOTE


def test_offline_it_says_so_and_goes_on_when_that_is_over(visit: Visit, service: str) -> None:
    page = visit("about:blank", locale="en-GB")
    page.route(re.compile(f"^{service}/v1/"), lambda route: route.abort("internetdisconnected"))
    page.add_init_script("Object.defineProperty(navigator, 'onLine', { value: false })")
    page.goto(link(service, "d", TEXTS["emoji.txt"], QUOTE))
    status(page, "You are offline.")
    page.unroute_all()
    faked(page, service, TEXTS["emoji.txt"])
    page.get_by_role("button", name="Try again").click()
    assert marked(page) == QUOTE


@pytest.mark.parametrize("name", STRINGS)
def test_hostile_text_stays_text(visit: Visit, service: str, name: str) -> None:
    page = visit("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    faked(page, service, f"{STRINGS[name]}\n\n{QUOTE}\n\n{STRINGS[name]}")
    text = STRINGS[name][:100]
    page.goto(f"{service}/documents/d?start=0&end={len(text)}#{urlencode({'quote': text}, errors='replace')}")
    expect(page.locator("mark").first).to_be_attached()
    assert [url for url in asked if not url.startswith(f"{service}/")] == []
    assert page.evaluate("[typeof window.ran, typeof {}.ran]") == ["undefined", "undefined"]
    assert page.locator("#text :not(.block, p, mark), [onerror], [onload], iframe, body script").count() == 0


def test_a_text_of_three_million_characters_shows_the_quote_within_three_seconds(visit: Visit, service: str) -> None:
    lines = [f"Line {n} 🦉 of a very long text, with nothing in it to see." for n in range(50_000)]
    text = "\n\n".join([*lines[:40_000], QUOTE, *lines[40_000:]])
    assert len(text) > 3_000_000
    page = visit("about:blank")
    faked(page, service, text)
    took = []
    for _ in range(2):
        page.goto("about:blank")
        page.goto(link(service, "d", text, QUOTE))
        page.locator("mark").wait_for()
        took.append(page.evaluate("new Promise((told) => requestAnimationFrame(() => told(performance.now())))"))
    assert min(took) < 3000
    assert marked(page) == QUOTE
    page.wait_for_function("document.querySelector('mark').getBoundingClientRect().top > 0")
    assert page.locator("mark").evaluate(SEEN)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    visit: Visit, served: tuple[str, Library], shelve: Shelf, scheme: str
) -> None:
    document = shelve("emoji.txt", TEXTS["emoji.txt"])
    page = visit(link(served[0], document, TEXTS["emoji.txt"], QUOTE), color_scheme=scheme)
    status(page, "The quote stands here")
    for width in [320, 390, 1280]:
        page.set_viewport_size({"width": width, "height": 700})
        assert violations(page) == [], width
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


def test_all_of_a_long_text_is_printed(visit: Visit, service: str) -> None:
    page = visit("about:blank")
    faked(page, service, "\n".join(f"Line {n}." for n in range(20_000)))
    page.goto(f"{service}/documents/d")
    expect(page.locator("#text")).to_contain_text("Line 19999.")
    page.emulate_media(media="print")
    heights = page.evaluate(
        "[...document.querySelectorAll('.block')].map((b) => b.offsetHeight / b.textContent.length)"
    )
    assert max(heights) < 1.5 * min(heights)
