"""Finds the files to load, below a folder or one by name."""

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.load.formats import SUPPORTED, suffix_of, unsupported
from rag.records import Problem


@dataclass(frozen=True, slots=True)
class Found:
    """A file to load."""

    path: Path
    source: str
    """Relative to the folder that was given, with `/`; the file's name where it was given itself."""


def find(path: Path) -> Iterator[Found | Problem]:
    """The supported files of a folder, ascending by source, or the one file; and what could not be looked at.

    Hidden and unsupported files of a folder are passed over. Links are followed inside the folder only; a file that
    is also reached by links comes once, under its own name.
    """
    if path.is_dir():
        yield from sorted(_Walk(path).items(), key=lambda item: item.source)
    else:
        yield _single(path)


def _single(path: Path) -> Found | Problem:
    if not _is_text(path.name):
        return _misnamed(path.name)
    if not path.exists():
        return Problem(path.name, f"does not exist: {path}")
    if not path.is_file():
        return Problem(path.name, "is neither a file nor a folder")
    if suffix_of(path.name) not in SUPPORTED:
        return Problem(path.name, unsupported(suffix_of(path.name)))
    return Found(path, path.name)


def _is_text(name: str) -> bool:
    """Whether a file's name is Unicode; Python shows other bytes as lone surrogates, which no JSON can carry."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _misnamed(name: str) -> Problem:
    return Problem(os.fsencode(name).decode(errors="replace"), "has a name that is not UTF-8: rename it")


class _Walk:
    """One folder's files: first all that are not links, then what links add to them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._real = os.path.realpath(folder)
        self._seen: set[str] = set()
        self._links: deque[os.DirEntry[str]] = deque()
        self._names: dict[str, str] = {}
        self._items: list[Found | Problem] = []

    def items(self) -> list[Found | Problem]:
        self._enter(self._real, "")
        while self._links:
            link = self._links.popleft()
            self._follow(link.path, self._names.pop(link.path))
        return self._items

    def _enter(self, folder: str, prefix: str) -> None:
        """Takes up a folder's files, and the folders in it, under names that begin with the prefix."""
        pending = [(folder, prefix)]
        while pending:
            folder, prefix = pending.pop()
            if folder in self._seen:
                continue
            self._seen.add(folder)
            for entry in self._entries(folder, prefix):
                name = prefix + entry.name
                if entry.is_symlink():
                    self._links.append(entry)
                    self._names[entry.path] = name
                elif entry.is_dir(follow_symlinks=False):
                    pending.append((entry.path, f"{name}/"))
                elif entry.is_file(follow_symlinks=False):
                    self._take(entry.path, name)

    def _entries(self, folder: str, prefix: str) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                visible = sorted((entry for entry in entries if entry.name[0] != "."), key=lambda entry: entry.name)
        except OSError as error:
            self._items.append(Problem(prefix.rstrip("/") or self._folder.name, f"cannot be listed: {error.strerror}"))
            return
        for entry in visible:
            if _is_text(entry.name):
                yield entry
            else:
                self._items.append(_misnamed(prefix + entry.name))

    def _take(self, real: str, name: str) -> None:
        if suffix_of(name) in SUPPORTED and real not in self._seen:
            self._seen.add(real)
            self._items.append(Found(self._folder / name, name))

    def _follow(self, link: str, name: str) -> None:
        try:
            real = os.path.realpath(link, strict=True)
        except OSError:
            real = ""
        wanted = suffix_of(name) in SUPPORTED
        if not real:
            self._items += [Problem(name, "is a link that leads nowhere")] if wanted else []
        elif os.path.commonpath([self._real, real]) != self._real:
            outside = "is a link out of the folder and was not followed: give its target itself, or copy it"
            self._items += [Problem(name, outside)] if wanted or Path(real).is_dir() else []
        elif Path(real).is_dir():
            self._enter(real, f"{name}/")
        elif Path(real).is_file():
            self._take(real, name)
