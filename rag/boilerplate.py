"""Names the stretches of a document that are furniture of its page: kept in the text, kept out of ranking."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from rag.hidden import without_hidden
from rag.records import Document, Span
from rag.sections import COMMENT_COUNT, MORE_INFORMATION, PAGE_NUMBER
from rag.sentences import paragraphs

_FURNITURE = (
    COMMENT_COUNT,
    MORE_INFORMATION,
    re.compile(r"Tagged(?: Under)?\b[ :,|]*(?:\|.*)?"),
    re.compile(r"(?:Category|Tag|Monthly) Archives:.*"),
    re.compile(r"Read (?:my|the|our)\b.{0,60}»"),
    re.compile(r"Size:\s*px|Start display at page:|Download\s+[\"“].*[\"”]|Transcription"),
    re.compile(r"%d bloggers like this:"),
    re.compile(r"(?:Share|Print|Email|Tweet|Like) this:?|Skip to (?:main )?content|Back to top", re.IGNORECASE),
)
"""Whole lines that web pages set around their text."""
_TAGS = re.compile("(?<![\U0001f3f4\U000e0000-\U000e007f])[\U000e0000-\U000e007f]+")
"""Unicode tags, letters that nobody sees and that models read; those after a black flag are the flags of countries."""
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TEASER_TAIL = re.compile(r"Read (?:the rest of this entry|more|on)\s*(?:»|…|\.\.\.)")
_REPEATED_LINE = 60
"""Characters; a longer line that stands many times is text that someone repeats."""
_REPEATED_TIMES = 5
_EDGE_PARAGRAPHS = 8
"""How far into a document, from either end, an opening or closing that files share may reach."""
_EDGE_SHARE = 0.3
"""Of the document's characters; a longer shared run is a new version of a document, not furniture."""
_SHORTEST_RUNNING_HEAD = 8
"""Characters that three pages must open with to show a running head."""


def boilerplate(document: Document, repeated: frozenset[str]) -> tuple[Span, ...]:
    """Ascending, disjoint spans of a document; `repeated` holds the keys of openings and closings that files share."""
    found = [
        *_comments(document),
        *(Span(*tags.span()) for tags in _TAGS.finditer(document.text)),
        *_furniture_lines(document.text),
        *_teaser_tails(document.text),
        *_page_furniture(document),
        *_doubled_titles(document),
        *_shared_edges(document.text, repeated),
    ]
    return tuple(_merged(sorted(found, key=lambda span: (span.start, span.end))))


def edge_keys(text: str) -> tuple[str, ...]:
    """Keys of the paragraphs that open and close a document, to be counted over all documents."""
    found = list(paragraphs(text))
    edges = found[:_EDGE_PARAGRAPHS] + found[_EDGE_PARAGRAPHS:][-_EDGE_PARAGRAPHS:]
    return tuple(dict.fromkeys(_key(text, span) for span in edges))


def _key(text: str, span: Span) -> str:
    folded = " ".join(without_hidden(text[span.start : span.end]).casefold().split())
    return blake2b(folded.encode(), digest_size=12).hexdigest()


def _comments(document: Document) -> Iterator[Span]:
    """HTML comments in Markdown, which no reader of the page sees."""
    if document.media_type == "text/markdown":
        for comment in _COMMENT.finditer(document.text):
            yield Span(*comment.span())


def _shared_edges(text: str, repeated: frozenset[str]) -> Iterator[Span]:
    if not repeated:
        return
    found = list(paragraphs(text))
    for edge in (found[:_EDGE_PARAGRAPHS], found[::-1][:_EDGE_PARAGRAPHS]):
        run: list[Span] = []
        for span in edge:
            if _key(text, span) not in repeated:
                break
            run.append(span)
        unbroken = len(run) == _EDGE_PARAGRAPHS  # as in another version of the document
        if not unbroken and sum(span.end - span.start for span in run) <= _EDGE_SHARE * len(text):
            yield from run


def _lines(text: str) -> Iterator[Span]:
    for line in re.finditer(r"[^\r\n]+", text):
        stripped = line[0].strip()
        if stripped:
            start = line.start() + line[0].index(stripped)
            yield Span(start, start + len(stripped))


def _furniture_lines(text: str) -> Iterator[Span]:
    lines = list(_lines(text))
    short = [text[s.start : s.end] for s in lines if s.end - s.start <= _REPEATED_LINE]
    often = {line for line, times in Counter(short).items() if times >= _REPEATED_TIMES and "|" not in line}
    for span in lines:
        line = text[span.start : span.end]
        if line in often or any(pattern.fullmatch(line) for pattern in _FURNITURE):
            yield span


def _teaser_tails(text: str) -> Iterator[Span]:
    for tail in _TEASER_TAIL.finditer(text):
        yield Span(tail.start(), tail.end())


def _page_furniture(document: Document) -> Iterator[Span]:
    """Page numbers that run in the text, and the running heads after them."""
    text, starts = document.text, document.page_starts
    numbered = [(start, PAGE_NUMBER.match(text, start)) for start in starts]
    if not numbered or not all(match and int(match[1]) == n for n, (_, match) in enumerate(numbered, 1)):
        return
    heads = [match.end() for _, match in numbered if match]
    running = _running_head([text[h : h + 80] for h in heads])
    ends = [next(paragraphs(text, start)).end for start in starts]
    for start, head, end, number in zip(starts, heads, ends, range(1, len(ends) + 1), strict=True):
        yield Span(start, head + len(running) if running and text.startswith(running, head) else head)
        tail = re.search(rf"\s{number}$", text[start:end])
        if tail:
            yield Span(start + tail.start() + 1, end)


def _running_head(openings: Sequence[str]) -> str:
    """The longest text, up to a colon, that opens three pages or more; empty when there is none."""
    heads = Counter(o[: o.index(":") + 1] for o in openings if ":" in o)
    often = [head for head, times in heads.items() if times >= 3 and len(head) >= _SHORTEST_RUNNING_HEAD]  # noqa: PLR2004
    return max(often, key=len, default="")


def _doubled_titles(document: Document) -> Iterator[Span]:
    """A stub's title, where its teaser opens with the same words."""
    for section in document.sections:
        first, second = _first_two(document.text, section.start, section.end)
        if first and second and section.heading[-1:] == (" ".join(document.text[first.start : first.end].split()),):
            title, teaser = _folded(document.text, first), _folded(document.text, second)
            if len(teaser) > len(title) and teaser.startswith(title.rstrip(".")[:60]):
                yield first


def _first_two(text: str, start: int, end: int) -> tuple[Span | None, Span | None]:
    found = paragraphs(text, start, end)
    return next(found, None), next(found, None)


def _folded(text: str, span: Span) -> str:
    return " ".join(text[span.start : span.end].casefold().split())


def _merged(spans: Sequence[Span]) -> Iterator[Span]:
    current: Span | None = None
    for span in spans:
        if current and span.start <= current.end:
            current = Span(current.start, max(current.end, span.end))
            continue
        if current:
            yield current
        current = span
    if current:
        yield current
