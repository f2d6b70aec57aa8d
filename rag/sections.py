"""Finds the parts of plain text that its own marks show.

Web pages saved as text carry structure in habits, not in markup: a post's title stands above a line "Filed Under (…)
by … on DD-MM-YYYY", untitled articles end with a line that counts comments, a transcription numbers its pages in the
running text and drops boxes into the middle of sentences, a list of related documents repeats title, teaser and
"More information". Each mark is one pattern here, and each opens a section.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag.records import Section, Span
from rag.sentences import BULLET, paragraphs

FILED_UNDER = re.compile(r"Filed Under \((?P<topics>[^)\n]*)\) by (?P<author>.{1,60}?) on (?P<date>\d\d-\d\d-\d{4})")
COMMENT_COUNT = re.compile(r"(?:Tagged\b.{0,200}\|\s*)?(?:Leave a comment|\d{1,4} Comments?)", re.IGNORECASE)
MORE_INFORMATION = re.compile(r"More information|Read more|Learn more", re.IGNORECASE)
PAGE_NUMBER = re.compile(r"(\d{1,4}) (?=\S)")
"""A page number run into the first line of its page."""

_BYLINE_DATE = re.compile(
    r"(?:(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,?"
    r"|(?P<day2>\d{1,2})(?:st|nd|rd|th)? (?P<month2>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?),?"
    r" (?P<year>\d{4})"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = re.compile(r"[A-Z][\w’'-]+(?: [A-Z][\w’'.-]*){1,3}")
_BOX = re.compile(r"\bBox \d{1,2}: [A-Z]")
_CAPITALS = re.compile(r"\b(?:[A-Z]{3,30}(?: [A-Z’']{1,30}){1,12}|[A-Z]{8,30})(?= (?:[A-Z][a-z]|A |I ))")
"""Words in capitals before an ordinary sentence: a heading that lost its line."""
_FEWEST_CAPITALS = 10
"""Letters; fewer are acronyms side by side."""
_BOX_TITLE = re.compile(r"Box \d{1,2}: .{3,80}?\b[a-z]{4,}(?= [A-Z])")
"""A box's title runs until a plain word meets the capital that opens its first sentence."""
_ITEM = re.compile(BULLET)

_NO_HEADINGS = (
    COMMENT_COUNT,
    MORE_INFORMATION,
    _BYLINE_DATE,
    re.compile(r"(?:Filed Under\b|Tagged\b|Source:|Posted\b|Published\b).*", re.DOTALL),
)
_LONGEST_TITLE = 250
"""Characters; where other marks show that a line is a title it may be long."""
_LONGEST_HEADING = 100
"""Characters; longer lines are sentences that lost their full stop."""
_MOST_HEADING_WORDS = 14
_FEWEST_PAGES = 3
"""Numbered paragraphs in a row, counted from 1 or 2, that make a transcription rather than a numbered list."""
_LONG_PARAGRAPH = 700
"""Characters; a numbered paragraph this long is a page, since list items are shorter."""


@dataclass(frozen=True, slots=True)
class _Paragraph:
    span: Span
    text: str


def text_sections(text: str) -> tuple[Section, ...]:
    """Sections that ascend, do not overlap and together hold every non-blank character."""
    found = [_Paragraph(span, text[span.start : span.end]) for span in paragraphs(text)]
    if not found:
        return ()
    pages = page_starts(text)
    opened = list(_article_sections(found, frozenset(pages)))
    return tuple(piece for section in opened for piece in _inside_pages(text, section, pages))


def text_title(text: str) -> str | None:
    """The opening line where it looks like a title."""
    for span in paragraphs(text):
        line = text[span.start : span.end].lstrip("\ufeff").strip()
        return line if is_heading(line) else None
    return None


def page_starts(text: str) -> tuple[int, ...]:
    """Offsets of the pages of a transcription whose page numbers run in the text; empty when it has none."""
    starts: list[int] = []
    for span in paragraphs(text):
        number = PAGE_NUMBER.match(text, span.start)
        if number and int(number[1]) == len(starts) + 1 and span.end - span.start >= _LONG_PARAGRAPH:
            starts.append(span.start)
    return tuple(starts) if len(starts) >= _FEWEST_PAGES else ()


def is_heading(line: str) -> bool:
    """Whether a line that stands alone reads as a heading."""
    words = line.split()
    return (
        bool(words)
        and "\n" not in line
        and len(line) <= _LONGEST_HEADING
        and len(words) <= _MOST_HEADING_WORDS
        and not line.endswith((".", ",", ";", ":", "»", "”"))
        and not _ITEM.match(line)
        and any(c.isalpha() for c in line)
        and not words[0][0].islower()
        and not any(pattern.fullmatch(line) for pattern in _NO_HEADINGS)
    )


def _article_sections(found: list[_Paragraph], pages: frozenset[int]) -> Iterator[Section]:
    """One section per article, post, stub or heading."""
    current = Section(found[0].span.start, found[0].span.end)
    article: tuple[str, ...] = ()
    for i, paragraph in enumerate(found):
        kind, heading = _opens(found, i, pages)
        if kind and i:
            yield current
        if kind == "article":
            article = heading
        if kind:
            path = heading if kind == "article" else (*article, *heading)
            current = Section(paragraph.span.start, paragraph.span.end, path, *_inherited(current, kind))
        current = replace(_with_byline(current, found, i), end=paragraph.span.end)
    yield current


def _inherited(section: Section, kind: str) -> tuple[str | None, str | None]:
    return (section.author, section.date) if kind == "heading" else (None, None)


def _opens(found: list[_Paragraph], i: int, pages: frozenset[int]) -> tuple[str, tuple[str, ...]]:
    """What paragraph `i` opens, an "article" or a "heading" or nothing (""), and its title."""
    line = " ".join(found[i].text.split())
    following = found[i + 1].text if i + 1 < len(found) else ""
    after = found[i + 2].text if i + 2 < len(found) else ""
    if FILED_UNDER.match(following):
        return "article", (line,)
    if found[i].span.start in pages:
        return ("" if i else "article"), ()
    if i == 0 or _ends_article(found[i - 1].text):
        titled = bool(following) and (is_heading(line) or MORE_INFORMATION.fullmatch(after) is not None)
        return "article", (line,) if titled and len(line) <= _LONGEST_TITLE else ()
    if not following or not is_heading(line) or is_heading(following) or FILED_UNDER.match(after):
        return "", ()
    return ("", ()) if _ends_article(following) or _BYLINE_DATE.fullmatch(following) else ("heading", (line,))


def _ends_article(paragraph: str) -> bool:
    return any(
        pattern.fullmatch(line.strip())
        for pattern in (COMMENT_COUNT, MORE_INFORMATION)
        for line in paragraph.splitlines()
    )


def _with_byline(section: Section, found: list[_Paragraph], i: int) -> Section:
    """The section with the author and date that its paragraph `i` shows."""
    text = found[i].text
    filed = FILED_UNDER.match(text)
    if filed:
        day, month, year = filed["date"].split("-")
        return replace(section, author=filed["author"], date=f"{year}-{month}-{day}")
    dated = _BYLINE_DATE.fullmatch(text) if len(text) <= _LONGEST_HEADING else None
    if not dated:
        return section
    before = found[i - 1].text if i else ""
    author = before if _NAME.fullmatch(before) else section.author
    return replace(section, author=author, date=_iso(dated))


def _iso(dated: re.Match[str]) -> str:
    name = (dated["month"] or dated["month2"])[:3].lower()
    day = int(dated["day"] or dated["day2"])
    return f"{dated['year']}-{_MONTHS.index(name) + 1:02}-{day:02}"


def _inside_pages(text: str, section: Section, pages: tuple[int, ...]) -> Iterator[Section]:
    """A transcription's section cut at its boxes, which end with their page, and at headings in capitals."""
    inside = [page for page in pages if section.start <= page < section.end]
    if not inside:
        yield section
        return
    title = section.heading[:1]
    heading, start = section.heading, section.start
    ends = [*inside[1:], _last_page_end(text, inside[-1])]
    for page, page_end in zip(inside, ends, strict=True):
        for mark in _marks(text, page, page_end):
            yield replace(section, start=start, end=mark.start(), heading=heading)
            if mark[0].startswith("Box"):
                yield replace(section, start=mark.start(), end=page_end, heading=(*title, _box_title(text, mark)))
                start = page_end
            else:
                start, heading = mark.start(), (*title, mark[0])
    if start < section.end:
        yield replace(section, start=start, heading=heading)


def _last_page_end(text: str, start: int) -> int:
    return next(span.end for span in paragraphs(text, start))


def _marks(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """Headings in capitals up to the page's box, and the box."""
    box = _BOX.search(text, start, end)
    for capitals in _CAPITALS.finditer(text, start, box.start() if box else end):
        if sum(c.isalpha() for c in capitals[0]) >= _FEWEST_CAPITALS:
            yield capitals
    if box:
        yield box


def _box_title(text: str, box: re.Match[str]) -> str:
    title = _BOX_TITLE.match(text, box.start())
    return title[0] if title else box[0].split(":")[0]
