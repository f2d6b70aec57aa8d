"""Measures speed as a ratio to the bare model in the same run: `python -m eval.bench [ask|ingest|cold] [--corpus …]`.

These machines are noisy, so no figure stands alone: a question over HTTP is timed against encoding the same question,
turn by turn; an ingest against encoding the same passages. A cold start is the one absolute figure.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import numpy as np

from eval.examples import read_dataset
from eval.serving import environment, served
from rag import Library

_ROUNDS = 3
_BARE_PASSAGES = 4_000
"""At most so many passages, taken at even distances, tell the rate of the bare model."""


def bench_ask(index: Path, questions: Sequence[str]) -> dict[str, float]:
    """p50 of `POST /v1/ask` over HTTP against the bare encoding of the same questions, turn by turn."""
    library = Library(index)
    embedder = library.embedder
    bare: list[float] = []
    asked: list[float] = []
    with served(index) as service, httpx.Client(base_url=service.url, timeout=30, trust_env=False) as client:
        for round_number in range(_ROUNDS + 1):
            for question in questions:
                begin = time.perf_counter()
                embedder.questions([question])
                middle = time.perf_counter()
                client.post("/v1/ask", json={"question": question}).raise_for_status()
                end = time.perf_counter()
                if round_number:  # the first round warms both up
                    bare.append(middle - begin)
                    asked.append(end - middle)
    library.close()
    return {
        "bare_p50_ms": _ms(bare),
        "ask_p50_ms": _ms(asked),
        "ask_p95_ms": statistics.quantiles(asked, n=20)[-1] * 1000,
        "ratio": statistics.median(asked) / statistics.median(bare),
    }


def bench_ingest(corpus: Path) -> dict[str, float]:
    """Rate of a whole ingest against the bare encoding of the same passages, in a process of its own each."""
    with tempfile.TemporaryDirectory() as scratch:
        index = Path(scratch) / "index"
        Library(index).close()
        ingest = _timed(["ingest", str(corpus), "--json"], index)
        again = _timed(["ingest", str(corpus), "--json"], index)
        bare = _bare_rate(index)
        passages = len(_passage_texts(index))
    return {
        "passages": passages,
        "ingest_s": ingest["seconds"],
        "ingest_passages_per_s": passages / ingest["seconds"],
        "bare_passages_per_s": bare,
        "ratio": passages / ingest["seconds"] / bare,
        "peak_mb": ingest["peak_mb"],
        "second_ingest_s": again["seconds"],
    }


def bench_cold(index: Path, question: str) -> dict[str, float]:
    """Seconds of `rag ask` in a process of its own, the median of five."""
    runs = [_timed(["ask", question], index, allowed=(0, 3))["seconds"] for _ in range(5)]
    return {"cold_ask_s": statistics.median(runs), "cold_ask_max_s": max(runs)}


def _timed(arguments: Sequence[str], index: Path, allowed: Sequence[int] = (0,)) -> dict[str, float]:
    """Wall-clock seconds and peak memory of the program with these arguments."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "rag", *arguments], env=environment(index), stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    code = process.returncode = os.waitstatus_to_exitcode(status)
    if code not in allowed:
        raise RuntimeError(f"rag {arguments[0]} ended with {code}")
    return {"seconds": seconds, "peak_mb": usage.ru_maxrss / 1024}


def _passage_texts(index: Path) -> list[str]:
    library = Library(index)
    keys = library.store.passages.keys("default")
    texts = [text for rows in library.store.passages.index_rows(keys) for text in rows.texts]
    library.close()
    return texts


def _bare_rate(index: Path) -> float:
    """Passages per second of the model alone: tokens, model call, pooling."""
    texts = _passage_texts(index)
    texts = texts[:: -(-len(texts) // _BARE_PASSAGES)]
    library = Library(index)
    embedder = library.embedder
    embedder.questions(texts[:64])
    begin = time.perf_counter()
    for start in range(0, len(texts), 512):
        embedder.questions(texts[start : start + 512])
    seconds = time.perf_counter() - begin
    library.close()
    return len(texts) / seconds


def _ms(seconds: Sequence[float]) -> float:
    return float(np.median(seconds)) * 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench", description=__doc__)
    parser.add_argument("what", nargs="*", choices=["ask", "ingest", "cold"], default=["ask", "ingest", "cold"])
    parser.add_argument("--corpus", type=Path, default=Path("seeds"))
    parser.add_argument("--questions", type=Path, default=Path("eval/datasets/seeds.jsonl"))
    chosen = parser.parse_args(arguments)
    questions = [e.question for e in read_dataset(chosen.questions).examples]
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        index = Path(scratch) / "index"
        if {"ask", "cold"} & set(chosen.what):
            _timed(["ingest", str(chosen.corpus)], index)
        if "cold" in chosen.what:
            figures["cold"] = bench_cold(index, questions[0])
        if "ask" in chosen.what:
            figures["ask"] = bench_ask(index, questions)
    if "ingest" in chosen.what:
        figures["ingest"] = bench_ingest(chosen.corpus)
    print(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
