"""Writes, ingests and removes small documents, round by round, until it is killed.

Started as `python -m tests.rag.killed_driver INDEX FOLDER TURN`.
"""

import sys
from itertools import count
from pathlib import Path

from tests.rag.fakes import fake_library

DOCUMENTS = 40
_SHARED = "Notes of the harbour office, kept by whoever is on duty and read by nobody else.\n\n"


def text(number: int, turn: int) -> str:
    """A document's text at a turn; some share their opening, and which ones changes."""
    opening = _SHARED if (number + turn) % 4 == 0 else ""
    entries = (
        f"Berth {number} took in vessel v{number}x{turn} with {turn * 7 + entry} crates of cargo c{number}x{entry}. "
        * 6
        for entry in range(number % 5 + 1)
    )
    return opening + "\n\n".join(entries)


def main() -> None:
    index, folder, start = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    library = fake_library(index)
    print("open", flush=True)
    for turn in count(start):
        for number in range(DOCUMENTS):
            if (number + turn) % 3:
                (folder / f"{number:02}.txt").write_text(text(number, turn), "utf-8")
        library.ingest([folder])
        for part in range(4):
            library.remove([d.id for d in library.documents()][(turn + part) % 5 :: 20])
        print("round", flush=True)


if __name__ == "__main__":
    main()
