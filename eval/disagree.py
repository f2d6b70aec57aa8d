"""Measures how well disagreement between documents is noticed, and whether both sides are quoted.

    python -m eval.disagree [--out FILE]

It reads `eval/datasets/disagree.jsonl`, questions on the small documents in `eval/datasets/disagree/`: on some the
documents differ in a figure, a date or a view, on the others they speak of other years, places or parts, or say the
same in other words. A document's questions are all in the tuning half or all in the held-out half.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from eval.metrics.answers import answer_hit
from eval.stats import wilson
from rag import Answer, Library

DATASET = Path("eval/datasets/disagree.jsonl")
DOCUMENTS = Path("eval/datasets/disagree")
HALVES = {"tune": "tuning half", "held": "held-out half"}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what became of it."""

    id: str
    split: str
    kind: str
    differ: bool
    """Whether the documents do."""
    flagged: bool
    """Whether the answer says so."""
    both: bool
    """Whether the answer quotes what each side says."""
    dated: bool
    """Whether the two quotes have an author and a date each, the earlier first."""


def asked(lines: Iterable[str], library: Library) -> Iterator[Asked]:
    """Each question of the set, asked."""
    for raw in map(json.loads, filter(str.strip, lines)):
        answer = library.ask(raw["question"])
        told = " ".join(claim.text for claim in answer.claims)
        yield Asked(
            raw["id"],
            raw["split"],
            raw["type"],
            raw["disagree"] is not None,
            answer.disagreement is not None,
            bool(answer_hit(raw["must_include"], told)),
            _dated(answer),
        )


def _dated(answer: Answer) -> bool:
    if answer.disagreement is None:
        return False
    cited = [c for claim in answer.claims for c in claim.citations if c.n in answer.disagreement.citations]
    dates = [citation.date or "" for citation in cited]
    return all(dates) and dates == sorted(dates) and all(citation.author for citation in cited)


def figures(rows: Sequence[Asked]) -> Json:
    """Precision and recall of the flag, how often both sides are quoted, and how often with who and when."""
    flagged = [row for row in rows if row.flagged]
    differ = [row for row in rows if row.differ]
    return {
        "questions": len(rows),
        "precision": _rate([row.differ for row in flagged]),
        "recall": _rate([row.flagged for row in differ]),
        "both_quoted": _rate([row.both for row in differ]),
        "both_quoted_where_flagged": _rate([row.both for row in flagged if row.differ]),
        "with_who_and_when": _rate([row.dated for row in flagged]),
    }


def _rate(hits: Sequence[bool]) -> Json:
    of = len(hits)
    return {"value": sum(hits) / of if of else None, "interval": wilson(sum(hits), of), "hits": sum(hits), "of": of}


def table(name: str, found: Json) -> str:
    """The figures as lines of text."""
    rates = [(key, rate) for key, rate in found.items() if key != "questions"]
    return "\n".join(
        [f"{name}: {found['questions']} questions", *(f"  {key:28} {_shown(rate)}" for key, rate in rates)]
    )


def _shown(rate: Json) -> str:
    if rate["value"] is None:
        return "not measured"
    low, high = rate["interval"]
    return f"{rate['value']:.3f} [{low:.3f}, {high:.3f}]  {rate['hits']} of {rate['of']}"


def main(arguments: Sequence[str]) -> int:
    """Prints the figures of both halves; 0."""
    parser = ArgumentParser(prog="python -m eval.disagree", description="How well disagreement is noticed.")
    parser.add_argument("--out", type=Path, help="file for the figures, as JSON")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        library = Library(Path(folder))
        library.ingest([DOCUMENTS])
        rows = list(asked(DATASET.read_text("utf-8").split("\n"), library))
        library.close()
    found = {half: figures([row for row in rows if row.split == half]) for half in HALVES}
    for half, name in HALVES.items():
        print(table(name, found[half]))
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
