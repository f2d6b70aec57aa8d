import pytest

from rag.load import html
from rag.load.styles import hides


@pytest.mark.parametrize(
    "style",
    [
        "display:none",
        "DISPLAY : None !important",
        "visibility: hidden",
        "opacity:0",
        "opacity: 0.0; color: red",
        "font-size:0",
        "font-size: 0px",
        "position:absolute; left:-9999px",
        "position: fixed; top: -100em; left: -2000px",
        "text-indent: -9999px",
        "position:absolute;clip:rect(0 0 0 0)",
        "position: absolute; clip: rect(1px, 1px, 1px, 1px)",
        "overflow:hidden;height:0",
        "color:#fff;background-color:#ffffff",
        "color: white; background: rgb(255, 255, 255)",
        "color: transparent",
        "color: rgba(0,0,0,0)",
    ],
)
def test_a_style_that_leaves_nothing_to_see_hides(style: str) -> None:
    assert hides(style)


@pytest.mark.parametrize(
    "style",
    [
        "",
        "display:block",
        "opacity:0.05",
        "font-size:0.8em",
        "position:relative; left:-9999px",
        "position:absolute; left:-20px",
        "overflow:hidden;height:20px",
        "height:0",
        "color:#fff;background-color:#000",
        "color:#fff",
        "color:inherit;background:none",
        "background:url(x.png) white",
        "clip:rect(0 0 0 0)",
        "display:}{none",
        "not css at all: {{{",
    ],
)
def test_a_style_that_leaves_something_to_see_does_not_hide(style: str) -> None:
    assert not hides(style)


def page(style: str, body: str) -> str:
    return html.parse(f"<html><head><style>{style}</style></head><body><main>{body}</main></body></html>".encode()).text


def test_what_the_pages_own_sheet_hides_is_not_its_text() -> None:
    text = page(".fine, p#last { display: none }", '<p>Seen.</p><p class="fine">Hidden.</p><p id="last">Hidden.</p>')

    assert text.strip() == "Seen."


def test_a_rule_for_print_hides_nothing_on_the_screen() -> None:
    assert "Seen." in page("@media print { p { display: none } }", "<p>Seen.</p>")


@pytest.mark.parametrize("style", ["p:has(", "p::nonsense { display:none", "}}}", "<!-- -->", "\0", "{display:none}"])
def test_a_broken_sheet_costs_no_text(style: str) -> None:
    assert "Seen." in page(style, "<p>Seen.</p>")
