"""Who did what: whether the quotes say of the same things what a claim says of them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rag.language.facts import Fact, name_words, stands_in
from rag.language.reading import Word, match, words
from rag.language.wording import is_irregular, says_little, stem
from rag.mentions import BE, DETERMINERS, DO
from rag.support.claim import Claim, Window, holds_name
from rag.support.evidence import Unit
from rag.support.flow import OPENING, opening_end

_BREAK = re.compile(r"[,;:(]|\b(?:and|but|while|that|than|who|which)\b")
_CLAUSES = frozenset((",", ";", ":", "and", "but", "while", "whereas", "which", "who", "when"))
_BACK = re.compile(
    r"\b(?:he|she|it|they|this|these|such|his|her|its|their|him|them|so|same|there)\b|^\W*the [a-z]", re.IGNORECASE
)
_PRONOUNS = frozenset("it he she they this these that those which who there we i you one".split())  # noqa: SIM905
_POSSESSIVES = frozenset(("their", "his", "her", "its", "other"))
_RELATION = re.compile(
    r"\b(by|from|to|towards?|against|than|in|of|at|for)\s+(?:outside |inside |within )?(?:the\s+|a\s+)?"
)
_MOVING = frozenset(("by", "from", "to", "toward", "against", "than"))
_SHORT_CLAUSE = 3
_SUBJECT_WITHIN = 12


class Relation(NamedTuple):
    """A small word such as "by" with the word before it and the name after it."""

    word: str
    head: str
    name: frozenset[str]
    """Stems."""
    direct: bool
    """Whether the name comes right after it."""
    text: str


# --- names and figures with their neighbours


def not_of(claim: Claim, window: Window) -> Iterator[str]:
    """Names, figures and subjects of the claim of which the quotes do not say what it does."""
    yield from (fact.text for fact in _detached(claim, window))
    yield from _other_subject(claim, window)


def _detached(claim: Claim, window: Window) -> Iterator[Fact]:
    """Names and figures whose neighbours stand in other sentences, which do not point back to them."""
    for fact in (*claim.facts, *claim.names):
        home = [k for k, unit in enumerate(window.units) if _holds(fact, unit, window.stems[k])]
        around = _around(claim, window, fact)
        together = sum(_stand_together(word, fact, home, window) for word in around)
        needed = (len(around) + 1) // 2 if fact.kind == "name" else 1
        if home and around and together < needed:
            yield fact


def _holds(fact: Fact, unit: Unit, stems: frozenset[str]) -> bool:
    return holds_name(fact, stems, unit.text) if fact.kind == "name" else stands_in(fact, unit.facts)


def _around(claim: Claim, window: Window, fact: Fact) -> list[Word]:
    """The words beside a fact, within its clause, that the window holds."""
    breaks = [found.span() for found in _BREAK.finditer(claim.text)]
    last = next((start for start, _ in breaks if start >= fact.end), len(claim.text))
    first = max((end for _, end in breaks if end <= fact.start), default=0)
    held = [w for w in claim.content if w.stem not in claim.fact_stems and match(w.stem, window.all_stems)]
    after = [w for w in held if fact.end <= w.start < last]
    before = [w for w in held if first <= w.start and w.end <= fact.start and not says_little(w.stem)][-2:]
    telling = [w for w in after if not says_little(w.stem)][:3]
    if fact.kind != "name":
        return before[-1:] + telling[:1]
    return telling or (after[:3] if _opens(claim, fact) else []) or before


def _opens(claim: Claim, fact: Fact) -> bool:
    return not any(word.end <= fact.start for word in claim.telling)


def _stand_together(word: Word, fact: Fact, home: Sequence[int], window: Window) -> bool:
    held = [k for k in range(len(window.units)) if match(word.stem, window.stems[k])]
    if not set(held).isdisjoint(home):
        return True
    if fact.kind == "name" and any(k > min(home, default=k) and _BACK.search(window.units[k].text) for k in held):
        return True
    leads = fact.kind == "name" and _opens(window.claim, fact)
    return not leads and any(k < h and _BACK.search(window.units[h].text) is not None for h in home for k in held)


# --- the subject


def _other_subject(claim: Claim, window: Window) -> Iterator[str]:
    """The claim's subject, where each clause of the quote with its verb has another."""
    subject, verb = _subject(claim)
    place = match(verb.stem, {word.stem for word in window.main.words}) if verb and subject else None
    if place is None or verb is None or window.main.row or _reports(claim, verb):
        return
    clauses = [clause for clause in _clauses(window.main) if place in {word.stem for word in clause}]
    if clauses and all(_has_other(claim, window, subject, verb, place, clause) for clause in clauses):
        yield subject[-1].text


def _reports(claim: Claim, verb: Word) -> bool:
    following = next((word for word in claim.words if word.start >= verb.end), None)
    return says_little(verb.stem) and following is not None and following.text == "that"


def _has_other(
    claim: Claim, window: Window, subject: Sequence[Word], verb: Word, place: str, clause: Sequence[Word]
) -> bool:
    """Whether a clause says its verb of something else than the claim's subject, by name and not by pronoun."""
    stems = window.evidence.spelt_out({word.stem for word in clause}, claim.text)
    if any(match(word.stem, stems) for word in subject):
        return _swapped(claim, subject, verb, clause)
    low = [word.text.lower() for word in clause]
    at = next(k for k, word in enumerate(clause) if word.stem == place)
    before = clause[1 if low[0] in ("which", "that") else 0 : at]
    opening = {word.text.lower() for word in before[:2]}
    coordinated = low[0] == "and" and low[1] in _POSSESSIVES if len(low) > 1 else False
    if coordinated or not opening.isdisjoint(_PRONOUNS):
        return False
    named = [word for word in before if word.content and not says_little(word.stem) and not word.text[0].isdigit()]
    return bool(named) or (len(before) > 1 and before[0].text.lower() in DETERMINERS)


def _swapped(claim: Claim, subject: Sequence[Word], verb: Word, clause: Sequence[Word]) -> bool:
    """Whether what the claim has before its verb stands after it in the quote, and the other way, in the same voice."""
    objects = [word.stem for word in claim.telling if word.start > verb.end][:4]
    at = next(k for k, word in enumerate(clause) if match(verb.stem, {word.stem}))
    before, after = ({word.stem for word in part} for part in (clause[:at], clause[at + 1 :]))
    mine = any(w.text.lower() in BE for w in claim.words if verb.start - _SUBJECT_WITHIN <= w.start < verb.start)
    theirs = any(word.text.lower() in BE for word in clause[max(at - 2, 0) : at])
    behind = not any(match(w.stem, before) for w in subject) and any(match(w.stem, after) for w in subject)
    return behind and mine == theirs and any(match(o, before) and not match(o, after) for o in objects)


def _subject(claim: Claim) -> tuple[list[Word], Word | None]:
    """What comes before the claim's first verb, and the verb; nothing where it cannot be told."""
    start = opening_end(claim)
    told = [w for w in claim.content if w.stem not in claim.fact_stems and w.start >= start]
    relative = next((w.start for w in claim.words[1:] if w.text in ("that", "which", "who")), len(claim.text))
    if OPENING.match(claim.text) and not start:
        return [], None
    auxiliary = next((w for w in claim.words[:_SUBJECT_WITHIN] if w.start >= start and w.text.lower() in BE | DO), None)
    if auxiliary is None:
        verb = next((w for w in told[1:] if w.text[0].islower() and _may_be_verb(w)), None)
        return [w for w in told if verb and w.end <= min(verb.start, relative)], verb
    if next((w.text for w in claim.words if w.start >= auxiliary.end), "") == "to":
        return [], None
    subject = [w for w in told if w.end <= min(auxiliary.start, relative)]
    return subject, next((w for w in told if w.start >= auxiliary.end), None)


def _may_be_verb(word: Word) -> bool:
    return word.text.endswith(("s", "ed")) or is_irregular(word.text)


def _clauses(unit: Unit) -> list[list[Word]]:
    """The unit's own words, cut before commas and "and"; two words between commas belong to what is before them."""
    found: list[list[Word]] = [[]]
    depth = 0
    for word in unit.words[: unit.own]:
        depth += (word.text == "(") - (word.text == ")")
        short = len(found) > 1 and found[-1] and len(found[-1]) <= _SHORT_CLAUSE and found[-1][0].text == ","
        if word.text == "," and short:
            insertion = found.pop()
            found[-1] += insertion
        elif not depth and word.text.lower() in _CLAUSES:
            found.append([])
        found[-1].append(word)
    return [clause for clause in found if clause]


# --- by whom, from where


def other_relations(claim: Claim, window: Window) -> Iterator[str]:
    """Relations such as "by" a name, where the quotes have another name after that word."""
    theirs = [relation for unit in window.units for relation in _relations(unit.text)]
    for ours in _relations(claim.text):
        if not ours.direct or _known(ours, theirs):
            continue
        rivals = [t for t in theirs if t.word == ours.word and t.direct]
        rivals = [t for t in rivals if ours.word in _MOVING or (ours.head and match(ours.head, {t.head}))]
        spelt = window.evidence.spelt_out(ours.name, claim.text) | window.evidence.spelt_out(ours.name)
        if rivals and not any(rival.name <= spelt for rival in rivals):
            yield f"{ours.word} {ours.text}"


def _known(ours: Relation, theirs: Iterable[Relation]) -> bool:
    """Whether the quotes have the name after the same word, or, where it only says where, after any."""
    for relation in theirs:
        alike = ours.name <= relation.name or ours.name >= relation.name
        if (relation.word == ours.word and alike) or (ours.word not in _MOVING and ours.name <= relation.name):
            return True
    return False


def _relations(text: str) -> list[Relation]:
    matches = list(_RELATION.finditer(text))
    stops = [*(found.start() for found in matches[1:]), len(text)]
    named = name_words(text)
    found = [_relation(text, one, stop, named) for one, stop in zip(matches, stops, strict=False)]
    return [relation for relation in found if relation is not None]


def _relation(text: str, found: re.Match[str], stop: int, named: Sequence[Fact]) -> Relation | None:
    """The relation with the names after it: at most three small words from it, and one between two of them."""
    run: list[Fact] = []
    for name in named:
        if found.end() <= name.start < stop:
            between = text[run[-1].end if run else found.end() : name.start]
            if not re.fullmatch(r" (?:[a-z]+ )?" if run else r"(?:[a-z]+ ){0,3}", between):
                break
            run.append(name)
    if not run:
        return None
    before = [word for word in words(text[max(found.start() - 30, 0) : found.start()]) if word.text[0].isalnum()]
    stems = frozenset(stem(re.sub(r"(?<=[A-Z]{2})s$", "", name.text).lower()) for name in run)
    direct = run[0].start == found.end()
    head = before[-1].stem if before else ""
    return Relation(found[1].rstrip("s"), head, stems, direct, text[run[0].start : run[-1].end])
