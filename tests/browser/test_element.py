"""The element <rag-chat> as a page's author meets it: loading, attributes, properties, methods, events."""

import gzip
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from server.widget import MODULES, assembled, integrity
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
    documented = "script-src SERVICE; connect-src SERVICE"
    assert f"\n    {documented}\n" in (MODULES / "README.md").read_text("utf-8")
    assert POLICY.startswith(f"default-src 'none'; {documented};".replace("SERVICE", "{service}"))
    page = visit(host.put(scripted, "<rag-chat></rag-chat>"))
    launcher = page.get_by_role("button", name="Ask a question")
    assert launcher.evaluate("node => getComputedStyle(node).position") == "fixed"


@pytest.mark.parametrize(("hash_", "loads"), [(integrity(assembled()), True), ("sha384-" + "A" * 64, False)])
def test_a_hash_lets_only_the_very_widget_load(
    visit: Visit, host: Host, scripted: str, hash_: str, loads: bool
) -> None:
    head = LOAD.replace("<script", f'<script integrity="{hash_}" crossorigin="anonymous"')
    page = visit(host.put(scripted, "<rag-chat></rag-chat>", head=head), allowed="integrity", locale="en-GB")
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


def test_several_may_be_open_at_once(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, '<rag-chat id="a"></rag-chat><rag-chat id="b" position="start"></rag-chat>'))
    for name in ["a", "b"]:
        page.locator(f"#{name}").get_by_role("button", name="Ask a question").click()
    expect(page.get_by_role("dialog")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator("#a").get_by_role("dialog")).to_be_visible()
    expect(page.locator("#b").get_by_role("dialog")).to_be_hidden()


def test_the_second_of_one_name_keeps_nothing(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, "<rag-chat inline></rag-chat><rag-chat inline></rag-chat>"))
    second = page.locator("rag-chat").last
    second.locator("textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(second.locator("[data-status=answered]")).to_have_count(1)
    assert page.evaluate("sessionStorage.length") == 0


def test_the_label_is_that_of_the_button(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, '<rag-chat label="Ask the herons"></rag-chat>'))
    page.evaluate(f"{CHAT}.label = 'Ask the owls'")
    expect(page.get_by_role("button", name="Ask the owls")).to_be_visible()


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


def test_the_page_stops_an_answer(visit: Visit, host: Host, scripted: str, script: Script) -> None:
    script.otherwise = lambda _: script.streamed(events_of(reply(QUESTION, ["One.", "Two."])), wait_before=3)
    page = visit(host.put(scripted, "<rag-chat></rag-chat>"))
    page.evaluate(f"() => {{ window.asked = {CHAT}.ask('{QUESTION}') }}")
    expect(page.locator("[data-status=streaming]")).to_have_count(1)
    page.evaluate(f"{CHAT}.stop()")
    expect(page.locator("[data-status=stopped]")).to_have_count(1)
    assert page.evaluate("window.asked") is None


def test_events_leave_the_shadow_root_that_it_stands_in(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, "<div></div>"))
    page.evaluate(
        "document.querySelector('div').attachShadow({mode: 'open'}).append(document.createElement('rag-chat'))"
    )
    page.evaluate("addEventListener('rag-open', (event) => { window.opened = event.target.tagName })")
    page.get_by_role("button", name="Ask a question").click()
    assert page.evaluate("window.opened") == "DIV"


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
