"""Hits made by hand, for what works on them."""

from collections.abc import Sequence

from rag.records import DocumentInfo, Hit, Passage, RankedSentence, Scores, Section
from rag.sentences import sentences
from rag.words import terms


def hit(
    text: str,
    source: str = "a.txt",
    start: int = 0,
    cosines: Sequence[float] = (),
    score: float = 1.0,
    dense: float = 0.6,
    heading: tuple[str, ...] = (),
    title: str = "",
) -> Hit:
    """A hit on a passage whose text begins at an offset of its document."""
    spans = tuple(type(s)(s.start + start, s.end + start) for s in sentences(text))
    info = DocumentInfo(f"doc_{source}", source, title, "text/plain", "0", start + len(text), 1)
    return Hit(
        passage=Passage(info.id, 0, start, start + len(text), text, spans),
        document=info,
        section=Section(start, start + len(text), heading, "Ada", "2020"),
        page=3,
        score=score,
        scores=Scores(dense=dense),
        sentence_cosines=tuple(cosines) or (0.5,) * len(spans),
        sentence_words=tuple(frozenset(terms(text[s.start - start : s.end - start])) for s in spans),
    )


def ranked(found: Hit, number: int = 0, score: float = 1.0) -> RankedSentence:
    """One sentence of a hit, ranked."""
    span = found.passage.sentences[number]
    text = found.passage.text[span.start - found.passage.start : span.end - found.passage.start]
    return RankedSentence(found, span, text, score, found.sentence_cosines[number], 0.5, frozenset(terms(text)))
