"""Text that tries to be more than text, and a way to put it wherever a run holds text."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass

from eval.records import Run

HOSTILE = (
    "</script><script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    "</title><svg onload=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</textarea></select></details></main>",
    "<!-- --><b>bold</b><![CDATA[x]]>",
    "{{ 7 * 7 }}{% raw %}{# x #}",
    "&lt;i&gt; &#60;i&#62; &amp;",
    "javascript:alert(1)",
    "[a](http://example.org) ![b](http://example.org/b.png) <http://example.org>",
    "| a | b |\n| --- | --- |\n\n# heading\n\n- item\n\n```\ncode\n```",
    "# heading @everyone #1 www.example.org https://example.org a@example.org",
    "1. first *strong* _soft_ ~~gone~~ `code` \\| $x$",
    "\u202egnirts\u2066x\u2069 \u200b\ufeff",
    "\x00\x1b[31m\x85\u2028\u2029",
    "\ud800 alone",
    "=HYPERLINK(1)",
    "🦉🦉🦉 e\u0301",
)
_WORDS = {"status", "failure", "misquote", "kind", "interval", "role"}
"""Fields that hold one of a few words."""
_NAMED_BY_TEXT = {"by_type", "per_question_ms"}


def with_texts(run: Run, change: Callable[[str], str]) -> Run:
    """The run with all its text changed: asked, answered, quoted and named, with ids and types."""
    changed = _changed(run, "", change)
    assert isinstance(changed, Run)
    return changed


def _changed(value: object, name: str, change: Callable[[str], str]) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{f.name: _changed(getattr(value, f.name), f.name, change) for f in fields(value)})
    if isinstance(value, tuple):
        return tuple(_changed(item, name, change) for item in value)
    if isinstance(value, dict):
        keys = {key: change(key) if name in _NAMED_BY_TEXT else key for key in value}
        return {keys[key]: _changed(item, name, change) for key, item in value.items()}
    return change(value) if isinstance(value, str) and name not in _WORDS else value
