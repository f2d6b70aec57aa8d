"""Prints how well the questions of a set are answered: `python -m eval DATASET [--corpus PATH | --index DIR]`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from eval.examples import read_examples
from eval.run import evidence_stands, opened, run, summary


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when done, 1 when a quote was not verbatim or gold evidence is missing from the documents."""
    parser = argparse.ArgumentParser(prog="python -m eval", description=__doc__)
    parser.add_argument("dataset", type=Path, help="questions, one JSON object a line")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--corpus", type=Path, help="files, folder or .jsonl to make a temporary index of")
    where.add_argument("--index", type=Path, help="an index that is there already")
    parser.add_argument("--out", type=Path, help="write the figures here as JSON")
    chosen = parser.parse_args(arguments)
    examples = read_examples(chosen.dataset)
    with opened(chosen.index, chosen.corpus) as library:
        astray = evidence_stands(library, examples)
        outcomes = list(run(library, examples))
    figures = summary(outcomes)
    for name, value in figures.items():
        print(f"{name:>26}  {_shown(value)}")
    if astray:
        print(f"gold evidence that is not in the documents: {', '.join(astray)}", file=sys.stderr)
    if chosen.out:
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        chosen.out.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 1 if astray or figures["misquotes"] else 0


def _shown(value: object) -> str:
    if value is None:
        return "not measured"
    if isinstance(value, dict):
        return f"{value['rate']:.3f}  [{value['low']:.3f}, {value['high']:.3f}]  {value['hits']} of {value['of']}"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
