"""Whether what an answer says is supported by what it cites, as in ALCE.

Gao et al. (2023), Enabling large language models to generate text with citations, section 3.3. ALCE asks an NLI model
whether quotes support a statement; here `supports` compares words, so that the number is the same every time. It cannot
see a negation, a swap of who did what, or a paraphrase in other words: it is strict on wording and blind to meaning.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import normalize

from eval.metrics.answers import fold
from eval.metrics.metric import Metric
from rag.records import Span
from rag.sentences import sentences
from rag.words import STOP_WORDS

SHARE = 0.8
"""Of the content words of a statement that have to stand in the quotes: room for the one verb in five that a sentence
made from a quote brings along."""

_MARKER = re.compile(r"\s*\[(\d{1,4})\]")
_NUMBER = re.compile(r"\d+(?:[.,/:]\d+)*")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

Spans = Mapping[int, tuple[int, int]]
"""By n: the stretch `[start, end)` of the answer that citation n stands for, in code points, marker not included."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of an answer, or an extract of several."""

    text: str
    """Without markers."""
    markers: tuple[int, ...]
    """Each n once, in order."""


@dataclass(frozen=True, slots=True)
class CitationScores:
    """Precision and recall in [0, 1]; `None` is not measured."""

    precision: float | None
    recall: float | None
    dangling: int
    """Citations of an n that no faithful quote has."""


def citation_scores(answer: str, quotes: Mapping[int, str], spans: Spans | None = None) -> CitationScores:
    """Citation precision and recall of one answer, and how many citations lead nowhere.

        recall = statements that all their citations together support / statements
        precision = precise citations / citations

    A citation is precise when its statement is supported by all its citations and either it supports it alone or the
    others without it do not. Unlike ALCE, which leaves the citations of a statement out when one of them is out of
    range, a dangling one counts as not precise and supports nothing. Recall is `None` without statements, precision
    without citations.

    Args:
        answer: with markers `[n]`.
        quotes: by n, those found verbatim in their document and no others.
        spans: where the extracts stand in the answer; when left out, where the quotes themselves do.
    """
    found = statements(answer, quoted_spans(answer, quotes) if spans is None else spans)
    verdicts = [verdict for statement in found for verdict in _precise(statement, quotes)]
    supported = [_supported(statement.text, statement.markers, quotes) for statement in found]
    return CitationScores(
        precision=sum(verdicts) / len(verdicts) if verdicts else None,
        recall=sum(supported) / len(supported) if supported else None,
        dangling=sum(n not in quotes for statement in found for n in statement.markers),
    )


def _precise(statement: Statement, quotes: Mapping[int, str]) -> Iterator[bool]:
    together = _supported(statement.text, statement.markers, quotes)
    for n in statement.markers:
        rest = [other for other in statement.markers if other != n]
        needed = _supported(statement.text, [n], quotes) or not _supported(statement.text, rest, quotes)
        yield together and needed


def _supported(text: str, markers: Sequence[int], quotes: Mapping[int, str]) -> bool:
    return supports(text, [quotes[n] for n in markers if n in quotes])


def supports(statement: str, quotes: Sequence[str]) -> bool:
    """Whether the quotes together hold a statement; False without quotes.

    Either the folded statement stands in their folded text, or all its numbers do and at least `SHARE` of its distinct
    content words, of which it has one. Words are compared whole, in their written form.
    """
    text = fold(normalize("NFC", " ".join(quotes)))
    said = fold(normalize("NFC", statement))
    if not text or not said:
        return False
    if said in text:
        return True
    words = set(_WORD.findall(said)) - STOP_WORDS
    held = words & set(_WORD.findall(text))
    return bool(words) and len(held) >= SHARE * len(words) and _numbers(said) <= _numbers(text)


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(text))


def quoted_spans(answer: str, quotes: Mapping[int, str]) -> dict[int, tuple[int, int]]:
    """Where in the answer each quote stands that has its marker right after it, by n."""
    spans = {}
    for n, quote in quotes.items():
        followed = re.compile(re.escape(quote) + rf"(?=(?:\s*\[\d+\])*?\s*\[{n}\])")
        if quote and (match := followed.search(answer)):
            spans[n] = match.span()
    return spans


def statements(answer: str, spans: Spans | None = None) -> list[Statement]:
    """The statements of an answer, in order, each with the markers in it or right after it.

    A statement is a sentence, as in ALCE. An extract is one statement however many sentences it has, and ends at its
    markers; a `[3]` within it belongs to the document and is no marker. What has neither letter nor digit is none.
    """
    extracts = sorted(set((spans or {}).values()))
    markers = [m for m in _MARKER.finditer(answer) if not any(a < m.end() and m.start(1) < b for a, b in extracts)]
    text, places = _without(answer, markers)
    moved = [Span(_shifted(a, markers), _shifted(b, markers)) for a, b in extracts]
    ends = {span.end for span in moved}
    cuts = sorted({0, len(text), *(place for place, _ in places if place in ends)})
    whole = [s for start, end in pairwise(cuts) for s in _whole(list(sentences(text, start, end)), moved)]
    found = [s for s in whole if _LETTER_OR_DIGIT.search(text, s.start, s.end)]
    return [_statement(text, span, found, places) for span in found]


def _without(answer: str, markers: Sequence[re.Match[str]]) -> tuple[str, list[tuple[int, int]]]:
    """The answer without its markers, and of each marker where it stood in that and its n."""
    kept = [0, *(edge for m in markers for edge in m.span()), len(answer)]
    text = "".join(answer[start:end] for start, end in zip(kept[::2], kept[1::2], strict=True))
    return text, [(_shifted(m.start(), markers), int(m[1])) for m in markers]


def _shifted(offset: int, markers: Sequence[re.Match[str]]) -> int:
    return offset - sum(min(m.end(), offset) - m.start() for m in markers if m.start() < offset)


def _whole(found: Sequence[Span], extracts: Sequence[Span]) -> list[Span]:
    """Sentences, those that share an extract as one."""
    whole: list[Span] = []
    for span in found:
        last = whole[-1] if whole else None
        if last and any(e.start < last.end and span.start < e.end for e in extracts):
            whole[-1] = Span(last.start, span.end)
        else:
            whole.append(span)
    return whole


def _statement(text: str, span: Span, found: Sequence[Span], places: Sequence[tuple[int, int]]) -> Statement:
    """A marker belongs to the last statement that starts before it; one before all of them to the first."""
    after = min((s.start for s in found if s.start > span.start), default=len(text))
    first = span == found[0]
    ns = [n for place, n in places if (span.start < place or first) and place <= after]
    return Statement(text[span.start : span.end], tuple(dict.fromkeys(ns)))


_ALCE = "Gao et al. (2023), Enabling large language models to generate text with citations, section 3.3"

METRICS = (
    Metric(
        "citation_precision",
        "Mean over answers of the share of their citations that their statement needs or that support it alone, where"
        " support is a comparison of words.",
        "precise citations / citations",
        0,
        1,
        "higher",
        "score",
        _ALCE,
    ),
    Metric(
        "citation_recall",
        "Mean over answers of the share of their statements that the quotes cited there support together, where support"
        " is a comparison of words.",
        "supported statements / statements",
        0,
        1,
        "higher",
        "score",
        _ALCE,
    ),
)
"""What this module gives."""
