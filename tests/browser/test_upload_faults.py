"""Uploads that are refused, cancelled, held up, and tried again."""

import re
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Route, expect

from rag import Library
from tests.browser.conftest import Visit
from tests.browser.uploading import (
    SWAN,
    TERN,
    UPLOADS,
    Held,
    choose,
    expect_told,
    line,
    made,
    news,
    press,
    sources,
)


def test_what_would_be_refused_is_told_and_not_sent(visit: Visit, own: tuple[str, Library], tmp_path: Path) -> None:
    page = visit(own[0])
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    choose(page, made(tmp_path, big_txt=b"x" * (26 << 20), photo_png=b"\x89PNG", plain="x"))
    expect_told(page, "big.txt", "^Not sent: it has 26 MB, and one upload may have 25 MB.$")
    expect_told(page, "photo.png", "^Not sent: files of this kind are not taken. Taken are .txt .md")
    expect_told(page, "plain", "^Not sent: files of this kind")
    assert sent == []
    assert page.get_by_role("button", name=re.compile("^Try .* again$")).count() == 0


def test_what_the_service_refuses_is_told_in_its_words(visit: Visit, own: tuple[str, Library], tmp_path: Path) -> None:
    page = visit(own[0])
    choose(page, made(tmp_path, blank_txt="  \n", swan_txt=SWAN))
    expect_told(page, "blank.txt", "^The service could not read it.$")
    expect(line(page, "blank.txt").locator(".detail")).to_have_text("is empty")
    expect_told(page, "swan.txt", "^Added")
    page.locator("#files").set_input_files({"name": "a\u202eb.txt", "mimeType": "text/plain", "buffer": SWAN.encode()})
    expect(line(page, "ab.txt").locator(".told")).to_have_text("The service does not take it.")
    expect(line(page, "ab.txt").locator(".detail")).to_contain_text("has a character that nobody sees")


def test_what_waits_and_what_is_sent_can_be_cancelled_and_tried_again(
    visit: Visit, own: tuple[str, Library], tmp_path: Path
) -> None:
    page = visit(own[0])
    held = Held(page, UPLOADS, "POST")
    choose(page, made(tmp_path, swan_txt=SWAN, tern_md=TERN))
    expect_told(page, "swan.txt", "^Being sent, [0-9]+ %$")
    expect_told(page, "tern.md", "^Waiting$")
    press(page, "Cancel tern.md")
    expect_told(page, "tern.md", "^Cancelled$")
    press(page, "Cancel swan.txt")
    expect_told(page, "swan.txt", "^Cancelled")
    held.go.set()
    press(page, "Try swan.txt again")
    expect_told(page, "swan.txt", "^Added")
    expect_told(page, "tern.md", "^Cancelled$")
    assert "tern.md" not in sources(own[1])


def test_what_the_service_has_not_read_yet_can_be_cancelled(
    visit: Visit, own: tuple[str, Library], tmp_path: Path
) -> None:
    service, library = own
    page = visit(service)
    with FileLock(library.index / "writer.lock"):  # as another process that writes would hold it
        choose(page, made(tmp_path, swan_txt=SWAN, tern_md=TERN))
        expect_told(page, "tern.md", "^Sent, waits to be read$")
        press(page, "Cancel tern.md")
        expect_told(page, "tern.md", "^Cancelled$")
    expect_told(page, "swan.txt", "^Added")
    assert "tern.md" not in sources(library)
    press(page, "Try tern.md again")
    expect_told(page, "tern.md", "^Added")


def test_a_service_that_is_busy_is_waited_for_as_long_as_it_says(
    visit: Visit, own: tuple[str, Library], tmp_path: Path
) -> None:
    page = visit(own[0])
    answers = iter([(429, "1"), (503, "600")])

    def answered(route: Route) -> None:
        status, after = next(answers, (0, "")) if route.request.method == "POST" else (0, "")
        if status:
            route.fulfill(status=status, headers={"Retry-After": after}, body="{}")
        else:
            route.continue_()

    page.route(UPLOADS, answered)
    choose(page, made(tmp_path, swan_txt=SWAN))
    expect_told(page, "swan.txt", "^The service is busy. Goes on in (600|599|598) seconds.$")
    assert "swan.txt: Too many requests in a short time. Goes on in 1 second." in news(page)
    press(page, "Try swan.txt again")
    expect(page.get_by_role("button", name="Cancel swan.txt")).to_be_focused()
    expect_told(page, "swan.txt", "^Added")


def test_offline_it_says_so_and_goes_on_by_itself(visit: Visit, own: tuple[str, Library], tmp_path: Path) -> None:
    page = visit(own[0], locale="en-GB")
    expect(page.locator("#adding")).to_be_visible()
    page.context.set_offline(True)
    choose(page, made(tmp_path, swan_txt=SWAN))
    expect_told(page, "swan.txt", "^You are offline.")
    page.context.set_offline(False)
    expect_told(page, "swan.txt", "^Added")


@pytest.mark.parametrize(
    ("status", "told", "again"),
    [
        (413, "^It is too large for this service.$", False),
        (500, "^The service failed.", True),
        (403, "^This key may not do that.$", True),
        (408, "^It came too slowly.$", True),
    ],
)
def test_a_refusal_is_told_in_plain_words(
    visit: Visit, own: tuple[str, Library], tmp_path: Path, status: int, told: str, again: bool
) -> None:
    page = visit(own[0])
    page.route(
        UPLOADS,
        lambda route: (
            route.fulfill(status=status, body="<h1>no JSON</h1>")
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    choose(page, made(tmp_path, swan_txt=SWAN))
    expect_told(page, "swan.txt", told)
    assert page.get_by_role("button", name="Try swan.txt again").is_visible() is again


def test_a_file_that_has_gone_since_it_was_chosen_is_not_waited_for(
    visit: Visit, own: tuple[str, Library], tmp_path: Path
) -> None:
    page = visit(own[0])
    held = Held(page, UPLOADS, "POST")
    (first, second) = made(tmp_path, swan_txt=SWAN, tern_md=TERN)
    choose(page, [first, second])
    expect_told(page, "tern.md", "^Waiting$")
    second.unlink()
    held.release()
    expect_told(page, "swan.txt", "^Added")
    expect_told(page, "tern.md", "^Not sent: the file cannot be read.")
