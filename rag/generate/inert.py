"""Makes plain text of a sentence that an LLM wrote: what is left can be shown anywhere and leads nowhere."""

import html
import re
import unicodedata
from collections.abc import Iterable

from rag.generate.sentences import MARKERS
from rag.hidden import without_hidden

# No pattern looks further than to the next bracket, or the time for a sentence would be the square of its length.
_ADDRESS = r"\((?:[^()]|\([^()]*\))*\)?"
_IMAGE = re.compile(rf"!\[[^\[\]]*\](?:{_ADDRESS}|\[[^\[\]]*\])?")
_LINK = re.compile(rf"\[([^\[\]]*)\]{_ADDRESS}")
_MARKER = re.compile(rf"{MARKERS.pattern}(?:\s?[-–—,;&]\s?(?=\[\d))?")
_TAG = re.compile(r"<[A-Za-z/!?][^<>]*>?")
_LED = re.compile(r"^\s*(?:(?:#{1,6}|>|[-+•▪*]|\(?\d{1,2}[.)])\s+)+")
_EMPHASIS = re.compile(r"[*`\[\]]|~~|(?<!\w)_+|(?<!_)_+(?!\w)")
_NAMED_PASSAGE = re.compile(
    rf"^(?:according to|as (?:stated|said|described) in|in|from) (?:the )?(?:passages?|sources?|documents?)"
    rf"\s*(?:{MARKERS.pattern}\s*)+,?\s*(\w?)",
    re.IGNORECASE,
)
_EMPTY_BRACKETS = re.compile(r"\(\s*(?:see|cf\.?|passages?|sources?)?[\s,;!?.]*\)", re.IGNORECASE)
_BEFORE_STOP = re.compile(r"\s([.,;:!?)])")
_LEFT_OVER = re.compile(r"^[\s.,;:!?)–—-]+\s")
"""Before a sentence that a marker led."""
_ENDED = re.compile(r"[.!?…:。！？؟।][\"'”’»)]*$")
_ELSEWHERE = re.compile(
    r"\w:\s?//|//\w|\bwww\.|\w\.[a-z]{2,24}[/?]\S|\w@\w|\b(?:javascript|vbscript|mailto|file|data|tel|sms|blob):\S",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&#?\w{1,31};")
_UNSEEN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs"))
_UNREAD = frozenset(("So", "Sk", "Sm", "Mn", "Mc", "Me", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps"))
_USUAL = frozenset(".,:;'’‘()-‐‑–—")
_AS_USUAL = re.compile(r"(?<=\d)\s?%(?!%)|(?<=\d)/(?=\d)|(?<=\s)&(?=\s)|(?<=[A-Z])&(?=[A-Z])")
_KIN = dict.fromkeys("“”„‟«»`", '"')
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def inert(sentence: str) -> str:
    """The sentence without markers, Markdown, markup, link targets, images, hidden and control characters, ended."""
    text = _seen(html.unescape(sentence))
    text = _LINK.sub(_link_text, _IMAGE.sub(" ", text))
    text = _NAMED_PASSAGE.sub(lambda found: found[1].upper(), _LED.sub("", text))
    text = _EMPHASIS.sub("", _TAG.sub(" ", _MARKER.sub(" ", text)))
    text = " ".join(_EMPTY_BRACKETS.sub(" ", " ".join(text.split())).split())
    return _ended(_LEFT_OVER.sub("", _LED.sub("", _BEFORE_STOP.sub(r"\1", text))))


def leads_elsewhere(text: str) -> bool:
    """Whether a text holds an address, or what a page could still take for markup."""
    return bool(_ELSEWHERE.search(text) or _ENTITY.search(text) or _TAG.search(text))


def unread(text: str, passages: Iterable[str]) -> set[str]:
    """Its signs that are not scored and stand in no passage; the usual ones of a sentence aside."""
    signs = {_KIN.get(c, c) for c in _AS_USUAL.sub(" ", text) if c not in _USUAL}
    told = {_KIN.get(c, c) for passage in passages for c in passage}
    return {c for c in signs - told if unicodedata.category(c) in _UNREAD}


def _ended(text: str) -> str:
    """The text with an end mark, so that the next sentence does not run into it."""
    said = text.rstrip(" ,;")
    return text if _ENDED.search(text) or not any(c.isalnum() for c in said) else f"{said}."


def _link_text(found: re.Match[str]) -> str:
    return f"[{found[1]}]" if MARKERS.fullmatch(f"[{found[1]}]") else found[1]


def _seen(text: str) -> str:
    plain = unicodedata.normalize("NFC", _SELECTORS.sub("", without_hidden(text)))
    return "".join(" " if c.isspace() else c for c in plain if c.isspace() or unicodedata.category(c) not in _UNSEEN)
