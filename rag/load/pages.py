"""Lays out lines that stand on pages as one text: running heads left out, paragraphs and headings found."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from statistics import median
from typing import NamedTuple

from rag.load.draft import Heading

_EDGE, _EDGE_SHARE = 3, 4
"""Lines at the head and at the foot of a page that may be running ones: three, but on a short page not all of them."""
_MOST_PAGES = 0.4
"""Share of the pages on which a line runs; left and right pages may differ, and chapters begin without."""
_FEWEST_PAGES = 3
_MOST_NUMBERS = 4
"""Numbers in a running line; a line with more is a row of a table."""
_MOST_DIGITS = 6
_NUMBER = re.compile(r"\d+")
_SENTENCE_ENDS = (".", "!", "?", ":", ";", "”", '"', "’", ")", "•")
_SAMPLE = 10_000
"""Distances that tell the usual one."""
_PARAGRAPH_GAP = 1.25
"""Of the usual distance between lines; a wider one parts paragraphs."""
_SAME_SIZE = 0.1
_LARGE = 1.15
"""Of the body's size; from here on print is a heading's."""
_LONGEST_HEADING = 120
_MOST_HEADINGS = 0.25
"""Share of the lines; with more, large print is the page's style (slides, posters), not its structure."""
_LEVELS = 6


class Line(NamedTuple):
    """A line of a page, in points from the page's foot; size 0 where it is not known."""

    text: str
    size: float
    bottom: float


Page = list[Line]


class Layout(NamedTuple):
    """A text, the offset of each page, and of each line."""

    text: str
    page_starts: tuple[int, ...]
    lines: tuple[tuple[int, Line], ...]


def without_running_lines(pages: Sequence[Page]) -> list[Page]:
    """The pages without the lines that repeat at their head or foot; page numbers count as repeating."""
    counts: Counter[str] = Counter()
    for number, page in enumerate(pages):
        counts.update({key for i in _edges(page) for key in _keys(page[i].text, number)})
    least = max(_FEWEST_PAGES, _MOST_PAGES * sum(map(bool, pages)))
    running = {key for key, count in counts.items() if count >= least}
    return [_without(page, number, running) for number, page in enumerate(pages)]


def _without(page: Page, number: int, running: set[str]) -> Page:
    gone = {i for i in _edges(page) if not running.isdisjoint(_keys(page[i].text, number))}
    # A page of nothing else keeps them: better said twice than not at all.
    return [line for i, line in enumerate(page) if i not in gone] or page


def _edges(page: Page) -> set[int]:
    deep = min(_EDGE, max(1, len(page) // _EDGE_SHARE))
    return {i for i in range(len(page)) if i < deep or i >= len(page) - deep}


def _keys(line: str, page: int) -> Iterator[str]:
    """The line, and the line with each number counted from the page's, which a page number shares with all others."""
    words = " ".join(line.casefold().split())
    yield words
    numbers = list(_NUMBER.finditer(words))
    for number in numbers if len(numbers) <= _MOST_NUMBERS else ():
        yield f"{words[: number.start()]}{{{int(number[0][:_MOST_DIGITS]) - page}}}{words[number.end() :]}"


def laid_out(pages: Sequence[Page]) -> Layout:
    """One text of all lines, a blank line between paragraphs; a sentence may run on over a page's end."""
    usual = _usual_distance(pages)
    parts: list[str] = []
    starts: list[int] = []
    lines: list[tuple[int, Line]] = []
    length = 0
    for page in pages:
        for i, line in enumerate(page):
            gap = _gap(lines[-1][1], line, usual, new_page=i == 0) if lines else ""
            length += len(gap)
            starts += [length] if i == 0 else []
            parts += (gap, line.text)
            lines.append((length, line))
            length += len(line.text)
        starts += [] if page else [length]
    return Layout("".join(parts), tuple(starts), tuple(lines))


def _usual_distance(pages: Sequence[Page]) -> float:
    """Distance of lines in one paragraph, in their size; 0 where nothing tells."""
    pairs = (pair for page in pages for pair in pairwise(page) if _same_size(*pair))
    distances = ((above.bottom - below.bottom) / below.size for above, below in pairs)
    return median([*islice((distance for distance in distances if distance > 0), _SAMPLE)] or [0])


def _same_size(one: Line, other: Line) -> bool:
    return one.size > 0 and abs(one.size - other.size) <= _SAME_SIZE * one.size


def _gap(above: Line, below: Line, usual: float, *, new_page: bool) -> str:
    if new_page:
        runs_on = _same_size(above, below) and not above.text.endswith(_SENTENCE_ENDS)
        return "\n" if runs_on else "\n\n"
    if not above.size or not below.size:
        return "\n"
    apart = above.bottom - below.bottom > _PARAGRAPH_GAP * usual * below.size
    return "\n" if _same_size(above, below) and not apart else "\n\n"


def large_headings(layout: Layout) -> list[Heading]:
    """A heading for each run of lines in print larger than the body's; the larger the print the higher the level."""
    sizes: Counter[int] = Counter()
    for _, line in layout.lines:
        sizes[round(line.size)] += len(line.text)
    body = max(sizes, key=lambda size: sizes[size])
    large = [(start, line) for start, line in layout.lines if body and _is_heading(line, body)]
    if len(large) > _MOST_HEADINGS * len(layout.lines):
        return []
    levels = sorted({round(line.size) for _, line in large}, reverse=True)
    return [
        Heading(start, min(levels.index(size) + 1, _LEVELS), " ".join(text.split()))
        for start, size, text in _joined(large)
    ]


def _is_heading(line: Line, body: float) -> bool:
    return (
        line.size >= _LARGE * body
        and len(line.text) <= _LONGEST_HEADING
        and not line.text.endswith((".", ",", ";"))
        and any(c.isalpha() for c in line.text)
    )


def _joined(large: Sequence[tuple[int, Line]]) -> Iterator[tuple[int, int, str]]:
    """Start, size and words of each heading; one that is broken into lines comes as one."""
    start, size, text = 0, 0, ""
    for begins, line in large:
        if text and begins == start + len(text) + 1 and round(line.size) == size:
            text = f"{text}\n{line.text}"
            continue
        if text:
            yield start, size, text
        start, size, text = begins, round(line.size), line.text
    if text:
        yield start, size, text
