"""What claims are held against: sentences of passages, with the head of their table or the lead of their list."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain, islice

from rag.hidden import without_hidden
from rag.language.facts import Fact, facts
from rag.language.reading import Word, words
from rag.language.wording import stem
from rag.records import Hit, Span
from rag.sentences import sentences

_ITEM = re.compile(r"\s*(?:[-*•▪]|\(?\d{1,2}[.)])\s")
_CAPITALS = re.compile(
    r"[^\W\d_a-zß-öø-ÿ][\w’'-]{0,60}(?:(?: (?:of|for|and|the|in|on|to|by))* [^\W\d_a-zß-öø-ÿ][\w’'-]{0,60})+"
)
_EXPLAINED = re.compile(r"(?<=\()[A-Z][A-Za-z]{0,8}[A-Z]s?\b|\b[A-Z][A-Za-z]{0,8}[A-Z]s?\b(?=\*{0,2}\s?[:|(])")
"""An acronym in brackets, or one before a colon, a bracket or the next cell of a table."""
_MOST_ACRONYMS = 500
"""Of a passage, and twice as many of all together, which bounds the time."""
_EVERYBODYS = {
    stem(short): frozenset(map(stem, full.split()))
    for short, full in {
        "uk": "united kingdom",
        "us": "united states",
        "usa": "united states america",
        "eu": "european union",
        "un": "united nations",
        "nhs": "national health service",
    }.items()
}
_SMALL = frozenset(("of", "for", "and", "the", "in", "on", "to", "by", "de"))
_LONGEST_RUN = 8
_LONGEST_LEAD = 500
"""Characters of the line that leads a unit whose words count for it, which bounds the time of a table."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that claims are held against."""

    text: str
    spans: tuple[Span, ...] | None = None
    """Its sentences, in its own offsets; `None` to find them."""
    title: str = ""
    """Of its document, with its headings: what is named there need not be named in a quote."""

    @classmethod
    def of(cls, hit: Hit) -> "Passage":
        """The passage of a hit."""
        start = hit.passage.start
        spans = tuple(Span(s.start - start, s.end - start) for s in hit.passage.sentences)
        return cls(hit.passage.text, spans, " ".join((hit.document.title, *hit.section.heading)))


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, a row or an item of a passage."""

    passage: int
    start: int
    end: int
    text: str
    words: tuple[Word, ...]
    """Its own, then those of the line that leads it."""
    own: int
    """How many of them are its own."""
    stems: frozenset[str]
    """Those of its words, of what its acronyms stand for, and the acronyms of what it spells out."""
    facts: tuple[Fact, ...]
    row: bool
    item: bool
    lead: str
    """The line that leads it: the head of a table, or what a list follows."""


class Acronyms:
    """Acronyms with the stems of what they stand for."""

    def __init__(self, known: Mapping[str, Sequence[frozenset[str]]]) -> None:
        """Know them."""
        self._known = known
        counts = Counter(stemmed for forms in known.values() for form in forms for stemmed in form)
        self._by_rarest: dict[str, list[tuple[str, frozenset[str]]]] = {}
        for acronym, form in ((acronym, form) for acronym, forms in known.items() for form in forms):
            rarest = min(form, key=lambda stemmed: (counts[stemmed], stemmed))
            self._by_rarest.setdefault(rarest, []).append((acronym, form))

    def spelt_out(self, stems: AbstractSet[str]) -> frozenset[str]:
        """The stems with those of what their acronyms stand for, and with the acronyms of what they spell out."""
        meant = [form for acronym in self._known.keys() & stems for form in self._known[acronym]]
        parts = [part for rarest in self._by_rarest.keys() & stems for part in self._by_rarest[rarest]]
        return frozenset(stems).union(*meant, (acronym for acronym, form in parts if form <= stems))


class Evidence:
    """Passages, read once for all claims that are held against them."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        """Read them."""
        self.passages = passages
        titles = " ".join(dict.fromkeys(passage.title for passage in passages))
        texts = [*(passage.text for passage in passages), titles]
        self._defined = Acronyms(_collected(_within(texts)))
        self._spelt: tuple[str, Acronyms] = ("", self._defined)
        self._full = _collected(pair for text in texts for pair in _in_full(text))
        self.units: list[Unit] = []
        self._runs: list[range] = []
        for number in range(len(passages)):
            first = len(self.units)
            self.units += self._units(number)
            self._runs.append(range(first, len(self.units)))
        self.capitals: set[str] = set()
        self.smalls: set[str] = set()
        self.where: dict[str, list[int]] = {}
        for number, unit in enumerate(self.units):
            for word in unit.words[: unit.own]:
                (self.smalls if word.text[0].islower() else self.capitals).add(word.text)
            for stemmed in unit.stems:
                self.where.setdefault(stemmed, []).append(number)

    def units_of(self, among: AbstractSet[int] | None = None) -> list[range]:
        """Numbers of the units of passages, or of all, a range for each."""
        return [run for number, run in enumerate(self._runs) if among is None or number in among]

    def before(self, unit: Unit) -> Iterator[Unit]:
        """The units of the same passage before one."""
        run = self._runs[unit.passage]
        return (other for other in self.units[run.start : run.stop] if other.start < unit.start)

    def held(self, stemmed: str, units: Sequence[range]) -> list[int]:
        """Numbers of the units, among these, that hold a stem."""
        places = self.where.get(stemmed, [])
        if len(units) == len(self._runs):
            return places
        ends = ((bisect_left(places, run.start), bisect_left(places, run.stop)) for run in units)
        return [number for first, end in ends for number in places[first:end]]

    def _units(self, number: int) -> Iterator[Unit]:
        passage = self.passages[number]
        text = passage.text
        lead = head = ""
        for span in sentences(text) if passage.spans is None else passage.spans:
            piece = without_hidden(text[span.start : span.end])
            row = piece.lstrip().startswith("|")
            item = bool(_ITEM.match(piece)) or text.endswith(("- ", "* "), 0, span.start)
            head = (head or piece) if row else ""
            leads = (head if piece != head else lead) if row else lead if item else ""
            yield self._unit(number, span, piece, leads, row, item)
            if piece.rstrip().endswith(":"):
                lead = piece
            elif not (item or row):
                lead = ""

    def _unit(self, number: int, span: Span, piece: str, leads: str, row: bool, item: bool) -> Unit:
        own = words(piece)
        both = own + words(leads[:_LONGEST_LEAD])
        stems = self.spelt_out({word.stem for word in both})
        told = facts(piece) + facts(leads[:_LONGEST_LEAD])
        return Unit(number, span.start, span.end, piece, both, len(own), stems, told, row, item, leads)

    def spelt_out(self, stems: AbstractSet[str], claim: str | None = None) -> frozenset[str]:
        """The stems with those of what their acronyms stand for, and with the acronyms of what they spell out.

        As the passages define them, and for a claim as the capitals of the passages spell them.
        """
        return (self._defined if claim is None else self._of(claim)).spelt_out(stems)

    def _is_known(self, acronym: str, form: frozenset[str]) -> bool:
        """Whether the passages spell an acronym so, or everybody does: a claim may not make one up."""
        return form in self._full.get(acronym, ()) or _EVERYBODYS.get(acronym) == form

    def _of(self, claim: str) -> Acronyms:
        last, known = self._spelt
        if last != claim:
            found = {word.stem: self._full.get(word.stem, ()) for word in words(claim) if word.text[1:2].isupper()}
            own = ((acronym, form) for acronym, form in _in_full(claim) if self._is_known(acronym, form))
            known = Acronyms({**found, **_collected(own)})
            self._spelt = (claim, known)
        return known


def _within(texts: Sequence[str]) -> Iterator[tuple[str, frozenset[str]]]:
    found = chain.from_iterable(map(_explained, texts))
    return chain.from_iterable(_defined(text, match) for text, match in islice(found, 2 * _MOST_ACRONYMS))


def _explained(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    return ((text, match) for match in islice(_EXPLAINED.finditer(text), _MOST_ACRONYMS))


def _collected(pairs: Iterable[tuple[str, frozenset[str]]]) -> Mapping[str, Sequence[frozenset[str]]]:
    found: dict[str, list[frozenset[str]]] = {}
    for acronym, form in pairs:
        forms = found.setdefault(acronym, [])
        if form not in forms:
            forms.append(form)
    return found


def _defined(text: str, match: re.Match[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """An acronym with the words beside it: "commissioning groups (CGs)", "**ACO**: Accountable Care Organisation"."""
    letters = [c for c in match[0].removesuffix("s").lower() if c.isalpha()]
    before = re.findall(r"[^\W\d_][\w’'-]*", text[max(match.start() - 120, 0) : match.start()])
    after = re.findall(r"[^\W\d_][\w’'-]*", text[match.end() : match.end() + 120])
    spelt = [before[-n:] for n in range(2, 11)] if text.endswith("(", 0, match.start()) else []
    for run in (*spelt, *(after[:n] for n in range(2, 11))):
        told = [word for word in run if word.lower() not in _SMALL]
        if [word[0].lower() for word in told] == letters:
            yield stem(match[0].removesuffix("s").lower()), frozenset(stem(word.lower()) for word in told)
            return


def _in_full(text: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The acronyms that the capitalised runs of a text would have, with the stems of those words."""
    for match in _CAPITALS.finditer(text):
        told = [word for word in match[0].split(" ") if word.lower() not in _SMALL][:_LONGEST_RUN]
        for i in range(len(told)):
            for j in range(i + 2, len(told) + 1):
                yield stem("".join(w[0] for w in told[i:j]).lower()), frozenset(stem(w.lower()) for w in told[i:j])
