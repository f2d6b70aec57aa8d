"""The parts of the widget that know nothing of a page, as they run in the browser."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import Host
from tests.browser.scripted import citation

Json = dict[str, Any]


@pytest.fixture(scope="module")
def page(shared: BrowserContext, host: Host, service: str) -> Page:
    page = shared.new_page()
    page.goto(host.put(service, "", head=""))
    page.evaluate("base => { window.load = (name) => import(`${base}/static/widget/${name}.js`) }", service)
    return page


def pieces(page: Page, answer: str, *citations: Json, words: bool = False) -> list[str | int]:
    found = page.evaluate("async (given) => (await load('markers')).pieces(...given)", [answer, list(citations), words])
    return [part["text"] if "text" in part else part["cite"]["n"] for part in found]


def cite(n: int, start: int, end: int) -> Json:
    return citation(n, "…", [start, end])


MARKED: list[tuple[str, list[Json], list[str | int]]] = [
    ("One. [1] Two. [2]", [cite(1, 0, 4), cite(2, 9, 13)], ["One.", 1, " Two.", 2]),
    ("Both. [1][2]", [cite(1, 0, 5), cite(2, 0, 5)], ["Both.", 1, 2]),
    ("See [1] there. [1]", [cite(1, 0, 14)], ["See [1] there.", 1]),
    ("A [2] b. [1] C. [2]", [cite(1, 0, 8), cite(2, 13, 15)], ["A [2] b.", 1, " C.", 2]),
    ("🦉🦉 owls. [1] More. [2]", [cite(1, 0, 8), cite(2, 13, 18)], ["🦉🦉 owls.", 1, " More.", 2]),
    ("A b. Quote [1] here. [1][2]", [cite(1, 0, 4), cite(2, 5, 20)], ["A b. Quote [1] here.", 1, 2]),
    ("No marker", [cite(1, 0, 9)], ["No marker"]),
    ("Fake [7] here.", [], ["Fake [7] here."]),
    ("Half of it [", [cite(1, 0, 10)], ["Half of it ["]),
]


@pytest.mark.parametrize(("answer", "citations", "found"), MARKED)
def test_markers_are_found_after_what_they_support(
    page: Page, answer: str, citations: list[Json], found: list[str | int]
) -> None:
    assert pieces(page, answer, *citations) == found


AGAIN: list[tuple[str, list[Json], list[str | int]]] = [
    ("One. [1] Two. [1] Three. [1][2]", [cite(1, 0, 4), cite(2, 18, 24)], ["One.", 1, " Two.", 1, " Three.", 1, 2]),
    ("One. [1] In b[1] it is. [2]", [cite(1, 0, 4), cite(2, 9, 23)], ["One.", 1, " In b[1] it is.", 2]),
    ("One. [1] In b[1] it is. [1]", [cite(1, 0, 4)], ["One.", 1, " In b[1] it is.", 1]),
]


@pytest.mark.parametrize(("answer", "citations", "found"), AGAIN)
def test_in_the_words_of_a_model_a_marker_may_stand_again(
    page: Page, answer: str, citations: list[Json], found: list[str | int]
) -> None:
    assert pieces(page, answer, *citations, words=True) == found
    first = [part for part in found if isinstance(part, int)]
    assert [part for part in pieces(page, answer, *citations) if isinstance(part, int)] == list(dict.fromkeys(first))


MARKDOWN = [
    ("a\n\nb", [["p", "a"], ["p", "b"]]),
    ("a\nb", [["p", "a\nb"]]),
    ("**a** and *b* and _c_ and `d*e*`", [["p", "<strong a> and <em b> and <em c> and <code d*e*>"]]),
    ("a_b_c 2*3*4 ** x **", [["p", "a_b_c 2<em 3>4 ** x **"]]),
    ("- a\n- b\n\n1. c\n2) d", [["ul", "a", "b"], ["ol", "c", "d"]]),
    ("- a\n  more", [["ul", "a\nmore"]]),
    ("## Title\ntext", [["p", "<strong Title>"], ["p", "text"]]),
    ("```js\n**a**\n<b>\n```\nc", [["pre", "**a**\n<b>"], ["p", "c"]]),
    ("[a](http://b) ![c](d) <img src=x>", [["p", "[a](http://b) ![c](d) <img src=x>"]]),
    ("\ue0000\ue001 \ue0009\ue001", [["p", "0 9"]]),
    ("", []),
]
FLAT = """async (text) => {
  const flat = (parts) => parts.map((p) => (p.tag ? `<${p.tag} ${flat(p.parts)}>` : p.text)).join("");
  return (await load("markdown")).blocks([{ text }]).map(({ tag, lines }) => [tag, ...lines.map(flat)]);
}"""


@pytest.mark.parametrize(("text", "found"), MARKDOWN)
def test_a_little_markdown_is_understood_and_the_rest_is_text(page: Page, text: str, found: list[list[str]]) -> None:
    assert page.evaluate(FLAT, text) == found


@pytest.mark.parametrize(
    "text", ["**a" * 20_000, "_" * 60_000, "*a " * 20_000, "`" * 60_000, "- " * 30_000, "#" * 60_000]
)
def test_no_markdown_takes_long(page: Page, text: str) -> None:
    took = page.evaluate(
        f"async (text) => {{ const t = performance.now(); await ({FLAT})(text); return performance.now() - t }}", text
    )
    assert took < 2000


LONG = "This is a line of a file that was wrapped where it was full up"
WRAPPED = [
    (f"{LONG}\nand goes on.", f"{LONG} and goes on."),
    (f"{LONG}\r\nOn and on.", f"{LONG}  On and on."),
    ("first,\nsecond", "first, second"),
    ("A heading\nA sentence.", "A heading\nA sentence."),
    (f"{LONG}.\nAnother.", f"{LONG}.\nAnother."),
    (f"{LONG} | 5\nrow | 6", f"{LONG} | 5\nrow | 6"),
    (f"{LONG}\n- item\n* item", f"{LONG}\n- item\n* item"),
    (f"{LONG}\n\nand a paragraph", f"{LONG}\n\nand a paragraph"),
]


@pytest.mark.parametrize(("text", "found"), WRAPPED)
def test_wrapped_lines_are_joined_without_moving_an_offset(page: Page, text: str, found: str) -> None:
    joined = page.evaluate("async (text) => (await load('text')).unwrapped(text)", text)
    assert (joined, len(joined)) == (found, len(text))


EVENTS = """async (chunks) => {
  const { events } = await load("events");
  const bytes = chunks.map((chunk) => Uint8Array.from(chunk));
  const body = new ReadableStream({ start(c) { for (const b of bytes) c.enqueue(b); c.close(); } });
  const found = [];
  for await (const event of events(body)) found.push([event.name, event.data]);
  return found;
}"""
STREAMS = [
    (b"event: a\ndata: 1\n\n", [["a", "1"]]),
    (b"event:a\r\ndata:1\r\n\r\nevent: b\r\ndata: 2\r\n\r\n", [["a", "1"], ["b", "2"]]),
    (b": heartbeat\n\ndata: x\ndata: y\n\n", [["message", "x\ny"]]),
    (b"event: a\n\ndata: 1\n\n", [["message", "1"]]),
    (b"id: 7\nretry: 3\nevent: a\ndata\n\n", [["a", ""]]),
    (b"event: a\ndata: \xf0\x9f\xa6\x89\n\n", [["a", "🦉"]]),
    (b"event: a\ndata: cut", []),
]


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(("stream", "found"), STREAMS)
def test_events_are_read_wherever_the_network_cuts_them(
    page: Page, stream: bytes, found: list[list[str]], size: int
) -> None:
    chunks = [list(stream[i : i + size]) for i in range(0, len(stream), size)]
    assert page.evaluate(EVENTS, chunks) == found


TURNS = """async (events) => {
  const { next } = await load("conversation");
  return events.reduce(next, []).map(({ id, status, answer, slow, words }) => [id, status, answer, slow, words]);
}"""
ASK = {"type": "ask", "id": "1", "question": "?"}
DONE = {
    "type": "done",
    "id": "1",
    "data": {"id": "ans_1", "status": "answered", "answer": "A.", "citations": [], "passages": []},
}


def delta(text: str) -> Json:
    return {"type": "delta", "id": "1", "data": {"text": text}}


CITED = {"type": "citation", "id": "1", "data": {"n": 1}}
SURE = [(0.0, "low"), (0.19, "low"), (0.2, "medium"), (0.49, "medium"), (0.5, "high"), (1.0, "high")]


@pytest.mark.parametrize(("confidence", "word"), SURE)
def test_confidence_has_three_words(page: Page, confidence: float, word: str) -> None:
    assert page.evaluate("async (value) => (await load('turn')).sureness(value)", confidence) == word


STORIES: list[tuple[list[Json], list[list[Any]]]] = [
    ([ASK], [["1", "waiting", "", False, False]]),
    ([ASK, {"type": "slow", "id": "1"}], [["1", "waiting", "", True, False]]),
    ([ASK, delta("A"), CITED, delta("B"), CITED], [["1", "streaming", "AB", False, False]]),
    ([ASK, delta("A"), delta("B")], [["1", "streaming", "AB", False, True]]),
    ([ASK, delta("A"), DONE], [["1", "answered", "A.", False, False]]),
    ([ASK, {"type": "stop", "id": "1"}, delta("late"), DONE], [["1", "stopped", "", False, False]]),
    ([ASK, {"type": "fail", "id": "1", "problem": {}}, ASK], [["1", "waiting", "", False, False]]),
    ([ASK, {"type": "news", "id": "1", "data": {}}], [["1", "waiting", "", False, False]]),
    ([ASK, {"type": "delta", "id": "2", "data": {}}], [["1", "waiting", "", False, False]]),
    ([ASK, {"type": "clear"}], []),
]


@pytest.mark.parametrize(("events", "turns"), STORIES)
def test_an_event_makes_the_next_state_and_late_ones_none(
    page: Page, events: list[Json], turns: list[list[Any]]
) -> None:
    assert page.evaluate(TURNS, events) == turns


def test_old_turns_leave(page: Page) -> None:
    found = page.evaluate(TURNS, [{**ASK, "id": str(n)} for n in range(60)])
    assert [turn[0] for turn in found] == [str(n) for n in range(20, 60)]
