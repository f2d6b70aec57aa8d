"""Makes plain text of a sentence that an LLM wrote: what is left can be shown anywhere and leads nowhere."""

import html
import re
import unicodedata

from rag.generate.sentences import MARKERS
from rag.hidden import without_hidden

_IMAGE = re.compile(r"!\[[^\]]*\](?:\([^)]*\)?|\[[^\]]*\])?")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)?")
_TAG = re.compile(r"<[A-Za-z/!?][^<>]*>?")
_LED = re.compile(r"^\s*(?:(?:#{1,6}|>|[-+•▪*]|\(?\d{1,2}[.)])\s+)+")
_EMPHASIS = re.compile(r"[*`\[\]]|~~|(?<!\w)_+|_+(?!\w)")
_NAMED_PASSAGE = re.compile(
    rf"^(?:according to|as (?:stated|said|described) in|in|from) (?:the )?(?:passages?|sources?|documents?)"
    rf"\s*(?:{MARKERS.pattern}\s*)+,?\s*(\w?)",
    re.IGNORECASE,
)
_EMPTY_BRACKETS = re.compile(r"\(\s*(?:see|cf\.?|passages?|sources?)?[\s,;]*\)", re.IGNORECASE)
_BEFORE_STOP = re.compile(r"\s+([.,;:!?)])")
_ADDRESS = re.compile(
    r"\w:\s?//|//\w|\bwww\.|\w\.[a-z]{2,24}[/?]\S|\w@\w|\b(?:javascript|vbscript|mailto|file|data|tel|sms|blob):\S",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&#?\w{1,31};")
_UNSEEN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs"))
_UNREAD = frozenset(("So", "Sk", "Sm", "Mn", "Mc", "Me"))
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def inert(sentence: str) -> str:
    """The sentence without markers, Markdown, markup, link targets, images, hidden and control characters."""
    text = _seen(html.unescape(sentence))
    text = _LINK.sub(_link_text, _IMAGE.sub(" ", text))
    text = _NAMED_PASSAGE.sub(lambda found: found[1].upper(), _LED.sub("", text))
    text = _EMPHASIS.sub("", _TAG.sub(" ", MARKERS.sub(" ", text)))
    text = " ".join(_EMPTY_BRACKETS.sub(" ", text).split())
    return _BEFORE_STOP.sub(r"\1", text)


def leads_elsewhere(text: str) -> bool:
    """Whether a text holds an address, or what a page could still take for markup."""
    return bool(_ADDRESS.search(text) or _ENTITY.search(text) or _TAG.search(text))


def unread(text: str) -> set[str]:
    """Its characters that are neither letters, figures nor punctuation, which are not scored."""
    return {c for c in text if unicodedata.category(c) in _UNREAD}


def _link_text(found: re.Match[str]) -> str:
    return f"[{found[1]}]" if MARKERS.fullmatch(f"[{found[1]}]") else found[1]


def _seen(text: str) -> str:
    plain = unicodedata.normalize("NFC", _SELECTORS.sub("", without_hidden(text)))
    return "".join(" " if c.isspace() else c for c in plain if c.isspace() or unicodedata.category(c) not in _UNSEEN)
