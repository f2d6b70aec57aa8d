"""Answers that a language model words: sentence by sentence, and what is shown in their place where it fails."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Host, Visit, serving
from tests.browser.scripted import Script, event, passage, reply, writing, written
from tests.browser.test_keyboard import ANNOUNCED
from tests.llm.scripted import scripted_in_thread
from tests.llm.scripts import failing, replying

QUESTION = "What do beds cost?"
CLAIMS = [
    ("Beds cost hospitals money.", [1, 2]),
    ("They cost time as well.", [1]),
    ("Both rose.", [3]),
]
WORDED = "Written by a language model and backed by quotes."
EXTRACTS = ["Beds cost money.", "And time."]


@pytest.fixture
def page(visit: Visit, host: Host, scripted: str) -> Page:
    page = visit(host.put(scripted, "<rag-chat></rag-chat>"))
    page.get_by_role("button", name="Ask a question").click()
    return page


def ask(page: Page, question: str = QUESTION) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def write(script: Script, parts: list[bytes], wait_before: int | None = None) -> None:
    script.otherwise = lambda _: script.streamed(parts, wait_before)


def answered(page: Page) -> None:
    expect(page.locator("[data-status=answered]")).to_have_count(1)


def test_each_sentence_has_the_chips_of_what_bears_it_out(page: Page, script: Script) -> None:
    write(script, writing(written(QUESTION, CLAIMS), CLAIMS))
    ask(page)
    answered(page)
    chips = page.locator(".chip")
    expect(chips).to_have_text(["1", "2", "1", "3"])
    assert page.locator(".answer > p").first.inner_text() == (
        "Beds cost hospitals money.12 They cost time as well.1 Both rose.3"
    )
    expect(page.locator(".aside")).to_have_text(WORDED)
    expect(page.locator(".sources li")).to_have_count(3)
    chips.nth(2).click()
    expect(page.get_by_role("region", name="Source 1: Emergency admissions")).to_be_visible()
    expect(chips.nth(2)).to_have_attribute("aria-expanded", "true")
    expect(chips.first).to_have_attribute("aria-expanded", "false")


def test_it_grows_with_every_event_and_is_announced_once(page: Page, script: Script) -> None:
    parts = writing(written(QUESTION, CLAIMS), CLAIMS)
    script.otherwise = lambda _: script.paced(parts)
    page.evaluate(ANNOUNCED)
    ask(page)
    expect(page.locator(".waiting")).to_have_text("Searching the documents…")
    script.next.release()
    expect(page.locator(".waiting")).to_have_text("Reading the passages found…")
    said = page.locator(".answer > :is(p, blockquote):not(.waiting)")
    for n, text in enumerate(["Beds cost hospitals money.", "They cost time as well.", "Both rose."]):
        script.next.release(len(CLAIMS[n][1]) + 2 if n != 1 else 2)
        expect(said).to_contain_text(text)
        expect(page.locator(".chip")).to_have_count([2, 3, 4][n])
        expect(page.locator(".waiting")).to_have_text("More to come…")
        assert page.evaluate("window.said") == []
    script.next.release()
    answered(page)
    expect(page.locator(".waiting")).to_have_count(0)
    whole = " ".join(text for text, _ in CLAIMS)
    assert page.evaluate("window.said") == [f"{whole} (3 sources, High confidence)"]


def test_the_focus_and_the_open_source_stay_while_it_grows(page: Page, script: Script) -> None:
    write(script, writing(written(QUESTION, CLAIMS), CLAIMS), wait_before=5)
    ask(page)
    expect(page.locator(".chip")).to_have_count(2)
    page.locator(".chip").nth(1).focus()
    script.go.set()
    answered(page)
    expect(page.locator(".chip").nth(1)).to_be_focused()

    script.go.clear()
    ask(page, "Again?")
    expect(page.locator(".turn").last.locator(".chip")).to_have_count(2)
    chip = page.locator(".turn").last.locator(".chip").nth(1)
    chip.click()
    expect(page.locator(".source-title")).to_be_focused()
    script.go.set()
    expect(page.locator("[data-status=answered]")).to_have_count(2)
    expect(chip).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(chip).to_be_focused()


FAULTS = {
    "llm_unavailable": "The language model was not available. These are extracts from the documents.",
    "llm_timeout": "The language model took too long. These are extracts from the documents.",
    "llm_unsupported": "The documents do not back what the language model wrote. These are extracts from them.",
    "llm_new_in_2027": "The language model was not available. These are extracts from the documents.",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_where_it_fails_extracts_take_the_place_of_what_came(page: Page, script: Script, fault: str) -> None:
    final = reply(QUESTION, EXTRACTS, degraded=fault, removed_sentences=2)
    write(script, [*writing(written(QUESTION, CLAIMS), CLAIMS[:2])[:-1], event("done", final)], wait_before=7)
    page.evaluate(ANNOUNCED)
    ask(page)
    expect(page.locator(".chip")).to_have_count(3)
    page.locator(".chip").last.click()
    script.go.set()
    answered(page)
    expect(page.locator(".answer > .aside")).to_have_text(FAULTS[fault])
    expect(page.locator(".answer > blockquote")).to_have_count(2)
    expect(page.locator(".chip")).to_have_text(["1", "2"])
    expect(page.locator(".turn")).not_to_contain_text("hospitals")
    assert page.evaluate("window.said") == [f"{FAULTS[fault]} Beds cost money. And time. (2 sources, High confidence)"]
    expect(page.locator(".source-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Your question")).to_be_focused()
    ask(page, "And then?")
    expect(page.locator("[data-status=answered]")).to_have_count(2)
    assert script.asked[-1]["history"][1]["content"] == final["answer"]


LEFT_OUT = {
    1: " 1 sentence that no quote backs was left out.",
    2: " 2 sentences that no quote backs were left out.",
}


@pytest.mark.parametrize("removed", LEFT_OUT)
def test_what_was_left_out_is_said_in_passing(page: Page, script: Script, removed: int) -> None:
    write(script, writing(written(QUESTION, CLAIMS, removed_sentences=removed), CLAIMS))
    ask(page)
    expect(page.locator(".answer > .aside")).to_have_text(WORDED + LEFT_OUT[removed])


REASONS = {
    "no_documents": "There are no documents to answer from yet.",
    "nothing_found": "The documents hold nothing on this question.",
    "no_sentence_answers": "The documents do not seem to hold the answer.",
    "llm_found_none": "The passages found do not seem to hold the answer.",
    "false_premise": "As the service says.",
    "something_new": "As the service says.",
}


def test_why_it_abstains_is_said(page: Page, script: Script) -> None:
    for because, said in REASONS.items():
        done = reply(QUESTION, [], abstained_because=because, answer="As the service says.", mode="llm")
        write(script, [event("passages", {"passages": [passage(1, "Near.")]}), event("done", done)])
        ask(page)
        turn = page.locator("[data-status=abstained]").last
        expect(turn.locator(".sign p")).to_have_text(said)
        assert turn.locator(".source").count() == 1
        page.evaluate("document.querySelector('rag-chat').clear()")


def test_sources_that_differ_are_named(page: Page, script: Script) -> None:
    differing = {"figures": "give different figures", "dates": "give different dates", "views": "take different views"}
    for about, said in differing.items():
        done = reply(QUESTION, EXTRACTS, disagreement={"citations": [1, 2], "about": about})
        write(script, [event("done", done)])
        ask(page)
        expect(page.locator(".turn").last.locator(".aside")).to_have_text(f"Sources 1 and 2 {said}.")
        page.evaluate("document.querySelector('rag-chat').clear()")


def test_it_is_said_in_the_language_of_the_page(visit: Visit, host: Host, scripted: str, script: Script) -> None:
    page = visit(host.put(scripted, '<rag-chat inline language="de"></rag-chat>'))
    for done, said in [
        (reply(QUESTION, [], abstained_because="nothing_found"), "In den Dokumenten steht nichts zu dieser Frage."),
        (reply(QUESTION, [], abstained_because="false_premise"), "was die Dokumente nicht stützen."),
        (reply(QUESTION, EXTRACTS, degraded="llm_timeout"), "Das Sprachmodell hat zu lange gebraucht."),
        (written(QUESTION, CLAIMS, removed_sentences=3), "3 Sätze ohne Beleg wurden weggelassen."),
    ]:
        write(script, [event("done", done)])
        page.get_by_label("Ihre Frage").fill(QUESTION)
        page.keyboard.press("Enter")
        expect(page.locator(".turn").last).to_contain_text(said)


def test_a_model_that_falls_silent_is_said_to_be_slow(visit: Visit, host: Host, scripted: str, script: Script) -> None:
    page = visit(host.put(scripted, "<rag-chat inline></rag-chat>"), timezone_id="UTC")
    page.clock.install()
    write(script, writing(written(QUESTION, CLAIMS), CLAIMS), wait_before=5)
    ask(page)
    expect(page.locator(".waiting")).to_have_text("More to come…")
    page.clock.run_for(8_100)
    expect(page.locator(".waiting")).to_contain_text("This takes longer than usual")
    expect(page.locator(".chip")).to_have_count(2)
    script.go.set()
    answered(page)
    expect(page.locator(".waiting")).to_have_count(0)


def test_its_words_survive_a_change_of_page(page: Page, script: Script) -> None:
    write(script, writing(written(QUESTION, CLAIMS, removed_sentences=1), CLAIMS))
    ask(page)
    answered(page)
    page.reload()
    page.get_by_role("button", name="Ask a question").click()
    expect(page.locator(".chip")).to_have_text(["1", "2", "1", "3"])
    expect(page.locator(".answer > .aside")).to_have_text(WORDED + LEFT_OUT[1])


def test_the_words_of_a_language_model_are_shown_with_their_little_markdown(page: Page, script: Script) -> None:
    said = (
        "It is **dear** [1].\n\n- `beds` and *time* [2]\n- ![x](http://evil.example/x.png)\n\n[a](javascript:alert(1))"
    )
    done = reply(QUESTION, ["Beds cost money.", "And time."], answer=said, mode="llm")
    done["citations"][0]["answer_span"] = [0, 14]
    done["citations"][1]["answer_span"] = [22, 41]
    script.answers[QUESTION] = lambda _: script.streamed([event("done", done)])
    ask(page)
    answer = page.locator("[data-status=answered] .answer")
    expect(answer.locator("strong")).to_have_text("dear")
    expect(answer.locator("code")).to_have_text("beds")
    expect(answer.locator("em")).to_have_text("time")
    expect(answer.locator(".chip")).to_have_count(2)
    expect(answer.locator("ul li").last).to_have_text("![x](http://evil.example/x.png)")
    expect(answer.get_by_text("[a](javascript:alert(1))")).to_be_visible()
    assert answer.locator("a, img").count() == 0


COST = "What did the bridge cost to build?"
SAID = "Sure! The bridge cost 24 million pounds to build [1]. Its main span is 190 metres long [1]. It cost 99 [1]."


def test_what_a_model_behind_the_real_service_says_is_shown_with_its_quotes(
    visit: Visit, host: Host, copy_of_index: Callable[[], Path]
) -> None:
    with (
        scripted_in_thread(replying(SAID), failing(500)) as model,
        serving(copy_of_index(), host, llm_base_url=model.base_url, llm_model="any") as (service, _),
    ):
        page = visit(host.put(service, "<rag-chat inline></rag-chat>"))
        ask(page, COST)
        answered(page)
        expect(page.locator(".answer > p").first).to_have_text(
            "The bridge cost 24 million pounds to build.1 Its main span is 190 metres long.2"
        )
        expect(page.locator(".answer > .aside")).to_have_text(WORDED + LEFT_OUT[1])
        page.locator(".chip").first.click()
        expect(page.locator("mark")).to_contain_text("24 million pounds")
        ask(page, "When did the Orwell bridge open to traffic?")
        expect(page.locator("[data-status=answered]")).to_have_count(2)
        last = page.locator(".turn").last
        expect(last.locator(".answer")).to_contain_text(FAULTS["llm_unavailable"])
        expect(last.locator("blockquote").filter(has_text="December 1982")).to_have_count(1)
