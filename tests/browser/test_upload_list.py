"""The list of uploads on the start page: what of it is in sight."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.uploading import choose, made


def test_a_file_that_was_just_chosen_is_in_sight(visit: Visit, service: str, tmp_path: Path) -> None:
    page = visit(service)
    choose(page, made(tmp_path, **{f"picture-{n:02}_png": "x" for n in range(20)}))
    lines = page.locator("#uploads li")
    expect(lines).to_have_count(20)
    expect(lines.last).not_to_be_in_viewport()
    choose(page, made(tmp_path, one_png="x"))
    expect(lines).to_have_count(21)
    expect(lines.last).to_be_in_viewport(ratio=0.9)
    assert page.locator("#uploads").evaluate("node => node.scrollHeight > node.clientHeight")


def test_a_long_name_takes_two_lines_and_is_whole_in_its_title(visit: Visit, service: str, tmp_path: Path) -> None:
    page = visit(service)
    long = f"{'minutes of the meeting of the parish council ' * 5}.png"
    (tmp_path / long).write_bytes(b"x")
    choose(page, [tmp_path / long])
    name = page.locator("#uploads .name")
    expect(name).to_have_attribute("title", long)
    lines = name.evaluate("node => node.offsetHeight / parseFloat(getComputedStyle(node).lineHeight)")
    assert 1.9 < lines < 2.1
