"""Checks a whole text, sentence by sentence, against passages or against what a search of the documents finds."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag.hidden import without_hidden
from rag.records import Citation, Hit, Span
from rag.sentences import sentences
from rag.support.claim import Window
from rag.support.evidence import Evidence, Passage
from rag.support.score import Score, score
from rag.words import terms

PASSAGES_CHECKED = 5
"""Passages that the search gives for each sentence."""
_MARKERS = re.compile(r"\[\d{1,3}(?:\s?[,;]\s?\d{1,3})*\]")
_MARKERS_FIRST = re.compile(rf"(?:\s*{_MARKERS.pattern})+\s*")
_LED = re.compile(rf"(?:[^\[\n]{{0,200}}:\s*\n)?{_MARKERS_FIRST.pattern}")
"""The markers of the first line, or of the one after "The passages say:"."""
_DRESS = re.compile(r"[*_`#>]|^\s*(?:[-•]|\d{1,2}[.)])\s")
_FEWEST_WORDS = 2
_SILENT = re.compile(
    r"\b(?:documents?|passages?|sources?|context|texts?|notes?|extracts?|excerpts?|information|it)\b.{0,30}"
    r"\b(?:do|does|did|is|are)(?: not|n['’]t)\b.{0,30}"
    r"\b(?:say|mention|hold|contain|provide|specify|state|cover|include|answer|address|given|available|clear|known)"
    r"|\bno (?:information|mention|answer|evidence)\b.{0,40}"
    r"\b(?:documents?|passages?|sources?|context|texts?|available|given)"
    r"|\b(?:cannot|can['’]t|could not|couldn['’]t|unable to) (?:be )?(?:answer|find|say|tell|determine)"
    r"|\bI (?:do not|don['’]t) know\b|\bI (?:have|found) no\b",
    re.IGNORECASE,
)
_MANNERS = re.compile(
    r"\W*(?:hello|hi|dear|thank|thanks|sure|certainly|of course|great question|good question|sorry|you['’]re welcome"
    r"|i hope|let me know|please|feel free|here (?:is|are)|in summary:|the following)\b",
    re.IGNORECASE,
)
_LONGEST_MANNERS = 14
"""Words of a greeting and the like; a longer sentence that begins so may claim something after it."""


@dataclass(frozen=True, slots=True)
class PassageQuote:
    """Where a quote stands in the passages given: `passages[passage][start:end] == quote`."""

    passage: int
    """Index, from 0."""
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence, and whether quotes bear it out."""

    start: int
    end: int
    sentence: str
    checkable: bool
    """False for what claims nothing: questions, greetings, "the documents do not say"."""
    supported: bool
    support: float
    """Estimated probability that the quotes bear the sentence out, in [0, 1]; 0 when not checkable."""
    missing: tuple[str, ...]
    """Why it is not supported, in plain words; empty when it is."""
    citations: tuple[Citation, ...] = ()
    """Of documents, where the sentence was held against a collection."""
    quotes: tuple[PassageQuote, ...] = ()
    """Of passages, where it was held against those given."""


def split_reply(text: str, led: bool | None = None) -> list[Span]:
    """The sentences of a text, ascending, with the markers that follow a full stop in the sentence before it.

    Where a text is `led` by markers, as "[1] One thing. [2] Another." is, they stay with what follows them; `None` goes
    by how it begins.
    """
    found: list[Span] = []
    led = is_led(text) if led is None else led
    for span in sentences(text):
        markers = _MARKERS_FIRST.match(text, span.start, span.end)
        line_begins = not found or "\n" in text[found[-1].end : span.start]
        if not (markers and found) or (led and (line_begins or markers.end() < span.end)):
            found.append(span)
            continue
        found[-1] = Span(found[-1].start, markers.start() + len(markers[0].rstrip()))
        if markers.end() < span.end:
            found.append(Span(markers.end(), span.end))
    return found


def is_led(text: str) -> bool:
    """Whether markers stand before what they are for, as far as the beginning of a text tells."""
    return _LED.match(text) is not None


def is_checkable(sentence: str) -> bool:
    """Whether a sentence claims something that quotes could bear out."""
    bare = _bare(sentence).strip()
    if bare.endswith("?") or sentence.lstrip().startswith("#") or len(terms(bare)) < _FEWEST_WORDS:
        return False
    short = len(bare.split()) <= _LONGEST_MANNERS
    return not (_SILENT.search(bare) or (short and _MANNERS.match(bare)))


def check_passages(text: str, passages: Sequence[str], markers: bool = True) -> list[CheckedSentence]:
    """Each sentence of a text with the quotes of the passages that bear it out, see `checked_sentences`."""
    return list(checked_sentences(text, passages, markers))


def checked_sentences(text: str, passages: Sequence[str], markers: bool = True) -> Iterator[CheckedSentence]:
    """Each sentence of a text with the quotes of the passages that bear it out, one by one as they are checked.

    The first takes longer, by about 3 ms for every 1,000 characters of the passages, which are read once for all.

    Args:
        text: what is checked; offsets count its code points.
        passages: what it is held against; an acronym that one of them explains is known in all.
        markers: whether a sentence with `[n]` must be borne out by the passages it names, counted from 1.
    """
    evidence = Evidence([Passage(passage) for passage in passages])

    def checked(span: Span, sentence: str) -> CheckedSentence:
        cited = {int(n) - 1 for n in re.findall(r"\d+", " ".join(_MARKERS.findall(sentence)))} if markers else set()
        if wrong := sorted(number + 1 for number in cited if not 0 <= number < len(passages)):
            return _unsupported(span, sentence, tuple(f"[{number}] names no passage" for number in wrong))
        found = score(_bare(sentence), evidence, cited or None)
        quotes = tuple(
            PassageQuote(passage, start, end, passages[passage][start:end]) for passage, start, end in quoted(found)
        )
        return CheckedSentence(
            span.start, span.end, sentence, True, found.supported, found.support, found.missing, quotes=quotes
        )

    return _each(text, checked)


def check_documents(
    text: str,
    search: Callable[[str], Sequence[Hit]],
    text_slice: Callable[[str, int, int], str],
    page: Callable[[str, int], int | None],
) -> list[CheckedSentence]:
    """Each sentence of a text with the quotes of documents that bear it out; its markers are passed over.

    Args:
        text: what is checked.
        search: the passages nearest to a sentence.
        text_slice: `text[start:end]` of a document as it is now.
        page: the page of an offset of a document, counted from 1, where it has pages.
    """

    def checked(span: Span, sentence: str) -> CheckedSentence:
        bare = " ".join(_bare(sentence).split())
        hits = search(bare)
        found = score(bare, Evidence([Passage.of(hit) for hit in hits]))
        citations = tuple(
            _placed(n, hits[passage], start, end, found.support, page)
            for n, (passage, start, end) in enumerate(quoted(found), 1)
        )
        if any(text_slice(c.document_id, c.start, c.end) != c.quote for c in citations):
            return _unsupported(span, sentence, ("the document has changed meanwhile; check again",))
        return CheckedSentence(
            span.start, span.end, sentence, True, found.supported, found.support, found.missing, citations
        )

    return list(_each(text, checked))


def _each(text: str, checked: Callable[[Span, str], CheckedSentence]) -> Iterator[CheckedSentence]:
    for span in split_reply(text):
        sentence = text[span.start : span.end]
        if is_checkable(sentence):
            yield checked(span, sentence)
        else:
            yield CheckedSentence(span.start, span.end, sentence, False, False, 0.0, ())


def _unsupported(span: Span, sentence: str, missing: tuple[str, ...]) -> CheckedSentence:
    return CheckedSentence(span.start, span.end, sentence, True, False, 0.0, missing)


def _bare(sentence: str) -> str:
    """The sentence without markers, Markdown and hidden characters."""
    return _DRESS.sub(" ", _MARKERS.sub(" ", without_hidden(sentence))).strip()


def quoted(found: Score) -> Iterator[tuple[int, int, int]]:
    """Passage, start and end of each quote of a supported sentence; units that follow each other are one quote."""
    if not found.supported or found.window is None:
        return
    window: Window = found.window
    stretches: list[list[int]] = []
    for number in sorted(window.numbers):
        unit = window.evidence.units[number]
        if stretches and stretches[-1][3] == number - 1 and stretches[-1][0] == unit.passage:
            stretches[-1][2:] = [unit.end, number]
        else:
            stretches.append([unit.passage, unit.start, unit.end, number])
    for passage, start, end, _ in stretches:
        yield passage, start, end


def _placed(n: int, hit: Hit, start: int, end: int, support: float, page: Callable[[str, int], int | None]) -> Citation:
    first = hit.passage.start
    citation = Citation.of(hit, Span(first + start, first + end), support, n)
    return citation if hit.page is None else replace(citation, page=page(hit.document.id, citation.start))
