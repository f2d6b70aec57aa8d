"""Writes to the terminal: nothing that a document holds may steer it or hide in it."""

import re
import sys

import orjson
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from rag.hidden import without_hidden

_CONTROL = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])"  # ANSI sequences, whole
    r"|[\x80-\x9f]|[\x00-\x08\x0b-\x1f\x7f]"  # and every other control character but tab and line feed
)


def plain(text: str) -> str:
    """The text for display, without hidden characters, escape sequences and control characters."""
    return _CONTROL.sub("", without_hidden(text))


def console(stderr: bool = False) -> Console:
    """A console that takes text as it is: no markup, no emoji codes, no highlighting."""
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def show(*parts: str | tuple[str, str], indent: int = 0) -> None:
    """Write a line to stdout; a part is text, or text with its style."""
    out = console()
    line = Text.assemble(*((plain(p), "") if isinstance(p, str) else (plain(p[0]), p[1]) for p in parts))
    if out.is_terminal:
        out.print(Padding(line, (0, 0, 0, indent)))
    else:  # a program that reads along gets the lines as they are
        out.print(" " * indent, line, sep="", soft_wrap=True)


def note(message: str) -> None:
    """Write a line to stderr."""
    print(plain(message), file=sys.stderr, flush=True)


def show_json(body: object) -> None:
    """Write JSON to stdout, every character as it is."""
    sys.stdout.flush()
    sys.stdout.buffer.write(orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
