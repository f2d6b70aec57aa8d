"""The element <rag-chat> as a page's author meets it: loading, attributes, properties, methods, events."""

import gzip
import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from server.widget import assembled, integrity
from tests.browser.conftest import LOAD, POLICY, Host, Visit
from tests.browser.scripted import Script, events_of, problem, reply

MOST_BYTES = 30_000
QUESTION = "What do beds cost?"
CHAT = "document.querySelector('rag-chat')"
LOG_EVENTS = f"""() => {{
  window.heard = [];
  const names = ["open", "close", "question", "answer", "error", "clear", "feedback"];
  for (const name of names) document.addEventListener(`rag-${{name}}`, (event) => heard.push([name, event.detail]));
  {CHAT}.stop();
}}"""


def heard(page: Page) -> list[tuple[str, Any]]:
    return [(name, detail) for name, detail in page.evaluate("window.heard")]


def test_all_that_the_widget_loads_is_under_30_kb_gzipped(service: str) -> None:
    response = httpx.get(f"{service}/widget.js", headers={"Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
    assert int(response.headers["content-length"]) == len(gzip.compress(assembled(), 9))
    assert int(response.headers["content-length"]) <= MOST_BYTES


def test_the_widget_is_one_request(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, "<rag-chat inline></rag-chat>"))
    loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert loaded == [f"{scripted}/widget.js"]


def test_a_page_with_a_strict_policy_shows_it_with_its_styles(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, "<rag-chat></rag-chat>"))
    launcher = page.get_by_role("button", name="Ask a question")
    assert launcher.evaluate("node => getComputedStyle(node).position") == "fixed"


@pytest.mark.parametrize(("hash_", "loads"), [(integrity(assembled()), True), ("sha384-" + "A" * 64, False)])
def test_a_hash_lets_only_the_very_widget_load(
    visit: Visit, host: Host, scripted: str, hash_: str, loads: bool
) -> None:
    head = LOAD.replace("<script", f'<script integrity="{hash_}" crossorigin="anonymous"')
    page = visit(host.put(scripted, "<rag-chat></rag-chat>", head=head), allowed="integrity")
    assert page.evaluate("customElements.get('rag-chat') !== undefined") is loads


def test_it_may_be_loaded_twice(visit: Visit, host: Host, scripted: str) -> None:
    head = LOAD + LOAD.replace("widget.js", "widget.js?again")
    page = visit(host.put(scripted, "<rag-chat></rag-chat>", head=head))
    page.get_by_role("button", name="Ask a question").click()
    expect(page.get_by_role("dialog")).to_have_count(1)


def test_several_on_one_page_do_not_share_their_conversations(visit: Visit, host: Host, scripted: str) -> None:
    body = '<rag-chat id="one" inline></rag-chat><rag-chat id="two" inline></rag-chat>'
    page = visit(host.put(scripted, body))
    for name in ["one", "two"]:
        page.locator(f"#{name} textarea").fill(f"Question of {name}?")
        page.keyboard.press("Enter")
        expect(page.locator(f"#{name} [data-status=answered]")).to_have_count(1)
    page.reload()
    for name in ["one", "two"]:
        expect(page.locator(f"#{name} .question")).to_have_text(f"You asked: Question of {name}?")


def test_the_second_of_one_name_keeps_nothing(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, "<rag-chat inline></rag-chat><rag-chat inline></rag-chat>"))
    second = page.locator("rag-chat").last
    second.locator("textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(second.locator("[data-status=answered]")).to_have_count(1)
    assert page.evaluate("sessionStorage.length") == 0


def test_properties_set_before_the_module_is_loaded_count(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, '<rag-chat id="chat"></rag-chat>', head=""))
    page.evaluate(f"Object.assign({CHAT}, {{ title: 'Early', suggestions: ['A?', 'B|C?'], key: 'k1' }})")
    page.evaluate("url => import(url).then(() => {})", f"{scripted}/widget.js")
    page.get_by_role("button", name="Ask a question").click()
    expect(page.get_by_role("dialog", name="Early")).to_be_visible()
    expect(page.locator(".suggestion")).to_have_text(["A?", "B|C?"])
    assert page.evaluate(f"[{CHAT}.key, {CHAT}.getAttribute('key'), {CHAT}.getAttribute('title')]") == [
        "k1",
        None,
        "Early",
    ]


MOVES = {
    "append": "aside.append(chat)",
    "removed and put back later": "chat.remove(), setTimeout(() => aside.append(chat), 50)",
    "moveBefore": "aside.moveBefore(chat, null)",
}


@pytest.mark.parametrize("move", MOVES)
def test_moved_in_the_page_it_keeps_its_conversation(visit: Visit, host: Host, scripted: str, move: str) -> None:
    page = visit(host.put(scripted, "<aside></aside><rag-chat></rag-chat>"))
    page.get_by_role("button", name="Ask a question").click()
    page.get_by_label("Your question").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("[data-status=answered]")).to_have_count(1)
    page.evaluate(f"(([aside, chat]) => {{ {MOVES[move]} }})([document.querySelector('aside'), {CHAT}])")
    expect(page.locator("aside [data-status=answered]")).to_have_count(1)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_label("Your question").fill("More?")
    page.keyboard.press("Enter")
    expect(page.locator("[data-status=answered]")).to_have_count(2)


def test_moved_while_an_answer_comes_it_goes_on(visit: Visit, host: Host, scripted: str, script: Script) -> None:
    script.answers[QUESTION] = lambda _: script.streamed(events_of(reply(QUESTION, ["One.", "Two."])), wait_before=3)
    page = visit(host.put(scripted, "<aside></aside><rag-chat inline></rag-chat>"))
    page.get_by_label("Your question").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("[data-status=streaming]")).to_have_count(1)
    page.evaluate(f"document.querySelector('aside').append({CHAT})")
    script.go.set()
    expect(page.locator("aside [data-status=answered] .chip")).to_have_count(2)


def test_removed_it_stops_what_it_asked(visit: Visit, host: Host, scripted: str, script: Script) -> None:
    script.answers[QUESTION] = lambda _: script.streamed([b": \n\n", b": \n\n"], wait_before=1)
    page = visit(host.put(scripted, "<rag-chat inline></rag-chat>"))
    page.get_by_label("Your question").fill(QUESTION)
    with page.expect_event("requestfailed") as failed:
        page.keyboard.press("Enter")
        expect(page.locator("[data-status=waiting]")).to_have_count(1)
        page.evaluate(f"{CHAT}.remove()")
    assert failed.value.url == f"{scripted}/v1/ask"


def test_methods_and_events_for_the_page(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, "<rag-chat></rag-chat>"))
    page.evaluate(LOG_EVENTS)
    answer = page.evaluate(f"{CHAT}.ask('{QUESTION}')")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert answer["citations"][0]["quote"] == "Beds cost money."
    page.get_by_role("button", name="Bad answer").click()
    expect(page.locator(".comment")).to_be_visible()
    page.evaluate(f"{CHAT}.clear(), {CHAT}.close(), {CHAT}.open()")
    names = [name for name, _ in heard(page)]
    assert names == ["open", "question", "answer", "feedback", "clear", "close", "open"]
    details = dict(heard(page)[:4])
    assert details["question"] == {"question": QUESTION}
    assert details["answer"]["reply"] == answer
    assert details["feedback"] == {"answer_id": "ans_0123abcd", "rating": "down", "comment": None}


def test_the_page_hears_of_errors(visit: Visit, host: Host, scripted: str, script: Script) -> None:
    script.answers[QUESTION] = lambda _: problem(429, "Slow down.", **{"Retry-After": "7"})
    page = visit(host.put(scripted, "<rag-chat></rag-chat>"))
    page.evaluate(LOG_EVENTS)
    assert page.evaluate(f"{CHAT}.ask('{QUESTION}')") is None
    told = dict(heard(page))["error"]
    assert told["question"] == QUESTION
    assert told["problem"].items() >= {"kind": "rate", "status": 429, "detail": "Slow down.", "retryAfter": 7}.items()


def test_attributes_may_change_at_any_time(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, "<rag-chat></rag-chat>"))
    page.evaluate(f"{CHAT}.ask('{QUESTION}')")
    page.evaluate(f"Object.assign({CHAT}, {{ language: 'fr', title: 'Titre', theme: 'dark' }})")
    expect(page.get_by_role("dialog", name="Titre")).to_be_visible()
    expect(page.get_by_role("button", name="Copier avec les sources")).to_be_visible()
    expect(page.locator("[data-status=answered]")).to_have_count(1)
    page.evaluate(f"{CHAT}.close()")
    expect(page.get_by_role("button", name="Poser une question")).to_be_visible()


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


LANGUAGES = {
    "en": ("Ask a question", "1 source", "2 sources"),
    "de-AT": ("Frage stellen", "1 Quelle", "2 Quellen"),
    "fr": ("Poser une question", "1 source", "2 sources"),
    "ar": ("اطرح سؤالًا", "مصدر واحد", "مصدران"),
    "xx": ("Ask a question", "1 source", "2 sources"),
}


def test_it_speaks_each_language_with_its_plurals(visit: Visit, host: Host, scripted: str, script: Script) -> None:
    script.answers["2"] = lambda _: script.streamed(events_of(reply("2", ["One.", "Two."])))
    page = visit(host.put(scripted, "<rag-chat></rag-chat>"))
    for language, (launch, one, two) in LANGUAGES.items():
        page.evaluate(f"language => {{ {CHAT}.clear(), {CHAT}.close(), {CHAT}.language = language }}", language)
        page.get_by_role("button", name=launch).click()
        for question, sources in [("1", one), ("2", two)]:
            page.locator("textarea").fill(question)
            page.keyboard.press("Enter")
            expect(page.locator(".turn").last.locator("ol.sources")).to_have_attribute("aria-label", sources)
        assert page.locator(".root").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")


def test_the_language_is_that_of_the_page_where_none_is_given(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, '<div lang="fr"><rag-chat></rag-chat></div>'))
    expect(page.get_by_role("button", name="Poser une question")).to_be_visible()


CATALOGUES = """async (base) => {
  const shape = (object) => Object.entries(object).flatMap(([name, value]) =>
    typeof value === "object" && !("other" in value) ? shape(value).map((inner) => `${name}.${inner}`) : [name]);
  const { translator } = await import(`${base}/static/widget/messages.js`);
  const said = {};
  for (const lang of ["de", "fr", "ar"]) {
    const found = await import(`${base}/static/widget/messages-${lang}.js`);
    said[lang] = shape(found[lang]);
  }
  const counts = [0, 1, 2, 3, 11, 100].map((n) => translator("ar")("sources", { n }));
  return [said, counts];
}"""


def test_every_language_says_everything(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, "", head=""))
    said, counts = page.evaluate(CATALOGUES, scripted)
    assert sorted(said["de"]) == sorted(said["fr"]) == sorted(said["ar"])
    assert counts == ["لا مصادر", "مصدر واحد", "مصدران", "3 مصادر", "11 مصدرًا", "100 مصدر"]


@pytest.mark.parametrize("position", ["start", "end"])
def test_it_stands_in_the_corner_of_the_attribute(visit: Visit, host: Host, scripted: str, position: str) -> None:
    page = visit(host.put(scripted, f'<rag-chat position="{position}"></rag-chat>'))
    box = page.get_by_role("button", name="Ask a question").bounding_box()
    assert box is not None
    assert (box["x"] == 24) is (position == "start")


def test_inline_it_is_a_part_of_the_page(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, "<rag-chat inline></rag-chat>"))
    expect(page.get_by_role("region", name="Ask the documents")).to_be_visible()
    assert page.get_by_role("dialog").count() == page.locator(".launcher").count() == 0
    page.get_by_label("Your question").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Ask the documents")).to_be_visible()


def test_the_service_is_that_of_the_attribute(visit: Visit, host: Host, scripted: str, service: str) -> None:
    page = visit(host.put(scripted, f'<rag-chat inline service="{service}"></rag-chat>', policy=""))
    with page.expect_request(f"{service}/v1/ask"):
        page.get_by_label("Your question").fill(QUESTION)
        page.keyboard.press("Enter")
    expect(page.locator("[data-status=answered], [data-status=abstained]")).to_have_count(1)


HEAP = "HeapProfiler.collectGarbage"


def test_two_hundred_questions_leave_memory_flat(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, "<rag-chat inline></rag-chat>"))
    inspector = page.context.new_cdp_session(page)
    inspector.send("Performance.enable")
    sizes = []
    for _ in range(4):
        page.evaluate(f"(async () => {{ for (let n = 0; n < 50; n++) await {CHAT}.ask('Question ' + n); }})()")
        inspector.send(HEAP)
        metrics = {m["name"]: m["value"] for m in inspector.send("Performance.getMetrics")["metrics"]}
        sizes.append((metrics["JSHeapUsedSize"], metrics["Nodes"], metrics["JSEventListeners"]))
    (heap, nodes, listeners), (heap_after, nodes_after, listeners_after) = sizes[0], sizes[-1]
    assert heap_after < heap * 1.1 + 300_000
    assert (nodes_after, listeners_after) <= (nodes * 1.05, listeners * 1.05)


PAINT = f"""() => new Promise((told) => {{
  {CHAT}.shadowRoot.querySelector(".launcher").addEventListener("click", (event) => {{
    requestAnimationFrame(() => setTimeout(() => told(performance.now() - event.timeStamp)));
  }}, {{ once: true }});
}})"""


def test_the_panel_is_painted_within_100_ms_of_the_click(visit: Visit, host: Host, scripted: str) -> None:
    address = host.put(scripted, "<rag-chat></rag-chat>")
    took = []
    for _ in range(5):
        page = visit(address)
        page.evaluate(f"() => {{ window.painted = ({PAINT})() }}")
        page.get_by_role("button", name="Ask a question").click()
        took.append(page.evaluate("window.painted"))
    assert min(took) < 100
