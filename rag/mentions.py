"""Finds what a text is about, by rule: its names, its years and the phrases of a question. English only."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rag.words import STOP_WORDS

TOPIC_CHARACTERS = 160
"""Of all topics of a text together."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DO = _words("do does did can could will would shall should may might must")
BE = _words("is are was were be been being am has have had")
WH = _words("who what when where why how which whose whom")
DETERMINERS = _words("the a an each every both all any some no our your my")
_PREPOSITIONS = _words(
    "in at on by during since until near from with into after before under over within across among between through"
    " about of for to against without behind per than as"
)
_GRAMMAR = _words(
    "it its they them their he him she her hers his this that these those there then not more most much many few less"
    " also only just still even ever never so now else actually really because although while whether if unless but yes"
    " please us one ones same other anything something happen happened happens describe compare explain tell show list"
    " give name define discuss find january february march april june july august september october november december"
)
FUNCTION = STOP_WORDS | DO | BE | WH | DETERMINERS | _PREPOSITIONS | _GRAMMAR
"""Words that name nothing: grammar, months, and verbs that only ask."""
_SUBJECTS = _words("who how that it he she they we you")
_IRREGULAR = _words("built made held cut sold run set paid written found sunk lost won born begun drawn led met")

_UPPER = r"[^\W\d_a-zß-öø-ÿ]"
_CAPITAL = rf"{_UPPER}(?:[\w&/-]|\.(?=\w)|['’](?!s\b)\w)*"
_NAME = re.compile(
    rf"\b(?:[Tt]he )?{_CAPITAL}(?: (?:(?:(?:of|for)(?: the)?|and|the|a|&|de|von|van) )?{_CAPITAL})*"
    rf"|[“\"‘]{_UPPER}[^“”\"‘’\n]{{1,100}}[”\"’](?!\w)"
)
_WORD = re.compile(r"[^\W_]+(?:[.,/'’&-][^\W_]+)*|[^\w\s]")
_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d(?:[/–-]\d\d(?:\d\d)?)?\b")
_LABEL = re.compile(r"[A-Z]{2}|[A-Z]\w*\d\b")
_TITLED = re.compile(
    r"(?:Mr|Mrs|Ms|Miss|Sir|Dame|Lord|Lady|Baroness|King|Queen|Prince|Princess|Dr|Prof\w*)\b"
    r"|(?:\S+ )*(?:Minister|Secretary|President|Chancellor|Mayor|Director|Governor|Bishop)\b"
)
_BODY = re.compile(
    r"\b(?:Trust|Council|Committee|Board|Ltd|Limited|Inc|Group|University|Hospital|College|Party|Bank|Fund|Company"
    r"|Commission|Department|Ministry|Association|Institute|Foundation|Cent(?:re|er)|Union|Office|Court|Parliament"
    r"|Society|Agency|Authority|Service|Administration|Museum|School|Church|Network|Government)s?\b|\b[A-Z]{2,}s?\b"
)
_THING = re.compile(
    r"\b(?:Act|Bill|Street|Road|River|Lake|Mount|Islands?|Sea|Bridge|Tower|House|Reports?|Review|Plan|Programme|Project"
    r"|City|County|State|Kingdom|North|South|East|West|New|Great|Greater|Royal|National|International|War|Prize|Line"
    r"|Railway|Park|Palace|Canal|Valley|Opera|Festival|Hall|Conference|Exhibition)\b| (?:of|for|a|the) "
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name where it stands in a text, with the article before it."""

    text: str
    start: int
    end: int
    before: str
    """The word before it, in small letters; empty at the start of a sentence."""
    clean: bool
    """Whether it stands by itself, and not before a noun ("NHS hospitals") or as an owner ("the trust's debt")."""

    @property
    def kind(self) -> Literal["person", "thing", "plain"]:
        """What its form tells; "plain" is a bare word that could be a place or a person."""
        if _TITLED.match(self.text):
            return "person"
        if re.match(r"[Tt]he |[“\"‘]", self.text) or any(form.search(self.text) for form in (_LABEL, _BODY, _THING)):
            return "thing"
        return "person" if 1 <= self.text.count(" ") <= 2 and " and " not in self.text else "plain"  # noqa: PLR2004

    @property
    def plural(self) -> bool:
        """Whether it is several ("STPs", "Oxford and Cambridge")."""
        joined = " and " in self.text and not re.search(r" (?:of|for) ", self.text)
        return joined or re.search(r"[A-Z]s$", self.text) is not None

    @property
    def body(self) -> bool:
        """Whether it can act as people do: several, or an organisation."""
        return self.plural or _BODY.search(self.text) is not None


def words(text: str) -> Sequence[str]:
    """Words and punctuation marks, in order and in small letters."""
    return _WORD.findall(text.lower())


def years(text: str) -> Sequence[re.Match[str]]:
    """Years and financial years ("2014", "2014/15"), in order."""
    return tuple(_YEAR.finditer(text))


def is_content(word: str) -> bool:
    """Whether a word names or says something; function words and punctuation marks do not."""
    return word[:1].isalnum() and re.sub(r"['’]s$", "", word.lower()) not in FUNCTION


@lru_cache(maxsize=64)
def names(text: str) -> Sequence[Name]:
    """Runs of capitalised words, acronyms and quoted titles, in order; a lone first word of a sentence is none."""
    found: list[Name] = []
    for match in _NAME.finditer(text):
        run = match[0].split(" ")
        skip = next((k for k, word in enumerate(run) if word.lower() not in FUNCTION), len(run))
        skip -= skip > 0 and run[skip - 1].lower() == "the"
        name = " ".join(run[skip:])
        start = match.end() - len(name)
        before = "".join(text[max(start - 40, 0) : start].lower().split()[-1:])
        opens = not before or before[-1] in ".?!:;"
        if is_content(run[-1].strip('“”"‘’')) and not (
            opens and " " not in name and name.isalpha() and not _LABEL.match(name)
        ):
            before = "" if opens else before
            found.append(Name(name, start, match.end(), before, _stands_by_itself(before, text[match.end() :][:60])))
    return tuple(found)


def _stands_by_itself(before: str, tail: str) -> bool:
    """Whether no noun follows, and no "and" or "or": in "did England close in" a verb does."""
    following, rest = [*words(tail), "?", "?"][:2]
    if not {before, following}.isdisjoint(("and", "or")):
        return False
    if tail.startswith(("'s", "’s")) or not is_content(following) or _YEAR.match(following):
        return not tail.startswith(("'s", "’s"))
    if before in DO:
        return not following.endswith("s") and (not is_content(rest) or rest.endswith("s"))
    return (before in BE or not before) and (following.endswith("ed") or following in _IRREGULAR)


@lru_cache(maxsize=64)
def topics(text: str) -> Sequence[str]:
    """The phrases that a question is about, in order, without question words and verbs; 160 characters at most.

    What stands in brackets at its end counts as topics that commas part.
    """
    asked, _, bracketed = text.rstrip(" )").partition(" (")
    found: list[str] = []
    run: list[str] = []
    units = _units(asked)
    for k, unit in enumerate(units):
        says = (is_content(unit) or " " in unit) and not (run and _YEAR.match(unit))
        if _joins(unit.lower(), run) or (says and not _is_verb(units, k, run)):
            run.append(unit)
            continue
        found.append(_trimmed(run))
        run = [unit] if _YEAR.match(unit) else []
    found += [_trimmed(run), *bracketed.split(", ")]
    kept = [topic for topic in dict.fromkeys(found) if topic]
    while len(", ".join(kept)) > TOPIC_CHARACTERS:
        kept.pop()
    return tuple(kept)


def _units(text: str) -> list[str]:
    """Words and marks, a name as one."""
    units: list[str] = []
    at = 0
    for name in names(text):
        owns = re.match(r"['’]s\b", text[name.end : name.end + 3])
        units += [*_WORD.findall(text[at : name.start]), name.text + (owns[0] if owns else "")]
        at = name.end + (2 if owns else 0)
    return units + _WORD.findall(text[at:])


def _joins(word: str, run: Sequence[str]) -> bool:
    """Whether a small word starts a phrase or goes on with one that has an article or ends in a name."""
    if not run or run[-1] in _PREPOSITIONS:
        return word in DETERMINERS
    return word in _PREPOSITIONS | {"and"} and (run[0] in DETERMINERS or run[-1][0].isupper())


def _is_verb(units: Sequence[str], k: int, run: Sequence[str]) -> bool:
    """Whether the word is one by its place: "who paid", "were hired", "did England close", "did wards close in"."""
    word, before = units[k], units[k - 1] if k else ""
    if not word[0].islower():
        return k == 0 and " " not in word and not _LABEL.match(word)
    asked = units[k - len(run) - 1].lower() if k > len(run) else ""
    following = units[k + 1].lower() if k + 1 < len(units) else "?"
    whole = not is_content(following) and _PREPOSITIONS.isdisjoint(run)
    ends = asked in DO and whole and (following not in _PREPOSITIONS | {"and"} or run[:1] != ["the"])
    object_next = following in _PREPOSITIONS | DETERMINERS or units[min(k + 1, len(units) - 1)][0].isupper()
    ends = ends or (asked == "which" and object_next)
    past = word.endswith("ed") or word in _IRREGULAR
    named = bool(run) and before[0].isupper() and not before.endswith(("'s", "’s"))
    participle = past and (before.lower() in BE or (bool(run) and run[0] not in DETERMINERS))
    return before.lower() in _SUBJECTS or named or participle or (ends and any(map(is_content, run)))


def _trimmed(run: Sequence[str]) -> str:
    """The phrase without small words at its end; an article alone is none."""
    kept = list(run)
    while kept and kept[-1].lower() in FUNCTION:
        kept.pop()
    return re.sub(r"['’]s$", "", " ".join(kept))
