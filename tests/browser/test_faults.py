"""What the widget says when the service is slow, refuses, fails or is out of reach."""

import json
import re
from functools import partial

import pytest
from playwright.sync_api import Page, expect
from starlette.responses import Response

from tests.browser.conftest import Host, Visit
from tests.browser.scripted import Json, Script, event, events_of, problem, reply

QUESTION = "What do beds cost?"


@pytest.fixture
def page(visit: Visit, host: Host, scripted: str) -> Page:
    page = visit(host.put(scripted, "<rag-chat></rag-chat>"))
    page.get_by_role("button", name="Ask a question").click()
    return page


@pytest.fixture
def apart(visit: Visit, host: Host, scripted: str) -> Page:
    """The same in a browser of its own, whose clock and network a test may change."""
    page = visit(host.put(scripted, "<rag-chat></rag-chat>"), timezone_id="UTC")
    page.get_by_role("button", name="Ask a question").click()
    return page


def ask(page: Page, question: str = QUESTION) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def retry(page: Page) -> None:
    page.get_by_role("button", name="Try again").click()


def answered(page: Page) -> None:
    expect(page.locator("[data-status=answered] blockquote").first).to_contain_text("Beds cost money.")


REFUSALS = [
    (401, "its key is missing or not valid"),
    (403, "not allowed to ask these documents"),
    (404, "These documents are not there"),
    (422, "does not accept this question"),
    (500, "The service failed"),
    (502, "The service failed"),
    (503, "The service is busy"),
]


def test_a_refusal_is_said_plainly_and_can_be_tried_again(page: Page, script: Script) -> None:
    for n, (status, said) in enumerate(REFUSALS):
        script.answers[QUESTION] = partial(refused, status)
        ask(page)
        expect(page.locator(".failed")).to_contain_text(said)
        assert page.locator("[data-status=failed] .foot").count() == 0
        del script.answers[QUESTION]
        retry(page)
        expect(page.locator("[data-status=answered]")).to_have_count(n + 1)
        expect(page.locator(".turn")).to_have_count(n + 1)
        expect(page.get_by_label("Your question")).to_be_focused()


def refused(status: int, _body: Json) -> Response:
    return problem(status)


@pytest.mark.parametrize("status", [429, 503])
def test_a_limit_counts_down_before_one_may_try_again(apart: Page, script: Script, status: int) -> None:
    apart.clock.install()
    script.answers[QUESTION] = lambda _: problem(status, **{"Retry-After": "12"})
    ask(apart)
    again = apart.get_by_role("button", name=re.compile("^Try again in 1[0-2] seconds$"))
    expect(again).to_have_attribute("aria-disabled", "true")
    again.click(force=True)
    apart.clock.run_for(11_000)
    expect(apart.get_by_role("button", name="Try again in 1 second")).to_be_visible()
    assert len(script.asked) == 1
    apart.clock.run_for(2_000)
    del script.answers[QUESTION]
    retry(apart)
    answered(apart)


def test_what_the_service_does_not_accept_is_said_in_its_words(page: Page, script: Script) -> None:
    script.answers[QUESTION] = lambda _: problem(422, "question: is over the limit of 5 characters")
    ask(page)
    expect(page.locator(".detail")).to_have_text("question: is over the limit of 5 characters")


def cut(script: Script, end: bytes = b"") -> None:
    start = events_of(reply(QUESTION, ["Beds cost"]))[:3]
    script.answers[QUESTION] = lambda _: script.streamed([*start, end])


def test_an_answer_that_breaks_off_keeps_what_came(page: Page, script: Script) -> None:
    cut(script)
    ask(page)
    expect(page.locator(".failed")).to_contain_text("The answer broke off")
    expect(page.locator("blockquote")).to_contain_text("Beds cost")
    del script.answers[QUESTION]
    retry(page)
    answered(page)
    expect(page.locator(".failed")).to_have_count(0)


@pytest.mark.parametrize(("end", "said"), [(503, "busy"), (500, "failed")])
def test_an_error_within_the_stream_is_said(page: Page, script: Script, end: int, said: str) -> None:
    cut(script, event("error", {"status": end, "detail": "…"}))
    ask(page)
    expect(page.locator(".failed")).to_contain_text(said)


@pytest.mark.parametrize("said", [b"event: done\ndata: {\n\n", b"event: done\n\n", b"\xff\xfe"])
def test_a_stream_that_is_none_is_one_that_broke_off(page: Page, script: Script, said: bytes) -> None:
    script.answers[QUESTION] = lambda _: script.streamed([said])
    ask(page)
    expect(page.locator(".failed")).to_contain_text("The answer broke off")


def hold(script: Script, part: int) -> None:
    """Has the answer wait before one of its parts, until `script.go` is set."""
    parts = events_of(reply(QUESTION, ["Beds cost money.", "And time."]))
    script.answers[QUESTION] = lambda _: script.streamed(parts, wait_before=part)


def test_a_slow_answer_is_said_to_be_slow(apart: Page, script: Script) -> None:
    apart.clock.install()
    hold(script, 0)
    ask(apart)
    expect(apart.get_by_text("Searching the documents…")).to_be_visible()
    apart.clock.run_for(8_100)
    expect(apart.locator(".waiting")).to_contain_text("This takes longer than usual")
    script.go.set()
    answered(apart)
    expect(apart.locator(".waiting")).to_have_count(0)


def test_an_answer_streams_in_and_can_be_stopped_and_asked_again(page: Page, script: Script) -> None:
    hold(script, 3)
    ask(page)
    expect(page.locator("[data-status=streaming] blockquote")).to_contain_text("Beds cost money.")
    expect(page.locator(".chip")).to_have_count(1)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("[data-status=stopped]")).to_contain_text("Stopped.")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_focused()
    script.go.set()
    retry(page)
    answered(page)
    expect(page.locator(".chip")).to_have_count(2)


def test_what_comes_after_a_stop_changes_nothing(page: Page, script: Script) -> None:
    hold(script, 1)
    ask(page)
    page.get_by_role("button", name="Stop").click()
    script.go.set()
    ask(page, "Another?")
    answered(page)
    expect(page.locator(".turn").first).to_have_attribute("data-status", "stopped")


def test_asking_anew_stops_the_answer_under_way(page: Page, script: Script) -> None:
    hold(script, 3)
    ask(page)
    expect(page.locator("[data-status=streaming]")).to_have_count(1)
    ask(page, "Another?")
    answered(page)
    expect(page.locator("[data-status=stopped]")).to_have_count(1)


def test_a_conversation_that_was_left_while_streaming_counts_as_stopped(page: Page, script: Script) -> None:
    hold(script, 1)
    ask(page)
    expect(page.locator("[data-status=waiting]")).to_have_count(1)
    page.reload()
    page.get_by_role("button", name="Ask a question").click()
    expect(page.locator("[data-status=stopped]")).to_contain_text(QUESTION)


def test_being_offline_is_said_and_asking_works_again_after(apart: Page) -> None:
    apart.context.set_offline(True)
    expect(apart.locator(".offline")).to_be_visible()
    ask(apart)
    expect(apart.locator(".failed")).to_contain_text("You are offline")
    apart.context.set_offline(False)
    expect(apart.locator(".offline")).to_be_hidden()
    retry(apart)
    answered(apart)


def test_a_service_out_of_reach_is_said(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, "<rag-chat></rag-chat>"))
    page.route("**/v1/ask", lambda route: route.abort("connectionrefused"))
    page.get_by_role("button", name="Ask a question").click()
    ask(page)
    expect(page.locator(".failed")).to_contain_text("The service cannot be reached")


def test_a_thumb_that_could_not_be_sent_is_not_shown_as_given(page: Page) -> None:
    page.route("**/v1/feedback", lambda route: route.abort("connectionrefused"))
    ask(page)
    up = page.get_by_role("button", name="Good answer")
    up.click()
    expect(page.locator(".unsent")).to_have_text("That could not be sent. Try again.")
    expect(up).to_have_attribute("aria-pressed", "false")


def test_an_answer_without_events_is_taken_too(page: Page, script: Script) -> None:
    page.route("**/v1/ask", lambda route: route.fulfill(json=reply(QUESTION, ["Beds cost money."]), headers=_OPEN))
    ask(page)
    answered(page)
    assert script.asked == []


_OPEN = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"}


def test_how_a_question_was_understood_is_said(page: Page, script: Script) -> None:
    other: Json = {"rewritten_question": "What do beds cost in 2014?"}
    script.answers[QUESTION] = lambda _: script.streamed(events_of(reply(QUESTION, ["Beds cost money."], **other)))
    ask(page)
    expect(page.locator(".turn")).to_contain_text("Understood as: What do beds cost in 2014?")


def test_the_history_that_is_sent_is_bounded(page: Page, script: Script) -> None:
    for n in range(8):
        ask(page, f"Question {n}?")
        expect(page.locator("[data-status=answered]")).to_have_count(n + 1)
    assert [turn["content"] for turn in script.asked[-1]["history"][::2]] == [f"Question {n}?" for n in range(1, 7)]
    assert json.dumps(script.asked[-1]["history"]).count("Beds cost money.") == 6
