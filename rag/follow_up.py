"""Rewrites a follow-up question so that it stands alone: by rule and without a model, so that a person can see why.

A question is touched only where a word points out of it ("it", "that year", "the latter") or where it is a fragment
("And in 2014?", "Why?"). One name or year that fits is put in its place; otherwise what was talked about follows in
brackets. English only.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.hidden import without_hidden
from rag.mentions import BE, DETERMINERS, DO, FUNCTION, WH, Name, is_content, names, topics, words, years
from rag.records import Turn

LONGEST = 2_000
"""Characters of a rewritten question; one that would be longer stays as it was asked."""
TURNS_READ = 6
CHARACTERS_READ = 2_000
"""Of each turn that is read: the three exchanges before the question, which bounds the time."""
_FARTHEST = 200
"""Characters before a word that points back, which bounds the time as well."""
_MOST_BEFORE = 3
"""Words of content before it; after more of them it speaks of what the question itself names."""
_FRAGMENT = 6
"""Words of the longest fragment."""

_ANAPHOR = re.compile(
    r"\b(?:(?P<year>that (?:same )?year|(?:(?<=by )|(?<=since )|(?<=until )|(?<=before )|(?<=after ))then)"
    r"|(?P<topic>the (?:former|latter|other|(?:(?:first|second|third|last|other) )?ones?)"
    r"|there|then|this|that|these|those)"
    r"|(?P<it>its?)|(?P<they>they|them|their)|(?P<person>he|she|him|his|her))\b",
    re.IGNORECASE,
)
_IDLE_IT = re.compile(
    r"it(?: \w+){0,3} (?:that|whether|if|who)\b|it (?:\w+ )?(?:rain|snow|seem|like|dark|cold|late)"
    r"|it(?: \w+)? (?:takes?|took|costs?|feels?|pays?|helps?|means?)\b.{0,60}? (?:to|when) "
    r"|(?<=[sS] )it(?: so| too)? (?!going|meant|supposed|able|due|expected)\w+(?: for .{1,60})? to ",
    re.IGNORECASE,
)
_LEAD = re.compile(r"\s*(?:(?:and|but|or)\b[\s,]*(?:(?:what|how) about\b)?|(?:what|how) about\b)\s*", re.IGNORECASE)
_BARE = re.compile(
    r"(?:why not|(?:how|why) so|how (?:come|much|many|long|often|far)|which (?:ones?|year|of them)|go on"
    r"|(?:for|with|by|to|since|until) (?:whom|when|what|how much)"
    r"|(?:why|how|when|where|who|whom|which|what)(?: (?:else|exactly))?|what (?:for|happened|changed|then|next|year)"
    r"|who says(?: so)?|(?:please )?tell me more|more details?)",
    re.IGNORECASE,
)
_YEAR_ALONE = re.compile(r"(?:(in|by|during|since|until|before|after) )?(\d{4}(?:[/–-]\d\d(?:\d\d)?)?)", re.IGNORECASE)
_ANNOTATED = re.compile(r"\([^()]*\)\s*$")
_LATER_CLAUSE = frozenset(", ; : . ? ! and or but when if because that while after before although whether as".split())  # noqa: SIM905
_ITS_OWN = frozenset(("year", "month", "week", "day", "time", "century", "decade", "of", "who", "with", "in", "that"))


@dataclass(frozen=True, slots=True)
class _Exchange:
    """The latest question that is about something, itself rewritten, and its answer."""

    question: str = ""
    answer: str = ""

    def fitting(self, stands: str | None) -> Sequence[str]:
        """What the anaphor can stand for in the question, and in the answer to one that asks for it or has no name."""
        if stands == "year":
            own, told = ([year[0] for year in years(text)] for text in (self.question, self.answer))
            return tuple(dict.fromkeys(own or told))
        own = [name.text for name in names(self.question) if _fits(name, stands, topics(self.question))]
        told = [name.text for name in names(self.answer) if _fits(name, stands, ())]
        asks = r"(?:and )?who\b" if stands == "person" else r"(?:and )?(?:which|what) (?!is |are |was |were |do|did )"
        open_to = re.match(asks, self.question, re.IGNORECASE) or not names(self.question)
        return tuple(dict.fromkeys(own + told if open_to else own))


def _fits(name: Name, stands: str | None, about: Sequence[str]) -> bool:
    """Whether the anaphor can stand for a name; one that only says where or whose does not, unless all is about it."""
    if stands == "person":
        return name.kind == "person" and name.before not in ("in", "at", "near", "from")
    leads = name.before in DO | BE | {""} or is_content(name.before) or tuple(about) == (name.text,)
    alike = name.body if stands == "they" else not (name.plural or " and " in name.text)
    return name.kind == "thing" and name.clean and leads and alike


def rewrite(question: str, history: Sequence[Turn]) -> str:
    """The question unchanged where it stands alone, otherwise one that does, of at most 2,000 characters.

    `history` is oldest first. Rewriting what comes out once more with the same history changes nothing.
    """
    last = _Exchange()
    for turn in history[-TURNS_READ:]:
        seen = without_hidden(turn.content[:CHARACTERS_READ])
        content = " ".join(re.sub(r"\[\d{1,3}\]|[\x00-\x1f\x7f-\x9f|*#>_()\[\]]", " ", seen).split())
        if turn.role == "assistant":
            last = _Exchange(last.question, content)
        elif topics(asked := _settled(content, last)):
            last = _Exchange(asked)
    return _settled(question, last)


def _settled(question: str, last: _Exchange) -> str:
    """Rewritten in place where nothing points back after that, otherwise with the topics in brackets."""
    if not last.question or len(question) > LONGEST:
        return question
    rewritten = _step(question, last)
    if _step(rewritten, last) != rewritten:
        rewritten = _annotated(question, last)
    return rewritten if len(rewritten) <= LONGEST else question


def _step(question: str, last: _Exchange) -> str:
    if _ANNOTATED.search(question):
        return question
    if _is_fragment(question):
        return _completed(question, last) or _annotated(question, last)
    anaphors = [match for match in _ANAPHOR.finditer(question, 0, _FARTHEST) if _points_back(question, match)]
    english = len(FUNCTION.intersection(words(question))) > 1
    return (_resolved(question, anaphors, last) or _annotated(question, last)) if anaphors and english else question


def _annotated(question: str, last: _Exchange) -> str:
    return f"{question.strip()} ({', '.join(topics(last.question))})"


def _asked(question: str) -> str:
    """What is left without "And", "What about" and the question mark."""
    lead = _LEAD.match(question)
    return question[lead.end() if lead else 0 :].strip(" ?.!…\t\n")


def _is_fragment(question: str) -> bool:
    """Whether a question says of nothing what it asks: "Why?", "And in 2014?", "What about Wales?", "And who paid?"."""
    asked = _asked(question)
    if _BARE.fullmatch(asked) or _YEAR_ALONE.fullmatch(asked):
        return True
    low = words(asked)
    if not 0 < len(low) <= _FRAGMENT or _ANAPHOR.search(asked) or not (DO | BE).isdisjoint(low):
        return False
    if low[0] in WH:
        content = [word for word in low[1:] if is_content(word)]
        return (
            DETERMINERS.isdisjoint(low)
            and len(content) == 1
            and content[0].isalpha()
            and low[:2] != ["how", content[0]]
            and not names(asked)
        )
    return _LEAD.match(question) is not None and WH.isdisjoint(low)


def _completed(question: str, last: _Exchange) -> str | None:
    """The last question with a year or a name in the place of its like; `None` where there is not exactly one."""
    asked = re.sub(r"['’]s$", "", _asked(question))
    year = _YEAR_ALONE.fullmatch(asked)
    named = next((name for name in names(question) if name.text == asked), None)
    if year:
        spans = [known.span() for known in years(last.question)]
    else:
        spans = [(n.start, n.end) for n in names(last.question) if named and n.clean and _is_alike(n, named)]
    if len(spans) != 1 or _ANNOTATED.search(last.question):
        return None
    head, tail = last.question[: spans[0][0]], last.question[spans[0][1] :]
    if year and year[1] and not head.lower().endswith(f" {year[1].lower()} "):
        return None
    return head + (year[2] if year else asked) + tail


def _is_alike(old: Name, new: Name) -> bool:
    same = old.kind == new.kind and old.text.isupper() == new.text.isupper() and old.plural == new.plural
    return same or (old.before == "in" and new.kind == "plain")


def _points_back(question: str, match: re.Match[str]) -> bool:
    """Whether an anaphor stands for nothing in the question itself: not after a name, a clause or many words."""
    head, before = question[: match.start()], words(question[: match.start()])
    following = _after(question, match)
    content = [word for word in before if is_content(word)]
    clause = max((k for k, word in enumerate(before) if word in _LATER_CLAUSE | WH), default=0)
    blocked = (
        (head.strip() and match[0][0].isupper())
        or match[0] == "IT"
        or len(content) > _MOST_BEFORE
        or names(head)
        or "or" in (*before[-1:], following)
        or any(map(is_content, before[:clause]))
        or (content and is_content(before[0]))
    )
    if blocked:
        return False
    if match["topic"]:
        return _is_open(match[0].lower(), "".join(before[-1:]), following)
    owns = _owns(match, following)
    if match["year"] or not content or (before[-1] in DO | BE and not owns):
        return not (match["it"] and _IDLE_IT.match(question, match.start()))
    return not owns and _is_object(match[0].lower(), before, following)


def _after(question: str, match: re.Match[str]) -> str:
    return next(iter(words(question[match.end() : match.end() + 80])), "?")


def _owns(match: re.Match[str], following: str) -> bool:
    word = match[0].lower()
    return word in ("its", "their", "his") or (word == "her" and is_content(following))


def _is_open(word: str, previous: str, following: str) -> bool:
    """Whether "this", "there", "the latter" … points back: not "that" before a clause, "there is", "the other day"."""
    if word.startswith("the "):
        return not is_content(following) and following not in ("who", "that")
    if word in ("there", "then"):
        return following in "?.!," and previous not in BE
    if following in _ITS_OWN or following.endswith("ing") or (following in BE and previous not in WH | {""}):
        return False
    free = following in "?.!," or previous in DO | BE | {"", "about", "for", "of"}
    return word != "that" or (free and following not in DETERMINERS)


def _is_object(word: str, before: Sequence[str], following: str) -> bool:
    """Whether a pronoun after other words is no subject, and none of them is what it stands for."""
    inside = not {"a", "an", "any", "every", "each"}.isdisjoint(before)
    asked_for = before[0] in ("which", "what", "whose") and is_content(before[1])
    subject = word in ("he", "she", "they") or (word == "it" and (following in DO | BE or is_content(following)))
    return not (inside or asked_for or subject)


def _resolved(question: str, anaphors: Sequence[re.Match[str]], last: _Exchange) -> str | None:
    """The question with the one name or year that fits in the place of its first anaphor; `None` if none or several."""
    first = anaphors[0]
    stands, word, following = first.lastgroup, first[0].lower(), _after(question, first)
    later = [match for match in _ANAPHOR.finditer(question, first.end()) if match.lastgroup != "topic"]
    found = last.fitting(stands)
    head, tail = question[: first.start()], question[first.end() :]
    previous = "".join(words(head)[-1:])
    several = not {previous, following}.isdisjoint(("do", "are", "were", "have")) and " and " not in "".join(found)
    clashes = stands == "they" and (several or previous == "of")
    mixed = stands == "topic" or any(match.lastgroup != stands for match in [*anaphors, *later])
    if mixed or len(found) != 1 or clashes or tail.startswith(("'", "’")):
        return None
    put = found[0]
    if word.startswith("that") and previous not in ("in", "by", "since", "until", "before", "after"):
        put = f"in {put}"
    if _owns(first, following):
        put += "'" if put.endswith("s") else "'s"
    return head + (put if head.strip() else put[0].upper() + put[1:]) + tail
