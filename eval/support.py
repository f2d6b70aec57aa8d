"""Measures how well sentences are told apart that passages bear out and that they do not.

    python -m eval.support [--data FOLDER] [--out FILE] [--fit]

It reads `eval/datasets/support.jsonl`, sentences written by hand and labelled, on the notes in `seeds/` and on passages
of public sets; the latter count where `--data` names a folder with `SET/corpus.jsonl`. Each goes the way of a sentence
of an LLM, markers and all. There are three parts: `tune`; `held`, on documents that are in no `tune`; and `seen`, held
out once and looked at too often since. `--fit` prints the two numbers of `rag/support/score.py` as `tune` gives them.
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
from rag import Claim, Document
from rag.generate import Given, prove, read_given
from rag.load import Found, Loader, find
from rag.records import DocumentInfo, Hit, Passage, Scores, Span
from rag.sentences import sentences
from rag.support import Score, score

DATASET = Path("eval/datasets/support.jsonl")
SEEDS = Path("seeds")
PARTS = {"tune": "tuning part", "seen": "part that was held out once", "held": "held-out part"}
_DIGEST = 12
_STEPS = 50
_RIDGE = 1.0

Json = dict[str, Any]
Documents = Callable[[str, str], Document | None]
"""A document of a set; `None` where the set is not at hand."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence, the passages that its writer was given, and whether those it cites bear it out."""

    id: str
    split: str
    kind: str
    supported: bool
    set: str
    hits: tuple[Hit, ...]
    cited: tuple[int, ...]
    """Counted from 1."""
    sentence: str

    @property
    def document(self) -> str:
        """That of the first passage it cites."""
        return self.hits[self.cited[0] - 1].document.source


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled sentence with what was found."""

    labelled: Labelled
    let_through: bool


def read_labelled(lines: Iterable[str], documents: Documents) -> Iterator[Labelled]:
    """The sentences whose documents are at hand.

    Raises:
        ValueError: The passages of one are not those that it was written for.
    """
    for raw in map(json.loads, filter(str.strip, lines)):
        found = [(documents(raw["set"], source), start, end) for source, start, end in raw["passages"]]
        hits = tuple(hit(document, start, end) for document, start, end in found if document is not None)
        if len(hits) < len(found):
            continue
        if sha256("\n".join(h.passage.text for h in hits).encode()).hexdigest()[:_DIGEST] != raw["digest"]:
            raise ValueError(f"{raw['passages'][0][0]} is not the text that {raw['id']} was written for.")
        yield Labelled(
            raw["id"],
            raw["split"],
            raw["class"],
            raw["supported"],
            raw["set"],
            hits,
            tuple(raw["cited"]),
            raw["sentence"],
        )


def hit(document: Document, start: int, end: int) -> Hit:
    """A passage of a document, as a search would give it."""
    text = document.text[start:end]
    number = next(k for k, section in enumerate(document.sections) if start < section.end)
    spans = tuple(Span(start + span.start, start + span.end) for span in sentences(text))
    return Hit(
        Passage(document.id, number, start, end, text, spans),
        DocumentInfo(
            document.id,
            document.source,
            document.title,
            document.media_type,
            document.sha256,
            len(document.text),
            passages=1,
        ),
        document.sections[number],
        page=None,
        score=1.0,
        scores=Scores(),
    )


def documents_of(seeds: Path, data: Path | None, loader: Loader) -> Documents:
    """The documents of `seeds/`, and those of the public sets in a folder."""

    @cache
    def corpus(name: str) -> dict[str, Document]:
        path = seeds if name == "seeds" else data / name / "corpus.jsonl" if data else None
        if path is None or not path.exists():
            return {}
        files = [found for found in find(path) if isinstance(found, Found)]
        loaded = [document for file in files for document in loader.load(file)]
        return {document.source: document for document in loaded if isinstance(document, Document)}

    return lambda name, source: corpus(name).get(source)


def judged(labelled: Iterable[Labelled]) -> list[Judged]:
    """Each sentence with whether it is shown, written by an LLM with the markers of the passages that it cites."""
    given: Callable[[tuple[Hit, ...]], Given] = cache(read_given)

    def shown(one: Labelled) -> bool:
        markers = "".join(f"[{number}]" for number in one.cited)
        return isinstance(prove(f"{one.sentence.rstrip('.')} {markers}.", given(one.hits)), Claim)

    return [Judged(one, shown(one)) for one in labelled]


def figures(rows: Sequence[Judged]) -> Json:
    """Precision and recall of what is let through, with intervals, and the share of each class that is let through."""
    let = [row for row in rows if row.let_through]
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
    let = [row.labelled.supported for row in rows if row.let_through]
    return sum(let) / len(let) if let else None


def recall(rows: Sequence[Judged]) -> float | None:
    """Share of what is borne out that is let through; `None` where nothing is borne out."""
    borne = [row.let_through for row in rows if row.labelled.supported]
    return sum(borne) / len(borne) if borne else None


def _rate_of(rows: Sequence[Judged]) -> Json:
    return _rate(sum(row.let_through for row in rows), len(rows))


def _rate(hits: int, of: int) -> Json:
    ends = wilson(hits, of)
    return {"value": hits / of if of else None, "interval": ends, "hits": hits, "of": of}


def _by_document(rows: Sequence[Judged], statistic: Callable[[Sequence[Judged]], float | None]) -> Json | None:
    """The interval when whole documents are drawn again."""
    ends = cluster_bootstrap_rows(
        [row.labelled.document for row in rows], lambda drawn: statistic([rows[k] for k in drawn])
    )
    return None if ends is None else {"low": ends[0], "high": ends[1]}


def fitted(labelled: Iterable[Labelled]) -> tuple[float, float]:
    """Intercept and weight of the words missing, by logistic regression (ridge 1) over sentences that break no rule."""
    found = [(scored(one), one.supported) for one in labelled]
    unbroken = [(score, borne) for score, borne in found if score.window is not None and not score.broken]
    x = np.array([[1.0, score.weight] for score, _ in unbroken])
    y = np.array([borne for _, borne in unbroken], np.float64)
    ridge = np.diag([0.0, _RIDGE])
    w: NDArray[np.float64] = np.zeros(2)
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-x @ w))
        w -= np.linalg.solve((x.T * (p * (1 - p))) @ x + ridge, x.T @ (p - y) + ridge @ w)
    return float(w[0]), float(w[1])


def scored(one: Labelled) -> Score:
    """A sentence held against the passages that it cites, markers aside."""
    return score(one.sentence, read_given(one.hits).evidence, {number - 1 for number in one.cited})


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
    """Prints the figures of each part; 0."""
    options = _options(arguments)
    with Loader() as loader:
        documents = documents_of(SEEDS, options.data, loader)
        rows = list(read_labelled(DATASET.read_text("utf-8").split("\n"), documents))
    if options.fit:
        print("intercept {:.2f}, weight {:.2f}".format(*fitted(row for row in rows if row.split == "tune")))
        return 0
    found = {part: figures(judged(row for row in rows if row.split == part)) for part in PARTS}
    for part, name in PARTS.items():
        print(table(name, found[part]))
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0


def _options(arguments: Sequence[str]) -> Namespace:
    parser = ArgumentParser(prog="python -m eval.support", description="How well unsupported sentences are told apart.")
    parser.add_argument("--data", type=Path, help="folder with SET/corpus.jsonl of the public sets")
    parser.add_argument("--out", type=Path, help="file for the figures, as JSON")
    parser.add_argument("--fit", action="store_true", help="print what the part for tuning gives for the probability")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
