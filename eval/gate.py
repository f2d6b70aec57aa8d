"""Decides whether a run may pass: invariants, floors, and no regression."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ConfigDict, StrictFloat, StrictStr, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from eval.compare import compare
from eval.metrics import METRICS
from eval.metrics.citations import citation_scores
from eval.records import Figure, Row, Run
from eval.report.saved import read_run


@checked(frozen=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Gate:
    """What a gate file says."""

    floors: dict[str, StrictFloat] = field(default_factory=dict)
    """The lower end of a figure's interval must not be under this."""
    ceilings: dict[str, StrictFloat] = field(default_factory=dict)
    """The upper end of a figure's interval must not be over this."""
    baseline: StrictStr | None = None
    """A saved run, by its path from the gate file, than which nothing guarded may be worse, question by question."""
    guarded: list[str] | None = None
    """Metrics that are compared with the baseline; all when left out, of which one in twenty looks worse by chance."""


@dataclass(frozen=True, slots=True)
class Rules:
    """A gate with its baseline read."""

    gate: Gate
    baseline: Run | None


def read_gate(path: Path) -> Rules:
    """The rules of a TOML file with `[floors]`, `[ceilings]` and `baseline`, all optional.

    Raises:
        ValueError: The file is no gate, names a figure that there is not, or its baseline cannot be read.
    """
    try:
        gate = TypeAdapter(Gate).validate_python(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{path} is no TOML: {error}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(
            f"{path}: {where}: {first['msg']}; expected [floors], [ceilings], baseline, guarded."
        ) from None
    if unknown := sorted({*gate.floors, *gate.ceilings, *(gate.guarded or ())} - METRICS.keys()):
        raise ValueError(f"{path} names {', '.join(unknown)}; the figures are {', '.join(sorted(METRICS))}.")
    return Rules(gate, None if gate.baseline is None else read_run(path.parent / gate.baseline))


def broken(run: Run, rules: Rules) -> list[str]:
    """What the run breaks of the rules, a sentence each; empty when it may pass.

    Whatever the rules: each served quote stands where it says, each marker has a citation, each answer has a citation
    that bears a part of it, no question got an error, and all gold evidence is in the documents. What a service does
    not show (the citations and documents of one with the OpenAI-compatible face) is not held against it.

    Raises:
        ValueError: The baseline cannot be compared with the run.
    """
    return [*_invariants(run), *_floors(run, rules.gate), *_regressions(run, rules)]


def _invariants(run: Run) -> list[str]:
    found = []
    if misquoted := [row.id for row in run.rows if any(quote.verbatim is False for quote in row.quotes)]:
        found.append(f"quotes that their documents do not hold were served: {', '.join(misquoted[:8])}")
    if failed := [row.id for row in run.rows if row.status == "failed"]:
        found.append(f"questions got an error: {', '.join(failed[:8])}")
    shown = [row for row in run.rows if run.system.kind != "openai"]
    if dangling := [row.id for row in shown if row.status == "answered" and _dangling(row)]:
        found.append(f"markers without a citation were served: {', '.join(dangling[:8])}")
    if mute := [row.id for row in shown if row.status == "answered" and row.scores.get("citation_recall") == 0]:
        found.append(f"answers without a citation that bears them: {', '.join(mute[:8])}")
    if astray := [row.id for row in shown if any(span.start is None for span in row.gold)]:
        found.append(f"gold evidence is not in the documents: {', '.join(astray[:8])}")
    return found


def _dangling(row: Row) -> int:
    """Markers of an answer that none of its citations has."""
    return citation_scores(row.answer, {quote.n: quote.quote for quote in row.quotes}).dangling


def _floors(run: Run, gate: Gate) -> list[str]:
    found = []
    for name, floor in gate.floors.items():
        low = _end(run, name, "low")
        if low is None:
            found.append(f"{name} was not measured; its floor is {floor}")
        elif low < floor:
            found.append(f"{name} may be as low as {low:.3f}, under its floor of {floor}")
    for name, ceiling in gate.ceilings.items():
        high = _end(run, name, "high")
        if high is None:
            found.append(f"{name} was not measured; its ceiling is {ceiling}")
        elif high > ceiling:
            found.append(f"{name} may be as high as {high:.3f}, over its ceiling of {ceiling}")
    return found


def _end(run: Run, name: str, end: str) -> float | None:
    """An end of the interval; the value itself where there is no interval."""
    figure = run.figures.get(name) or Figure(_timing(run, name))
    bound = figure.low if end == "low" else figure.high
    return figure.value if bound is None else bound


def _timing(run: Run, name: str) -> float | None:
    return run.timings.peak_mb if name == "peak_mb" else run.timings.ask_ms.get(name.removeprefix("ask_"))


def _regressions(run: Run, rules: Rules) -> list[str]:
    if rules.baseline is None:
        return []
    return [
        f"{d.name} went from {d.before:.3f} to {d.after:.3f} on the same {d.n} questions"
        for d in compare(rules.baseline, run)
        if d.verdict == "worse" and (rules.gate.guarded is None or d.name in rules.gate.guarded)
    ]
