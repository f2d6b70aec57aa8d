"""Ingests a corpus to be asked about."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from rag import Library, Progress


def ingested(
    library: Library,
    corpora: Sequence[Path],
    scratch: Path,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> tuple[str, ...]:
    """Add files, folders, `.jsonl` of the contract or of BEIR; what a reader of the figures has to know of it.

    `scratch` takes copies of what is written otherwise. A source that cannot be read is left out, and said so: gold
    evidence in it counts as not indexed.

    Raises:
        ValueError: There is no such corpus, or nothing of it can be read.
    """
    missing = [str(path) for path in corpora if not path.exists()]
    if missing:
        raise ValueError(f"There is no {', '.join(missing)}: expected a file, a folder, or a .jsonl of documents.")
    sources = [_readable(path, scratch / str(number)) for number, path in enumerate(corpora)]
    report = library.ingest(sources, on_progress=on_progress)
    lost = [problem for problem in report.problems if problem.fatal]
    if not library.documents(limit=1):
        why = f"{lost[0].source}: {lost[0].reason}" if lost else "it holds no document"
        raise ValueError(f"Nothing of the corpus {', '.join(map(str, corpora))} can be read: {why}.")
    if not lost:
        return ()
    return (f"{len(lost)} sources of the corpus could not be read, the first {lost[0].source}: {lost[0].reason}.",)


def _readable(path: Path, scratch: Path) -> Path:
    """The path itself, or a copy in the contract's form where it is a corpus of BEIR."""
    if path.is_dir() or path.suffix != ".jsonl":
        return path
    try:
        with path.open("rb") as lines:
            first = next((line for line in lines if line.strip()), b"")
            if b'"_id"' not in first or b'"doc_id"' in first:
                return path
            lines.seek(0)
            scratch.mkdir(parents=True, exist_ok=True)
            with (scratch / path.name).open("w", encoding="utf-8") as out:
                out.writelines(_converted(path, lines))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from None
    return scratch / path.name


def _converted(path: Path, lines: Iterable[bytes]) -> Iterator[str]:
    """Documents of BEIR as lines of the contract; those without a character of text or title are left out."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line)
            # An empty text is common there; the title is then all that can be found.
            title, text = raw.get("title") or "", raw.get("text") or raw.get("title") or ""
            fields = {"doc_id": str(raw["_id"]), "title": title, "text": text}
        except (ValueError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(f"{path.name} line {number} is no document of BEIR: {type(error).__name__}.") from None
        if not isinstance(text, str) or text.strip():
            yield json.dumps(fields) + "\n"
