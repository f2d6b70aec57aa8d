"""The form that the pages show where the service asks for a key."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from rag import Library
from tests.browser.conftest import Host, Visit, serving
from tests.browser.test_accessible import violations
from tests.browser.test_start_page import NESTS, ask

UNKNOWN = "The service does not know this key."
PAGES = ["", "embed", "documents/none"]
NEXT = {"": "#question", "embed": "input#title", "documents/none": "h1#title"}
"""What has the focus once the key was taken."""


@pytest.fixture(scope="module")
def locked(copy_of_index: Callable[[], Path], host: Host) -> Iterator[tuple[str, str]]:
    """Address of a service with keys, and a key."""
    with serving(copy_of_index(), host) as (address, library):
        yield address, made(library)


def made(library: Library) -> str:
    return library.store.keys.create("reader", write=False)[1]


def give(page: Page, key: str) -> None:
    page.get_by_label("This service asks for a key").fill(key)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("name", PAGES)
def test_a_wrong_key_is_told_in_the_form_and_an_empty_one_is_not(
    visit: Visit, locked: tuple[str, str], name: str
) -> None:
    page = visit(f"{locked[0]}/{name}")
    field = page.get_by_label("This service asks for a key")
    told = page.locator("#key-form").get_by_role("alert")
    for wrong in ["wrong", "ключ", "two words", "nochmal"]:
        give(page, wrong)
        expect(told).to_have_text(UNKNOWN)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(f"{UNKNOWN} Kept in this tab only.")
        expect(field).to_be_focused()
        assert "cannot be reached" not in page.locator("body").inner_text()
    assert violations(page) == []
    give(page, "")
    expect(page.get_by_text(UNKNOWN)).to_have_count(0)
    expect(field).not_to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("name", PAGES)
def test_the_focus_goes_on_when_a_key_is_taken(visit: Visit, locked: tuple[str, str], name: str) -> None:
    page = visit(f"{locked[0]}/{name}")
    give(page, locked[1])
    expect(page.locator("#key-form")).to_be_hidden()
    expect(page.locator(NEXT[name])).to_be_focused()


def test_a_question_that_wanted_a_key_is_answered_once_there_is_one(visit: Visit, locked: tuple[str, str]) -> None:
    page = visit(locked[0])
    ask(page)
    expect(page.locator("[data-status=failed]")).to_have_count(1)
    expect(page.get_by_label("This service asks for a key")).to_be_focused()
    give(page, locked[1])
    expect(page.locator("blockquote").first).to_contain_text("160 nests")
    expect(page.locator(".turn")).to_have_count(1)
    expect(page.locator(".question")).to_contain_text(NESTS)
