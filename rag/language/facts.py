"""Reads the hard facts of a sentence in one form, however it writes them: numbers, dates and names. English only."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.mentions import FUNCTION

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1\d{3}|20\d{2})"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_DAY}(?: of)? {_MONTH}(?: ?,? {_YEAR}\b)?",
        rf"\b{_MONTH} {_DAY}\b(?!\.\d|,\d{{3}})(?: ?,? {_YEAR}\b)?",
        rf"\b{_MONTH},? (?:of )?{_YEAR}\b",
        rf"\b{_YEAR}-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-3]\d)\b",
        r"\b(?P<day>[0-3]?\d)[/.](?P<month>0?[1-9]|1[0-2])[/.](?P<year>(?:1\d|20)\d\d)\b",
        rf"(?<![\w.,/-]){_YEAR}[/–-](?P<until>\d\d)(?![\d/])",
        rf"(?<![\w.,/£$€]){_YEAR}(?![\d%]|[.,]\d)",
        r"(?-i:\b(?P<month>January|February|March|April|June|July|August|September|October|November|December)\b)",
    )
)
_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()  # noqa: SIM905
_SMALL = {word: n for n, word in enumerate((*_UNITS, "seventeen", "eighteen", "nineteen"))}
_TENS = {word: 10 * n for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}  # noqa: SIM905
_ORDINALS = {
    word: n
    for n, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1)  # noqa: SIM905
}
_MAGNITUDES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "m": 1e6,
    "mn": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "trillion": 1e12,
    "tn": 1e12,
}
_SPELT = "|".join((*_SMALL, *_TENS))
_NUMBER = re.compile(
    r"(?P<currency>[£$€] ?)?(?<![A-Za-z\d])(?<![A-Za-z][-/.])"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?P<decimals>\.\d+)?(?P<ordinal>(?:st|nd|rd|th)\b)?\+?"
    r"(?P<magnitude>(?: ?(?:hundred|thousand|million|billion|trillion)\b)+| ?(?:k|mn|m|bn|tn)\b)?"
    r"(?P<unit> ?%| ?per ?cent\b| (?:pounds|dollars|euros)\b)?"
    r"(?P<clock> ?[ap]\.?m\b\.?)?",
    re.IGNORECASE,
)
_WORDED = re.compile(
    rf"\b(?P<words>(?:{_SPELT})(?:(?:[ -]| and )(?:{_SPELT}|hundred|thousand|million|billion))*"
    r"|a (?:hundred|thousand|million|billion|dozen))\b(?P<unit> ?%| per ?cent\b)?",
    re.IGNORECASE,
)
_SHARE = re.compile(rf"\b(?P<of>{_SPELT}|\d+) (?:in|out of)(?: every)? (?P<all>{_SPELT}|\d+)\b", re.IGNORECASE)
_ORDINAL = re.compile(rf"(?<!\ba )(?<!one )\b(?P<word>{'|'.join(_ORDINALS)})\b(?! world war\b)", re.IGNORECASE)
_WAR = re.compile(r"\b(?:(?P<word>first|second) world war|world war (?P<numeral>II?|one|two|1|2))\b", re.IGNORECASE)
_CENTURY = re.compile(r"\b(?:decade|half a year|half-year|fortnight|dozen)\b", re.IGNORECASE)
_SPANS = {"decade": 10.0, "half a year": 6.0, "half-year": 6.0, "fortnight": 14.0, "dozen": 12.0}
_NAME = re.compile(r"[^\W\d_a-zß-öø-ÿ](?:[\w&]|[-'’.](?=\w))*|\b[a-z]{1,3}[A-Z]\w+")
_ITEM_MARK = re.compile(r"\n\s{0,9}\d{1,3}[.)]$")
_LOOK_BACK = 24
"""Characters before a figure."""
_DRESS = " \t\r\n\"“‘'(*_#-"

Reading = tuple[str | int | float | None, ...]
"""What a number or date can mean: ("number", value, unit), ("clock", minutes), or ("date", year, until, month, day)."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A number, date or name where it stands."""

    kind: str
    text: str
    start: int
    end: int
    readings: frozenset[Reading]
    """All it can mean; empty for a name."""

    @property
    def units(self) -> frozenset[object]:
        """The units that a number can have, empty text for none."""
        return frozenset(reading[-1] for reading in self.readings)


def facts(text: str) -> tuple[Fact, ...]:
    """The numbers and dates of a text, in order; no character is in two of them."""
    return _facts(text)


@lru_cache(maxsize=256)
def _facts(text: str) -> tuple[Fact, ...]:
    found: list[Fact] = []
    taken = bytearray(len(text))
    for fact in (*_dates(text), *_shares(text), *_worded(text), *_numbers(text)):
        if not any(taken[fact.start : fact.end]):
            taken[fact.start : fact.end] = b"1" * (fact.end - fact.start)
            found.append(fact)
    return tuple(sorted(found, key=lambda fact: fact.start))


def before(text: str, fact: Fact) -> str:
    """The characters before a fact in which a "more than" or "half of the" that goes with it stands."""
    return text[max(fact.start - _LOOK_BACK, 0) : fact.start]


def stands_in(fact: Fact, others: Sequence[Fact]) -> bool:
    """Whether another fact says the same, or more exactly: 1 April 2013 holds April 2013."""
    return any(_entails(theirs, ours) for other in others for theirs in other.readings for ours in fact.readings)


def _entails(theirs: Reading, ours: Reading) -> bool:
    if theirs[0] != ours[0]:
        return False
    if ours[0] == "date":
        return all(mine is None or mine == other for mine, other in zip(ours[1:], theirs[1:], strict=True))
    if ours[0] == "number":
        # A bare figure may leave out the currency, never the per cent.
        units = {theirs[2], ours[2]}
        return theirs[1] == ours[1] and (len(units) == 1 or ("" in units and "%" not in units and "nth" not in units))
    return theirs == ours


def _dates(text: str) -> Iterator[Fact]:
    taken = bytearray(len(text))
    for pattern in _DATES:
        for match in pattern.finditer(text):
            start, end = match.span()
            if not any(taken[start:end]):
                taken[start:end] = b"1" * (end - start)
                yield Fact("date", match[0], start, end, frozenset(_date_readings(match)))


def _date_readings(match: re.Match[str]) -> Iterator[Reading]:
    parts = match.groupdict()
    year = int(parts["year"]) if parts.get("year") else None
    until = parts.get("until")
    last = int(f"{year}"[:2] + until) if until else None
    named = parts.get("month") or ""
    month = int(named) if named.isdigit() else _MONTHS.index(named[:3].lower()) + 1 if named else None
    yield ("date", year, last, month, int(parts["day"]) if parts.get("day") else None)
    if year and not named and last is None:
        yield ("number", float(year), "")


def _numbers(text: str) -> Iterator[Fact]:
    for match in _NUMBER.finditer(text):
        yield Fact("number", match[0].strip(), *match.span(), frozenset(_number_readings(match)))


def _number_readings(match: re.Match[str]) -> Iterator[Reading]:
    value = float(match["digits"].replace(",", "") + (match["decimals"] or ""))
    unit = _unit(match["unit"], match["currency"])
    yield from _clock_reading(match)
    if match["clock"]:
        return
    if match["ordinal"]:
        yield ("number", value, "nth")
        return
    scale = 1.0
    for word in (match["magnitude"] or "").lower().split():
        scale *= _MAGNITUDES[word]
    yield ("number", round(value * scale, 6), unit)
    if (match["magnitude"] or "").strip().lower() == "m" and not match["currency"]:
        yield ("number", value, unit)


def _clock_reading(match: re.Match[str]) -> Iterator[Reading]:
    """The minute of the day that "6.15 pm" or "18.15" can be."""
    hours, minutes = match["digits"], (match["decimals"] or ".00")[1:]
    written = match["clock"] or (match["decimals"] and not match["unit"])
    if written and len(hours) <= 2 and len(minutes) == 2 and int(hours) < 24 and int(minutes) < 60:  # noqa: PLR2004
        afternoon = 12 * ("p" in (match["clock"] or "").lower() and int(hours) < 12)  # noqa: PLR2004
        yield ("clock", 60 * (int(hours) + afternoon) + int(minutes))


def _unit(unit: str | None, currency: str | None) -> str:
    named = (unit or "").strip().lower()
    if named in ("%", "percent", "per cent"):
        return "%"
    return (currency or "").strip() or {"pounds": "£", "dollars": "$", "euros": "€"}.get(named, "")


def _worded(text: str) -> Iterator[Fact]:
    for match in _WORDED.finditer(text):
        if match["words"].lower() != "one":
            reading = ("number", _value(match["words"]), _unit(match["unit"], None))
            yield Fact("number", match[0], *match.span(), frozenset((reading,)))
    for match in _WAR.finditer(text):
        second = (match["word"] or match["numeral"]).lower() in ("second", "ii", "two", "2")
        yield Fact("number", match[0], *match.span(), frozenset({("world war", 1 + second)}))
    for match in _ORDINAL.finditer(text):
        reading = ("number", float(_ORDINALS[match["word"].lower()]), "nth")
        yield Fact("number", match[0], *match.span(), frozenset((reading,)))
    for match in _CENTURY.finditer(text):
        reading = ("number", _SPANS[match[0].lower()], "")
        yield Fact("number", match[0], *match.span(), frozenset((reading,)))


def _value(words: str) -> float:
    total, part = 0.0, 0.0
    for word in re.split(r"[ -]", words.lower()):
        if word in _SMALL or word in _TENS:
            part += _SMALL.get(word, 0) + _TENS.get(word, 0)
        elif word == "hundred":
            part = (part or 1) * 100
        elif word == "dozen":
            part = 12
        elif word in _MAGNITUDES:
            total, part = total + (part or 1) * _MAGNITUDES[word], 0.0
    return total + part


def _shares(text: str) -> Iterator[Fact]:
    for match in _SHARE.finditer(text):
        of, all_ = (float(w) if w.isdigit() else _value(w) for w in (match["of"], match["all"]))
        if 0 < of < all_:
            yield Fact("number", match[0], *match.span(), frozenset({("number", round(100 * of / all_, 6), "%")}))


@lru_cache(maxsize=256)
def name_words(text: str) -> tuple[Fact, ...]:
    """The capitalised words of a text, in order, without months, grammar and a lone first word of a clause."""
    found = list(_NAME.finditer(text))
    kept: list[Fact] = []
    for k, match in enumerate(found):
        word = re.sub(r"['’]s$", "", match[0])
        low = word.lower()
        if not match[0][0].isalpha() or (match[0][0].islower() and match.start() and text[match.start() - 1].isalnum()):
            continue
        joined = k > 0 and match.start() - found[k - 1].end() == 1
        if (
            low in FUNCTION
            or (not joined and (low in _SMALL or low in _TENS))
            or (low[:3] in _MONTHS and re.fullmatch(_MONTH, low))
        ):
            continue
        label = sum(map(str.isupper, word)) > 1 or any(map(str.isdigit, word))
        run = k + 1 < len(found) and found[k + 1].start() - match.end() == 1 and found[k + 1][0].lower() not in FUNCTION
        if label or run or not _opens(text, match.start()):
            kept.append(Fact("name", word, match.start(), match.start() + len(word), frozenset()))
    return tuple(kept)


def _opens(text: str, start: int) -> bool:
    """Whether a word begins a clause, a cell or an item."""
    before = text[:start].rstrip(_DRESS)
    return not before or before[-1] in ".?!:|" or _ITEM_MARK.search(before, max(len(before) - 15, 0)) is not None
