"""Markdown: the document's text is the decoded file, unchanged; headings, title, author and date are found in it."""

import re
from collections.abc import Iterator
from itertools import pairwise

from markdown_it import MarkdownIt

from rag.load.dates import iso_date
from rag.load.decode import decode
from rag.load.draft import Draft, Heading, sections_of
from rag.load.limits import check_text_characters

_NEWLINE = re.compile(r"\r\n?|\n")
"""As markdown-it counts lines."""
_HEADING_MARK = re.compile(r"^ {0,3}(?:#{1,6}(?:[ \t]|\r?$)|=+[ \t]*\r?$|-+[ \t]*\r?$)|\r(?!\n)", re.MULTILINE)
"""Stands in every text with a heading; the parser takes 2 s for a MB, so that text without is spared it."""
_FRONT_MATTER = re.compile(
    r"\ufeff?(?P<mark>---|\+\+\+)[ \t]*(?:\r\n?|\n)(?P<body>[\w-]+[ \t]*[:=].*?)(?:\r\n?|\n)"
    r"(?:(?P=mark)|\.\.\.)[ \t]*(?:\r\n?|\n|\Z)",
    re.DOTALL,
)
_STATED = re.compile(
    r"[\s>*_-]*(?P<key>title|authors?|by|written by|date|published|updated)[*_]*[ \t]*[:=][ \t]*[*_]*[ \t]*"
    r"(?P<value>[^\s*_\[].{0,200}?)[\s*_]*",
    re.IGNORECASE,
)
_NEAR_TOP = 2_000
"""Characters in which a line `Author:` or `Date:` speaks of the document itself."""
_ATTRIBUTES = re.compile(r"\s*\{[#.][^{}]*\}$")
"""`{#anchor}`, which Pandoc and kramdown leave out of the heading."""
_LONGEST_HEADING = 1_000

_blocks = MarkdownIt("commonmark")
_blocks.core.ruler.enableOnly(["normalize", "block"])
_inline = MarkdownIt("commonmark")


def parse(data: bytes) -> Draft:
    """The text with a section a heading; front matter goes before what the lines near the top state."""
    text, remark = decode(data)
    check_text_characters(len(text))
    front = _FRONT_MATTER.match(text)
    start = front.end() if front else len(text) - len(text.lstrip("\ufeff"))
    headings = list(_headings(text, start)) if _HEADING_MARK.search(text, start) else []
    stated = _stated(text[start : _top_end(start, headings)]) | (_stated(front["body"]) if front else {})
    outermost = next((heading.title for heading in headings if heading.level == 1), None)
    return Draft(
        text,
        sections_of(text, headings),
        title=stated.get("title") if front else outermost or (headings[0].title if headings else None),
        author=stated.get("author"),
        date=iso_date(stated.get("date", "")),
        remarks=(remark,) if remark else (),
    )


def _headings(text: str, start: int) -> Iterator[Heading]:
    lines = [start, *(newline.end() for newline in _NEWLINE.finditer(text, start))]
    tokens = _blocks.parse(text[start:])
    for opening, content in pairwise(tokens):
        # One inside a quotation or a list item is no heading of this document.
        if opening.type == "heading_open" and opening.level == 0 and opening.map:
            yield Heading(lines[opening.map[0]], int(opening.tag[1:]), _plain(content.content))


def _plain(heading: str) -> str:
    """A heading's words without its markup."""
    parsed = _inline.parseInline(_ATTRIBUTES.sub("", heading[:_LONGEST_HEADING]))
    words = "".join(
        child.content if child.type in {"text", "code_inline"} else " " if child.type.endswith("break") else ""
        for token in parsed
        for child in token.children or ()
    )
    return " ".join(words.split()) or heading


def _top_end(start: int, headings: list[Heading]) -> int:
    """End of what stands above the second heading."""
    second = headings[1].start if len(headings) > 1 else start + _NEAR_TOP
    return min(second, start + _NEAR_TOP)


def _stated(lines: str) -> dict[str, str]:
    """The first title, author and date that lines state."""
    stated: dict[str, str] = {}
    for match in filter(None, map(_STATED.fullmatch, _NEWLINE.split(lines))):
        key = match["key"].lower()
        name = key if key == "title" else "author" if key.startswith("author") or key.endswith("by") else "date"
        stated.setdefault(name, match["value"].strip("\"'[] \t"))
    return stated
