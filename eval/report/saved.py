"""A run as JSON, and back."""

import json
from dataclasses import fields, is_dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from eval.records import Run

FORMAT = 1
"""The number in `format` of the files that this program writes and reads."""
_RUN = TypeAdapter(Run)
_PROBLEMS_NAMED = 3
_MOST_SHOWN = 60


def to_json(run: Run) -> bytes:
    """A run as UTF-8 JSON that is the same for the same run; all that differs between two runs is in `timings`, last.

    Names whose order means nothing (figures, types, scores) are sorted. A surrogate without its partner, which UTF-8
    cannot hold, becomes `?`, so that offsets stay right.

    Raises:
        ValueError: when a number is NaN or infinite. What is not measured is `None`.
    """
    plain = {field.name: _plain(getattr(run, field.name)) for field in fields(run)}
    timings = plain.pop("timings")
    whole = {"format": plain.pop("format"), **plain, "timings": timings}
    text = json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False)
    return text.encode("utf-8", "replace") + b"\n"


def read_run(path: Path) -> Run:
    """The run that a file, or the `run.json` of a folder, holds; a field that this program does not know is left out.

    Raises:
        ValueError: when the file cannot be read, is not JSON, is no run, has another format number, or a field is wrong
            or missing.
    """
    path = path / "run.json" if path.is_dir() else path
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read: {error.strerror}. Give the run.json that `rag eval --out` wrote."
        ) from None
    _check_format(path, data)
    try:
        return _RUN.validate_json(data, strict=True)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        named = "; ".join(
            f"{'.'.join(str(part) for part in p['loc'])}: found {_short(p['input'])}, {p['msg']}"
            for p in problems[:_PROBLEMS_NAMED]
        )
        more = f"; and {len(problems) - _PROBLEMS_NAMED} more" if len(problems) > _PROBLEMS_NAMED else ""
        raise ValueError(
            f"{path} is not a run of format {FORMAT}: {named}{more}. "
            "Make it again with `rag eval`; it is not to be edited."
        ) from error


def schema() -> bytes:
    """The JSON Schema (2020-12) of what `to_json` writes, as it is committed in `eval/run.schema.json`."""
    made = TypeAdapter(Run).json_schema(mode="serialization")
    made["properties"]["format"] = {"const": FORMAT, "title": "Format", "type": "integer"}
    made["required"] = ["format", *made["required"]]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(head | made, indent=1).encode() + b"\n"


def _check_format(path: Path, data: bytes) -> None:
    remedy = "Give the run.json that `rag eval --out` wrote."
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON ({error}); a run was expected. {remedy}") from error
    if not isinstance(found, dict) or "format" not in found:
        raise ValueError(f"{path} holds {_short(found)}; an object with `format` {FORMAT} was expected. {remedy}")
    if type(found["format"]) is not int or found["format"] != FORMAT:
        raise ValueError(
            f"{path} has format {_short(found['format'])}; this program reads format {FORMAT}. "
            "Make the run again with this program, or read the file with the one that wrote it."
        )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {name: _plain(value[name]) for name in sorted(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
