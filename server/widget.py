"""Puts the modules of the widget together into the one that pages load, so that one hash covers all of it."""

import re
from base64 import b64encode
from hashlib import sha384
from pathlib import Path

MODULES = Path(__file__).parent / "static" / "widget"
_ENTRY = "widget.js"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async |class |const |function))", re.MULTILINE)


def assembled(folder: Path = MODULES) -> bytes:
    """One module of all that the entry imports, each after what it imports itself; their names share one scope.

    Raises:
        OSError: A module that is imported is not there.
    """
    placed: dict[str, str] = {}
    _place(folder, _ENTRY, placed)
    return "\n".join(placed.values()).encode()


def integrity(content: bytes) -> str:
    """What the `integrity` attribute of a script holds (https://www.w3.org/TR/SRI/)."""
    return f"sha384-{b64encode(sha384(content).digest()).decode()}"


def _place(folder: Path, name: str, placed: dict[str, str]) -> None:
    source = (folder / name).read_text("utf-8")
    for imported in _IMPORT.findall(source):
        if imported not in placed:
            _place(folder, imported, placed)
    placed[name] = _EXPORT.sub("", _IMPORT.sub("", source))
