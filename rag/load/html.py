"""HTML: the document's text is what a reader takes from the page, in blocks, without the site around it.

Parsed by selectolax's Lexbor rather than by lxml: it builds the tree that browsers build (HTML 5), so that what is
quoted is what was seen, and has no limit of depth.
"""

import re
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from rag.load.chrome import Chrome
from rag.load.dates import iso_date
from rag.load.decode import decode
from rag.load.draft import Draft
from rag.load.webtext import read

_DECLARED = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_DECLARED_WITHIN = 4_096
"""Bytes; browsers look at 1,024, some pages put their styles first."""

_AUTHOR_KEYS = ("author", "article:author", "dc.creator", "dcterms.creator", "citation_author", "parsely-author")
_DATE_KEYS = (
    *("article:published_time", "date", "dc.date", "dcterms.date", "dcterms.created", "dcterms.issued"),
    *("datepublished", "citation_publication_date", "citation_date", "pubdate", "parsely-pub-date"),
)


def parse(data: bytes) -> Draft:
    """The page's text with a section a heading; a page that is nothing but site chrome is kept whole."""
    declared = _DECLARED.search(data, 0, _DECLARED_WITHIN)
    text, remark = decode(data, declared[1].decode("ascii") if declared else None)
    root = LexborHTMLParser(text.lstrip("\ufeff")).root
    if root is None:
        return Draft("")
    blocks = read(root, Chrome(root))
    if not blocks.text().strip():
        blocks = read(root, None)
    about = _about(root)
    return Draft(
        blocks.text(),
        blocks.sections(),
        title=about.title,
        author=about.author,
        date=about.date,
        remarks=(remark,) if remark else (),
    )


class _About(NamedTuple):
    title: str | None
    author: str | None
    date: str | None


def _about(root: LexborNode) -> _About:
    """What the page's head says of it."""
    meta: dict[str, str] = {}
    for node in root.css("meta"):
        values = node.attributes
        key = values.get("name") or values.get("property") or values.get("itemprop") or ""
        meta.setdefault(key.lower(), (values.get("content") or "").strip())
    author = next((meta[key] for key in _AUTHOR_KEYS if meta.get(key) and "://" not in meta[key]), None)
    date = next((date for key in _DATE_KEYS if (date := iso_date(meta.get(key, "")))), None)
    return _About(_title(root), author or _words(root.css_first("[rel=author], [itemprop=author]")), date)


def _title(root: LexborNode) -> str | None:
    """The <title>, without the site's name where the only <h1> shows what that is."""
    title, headings = _words(root.css_first("head title")), root.css("h1")
    heading = _words(headings[0]) if len(headings) == 1 else None
    if not title or (heading and title.startswith(heading)):
        return heading or title
    return title


def _words(node: LexborNode | None) -> str | None:
    return (" ".join(node.text().split()) or None) if node else None
