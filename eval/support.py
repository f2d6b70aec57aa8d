"""Measures how well sentences are told apart that passages bear out and that they do not.

    python -m eval.support [--data FOLDER] [--out FILE] [--fit]

It reads `eval/datasets/support.jsonl`, sentences written by hand and labelled, on the notes in `seeds/` and on passages
of public sets; the latter count where `--data` names a folder with `SET/corpus.jsonl`. A document is in the tuning half
or in the held-out half. `--fit` prints the two numbers of `rag/support/score.py` as the tuning half gives them.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.stats import cluster_bootstrap_rows, wilson
from rag import Document
from rag.load import Loader
from rag.support import Evidence, Passage, Score, score

DATASET = Path("eval/datasets/support.jsonl")
SEEDS = Path("seeds")
_DIGEST = 12
_STEPS = 50
_RIDGE = 1.0

Json = dict[str, Any]
Texts = Callable[[str, str], str | None]
"""The text of a document of a set; `None` where the set is not at hand."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence, the passages it may cite, and whether those it cites bear it out."""

    id: str
    split: str
    kind: str
    supported: bool
    set: str
    document: str
    passages: tuple[str, ...]
    cited: tuple[int, ...]
    """Counted from 1."""
    sentence: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled sentence with what was found."""

    labelled: Labelled
    score: Score


def read_labelled(lines: Iterable[str], texts: Texts) -> Iterator[Labelled]:
    """The sentences whose documents are at hand.

    Raises:
        ValueError: The passages of one are not those that it was written for.
    """
    for raw in map(json.loads, filter(str.strip, lines)):
        text = texts(raw["set"], raw["document"])
        if text is None:
            continue
        passages = tuple(text[start:end] for start, end in raw["passages"])
        if sha256("\n".join(passages).encode()).hexdigest()[:_DIGEST] != raw["digest"]:
            raise ValueError(f"{raw['document']} is not the text that {raw['id']} was written for.")
        yield Labelled(
            raw["id"],
            raw["split"],
            raw["class"],
            raw["supported"],
            raw["set"],
            raw["document"],
            passages,
            tuple(raw["cited"]),
            raw["sentence"],
        )


def texts_of(seeds: Path, data: Path | None, loader: Loader) -> Texts:
    """The documents of `seeds/`, and those of the public sets in a folder."""

    @cache
    def corpus(name: str) -> dict[str, str]:
        file = data / name / "corpus.jsonl" if data else None
        if file is None or not file.is_file():
            return {}
        rows = map(json.loads, filter(str.strip, file.read_text("utf-8").split("\n")))
        return {row["doc_id"]: row["text"] for row in rows}

    @cache
    def text(name: str, document: str) -> str | None:
        if name != "seeds":
            return corpus(name).get(document)
        loaded = next(loader.load_bytes((seeds / document).read_bytes(), document))
        return loaded.text if isinstance(loaded, Document) else None

    return text


def judged(labelled: Iterable[Labelled]) -> list[Judged]:
    """Each sentence held against the passages that it cites."""

    @cache
    def evidence(passages: tuple[str, ...]) -> Evidence:
        return Evidence([Passage(passage) for passage in passages])

    def cited(one: Labelled) -> Evidence:
        return evidence(tuple(one.passages[number - 1] for number in one.cited))

    return [Judged(one, score(one.sentence, cited(one))) for one in labelled]


def figures(rows: Sequence[Judged]) -> Json:
    """Precision and recall of what is let through, with intervals, and the share of each class that is let through."""
    let = [row for row in rows if row.score.supported]
    right = sum(row.labelled.supported for row in let)
    borne = sum(row.labelled.supported for row in rows)
    kinds = sorted({(not row.labelled.supported, row.labelled.kind) for row in rows})
    return {
        "sentences": len(rows),
        "documents": len({row.labelled.document for row in rows}),
        "precision": _rate(right, len(let)) | {"by_document": _by_document(rows, precision)},
        "recall": _rate(right, borne) | {"by_document": _by_document(rows, recall)},
        "let_through": {kind: _rate_of([row for row in rows if row.labelled.kind == kind]) for _, kind in kinds},
    }


def precision(rows: Sequence[Judged]) -> float | None:
    """Share of what is let through that is borne out; `None` where nothing is let through."""
    let = [row.labelled.supported for row in rows if row.score.supported]
    return sum(let) / len(let) if let else None


def recall(rows: Sequence[Judged]) -> float | None:
    """Share of what is borne out that is let through; `None` where nothing is borne out."""
    borne = [row.score.supported for row in rows if row.labelled.supported]
    return sum(borne) / len(borne) if borne else None


def _rate_of(rows: Sequence[Judged]) -> Json:
    return _rate(sum(row.score.supported for row in rows), len(rows))


def _rate(hits: int, of: int) -> Json:
    ends = wilson(hits, of)
    return {"value": hits / of if of else None, "interval": ends, "hits": hits, "of": of}


def _by_document(rows: Sequence[Judged], statistic: Callable[[Sequence[Judged]], float | None]) -> Json | None:
    """The interval when whole documents are drawn again."""
    ends = cluster_bootstrap_rows(
        [row.labelled.document for row in rows], lambda drawn: statistic([rows[k] for k in drawn])
    )
    return None if ends is None else {"low": ends[0], "high": ends[1]}


def fitted(rows: Sequence[Judged]) -> tuple[float, float]:
    """Intercept and weight of the words missing, by logistic regression (ridge 1) over sentences that break no rule."""
    unbroken = [row for row in rows if row.score.window is not None and not row.score.broken]
    x = np.array([[1.0, row.score.weight] for row in unbroken])
    y = np.array([row.labelled.supported for row in unbroken], np.float64)
    ridge = np.diag([0.0, _RIDGE])
    w: NDArray[np.float64] = np.zeros(2)
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-x @ w))
        w -= np.linalg.solve((x.T * (p * (1 - p))) @ x + ridge, x.T @ (p - y) + ridge @ w)
    return float(w[0]), float(w[1])


def table(name: str, found: Json) -> str:
    """The figures as lines of text."""
    lines = [f"{name}: {found['sentences']} sentences on {found['documents']} documents"]
    lines += [f"  {key:32} {_shown(found[key])}" for key in ("precision", "recall")]
    lines += [f"    let through: {kind:18} {_shown(rate)}" for kind, rate in found["let_through"].items()]
    return "\n".join(lines)


def _shown(rate: Json) -> str:
    if rate["value"] is None:
        return "not measured"
    low, high = rate["interval"]
    return f"{rate['value']:.3f} [{low:.3f}, {high:.3f}]  {rate['hits']} of {rate['of']}"


def main(arguments: Sequence[str]) -> int:
    """Prints the figures of both halves; 0."""
    options = _options(arguments)
    with Loader() as loader:
        texts = texts_of(SEEDS, options.data, loader)
        rows = judged(read_labelled(DATASET.read_text("utf-8").split("\n"), texts))
    halves = {half: [row for row in rows if row.labelled.split == half] for half in ("tune", "held")}
    if options.fit:
        print("intercept {:.2f}, weight {:.2f}".format(*fitted(halves["tune"])))
        return 0
    found = {half: figures(part) for half, part in halves.items()}
    for half, name in (("tune", "tuning half"), ("held", "held-out half")):
        print(table(name, found[half]))
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0


def _options(arguments: Sequence[str]) -> Namespace:
    parser = ArgumentParser(prog="python -m eval.support", description="How well unsupported sentences are told apart.")
    parser.add_argument("--data", type=Path, help="folder with SET/corpus.jsonl of the public sets")
    parser.add_argument("--out", type=Path, help="file for the figures, as JSON")
    parser.add_argument("--fit", action="store_true", help="print what the tuning half gives for the probability")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
