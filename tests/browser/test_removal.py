"""Documents that are removed on the start page."""

import re

from playwright.sync_api import Route, expect

from rag import Library
from tests.browser.conftest import Visit
from tests.browser.test_accessible import violations
from tests.browser.uploading import (
    press,
    sources,
)


def test_a_removed_document_answers_no_more(visit: Visit, own: tuple[str, Library]) -> None:
    service, library = own
    page = visit(service)
    bridge = page.locator("#documents-list li").filter(has_text="The Orwell bridge")
    bridge.hover()
    bridge.get_by_role("button").click()
    dialog = page.get_by_role("dialog", name="Remove this document?")
    expect(dialog).to_contain_text("The Orwell bridge")
    dialog.get_by_role("button", name="Cancel").click()
    assert "bridge.md" in sources(library)
    bridge.hover()
    bridge.get_by_role("button").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(dialog).to_be_hidden()
    expect(bridge).to_have_count(0)
    expect(page.locator("#count")).to_have_text("(3)")
    assert "bridge.md" not in sources(library)


def test_a_removal_that_fails_says_why_and_can_be_tried_again(visit: Visit, own: tuple[str, Library]) -> None:
    service, library = own
    page = visit(service)
    answers = iter([(503, "7"), (0, "")])

    def answered(route: Route) -> None:
        status, after = next(answers) if route.request.method == "DELETE" else (0, "")
        if status:
            route.fulfill(status=status, headers={"Retry-After": after}, body="{}")
        else:
            route.continue_()

    page.route(re.compile("/v1/documents/"), answered)
    bridge = page.locator("#documents-list li").filter(has_text="The Orwell bridge")
    bridge.hover()
    bridge.get_by_role("button").click()
    press(page, "Remove")
    expect(page.get_by_role("alert")).to_have_text("The service is busy. Try again in 7 seconds.")
    assert violations(page) == []
    press(page, "Try again")
    expect(bridge).to_have_count(0)
    assert "bridge.md" not in sources(library)
