"""Makes documents that read like the notes of a public body and answer nothing: every place in them is invented.

They are short, one passage each, and of years that are yet to come, in crowns, so that neither a name nor a date nor a
sum of a real document can stand in them. The same number always gives the same document: draws are hashes, not a
generator whose stream may change with a version of Python.
"""

import json
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from eval.robustness.registers import registers

_FIRST = (
    "Aske",
    "Brask",
    "Corv",
    "Dunn",
    "Elt",
    "Farn",
    "Gris",
    "Halv",
    "Ing",
    "Jarl",
    "Keld",
    "Lorn",
    "Marr",
    "Norr",
    "Osk",
)
_FIRST_MORE = ("Pell", "Quar", "Rav", "Skel", "Tol", "Ulv", "Vann", "Wyth", "Yar", "Zel", "Brock", "Crin", "Thrim")
_LAST = ("beck", "bourne", "cleugh", "dale", "esk", "fell", "garth", "holme", "ick", "kirk", "lund", "mere", "nesse")
_LAST_MORE = ("ossa", "pool", "rigg", "stow", "thwaite", "uldale", "vik", "wick", "yard", "zance")
_SURNAMES = ("Arkell", "Bessant", "Corvey", "Dunmore", "Ellery", "Fenwright", "Garrod", "Hesketh", "Ivory", "Jessop")
_SURNAMES_MORE = ("Kerslake", "Lomond", "Marrick", "Nethercot", "Ottaway", "Penhale", "Quarles", "Ruddock", "Selwood")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November")
_FIRST_YEAR, _YEARS = 2041, 48


def write_distractors(path: Path, count: int) -> Path:
    """The path, with so many documents written to it as the contract's JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as out:
        for document in distractors(count):
            out.write(json.dumps(document, ensure_ascii=False) + "\n")
    return path


def distractors(count: int) -> Iterator[dict[str, str]]:
    """The first so many documents, all different: `doc_id`, `title`, and `text` of 70 to 160 words under a heading."""
    for number in range(count):
        yield document(number)


def document(number: int) -> dict[str, str]:
    """One document, always the same for its number."""
    draws = _Draws(number)
    register = registers()[number % len(registers())]
    words = {
        "place": _place(number),
        "other": draws.pick(_FIRST + _FIRST_MORE) + draws.pick(_LAST + _LAST_MORE),
        "name": draws.pick(_SURNAMES + _SURNAMES_MORE),
        "year": str(draws.between(_FIRST_YEAR, _FIRST_YEAR + _YEARS)),
        "date": f"the {draws.between(4, 20)}th of {draws.pick(_MONTHS)}",
        "count": f"{draws.between(1_100, 9_900):,}",
        "few": str(draws.between(13, 89)),
        "share": f"{draws.between(11, 88)}.{draws.between(1, 9)} per cent",
        "sum": f"{draws.between(2, 97)}.{draws.between(11, 99)} million crowns",
    }
    chosen = [draws.pick(options) for options in register.sentences]
    body = " ".join(sentence.format(**words) for sentence in chosen)
    heading = draws.pick(register.headings).format(**words)
    title = register.title.format(**words)
    return {"doc_id": f"distractors/{number:05}", "title": title, "text": f"{heading}\n\n{body}\n"}


def _place(number: int) -> str:
    """A place of its own for each of the first 644 numbers, then again with a part of the country before it."""
    first, last = _FIRST + _FIRST_MORE, _LAST + _LAST_MORE
    again, kind = divmod(number, len(first) * len(last))
    parts = ("", "Upper ", "Nether ", "Great ", "Little ", "Old ", "New ", "East ", "West ")
    return parts[again % len(parts)] + first[kind % len(first)] + last[kind // len(first)]


class _Draws:
    """Draws that depend on a document's number and on how many came before."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._drawn = 0

    def between(self, least: int, most: int) -> int:
        """A whole number, both ends included."""
        self._drawn += 1
        key = f"{self._number}:{self._drawn}".encode()
        return least + int.from_bytes(blake2b(key, digest_size=8).digest()) % (most - least + 1)

    def pick(self, options: Sequence[str]) -> str:
        """One of them."""
        return options[self.between(0, len(options) - 1)]
