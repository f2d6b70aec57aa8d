"""Pictures of the widget in every state, to be looked at: `python -m tests.browser.screenshots OUT`."""

import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, sync_playwright

from eval.report.html import page as report_page
from tests.browser.chromium import found
from tests.browser.conftest import Host
from tests.browser.pictured import PAGES
from tests.browser.scripted import Answer, Script, citation, events_of, passage, problem, reply, writing, written
from tests.eval.report.sample import sample
from tests.server.listening import listening

QUESTION = "How much do emergency admissions cost a year?"
FIRST = "In 2016-17 there were 5.8 million emergency admissions, and they cost hospitals £13.7 billion."
SECOND = "NHS England estimates that 24% of emergency admissions could be avoided."
NEAR = (
    "Ministers set the tariff for emergency care each year, and hospitals were paid 30% of it beyond a threshold that "
    "was fixed in 2008-09."
)
INTRO = "The cost of beds has risen more slowly than their use. "
AFTER = " Most of the growth came from older people with several conditions, who stay longer and return more often."
SUGGESTIONS = f"{QUESTION}|Who decides on the tariff?|What changed in 2012?"
STORY = "<p>Questions about the reform, answered from the notes.</p>"
LOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "desktop-light": ("", {"viewport": {"width": 1280, "height": 800}}),
    "desktop-dark": ("", {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"}),
    "phone-light": ("", {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}),
    "phone-dark": (
        "",
        {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "color_scheme": "dark"},
    ),
    "right-to-left": ('language="ar"', {"viewport": {"width": 1280, "height": 800}}),
    "forced-colours": ("", {"viewport": {"width": 1280, "height": 800}, "forced_colors": "active"}),
    "narrow": ("", {"viewport": {"width": 320, "height": 560}}),
}


def cited() -> dict[str, Any]:
    done = reply(QUESTION, [FIRST, SECOND])
    title = "Emergency admissions: the National Audit Office report of March 2018"
    spans = [c["answer_span"] for c in done["citations"]]
    start = len(INTRO)
    done["citations"] = [
        citation(1, FIRST, spans[0], title=title, section=[title, "Figures"], start=start, end=start + len(FIRST)),
        citation(
            2, SECOND, spans[1], title=title, section=[title, "What could be avoided"], page=11, start=900, end=973
        ),
    ]
    done["passages"] = [passage(1, INTRO + FIRST + AFTER, title=title)]
    return done


CLAIMS: list[tuple[str, list[int]]] = [
    ("There were 5.8 million emergency admissions in 2016-17, and they cost hospitals **£13.7 billion**.", [1]),
    ("NHS England holds that about a quarter of them, 24%, could be avoided.", [2]),
    ("Together the two put what could be saved at some £3 billion a year.", [1, 2]),
]


def worded_reply() -> dict[str, Any]:
    """The same, worded by a language model."""
    done = written(QUESTION, CLAIMS, removed_sentences=1)
    spans = {c["n"]: c["answer_span"] for c in done["citations"]}
    done["citations"] = [{**c, "answer_span": spans[c["n"]]} for c in cited()["citations"]]
    return {**done, "passages": cited()["passages"]}


def abstention() -> dict[str, Any]:
    titles = ["Paying hospitals by results", "The tariff", "Beds and winters"]
    near = [passage(n, NEAR, title=title, section=["Background"]) for n, title in enumerate(titles, 1)]
    return reply(QUESTION, [], passages=near)


def ask(page: Page, script: Script, answer: Answer) -> None:
    script.otherwise = answer
    page.locator(".launcher").click()
    page.locator("textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)


def closed(_page: Page, _script: Script) -> None:
    pass


def opened(page: Page, _script: Script) -> None:
    page.locator(".launcher").click()


def waiting(page: Page, script: Script) -> None:
    ask(page, script, lambda _: script.streamed([b": \n\n"], wait_before=0))


def streaming(page: Page, script: Script) -> None:
    ask(page, script, lambda _: script.streamed(events_of(cited()), wait_before=3))


def answered(page: Page, script: Script) -> None:
    ask(page, script, lambda _: script.streamed(events_of(cited())))


def writing_on(page: Page, script: Script) -> None:
    ask(page, script, lambda _: script.streamed(writing(worded_reply(), CLAIMS), wait_before=7))


def worded(page: Page, script: Script) -> None:
    ask(page, script, lambda _: script.streamed(writing(worded_reply(), CLAIMS)))


def degraded(page: Page, script: Script) -> None:
    ask(page, script, lambda _: script.streamed(events_of({**cited(), "degraded": "llm_timeout"})))


def source(page: Page, script: Script) -> None:
    answered(page, script)
    page.locator(".chip").first.click()


def rated(page: Page, script: Script) -> None:
    answered(page, script)
    page.locator(".actions .icon").last.click()
    page.locator(".comment textarea").click()


def abstained(page: Page, script: Script) -> None:
    ask(page, script, lambda _: script.streamed(events_of(abstention())))


def failed(page: Page, script: Script) -> None:
    ask(page, script, lambda _: problem(429, **{"Retry-After": "20"}))


def offline(page: Page, script: Script) -> None:
    answered(page, script)
    page.context.set_offline(True)


def document(page: Page, script: Script, status: str = "valid") -> None:
    """The page that "Open in the document" leads to; what the scripted service does not know is answered here."""
    source(page, script)
    address = page.locator(".whole").get_attribute("href") or ""
    start = len(INTRO) if status == "valid" else None
    check = {"n": 1, "status": status, "start": start, "end": start and start + len(FIRST)}
    told = {"title": cited()["citations"][0]["title"], "source": "notes/nao.pdf", "media_type": "application/pdf"}
    text = "\n\n".join([INTRO + FIRST + AFTER, SECOND, NEAR] * 4)
    answers = {"verify": {"citations": [check]}, "documents/d1?": told, "documents/d1/text": {"text": text}}
    for path, body in answers.items():
        page.route(re.compile(re.escape(f"/v1/{path}")), partial(_fulfil, body))
    page.goto(address)
    page.locator("#text p").first.wait_for()


def report(page: Page, _script: Script) -> None:
    """The report of an evaluation, its first question open."""
    page.route("**/report", lambda route: route.fulfill(body=report_page(sample()), content_type="text/html"))
    page.goto(f"{page.evaluate('document.scripts[0].src')}/../report")
    page.locator("details.question summary").first.click()


def _fulfil(body: dict[str, Any], route: Route) -> None:
    route.fulfill(json=body)


def document_changed(page: Page, script: Script) -> None:
    document(page, script, "changed")


STATES: list[Callable[[Page, Script], None]] = [
    closed, opened, waiting, streaming, answered, source, rated, abstained, failed, offline,
    writing_on, worded, degraded, document, document_changed, report, *PAGES,
]  # fmt: skip


def main(out: Path) -> None:
    """Write a picture for each look and state."""
    out.mkdir(parents=True, exist_ok=True)
    script, host = Script(), Host()
    with listening(host.app()) as port, listening(script.app()) as served, sync_playwright() as playwright:
        host.origin = f"http://127.0.0.1:{port}"
        browser = playwright.chromium.launch(executable_path=found())
        for look, (attributes, options) in LOOKS.items():
            body = f'{STORY}<rag-chat suggestions="{SUGGESTIONS}" {attributes}></rag-chat>'
            shoot(browser, script, host.put(f"http://127.0.0.1:{served}", body), options, out, look)
        browser.close()


def shoot(browser: Browser, script: Script, address: str, options: dict[str, Any], out: Path, look: str) -> None:
    """A picture of each state in one look."""
    for state in STATES:
        script.begin()
        context = browser.new_context(locale="en-GB", reduced_motion="reduce", **options)
        page = context.new_page()
        page.goto(address)
        state(page, script)
        page.wait_for_timeout(200)
        page.screenshot(path=out / f"{look}-{state.__name__}.png")
        script.go.set()
        context.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Name the folder to write to.")
    main(Path(sys.argv[1]))
