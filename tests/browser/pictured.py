"""States of the pages, for `tests.browser.screenshots`; what the scripted service does not know is made up."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from playwright.sync_api import Page, Route

from tests.browser.scripted import Script

Json = dict[str, Any]
TITLES = [
    "Emergency admissions: the National Audit Office report of March 2018",
    "Paying hospitals by results",
    "The tariff and how it is set",
    "Beds and winters",
    "Clinical commissioning groups",
]
LIMITS = {"bytes": 25 << 20, "files": 100, "suffixes": [".txt", ".md", ".html", ".htm", ".pdf", ".docx", ".jsonl"]}
ENDS: list[Json] = [
    {"state": "added", "passages": 42, "detail": None},
    {"state": "updated", "passages": 7, "detail": None},
    {"state": "failed", "passages": 0, "detail": "holds no text: it may be a scan, so run OCR on it first"},
]
GIVEN = ["Annual report 2018.pdf", "tariff.docx", "scan.pdf", "photo.png", "notes.md"]


def _fulfil(body: Json, route: Route) -> None:
    route.fulfill(json=body)


def _told(page: Page) -> None:
    """What the service has."""
    names = [("default", len(TITLES)), ("harbour", 12)]
    held = [{"name": name, "documents": count, "writable": True} for name, count in names]
    documents = [{"document_id": f"d{n}", "title": title} for n, title in enumerate(TITLES)]
    page.route(re.compile("/v1/collections"), partial(_fulfil, {"collections": held, "uploads": LIMITS}))
    page.route(re.compile(r"/v1/documents\?"), partial(_fulfil, {"documents": documents, "next": None}))


def _visit(page: Page, path: str = "") -> None:
    service = page.evaluate("new URL('./', document.querySelector('script').src).href")
    language = page.locator("rag-chat").get_attribute("language")
    page.goto(f"{service}{path}" + (f"?lang={language}" if language else ""))


def start(page: Page, _script: Script) -> None:
    """The start page, where the key may write."""
    _told(page)
    _visit(page)
    page.locator("#documents-list li").first.wait_for(state="attached")
    page.locator("#documents").evaluate("node => { node.open = true }")


DRAGGED = """() => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(["x"], "x.txt"));
  document.body.dispatchEvent(new DragEvent("dragenter", { dataTransfer, bubbles: true, cancelable: true }));
}"""


def dragging(page: Page, script: Script) -> None:
    """Files hang over the page."""
    start(page, script)
    page.evaluate(DRAGGED)


def _choose(page: Page, count: int) -> None:
    files = [{"name": name, "mimeType": "", "buffer": b"x" * 9000} for name in GIVEN[:count]]
    page.locator("#files").set_input_files(files)  # type: ignore[arg-type]
    page.locator("#uploads li").nth(count - 1).wait_for()


def uploading(page: Page, script: Script) -> None:
    """One file is read, one is sent, others wait."""
    start(page, script)
    jobs = iter([{"id": "j1", "files": [{"state": "running", "passages": 12, "detail": None}]}])

    def answered(route: Route) -> None:
        job = next(jobs, None) if route.request.method == "POST" else None
        if job:
            route.fulfill(json=job, status=202)

    page.route(re.compile(r"/v1/documents\?"), answered)
    page.route(re.compile("/v1/jobs/"), lambda _: None)
    _choose(page, 5)
    page.locator("[data-state=sending]").wait_for()
    page.locator("progress:not([hidden])").evaluate(
        "node => { node.value = 60; node.parentNode.querySelector('.told').textContent = 'Being sent, 60 %' }"
    )


def uploaded(page: Page, script: Script) -> None:
    """Some came in, some did not."""
    start(page, script)
    jobs = iter({"id": f"j{n}", "files": [end]} for n, end in enumerate(ENDS))

    def answered(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(json=next(jobs), status=202)
        else:
            route.fallback()

    page.route(re.compile(r"/v1/documents\?"), answered)
    _choose(page, 4)
    page.locator("#uploads li:is([data-is=good], [data-is=bad])").nth(3).wait_for()


def busy(page: Page, script: Script) -> None:
    """The service has the page wait."""
    start(page, script)
    page.route(re.compile(r"/v1/documents\?"), lambda route: route.fulfill(status=429, headers={"Retry-After": "20"}))
    _choose(page, 2)
    page.locator("[data-state=held]").wait_for()


def removing(page: Page, script: Script) -> None:
    """It is asked whether a document is to be removed."""
    start(page, script)
    page.locator("#documents-list .icon").first.focus()
    page.keyboard.press("Enter")


def embed(page: Page, _script: Script) -> None:
    """The page that shows how to embed the widget."""
    _told(page)
    _visit(page, "embed")
    page.locator("#lines:not(:empty)").wait_for()


def embed_chosen(page: Page, script: Script) -> None:
    """Colours and words chosen, one pair too pale."""
    embed(page, script)
    page.locator("input#title").fill("Ask the archive")
    page.locator("#suggestions").fill("Who decides on the tariff?\nWhat changed in 2012?")
    for name, colour in [("accent", "#b05cff"), ("paper", "#fffaf2" if _is_light(page) else "#1d1a16")]:
        page.locator(f"#hex-{name}").fill(colour)
    page.locator("#contrast:not(:empty)").wait_for()
    page.wait_for_timeout(600)
    page.locator("#colours").scroll_into_view_if_needed()


def embed_inline(page: Page, script: Script) -> None:
    """As a part of the page, down where the lines are copied."""
    embed(page, script)
    page.locator("[name=inline]").last.check()
    page.locator("#theme").select_option("dark")
    page.locator("#hex-accent").fill("#ffb454")
    page.locator("#css").scroll_into_view_if_needed()


def _is_light(page: Page) -> bool:
    found: bool = page.evaluate("matchMedia('(prefers-color-scheme: light)').matches")
    return found


PAGES: list[Callable[[Page, Script], None]] = [
    start, dragging, uploading, uploaded, busy, removing, embed, embed_chosen, embed_inline,
]  # fmt: skip
