"""Reads question sets: JSON Lines of the contract, BEIR folders, CSV."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from pydantic import TypeAdapter, ValidationError

from eval.metrics.answers import answer_hit
from eval.records import Evidence, Example

_EXAMPLE = TypeAdapter(Example)
_LISTS_APART = "|"
"""Between the answers of a CSV cell."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A question set."""

    name: str
    sha256: str
    """Of the questions' bytes."""
    examples: tuple[Example, ...]


def read_dataset(path: Path) -> Dataset:
    """The questions of a `.jsonl` or `.csv` file, of a BEIR folder, or of a folder with `questions.jsonl`, in order.

    Raises:
        ValueError: There is nothing to read, a line is no example, or an id stands twice; the message names file, line
            and reason.
    """
    files = _question_files(path) if path.is_dir() else [path]
    try:
        content = [(file, file.read_bytes()) for file in files]
    except OSError as error:
        raise ValueError(f"{error.filename} cannot be read: {error.strerror}.") from None
    examples = tuple(_read(content))
    if not examples:
        raise ValueError(f"{path.name} holds no question: expected JSON Lines, CSV with a header, or a BEIR folder.")
    if twice := _twice(e.id for e in examples):
        raise ValueError(f"{path.name} holds the id {twice!r} twice; ids tell questions apart.")
    digest = hashlib.sha256(b"\0".join(part for _, part in content)).hexdigest()
    return Dataset(path.resolve().name if path.is_dir() else path.stem, digest, examples)


def _question_files(folder: Path) -> list[Path]:
    """`questions.jsonl`, or `queries.jsonl` with the judgements of BEIR (those of `test` where there are several)."""
    questions, queries = folder / "questions.jsonl", folder / "queries.jsonl"
    if questions.is_file():
        return [questions]
    judgements = sorted((folder / "qrels").glob("*.tsv"), key=lambda file: (file.stem != "test", file.name))
    if not queries.is_file() or not judgements:
        raise ValueError(
            f"{folder} is no question set: expected questions.jsonl, or queries.jsonl and qrels/*.tsv as in BEIR."
        )
    return [queries, judgements[0]]


def _read(content: list[tuple[Path, bytes]]) -> Iterator[Example]:
    (file, first), *rest = content
    if rest:
        yield from _beir(file, first, *rest[0])
    elif file.suffix.lower() == ".csv":
        yield from _csv(file, first)
    else:
        for number, line in _lines(file, first):
            yield _example(file, number, partial(_of_json, line))


def _lines(file: Path, content: bytes) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers; only a line feed ends one."""
    for number, line in enumerate(_decoded(file, content).split("\n"), 1):
        if line.strip():
            yield number, line


def _decoded(file: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{file.name} line {line} is not UTF-8: {error.reason}.") from None


def _parsed(line: str) -> dict[str, Any]:
    """The object of a line of JSON."""
    raw = json.loads(line, parse_constant=_no_number)
    if not isinstance(raw, dict):
        raise ValueError(f"expected an object, found {line.strip()[:20]}")  # noqa: TRY004 - what a file holds
    if "\\u" in line:
        try:
            json.dumps(raw, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("an escaped surrogate lacks its partner") from None
    return raw


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _example(file: Path, number: int, fields: Callable[[], dict[str, Any]]) -> Example:
    try:
        return _completed(_EXAMPLE.validate_python(fields()))
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except json.JSONDecodeError as error:
        reason = f"{error.msg} at column {error.colno}"
    except RecursionError:
        reason = "nested too deep"
    except ValueError as error:
        reason = str(error)
    raise ValueError(f"{file.name} line {number} is no example: {reason}.")


def _of_json(line: str) -> dict[str, Any]:
    """The fields of an example, of what is there in the forms that the contract and public sets use."""
    raw = _parsed(line)
    fields = {name: value for name, value in raw.items() if name in _FIELDS and value is not None}
    fields["id"] = _id(raw, "id")
    gold = fields.get("gold_docs")
    if isinstance(gold, list) and all(isinstance(doc, str | int) for doc in gold):
        fields["gold_docs"] = gold = dict.fromkeys(map(str, gold), 1)
    evidence = fields.get("evidence")
    if isinstance(evidence, list) and evidence and all(isinstance(piece, str) for piece in evidence):
        # Spans of the one gold document; of several there is no telling which.
        one = isinstance(gold, dict) and len(gold) == 1
        fields["evidence"] = [{"doc": next(iter(gold or ())), "quote": piece} for piece in evidence] if one else []
    if fields.get("answers"):
        fields.setdefault("must_include", [fields["answers"]])
    return fields


_FIELDS = frozenset(Example.__dataclass_fields__)


def _id(raw: dict[str, Any], name: str) -> str:
    if not isinstance(raw.get(name), str | int):
        raise ValueError(f"{name}: Input should be a string or a whole number")  # noqa: TRY004 - what a file holds
    return str(raw[name])


def _completed(example: Example) -> Example:
    """The example with alternatives together, and with the documents of its evidence among the gold ones.

    Raises:
        ValueError: It could not be asked, or could not be answered wrongly.
    """
    pieces = [one for piece in example.evidence for one in (piece, *piece.alternatives)]
    if not example.question.strip():
        raise ValueError("question: it is blank")
    if not all(group and all(string.strip() for string in group) for group in example.must_include):
        raise ValueError(
            "must_include: nothing to look for; a blank string stands in every answer, an empty group in none"
        )
    if not all(piece.quote.strip() for piece in pieces):
        raise ValueError("evidence: a quote is blank")
    gold = {**{piece.doc: 1.0 for piece in pieces}, **example.gold_docs}
    if not all(map(isfinite, gold.values())):
        raise ValueError("gold_docs: a relevance is no finite number")
    evidence = _alternatives(example.evidence, example.must_include)
    relevant = {doc: relevance for doc, relevance in gold.items() if relevance > 0}
    return _measurable(replace(example, evidence=evidence, gold_docs=relevant))


def _alternatives(evidence: Sequence[Evidence], groups: Sequence[Sequence[str]]) -> tuple[Evidence, ...]:
    """The evidence, of which spans that are strings of one group (as in SQuAD) are alternatives of each other."""
    merged: dict[tuple[str, int], Evidence] = {}
    for place, piece in enumerate(evidence):
        group = next((n for n, strings in enumerate(groups) if piece.quote in strings), None)
        key = ("evidence", place) if group is None else ("group", group)
        first = merged.get(key)
        others = (*first.alternatives, Evidence(piece.doc, piece.quote), *piece.alternatives) if first else ()
        merged[key] = replace(first, alternatives=others) if first else piece
    return tuple(merged.values())


def _measurable(example: Example) -> Example:
    """The example, without the strings to look for where its own evidence does not hold them.

    Free-form reference answers (CLAP NQ) stand in no document, and "yes" (HotpotQA) says nothing: no verbatim answer
    could be right by them. What is right is then judged by the evidence.
    """
    if not example.evidence or not example.must_include:
        return example
    told = " ".join(piece.quote for e in example.evidence for piece in (e, *e.alternatives))
    if answer_hit(example.must_include, told):
        return example
    return replace(example, must_include=())


def _beir(queries: Path, asked: bytes, qrels: Path, judged: bytes) -> Iterator[Example]:
    relevant: dict[str, dict[str, float]] = {}
    for place, (number, line) in enumerate(_lines(qrels, judged)):
        cells = line.rstrip("\r").split("\t")
        if not place and not _is_number(cells[-1]):
            continue  # the header
        if len(cells) not in {3, 4} or not _is_number(cells[-1]):
            raise ValueError(f"{qrels.name} line {number} is no judgement: expected query-id, corpus-id, score.")
        relevant.setdefault(cells[0], {})[cells[-2]] = float(cells[-1])  # four cells: TREC's, with an unused second
    for number, line in _lines(queries, asked):
        example = _example(queries, number, partial(_of_beir, line, relevant))
        if example.gold_docs:
            yield example


def _of_beir(line: str, relevant: dict[str, dict[str, float]]) -> dict[str, Any]:
    raw = _parsed(line)
    found = _id(raw, "_id")
    return {"id": found, "question": raw.get("text"), "gold_docs": relevant.get(found, {})}


def _csv(file: Path, content: bytes) -> Iterator[Example]:
    """Columns: question; optional id, type, answerable, answers (parted by `|`), doc, quote, standalone, note."""
    rows = csv.DictReader(io.StringIO(_decoded(file, content), newline=""), strict=True)
    try:
        columns = rows.fieldnames or ()
        if columns and (columns.count("question") != 1 or len(set(columns)) < len(columns)):
            raise ValueError(
                f"{file.name} needs one column `question`, and none twice, with commas between; its first line is "
                f"{', '.join(columns)}."
            )
        for number, row in enumerate(rows, 1):
            yield _example(file, rows.line_num, partial(_of_row, row, number))
    except csv.Error as error:
        raise ValueError(f"{file.name} line {rows.reader.line_num} is no CSV: {error}.") from None


def _of_row(row: dict[str, str | None], number: int) -> dict[str, Any]:
    if None in row:  # where DictReader puts what is too much
        raise ValueError("it has more cells than the first line; a cell with a comma needs quotation marks")
    cells = {name: value.strip() for name, value in row.items() if value is not None and value.strip()}
    answers = [part.strip() for part in cells.get("answers", "").split(_LISTS_APART) if part.strip()]
    if "quote" in cells and "doc" not in cells:
        raise ValueError("a quote needs the document that it stands in, in the column `doc`")
    evidence = [{"doc": cells["doc"], "quote": cells["quote"]}] if "quote" in cells else []
    known: dict[str, Any] = {name: cells[name] for name in ("question", "type", "standalone", "note") if name in cells}
    return {
        **known,
        "id": cells.get("id", str(number)),
        "answerable": _yes_or_no(cells.get("answerable"), bool(answers or evidence)),
        "answers": answers,
        "must_include": [answers] if answers else [],
        "evidence": evidence,
        "gold_docs": {cells["doc"]: 1} if "doc" in cells else {},
    }


def _yes_or_no(cell: str | None, otherwise: bool) -> bool | None:
    if cell is None:
        return otherwise or None
    if cell.lower() not in {"true", "false", "yes", "no", "1", "0"}:
        raise ValueError(f"answerable is {cell!r}; expected true or false")
    return cell.lower() in {"true", "yes", "1"}


def _is_number(cell: str) -> bool:
    try:
        return isfinite(float(cell))
    except ValueError:
        return False


def _twice(ids: Iterable[str]) -> str | None:
    seen: set[str] = set()
    return next((i for i in ids if i in seen or seen.add(i)), None)  # type: ignore[func-returns-value]
