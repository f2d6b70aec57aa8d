"""Runs an evaluation: questions, replies, judgements, figures. The one file that knows the order."""

import os
import platform
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from eval.examples import Dataset
from eval.figures import by_type, curves, failures, figures, misquotes, smallest_differences
from eval.judge import judge
from eval.metrics.latency import percentile
from eval.records import Reply, Row, Run, System, Timings
from eval.replies import kept_in, replies
from eval.subject import Subject

_REPLIES = "replies.jsonl"


def evaluate(
    dataset: Dataset,
    subject: Subject,
    jobs: int = 1,
    folder: Path | None = None,
    on_done: Callable[[], None] = lambda: None,
    remarks: Sequence[str] = (),
) -> Run:
    """Ask a subject all questions of a set and judge what it says.

    The same twice but for `timings`. `folder` keeps the replies as they come; a run that was stopped goes on there, as
    long as questions and system are the same. `jobs` questions are asked at once: latencies then say less. `remarks`
    become warnings of the run.
    """
    begin = perf_counter()
    system = subject.system()
    with kept_in(None if folder is None else folder / _REPLIES, dataset, system) as kept:
        told = replies(subject, dataset.examples, jobs, kept, on_done)
    rows = tuple(judge(e, reply, subject) for e, reply in zip(dataset.examples, told, strict=True))
    found = figures(rows)
    risk_coverage, reliability = curves(rows)
    return Run(
        dataset=dataset.name,
        dataset_sha256=dataset.sha256,
        system=system,
        figures=found,
        by_type=by_type(rows),
        failures=failures(rows),
        misquotes=misquotes(rows),
        smallest_difference=smallest_differences(found),
        risk_coverage=risk_coverage,
        reliability=reliability,
        warnings=(*remarks, *warnings(dataset, rows, system)),
        rows=rows,
        timings=_timings(told, system, jobs, perf_counter() - begin),
    )


def warnings(dataset: Dataset, rows: Sequence[Row], system: System) -> list[str]:
    """What a reader of the figures has to know."""
    astray = [row.id for row in rows if any(span.start is None for span in row.gold)]
    failed = [row.id for row in rows if row.status == "failed"]
    free = sum(bool(e.answerable and e.answers and e.evidence and not e.must_include) for e in dataset.examples)
    mute = [e.id for e in dataset.examples if e.answerable and not e.must_include and not e.evidence]
    found = []
    if astray and system.corpus is None:
        found.append(f"The documents cannot be read, nor what {len(astray)} questions have as evidence in them.")
    elif astray:
        found.append(f"Gold evidence of {len(astray)} questions is not in the documents: {_few(astray)}.")
    if failed:
        found.append(f"{len(failed)} questions got an error instead of an answer: {_few(failed)}.")
    if free:
        found.append(
            f"{free} questions have reference answers that stand in no gold evidence; they are judged by the evidence."
        )
    if mute:
        found.append(f"{len(mute)} questions have nothing to judge an answer by: {_few(mute)}.")
    return found


def _few(ids: Sequence[str]) -> str:
    return ", ".join(ids[:8]) + (f" and {len(ids) - 8} more" if len(ids) > 8 else "")  # noqa: PLR2004 - the same 8


def _timings(told: Sequence[Reply], system: System, jobs: int, seconds: float) -> Timings:
    taken = [reply.milliseconds for reply in told if reply.status != "failed"]
    stages = sorted({stage for reply in told for stage in reply.timings_ms})
    return Timings(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=_commit(),
        machine=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        jobs=jobs,
        seconds=round(seconds, 3),
        ask_ms={f"p{p}": percentile(taken, p) for p in (50, 95, 99)},
        stages_ms={
            stage: percentile([r.timings_ms[stage] for r in told if stage in r.timings_ms], 50) or 0.0
            for stage in stages
        },
        peak_mb=_peak_mb() if system.kind == "library" else None,
        per_question_ms={reply.id: round(reply.milliseconds, 3) for reply in told},
    )


def _peak_mb() -> float:
    """Largest resident size of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e6, 1)


def _commit() -> str | None:
    """The commit that is checked out where this code lies, with a `+` when files differ from it."""
    at = Path(__file__).parent
    git = ["git", "-C", str(at)]
    try:
        head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")
