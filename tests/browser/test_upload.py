"""Documents that are added on the start page, by mouse, keyboard and touch."""

import re
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from playwright.sync_api import expect

from rag import Library
from tests.browser.conftest import Visit
from tests.browser.test_accessible import violations
from tests.browser.test_hostile import EVIL
from tests.browser.test_start_page import ask
from tests.browser.uploading import (
    LATE_MS,
    SWAN,
    TERN,
    UPLOADS,
    Held,
    choose,
    drag,
    expect_told,
    leave,
    made,
    news,
    press,
    sources,
)


def test_chosen_files_are_read_listed_and_answer(visit: Visit, own: tuple[str, Library], tmp_path: Path) -> None:
    service, library = own
    page = visit(service)
    expect(page.locator("#count")).to_have_text("(4)")
    choose(page, made(tmp_path, swan_txt=SWAN, tern_md=TERN))
    expect_told(page, "swan.txt", "^Added, 1 passage$")
    expect_told(page, "tern.md", "^Added, 1 passage$")
    expect(page.locator("#documents-list a")).to_have_count(6)
    expect(page.locator("#count")).to_have_text("(6)")
    assert {"swan.txt", "tern.md"} <= sources(library)
    ask(page, "How many eggs does the mute swan lay?")
    expect(page.locator("blockquote").first).to_contain_text("seven eggs")


SAID = """() => {
  window.said = [];
  new MutationObserver((changes) => changes.forEach(({ target }) => window.said.push(target.textContent)))
    .observe(document.getElementById("uploads"), { childList: true, subtree: true });
}"""


def test_how_much_has_gone_is_told_while_it_goes(visit: Visit, own: tuple[str, Library], tmp_path: Path) -> None:
    page = visit(own[0])
    expect(page.locator("#adding")).to_be_visible()
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2 << 20}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    page.evaluate(SAID)
    choose(page, made(tmp_path, much_txt=SWAN + " " * (3 << 20)))
    expect_told(page, "much.txt", "^Added")
    told = re.findall(r"Being sent, (\d+) %", " ".join(page.evaluate("window.said")))
    shares = [int(share) for share in told]
    assert shares == sorted(shares)
    assert any(0 < share < 100 for share in shares)


def test_files_dropped_anywhere_on_the_page_come_in(visit: Visit, own: tuple[str, Library], tmp_path: Path) -> None:
    page = visit(own[0])
    expect(page.locator("#adding")).to_be_visible()
    paths = made(tmp_path, swan_txt=SWAN, tern_md=TERN)
    drag(page, paths, "dragEnter", "dragOver")
    expect(page.get_by_text("Drop the files to add them to “default”")).to_be_visible()
    leave(page)
    expect(page.locator("#drop")).to_be_hidden()
    drag(page, paths, "dragEnter", "dragOver", "drop")
    expect(page.locator("#drop")).to_be_hidden()
    expect_told(page, "swan.txt", "^Added")
    expect_told(page, "tern.md", "^Added")
    assert page.url == f"{own[0]}/"


def test_a_dropped_folder_comes_in_with_what_is_in_it(visit: Visit, own: tuple[str, Library], tmp_path: Path) -> None:
    (tmp_path / "birds" / "sea").mkdir(parents=True)
    (tmp_path / "birds" / "sea" / "tern.txt").write_text(TERN, "utf-8")
    (tmp_path / "birds" / "swan.txt").write_text(SWAN, "utf-8")
    (tmp_path / "birds" / ".hidden").write_text("x", "utf-8")
    page = visit(own[0])
    expect(page.locator("#adding")).to_be_visible()
    drag(page, [tmp_path / "birds"], "dragEnter", "dragOver", "drop")
    expect_told(page, "birds/swan.txt", "^Added")
    expect_told(page, "birds/sea/tern.txt", "^Added")
    expect(page.locator("#uploads li")).to_have_count(2)
    assert {"birds/swan.txt", "birds/sea/tern.txt"} <= sources(own[1])


def test_the_same_file_again_is_said_and_a_changed_one_replaces(
    visit: Visit, own: tuple[str, Library], tmp_path: Path
) -> None:
    page = visit(own[0])
    for text, found in [(SWAN, "Added"), (SWAN, "Was here already"), (SWAN + TERN, "Replaces the older one, 1 pass")]:
        choose(page, made(tmp_path, swan_txt=text))
        expect_told(page, "swan.txt", f"^{found}")
        press(page, "Take swan.txt off the list")
        expect(page.locator("#uploads")).to_be_hidden()
        expect(page.get_by_label("Choose files")).to_be_focused()


def test_uploads_go_to_the_collection_that_is_picked(visit: Visit, own: tuple[str, Library], tmp_path: Path) -> None:
    service, library = own
    library.create_collection("harbour")
    page = visit(service)
    page.get_by_label("Collection").select_option("harbour")
    expect(page.locator("#count")).to_have_text("(0)")
    choose(page, made(tmp_path, swan_txt=SWAN))
    expect_told(page, "swan.txt", "^Added")
    expect(page.locator("#count")).to_have_text("(1)")
    expect(page.locator("#collection option:checked")).to_have_text("harbour (1)")
    assert (sources(library, "harbour"), "swan.txt" in sources(library)) == ({"swan.txt"}, False)


def test_only_a_key_that_may_write_is_shown_how(visit: Visit, own: tuple[str, Library], tmp_path: Path) -> None:
    service, library = own
    reader, writer = (library.store.keys.create(name, write=name == "w")[1] for name in ("r", "w"))
    page = visit(service)
    field = page.get_by_label("This service asks for a key")
    field.fill(reader)
    page.keyboard.press("Enter")
    expect(page.locator("#documents-list a").first).to_be_visible()
    expect(page.locator("#adding")).to_be_hidden()
    assert page.get_by_role("button", name=re.compile("^Remove ")).count() == 0
    drag(page, made(tmp_path, swan_txt=SWAN), "dragEnter", "dragOver")
    expect(page.locator("#drop")).to_be_hidden()
    page.evaluate("key => sessionStorage.setItem('key', key)", writer)
    page.reload()
    choose(page, made(tmp_path, swan_txt=SWAN))
    expect_told(page, "swan.txt", "^Added")
    assert "swan.txt" in sources(library)


def test_each_state_is_announced_once(visit: Visit, own: tuple[str, Library], tmp_path: Path) -> None:
    service, library = own
    page = visit(service)
    with FileLock(library.index / "writer.lock"):
        choose(page, made(tmp_path, swan_txt=SWAN, photo_png=b"x"))
        expect_told(page, "swan.txt", "^Sent")
    expect_told(page, "swan.txt", "^Added")
    said = news(page)
    assert said[0].startswith("photo.png: Not sent")
    assert [text for text in said[1:] if "Being read" not in text] == [
        "swan.txt: Being sent",
        "swan.txt: Added, 1 passage",
    ]
    assert len(said) == len(set(said))


def test_all_of_it_by_keyboard_alone(visit: Visit, own: tuple[str, Library], tmp_path: Path) -> None:
    service, library = own
    page = visit(service)
    page.on("filechooser", lambda _: None)  # from now on none of the system's opens
    page.locator("#documents-list a").first.wait_for()
    focused = page.locator("*:focus")
    for _ in range(4):
        page.keyboard.press("Tab")
        if focused.get_attribute("id") == "files":
            break
    expect(page.get_by_label("Choose files")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(made(tmp_path, swan_txt=SWAN, blank_txt=" "))
    expect_told(page, "blank.txt", "^The service could not read it")
    expect_told(page, "swan.txt", "^Added")
    expect(page.get_by_label("Choose files")).to_be_focused()
    for name in ["Take swan.txt off the list", "Try blank.txt again", "Take blank.txt off the list", "Clear finished"]:
        page.keyboard.press("Tab")
        if not focused.get_attribute("aria-label") and focused.get_attribute("id") == "uploads":
            page.keyboard.press("Tab")
        assert (focused.get_attribute("aria-label") or focused.inner_text()) == name
    page.keyboard.press("Enter")
    expect(page.locator("#uploads")).to_be_hidden()
    expect(page.get_by_label("Choose files")).to_be_focused()

    remove = page.get_by_role("button", name="Remove swan")
    while "Remove swan" not in (focused.get_attribute("aria-label") or ""):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(remove).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(remove).to_have_count(0)
    expect(page.locator("#removal")).to_be_hidden()
    assert focused.get_attribute("aria-label").startswith("Remove ")  # type: ignore[union-attr]
    assert "swan.txt" not in sources(library)
    assert news(page)[-1] == "Removed: swan"


HOSTILE = [
    f"<img src='{EVIL.replace('/', '∕')}' onerror='window.ran = 1'>.txt",
    "<script>window.ran = 1<∕script>.md",
    "${window.ran = 1}{{7*7}}.txt",
    "w" * 220 + ".txt",
    "%2e%2e%2f%00&amp;\"quote'.txt",
]


def test_hostile_names_stay_text_and_make_no_request(visit: Visit, own: tuple[str, Library]) -> None:
    service, library = own
    page = visit(service)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    given = [{"name": name, "mimeType": "text/plain", "buffer": SWAN.encode()} for name in HOSTILE]
    page.locator("#files").set_input_files(given)  # type: ignore[arg-type]
    over = page.locator("#uploads li:is([data-is=good], [data-is=bad])")
    expect(over).to_have_count(len(HOSTILE), timeout=LATE_MS)
    assert [url for url in asked if not url.startswith(f"{service}/")] == []
    assert page.evaluate("[typeof window.ran, typeof {}.ran]") == ["undefined", "undefined"]
    assert page.locator("#uploads img, #uploads script, #documents-list img, [onerror]").count() == 0
    assert page.locator("#uploads .name").first.inner_text() == HOSTILE[0]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert HOSTILE[0] in sources(library)


SMALL = """() => [...document.querySelectorAll(".side button, .side a, .side .choose")]
  .filter((node) => node.checkVisibility())
  .map((node) => [node.id || node.className || node.tagName, node.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24 || box.left < 0 || box.right > innerWidth)
  .map(([name]) => name)"""


LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True},
    "right-to-left": {"locale": "ar"},
}


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_in_any_state(visit: Visit, own: tuple[str, Library], tmp_path: Path, look: str) -> None:
    page = visit(own[0], reduced_motion="reduce", **LOOKS[look])
    page.locator("#documents-list li").first.wait_for(state="attached")
    if look == "phone":
        page.locator("summary").click()

    def checked(state: str) -> None:
        assert violations(page) == [], state
        assert page.evaluate(SMALL) == [], state
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), state

    checked("idle")
    paths = made(tmp_path, swan_txt=SWAN, blank_txt=" ", photo_png=b"x")
    drag(page, paths, "dragEnter", "dragOver")
    expect(page.locator("#drop")).to_be_visible()
    checked("dragging")
    leave(page)
    held = Held(page, UPLOADS, "POST")
    page.locator("#files").set_input_files(paths)
    expect(page.locator("[data-state=sending]")).to_have_count(1)
    checked("uploading")
    held.release()
    expect(page.locator("[data-is=good]")).to_have_count(1, timeout=LATE_MS)
    expect(page.locator("[data-is=bad]")).to_have_count(2, timeout=LATE_MS)
    checked("failed and done")
    page.locator("#documents-list .icon").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#removal")).to_be_visible()
    checked("removing")
