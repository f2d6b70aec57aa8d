"""Reads the blocks of a web page: paragraphs, list items, table rows and headings, in their order.

The tree is walked with a stack, never by recursion: pages may nest ten thousand deep.
"""

import re

from selectolax.lexbor import LexborNode

from rag.load.chrome import Chrome, unseen
from rag.load.dates import iso_date
from rag.load.draft import Blocks
from rag.load.styles import hidden_by_sheets

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "legend",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "search",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    }
)
_LAYOUT = "table, h1, h2, h3, h4, h5, h6, article, section, main"
"""A table around one of these arranges the page; its cells are read one after the other."""
_BYLINE = 300
"""Characters after a heading in which a <time> dates the section rather than something it tells of."""

_BLANKS = re.compile(r"[ \t\r\n\f]+")
_AROUND_BREAK = re.compile(r" *\n *")


def read(root: LexborNode, chrome: Chrome | None) -> Blocks:
    """All blocks of the page but its chrome, and but all that is never text."""
    reader = _Reader()
    hidden = hidden_by_sheets(root)
    stack = [(root, True)]
    while stack:
        node, entering = stack.pop()
        if not entering:
            reader.leave(node.tag or "")
            if chrome:
                chrome.leave(node)
        elif node.is_text_node:
            reader.text(node.text_content or "")
        elif (
            node.is_element_node
            and node.mem_id not in hidden
            and not unseen(node, reader.in_heading)
            and not (chrome and chrome.enter(node))
        ):
            reader.enter(node)
            stack.append((node, False))
            stack.extend((child, True) for child in reversed(_children(node)))
    reader.flush()
    return reader.blocks


def _children(node: LexborNode) -> list[LexborNode]:
    children, child = [], node.first_child
    while child is not None:
        children.append(child)
        child = child.next
    return children


class _Reader:
    """Gathers blocks during one walk; holds what the walk has open at the moment."""

    def __init__(self) -> None:
        self.blocks = Blocks()
        self._inline: list[str] = []
        self._heading = 0
        self._items = 0
        self._bullet = ""
        self._verbatim = 0
        self._in_table = False
        self._row: list[str] | None = None

    @property
    def in_heading(self) -> bool:
        return self._heading > 0

    def text(self, data: str) -> None:
        self._inline.append(data if self._verbatim else _BLANKS.sub(" ", data))

    def enter(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "br":
            self._inline.append("\n")
        elif tag == "time":
            self._date(node.attributes.get("datetime"))
        elif tag in _BLOCKS:
            self.flush()
            self._enter_block(tag, node)

    def leave(self, tag: str) -> None:
        if tag in _BLOCKS:
            if tag in {"td", "th"} and self._row is not None:
                self._row.append(self._taken().replace("\n", " "))
            self.flush()
            self._leave_block(tag)

    def flush(self) -> None:
        """Ends the block that is open; inside a table's row nothing but the cell ends."""
        if self._row is not None:
            self._inline.append(" ")
            return
        text = self._taken()
        if not text.strip():
            return
        if self._heading:
            self.blocks.heading(self._heading, text)
        else:
            self.blocks.add(self._bullet + text, "item" if self._items else "paragraph")
            self._bullet = ""

    def _taken(self) -> str:
        text = "".join(self._inline)
        self._inline.clear()
        if self._verbatim:
            return text.strip("\r\n")
        return re.sub(r"\n{3,}", "\n\n", _AROUND_BREAK.sub("\n", re.sub(" {2,}", " ", text))).strip(" \n")

    def _enter_block(self, tag: str, node: LexborNode) -> None:
        if tag in _HEADINGS:
            self._heading = _HEADINGS[tag]
        elif tag == "li" and self._row is None:
            self._items += 1
            self._bullet = "• "
        elif tag == "li":
            self._inline.append("• ")
        elif tag == "pre":
            self._verbatim += 1
        elif tag == "table":
            self.blocks.close()
            self._in_table = not self._in_table and not _is_layout(node)
        elif tag == "tr" and self._in_table:
            self._row = []

    def _leave_block(self, tag: str) -> None:
        if tag in _HEADINGS:
            self._heading = 0
        elif tag == "li" and self._row is None:
            self._items -= 1
            self._bullet = ""
        elif tag == "pre":
            self._verbatim -= 1
        elif tag == "table":
            self.blocks.close()
            self._in_table = False
        elif tag == "tr" and self._row is not None:
            row, self._row = self._row, None
            self._inline.clear()
            if any(cell.strip() for cell in row):
                self.blocks.add(" | ".join(row), "row")

    def _date(self, stated: str | None) -> None:
        date = iso_date(stated or "")
        if date:
            self.blocks.dated(date, _BYLINE - sum(map(len, self._inline)))


def _is_layout(table: LexborNode) -> bool:
    # Asked of the children: a query finds the element itself too.
    return table.attributes.get("role") in {"presentation", "none"} or any(
        child.css_first(_LAYOUT) for child in _children(table) if child.is_element_node
    )
