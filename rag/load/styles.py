"""Tells what a page's own styles hide from every reader: text that stands in the source and not on the screen."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import tinycss2
from selectolax.lexbor import LexborNode
from tinycss2.ast import Declaration, QualifiedRule
from tinycss2.color3 import parse_color

_SUSPICIOUS = re.compile(
    r"display|visibility|opacity|font|indent|position|clip|overflow|color|background", re.IGNORECASE
)
"""No style without one of these hides anything; parsing is for the rest."""
_FAR = 900
"""Pixels outside the page from which nothing is seen; what is moved less is laid out that way."""
_MOST_RULES = 5_000
"""Of a page's own style sheets that are looked at."""
_LENGTH = re.compile(r"-?\d+(?:\.\d+)?")


def hidden_by_sheets(root: LexborNode) -> frozenset[int]:
    """The elements that rules in the page's own style sheets hide, by their number in the tree.

    Rules for print or for narrow screens (`@media`) hide nothing here.
    """
    found: set[int] = set()
    for sheet in root.css("style"):
        rules = tinycss2.parse_stylesheet(sheet.text() or "", skip_comments=True, skip_whitespace=True)
        for rule in rules[:_MOST_RULES]:
            if isinstance(rule, QualifiedRule) and hides(tinycss2.serialize(rule.content)):
                found.update(node.mem_id for node in _selected(root, tinycss2.serialize(rule.prelude)))
    return frozenset(found)


def _selected(root: LexborNode, selector: str) -> Sequence[LexborNode]:
    try:
        return root.css(selector)
    except Exception:  # noqa: BLE001 - selectolax raises a bare Exception for a selector that it does not know
        return ()


@lru_cache(maxsize=4096)
def hides(style: str) -> bool:
    """Whether declarations make an element invisible: not shown, without size, off the page, in its ground's colour."""
    if not _SUSPICIOUS.search(style):
        return False
    values = dict(_declared(style))
    placed = values.get("position") in {"absolute", "fixed"}
    return (
        values.get("display") == "none"
        or values.get("visibility") in {"hidden", "collapse"}
        or _is_zero(values.get("opacity"))
        or _is_zero(values.get("font-size"))
        or (placed and any(_is_far(values.get(side)) for side in ("left", "right", "top", "bottom")))
        or _is_far(values.get("text-indent"))
        or (placed and "rect(" in values.get("clip", "") and not _sized(values["clip"]))
        or (values.get("overflow") == "hidden" and any(_is_zero(values.get(side)) for side in ("width", "height")))
        or _same_colour(values)
    )


def _declared(style: str) -> Iterator[tuple[str, str]]:
    for declaration in tinycss2.parse_blocks_contents(style, skip_comments=True, skip_whitespace=True):
        if isinstance(declaration, Declaration):
            yield declaration.lower_name, tinycss2.serialize(declaration.value).strip().lower()


def _is_zero(value: str | None) -> bool:
    number = _LENGTH.match(value or "")
    return number is not None and float(number[0]) == 0


def _is_far(value: str | None) -> bool:
    number = _LENGTH.match(value or "")
    return number is not None and float(number[0]) <= -_FAR


def _sized(clip: str) -> bool:
    """Whether a `rect(…)` leaves more than a pixel."""
    return any(abs(float(length)) > 1 for length in _LENGTH.findall(clip))


def _same_colour(values: dict[str, str]) -> bool:
    """Whether the text is transparent, or has the colour that its ground is given along with it."""
    text = parse_color(values.get("color", ""))
    ground = parse_color(values.get("background-color") or values.get("background", ""))
    if text is None or text == "currentColor":
        return False
    return bool(text.alpha == 0 or text == ground)
