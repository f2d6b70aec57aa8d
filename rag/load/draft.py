"""What a format's function makes of one source, before the loader adds where it came from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from rag.load.limits import check_text_characters
from rag.records import Section

BLANK = "\ufeff \t\r\n"
"""What may stand in a text that says nothing."""

Kind = Literal["paragraph", "item", "row"]
"""Items and rows stand on lines of their own, paragraphs between blank lines."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A document without name and hash."""

    text: str
    sections: tuple[Section, ...] = ()
    """Empty where the source marks no headings: then the text itself is searched for them."""
    title: str | None = None
    author: str | None = None
    date: str | None = None
    page_starts: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()
    """What was read otherwise than the source says."""


class Heading(NamedTuple):
    """Where a section begins, how deep it lies (1 is outermost) and what it is called."""

    start: int
    level: int
    title: str
    date: str | None = None


def sections_of(text: str, headings: Sequence[Heading]) -> tuple[Section, ...]:
    """One section a heading, from it to the next, and one for what stands before the first; none without headings."""
    if not headings:
        return ()
    starts = [heading.start for heading in headings]
    sections = [Section(0, starts[0])]
    path: list[Heading] = []
    for heading, end in zip(headings, [*starts[1:], len(text)], strict=True):
        path = [*(above for above in path if above.level < heading.level), heading]
        date = next((above.date for above in reversed(path) if above.date), None)
        if heading.start < end:
            sections.append(Section(heading.start, end, tuple(above.title for above in path), date=date))
    if not text[: starts[0]].strip(BLANK):
        sections[:2] = [replace(sections[1], start=0)]
    return tuple(sections)


class Blocks:
    """Grows a text block by block, for the formats whose text the loader lays out."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._last: Kind = "paragraph"
        self._headings: list[Heading] = []

    def add(self, text: str, kind: Kind = "paragraph") -> int:
        """Offset at which the block begins."""
        together = kind == self._last != "paragraph"
        gap = ("\n" if together else "\n\n") if self._parts else ""
        self._parts += (gap, text)
        self._last = kind
        start = self._length + len(gap)
        self._length = start + len(text)
        check_text_characters(self._length)
        return start

    def close(self) -> None:
        """A blank line before the next block, whatever it is."""
        self._last = "paragraph"

    def heading(self, level: int, text: str) -> None:
        """A paragraph that opens a section."""
        self._headings.append(Heading(self.add(text), level, " ".join(text.split())))

    def dated(self, date: str, within: int) -> None:
        """Dates the current section when it has no date and at most `within` characters so far."""
        if self._headings and not self._headings[-1].date and self._length - self._headings[-1].start <= within:
            self._headings[-1] = self._headings[-1]._replace(date=date)

    def text(self) -> str:
        """All blocks so far."""
        return "".join(self._parts)

    def sections(self) -> tuple[Section, ...]:
        """The sections of the text so far."""
        return sections_of(self.text(), self._headings)
