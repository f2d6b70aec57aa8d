"""Reads the paragraphs and tables of a Word document (WordprocessingML, ECMA-376 part 1, chapter 17).

What is struck out, moved away or hidden is not text, nor is the table of contents. Names are compared without their
namespace, which differs between the transitional and the strict form of the format.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from rag.load.draft import Blocks

_Element = Any  # lxml ships no types

_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011", "softHyphen": "\u00ad"}
_LEFT_OUT = {"pPr", "rPr", "del", "moveFrom", "instrText", "txbxContent", "Fallback"}
"""`Fallback` says again, for old programs, what stands beside it; text boxes are read after their paragraph."""
_BLANKS = re.compile(r"[ \t\n]+")
_HEADING = re.compile(r"heading ([1-9])")
_TEXT_LEVEL = 9
"""Outline levels count from 0, and this one means no heading."""
_DEEPEST = 11
"""Styles based on styles, as many as Word allows; longer chains are circles."""


class Style(NamedTuple):
    """What a style makes of a paragraph."""

    level: int | None = None
    """Of a heading, 1 outermost; the title's is 0."""
    listed: bool = False
    contents: bool = False
    """Whether it is a line of the table of contents."""


def styles_of(root: _Element | None) -> dict[str, Style]:
    """Each paragraph style by its id."""
    own = {_value(style, "styleId"): style for style in (() if root is None else root.iterchildren("{*}style"))}
    return {key: _style(list(_chain(key, own))) for key in own}


def _chain(key: str, own: dict[str, _Element]) -> Iterator[_Element]:
    """The style and those that it is based on."""
    for _ in range(_DEEPEST):
        if key not in own:
            return
        yield own[key]
        key = _value(own[key].find("{*}basedOn"))


def _style(chain: list[_Element]) -> Style:
    names = [_value(style.find("{*}name")).lower() for style in chain]
    levels = (_level(name, style) for name, style in zip(names, chain, strict=True))
    numbers = [_value(style.find("{*}pPr/{*}numPr/{*}numId")) for style in chain]
    return Style(
        next((level for level in levels if level is not None), None),
        listed=next((number for number in numbers if number), "0") != "0",
        contents=names[0].startswith("toc "),
    )


def _level(name: str, style: _Element) -> int | None:
    if name == "title":
        return 0
    heading = _HEADING.fullmatch(name)
    return int(heading[1]) if heading else _outline_level(style.find("{*}pPr"))


def _outline_level(properties: _Element | None) -> int | None:
    stated = "" if properties is None else _value(properties.find("{*}outlineLvl"))
    return int(stated) + 1 if stated.isdecimal() and int(stated) < _TEXT_LEVEL else None


def _value(element: _Element | None, name: str = "val") -> str:
    attributes = {} if element is None else element.attrib
    return next((str(value) for key, value in attributes.items() if key.rpartition("}")[2] == name), "")


class Reader:
    """Lays out the elements it is given, in their order."""

    def __init__(self, styles: dict[str, Style]) -> None:
        self.blocks = Blocks()
        self.title: str | None = None
        self._styles = styles

    def read(self, element: _Element) -> None:
        """Adds a paragraph or a table."""
        if _name(element) == "p":
            self._paragraph(element)
        elif _name(element) == "tbl":
            self._table(element)
            self.blocks.close()

    def _paragraph(self, paragraph: _Element) -> None:
        style, text = self._style(paragraph.find("{*}pPr")), _text(paragraph).strip(" \t\n")
        if style.contents or not text.strip():
            pass
        elif style.level is not None:
            self._heading(style.level, _BLANKS.sub(" ", text))
        elif style.listed:
            self.blocks.add(f"• {text}", "item")
        else:
            self.blocks.add(text)
        for box in paragraph.iter("{*}txbxContent"):
            if not _is_fallback(box):
                self._all(box)

    def _heading(self, level: int, text: str) -> None:
        self.blocks.heading(level, text)
        if level == 0 and self.title is None:
            self.title = text

    def _style(self, properties: _Element | None) -> Style:
        """The paragraph's own properties over those of its style."""
        if properties is None:
            return Style()
        style = self._styles.get(_value(properties.find("{*}pStyle")), Style())
        level = _outline_level(properties)
        number = _value(properties.find("{*}numPr/{*}numId"))
        return style._replace(
            level=style.level if level is None else level, listed=number != "0" if number else style.listed
        )

    def _table(self, table: _Element) -> None:
        for row in _nearest(table, "tr", "tbl"):
            cells = list(_nearest(row, "tc", "tr"))
            if row.find("{*}trPr/{*}del") is not None:
                continue
            if len(cells) == 1:  # a frame around text, or a line across the table
                self._all(cells[0])
            elif any(texts := [_cell_text(cell) for cell in cells]):
                self.blocks.add(" | ".join(texts), "row")

    def _all(self, container: _Element) -> None:
        for element in container.iterchildren("{*}p", "{*}tbl"):
            self.read(element)


def _name(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _nearest(container: _Element, name: str, around: str) -> Iterator[_Element]:
    """The rows of a table or the cells of a row, but not those of a table inside."""
    for element in container.iter(f"{{*}}{name}"):
        if next(element.iterancestors(f"{{*}}{around}"), None) is container:
            yield element


def _cell_text(cell: _Element) -> str:
    texts = (_text(paragraph) for paragraph in cell.iter("{*}p") if not _is_fallback(paragraph))
    return _BLANKS.sub(" ", " ".join(texts)).strip(" ")


def _is_fallback(element: _Element) -> bool:
    return next(element.iterancestors("{*}Fallback"), None) is not None


def _text(paragraph: _Element) -> str:
    parts: list[str] = []
    stack = [paragraph]
    while stack:
        element = stack.pop()
        name = _name(element)
        if name == "t":
            parts.append(element.text or "")
        elif name in _CHARACTERS:
            parts.append(_CHARACTERS[name])
        elif name not in _LEFT_OUT and not (name == "r" and _vanishes(element)):
            stack.extend(reversed(element))
    return "".join(parts)


def _vanishes(run: _Element) -> bool:
    mark = run.find("{*}rPr/{*}vanish")
    return mark is not None and _value(mark) not in {"0", "false", "off"}
