"""Tells what on a web page is not the document: what no reader sees, and the site's own furniture."""

import re

from selectolax.lexbor import LexborNode

from rag.load.styles import hides

_NEVER_TEXT = frozenset(
    {
        "annotation",
        "audio",
        "button",
        "canvas",
        "datalist",
        "embed",
        "head",
        "iframe",
        "input",
        "label",
        "meter",
        "noembed",
        "noframes",
        "noscript",
        "object",
        "option",
        "optgroup",
        "output",
        "progress",
        "rp",
        "rt",
        "script",
        "select",
        "style",
        "svg",
        "template",
        "textarea",
        "title",
        "video",
    }
)
_FURNITURE = frozenset({"aside", "footer", "menu", "nav", "search"})
_FURNITURE_ROLES = frozenset(
    {
        "alertdialog",
        "banner",
        "complementary",
        "contentinfo",
        "dialog",
        "menu",
        "menubar",
        "navigation",
        "search",
        "toolbar",
    }
)
_NOTICE = re.compile(
    r"(?:cookie|gdpr|consent)s?[-_ ]?(?:[\w-]*[-_])?(?:notice|banner|consent|bar|popup|modal|dialog|overlay|message)"
    r"|onetrust|cookiebot",
    re.IGNORECASE,
)
"""Class and id names of the common cookie notices."""
_FOR_NAVIGATION = frozenset(
    {
        "breadcrumb",
        "breadcrumbs",
        "navbar",
        "pagination",
        "screen-reader-text",
        "skip-link",
        "skiplink",
        "sr-only",
        "visually-hidden",
    }
)
_OWN_TEXT = "main, article, h1"
"""What makes a form the frame of the whole page, as in old ASP.NET sites, rather than a part of it."""
_OUTER = frozenset({"html", "body", "main", "article"})


class Chrome:
    """The site's furniture on one page; told of every element that the walk enters and leaves."""

    def __init__(self, root: LexborNode) -> None:
        self._titles = len(root.css("h1"))
        self._inside_text = 0

    def enter(self, node: LexborNode) -> bool:
        """Whether the element, with all in it, is furniture; if not it counts as entered."""
        if self._is_furniture(node):
            return True
        self._inside_text += _holds_text(node)
        return False

    def leave(self, node: LexborNode) -> None:
        """Takes back what `enter` counted."""
        self._inside_text -= _holds_text(node)

    def _is_furniture(self, node: LexborNode) -> bool:
        tag, values = node.tag or "", node.attributes
        if tag in _OUTER:
            return False
        if tag in _FURNITURE or (values.get("role") or "") in _FURNITURE_ROLES:
            return True
        if tag == "form":
            return node.css_first(_OWN_TEXT) is None
        if tag == "header" and not self._inside_text:
            titles = len(node.css("h1"))
            return titles == 0 or titles < self._titles
        names = values.get("class") or ""
        return bool(_NOTICE.search(f"{names} {values.get('id') or ''}")) or not _FOR_NAVIGATION.isdisjoint(
            names.split()
        )


def unseen(node: LexborNode, in_heading: bool) -> bool:
    """Whether the element is never text, or hidden; a button in a heading opens an accordion and is its text."""
    tag, values = node.tag or "", node.attributes
    if tag in _NEVER_TEXT:
        return not (tag == "button" and in_heading)
    if tag == "dialog" and "open" not in values:
        return True
    if tag in _OUTER or not values:
        return False
    return (
        values.get("hidden", "until-found") != "until-found"
        or values.get("aria-hidden") == "true"
        or hides(values.get("style") or "")
    )


def _holds_text(node: LexborNode) -> bool:
    return node.tag in {"main", "article", "section"}
