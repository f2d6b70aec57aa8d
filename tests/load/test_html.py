import pytest

from rag.load.draft import Draft
from rag.load.html import parse

PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>On beds | The Site</title>
<meta name="author" content="Ann Writer"><meta property="article:published_time" content="2012-11-28T09:00:00Z">
<style>p { color: red }</style><script>var hidden = 1;</script></head>
<body><nav><a href="/">Home</a></nav>
<main><h1>On beds</h1><p>First&nbsp;words
 of <b>bold</b>text.</p><h2>Figures</h2><ul><li>one</li><li><p>two</p></li></ul>
<table><tr><th>Year</th><th>Beds</th></tr><tr><td>2017</td><td>33.59&nbsp;million</td></tr></table>
<h2>End</h2><p>Last.</p></main><footer>Imprint</footer></body></html>"""
TEXT = """On beds

First\u00a0words of boldtext.

Figures

• one
• two

Year | Beds
2017 | 33.59\u00a0million

End

Last."""


def test_a_page_becomes_blocks_without_the_site_around_it() -> None:
    assert parse(PAGE.encode()).text == TEXT


def test_sections_follow_the_headings() -> None:
    draft = parse(PAGE.encode())
    assert [(section.heading, draft.text[section.start :].split("\n")[0]) for section in draft.sections] == [
        (("On beds",), "On beds"),
        (("On beds", "Figures"), "Figures"),
        (("On beds", "End"), "End"),
    ]


def test_the_head_states_title_author_and_date() -> None:
    draft = parse(PAGE.encode())
    assert (draft.title, draft.author, draft.date) == ("On beds", "Ann Writer", "2012-11-28")


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<title>Page – Site</title><h1>Page</h1>", "Page"),
        ("<title>Page – Site</title><h1>Site</h1>", "Page – Site"),
        ("<title> A\n title </title><h1>One</h1><h1>Two</h1>", "A title"),
        ("<h1>Only <i>heading</i></h1>", "Only heading"),
        ("<svg><title>Icon</title></svg><p>text", None),
    ],
)
def test_the_title_is_that_of_the_page_and_not_of_the_site(page: str, title: str | None) -> None:
    assert parse(page.encode()).title == title


def test_an_author_given_as_an_address_is_passed_over() -> None:
    page = b'<meta property="article:author" content="https://example.org/ann"><p>By <a rel="author">Ann</a>'
    assert parse(page).author == "Ann"


def test_a_time_below_a_heading_dates_its_section() -> None:
    draft = parse(
        b'<h1>Blog</h1><article><h2>New</h2><time datetime="2012-11-28">Nov 28</time><p>a<h3>Part</h3><p>b</article>'
        b'<article><h2>Old</h2><p>%s <time datetime="1999-01-01">then</time>' % (b"word " * 100)
    )
    assert [section.date for section in draft.sections] == [None, "2012-11-28", "2012-11-28", None]


@pytest.mark.parametrize(
    "data",
    [
        "\ufeff<p>Ångström “né”</p>".encode(),
        "<p>Ångström “né”</p>".encode("utf-16"),
        "<p>Ångström “né”</p>".encode(),
        "<meta charset=windows-1252><p>Ångström “né”</p>".encode("cp1252"),
        '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"><p>Ångström “né”'.encode("cp1252"),
        '<meta charset="iso-8859-1"><p>Ångström “né”'.encode(),
    ],
)  # fmt: skip
def test_the_encoding_is_that_of_the_mark_the_bytes_or_the_declaration(data: bytes) -> None:
    assert parse(data) == Draft("Ångström “né”")


def test_an_undeclared_encoding_is_guessed_with_a_remark() -> None:
    draft = parse("<p>Les élèves étaient déjà là, près de la forêt.".encode("cp1252"))
    assert draft.text == "Les élèves étaient déjà là, près de la forêt."
    assert "windows-1252" in draft.remarks[0]


def test_a_page_of_nothing_but_site_chrome_is_kept_whole() -> None:
    assert parse(b"<body><form><aside><p>All there is.</p></aside></form>").text == "All there is."


def test_a_page_without_words_has_no_text() -> None:
    assert parse(b"<html><body><img src=a.png><script>x</script>").text == ""


def test_character_references_never_become_lone_surrogates() -> None:
    assert parse(b"<p>a&#xD800;b&#x1F600;c&#0;d</p>").text == "a\ufffdb😀c\ufffdd"


@pytest.mark.parametrize(
    "tag", ["div", "b", "p", "ul><li", "table><tr><td", "header", "form", "section", "blockquote", "pre", "h2"]
)
def test_ten_thousand_tags_deep_is_read(tag: str) -> None:
    assert "deep" in parse(f"<{tag}>".encode() * 10_000 + b"deep").text


def test_the_limit_counts_the_text_and_not_the_markup() -> None:
    assert parse(b"<p>a</p><!--" + b"x" * 25_000_000 + b"-->").text == "a"
