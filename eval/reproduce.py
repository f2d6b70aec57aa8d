"""Computes the chief figures of a saved run anew, by other means, and prints both.

    python eval/reproduce.py RUN_FOLDER DATASET CORPUS

It reads what `rag eval DATASET --out RUN_FOLDER` wrote (`replies.jsonl`, and `run.json` to compare with), the questions
(`.jsonl`), and the documents (`.jsonl` with `doc_id` or `_id`, or a folder of texts). It knows nothing of the program:
it imports the standard library only and is written from the definitions in `eval/README.md`, with sets, fractions and
loops over all pairs where the program uses intervals and numpy. The exit code is 1 when a figure differs by over 1e-9.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import fsum, log2
from pathlib import Path
from typing import Any

LARGEST_DIFFERENCE = 1e-9
BUDGET = 700
TOP = 5
_ANSWERS = (
    "answer_hit",
    "answer_in_first_extract",
    "answer_in_top_5",
    "answered_wrong",
    "false_refusals",
    "right_refusals",
    "truthfulness",
)
_EVIDENCE = ("quote_fidelity", "evidence_precision", "evidence_recall", "evidence_f1")
_RANKING = ("retrieved_ndcg@10", "retrieved_mrr", "retrieved_recall@10")
FIGURES = (*_ANSWERS, *_EVIDENCE, *_RANKING, "auroc", "brier", "ece", "aurc")

Json = dict[str, Any]
Stretch = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with all that its figures need."""

    question: Json
    reply: Json
    gold: list[list[Stretch]]
    """Of each piece of evidence, the places of any of its alternatives."""
    right: bool | None


# --- files


def read_questions(path: Path) -> list[Json]:
    """The questions of a `.jsonl` file or of a folder with `questions.jsonl`, with their evidence in one form."""
    file = path / "questions.jsonl" if path.is_dir() else path
    return [_question(json.loads(line)) for line in file.read_text("utf-8-sig").split("\n") if line.strip()]


def _question(raw: Json) -> Json:
    """Evidence pieces as lists of (document, quote); the groups of strings that a right answer holds."""
    answers = raw.get("answers") or []
    groups = raw.get("must_include")
    groups = ([answers] if answers else []) if groups is None else groups
    pieces: list[list[tuple[str, str]]] = []
    merged: dict[int, list[tuple[str, str]]] = {}
    for one in raw.get("evidence") or []:
        places = [(other["doc"], other["quote"]) for other in (one, *(one.get("alternatives") or []))]
        group = next((n for n, strings in enumerate(groups) if one["quote"] in strings), None)
        if group in merged:  # spans that answer alike are alternatives of each other
            merged[group] += places
            continue
        pieces.append(places)
        if group is not None:
            merged[group] = places
    quoted = " ".join(quote for places in pieces for _, quote in places)
    if pieces and groups and not _holds_all(groups, quoted):
        groups = []  # a free-form answer: nothing that is quoted could hold it
    gold = raw.get("gold_docs") or {}
    grades = dict.fromkeys(map(str, gold), 1.0) if isinstance(gold, list) else {k: float(v) for k, v in gold.items()}
    return {**raw, "pieces": pieces, "groups": groups, "grades": {d: 1.0 for p in pieces for d, _ in p} | grades}


def read_corpus(path: Path) -> dict[str, str]:
    """Texts by `source`: of a `.jsonl`, or of a folder's files."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix in {".txt", ".md"})
        return {file.relative_to(path).as_posix(): file.read_bytes().decode() for file in files}
    lines = (json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip())
    return {str(line.get("doc_id", line.get("_id"))): line["text"] for line in lines}


def read_replies(folder: Path) -> dict[str, Json]:
    """The replies of a run by the id of their question."""
    _, *lines = (folder / "replies.jsonl").read_text("utf-8").split("\n")
    return {reply["id"]: reply for reply in map(json.loads, filter(None, lines))}


# --- one question


def _fold(text: str) -> str:
    return re.sub(r"\s+", " ", text.casefold()).strip()


def _holds_all(groups: Sequence[Sequence[str]], text: str) -> bool:
    folded = _fold(text)
    return all(any(_fold(string) in folded for string in group) for group in groups)


def _places(doc: str, quote: str, texts: dict[str, str]) -> list[Stretch]:
    """Where a quote stands, letter for letter or else with blanks and case folded; 50 places at most."""
    text = texts.get(doc)
    if text is None or not quote.strip():
        return []
    exact = [m.start() for m in re.finditer(f"(?={re.escape(quote)})", text)]
    if exact:
        return [(doc, at, at + len(quote)) for at in exact[:50]]
    loose = re.finditer(r"\s+".join(re.escape(word) for word in quote.split()), text, re.IGNORECASE)
    return [(doc, m.start(), m.end()) for m in loose][:50]


def _anywhere(doc: str, quote: str, question: Json, texts: dict[str, str]) -> list[Stretch]:
    """Where a quote stands in its document, or, if it does not, in the others that hold the answer."""
    return _places(doc, quote, texts) or [
        place for other in question["grades"] if other != doc for place in _places(other, quote, texts)
    ]


def _characters(stretches: Sequence[Stretch]) -> set[tuple[str, int]]:
    return {(doc, at) for doc, start, end in stretches for at in range(start, end)}


def evidence(
    quotes: Sequence[Stretch], gold: Sequence[Sequence[Stretch]]
) -> tuple[Fraction | None, Fraction, Fraction]:
    """Precision, recall and F1 by characters, each character as an element of a set."""
    quoted = _characters(quotes)
    parts = [
        max((Fraction(len(_characters([p]) & quoted), p[2] - p[1]) for p in piece), default=Fraction(0))
        for piece in gold
    ]
    recall = sum(parts, Fraction(0)) / len(parts)
    if not quoted:
        return None, recall, Fraction(0)
    precision = Fraction(len(quoted & _characters([p for piece in gold for p in piece])), len(quoted))
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else Fraction(0)


def faithful(quote: Json, texts: dict[str, str]) -> bool:
    """Whether the document has exactly the quote from start to end."""
    text, start, end = texts.get(quote["source"], ""), quote["start"], quote["end"]
    return bool(quote["quote"]) and 0 <= start < end <= len(text) and text[start:end] == quote["quote"]


def _stretches(found: Sequence[Json]) -> list[Stretch]:
    return [(one["source"], one["start"], one["end"]) for one in found]


def _told(reply: Json) -> str:
    """The first 700 characters of an answer without its own markers."""
    if reply["status"] != "answered":
        return ""
    numbers = "|".join({str(quote["n"]) for quote in reply["quotes"]}) or r"\d+"
    return re.sub(rf"\s?\[(?:{numbers})\]", "", reply["answer"])[:BUDGET]


def asked(question: Json, reply: Json, texts: dict[str, str]) -> Asked:
    """A question with its gold evidence found in the texts, and whether the answer is right."""
    gold = [[p for doc, quote in piece for p in _anywhere(doc, quote, question, texts)] for piece in question["pieces"]]
    right = None
    if question.get("answerable") and reply["status"] != "failed":
        if question["groups"]:
            right = _holds_all(question["groups"], _told(reply))
        elif gold:
            good = _stretches([quote for quote in reply["quotes"] if faithful(quote, texts)])
            right = evidence(good, gold)[1] >= Fraction(1, 2)
    return Asked(question, reply, gold, right)


def _in_top(one: Asked) -> bool | None:
    passages = (one.reply["ranked"] or [])[:TOP]
    if not one.question.get("answerable") or not (one.question["groups"] or one.gold):
        return None
    if one.question["groups"]:
        return _holds_all(one.question["groups"], " ".join(passage["text"] for passage in passages))
    return evidence(_stretches(passages), one.gold)[1] >= Fraction(1, 2)


def answers(one: Asked) -> Iterator[tuple[str, float]]:
    """What a question adds to the figures of answers and refusals; names that it says nothing of are left out."""
    status, answerable = one.reply["status"], one.question.get("answerable")
    if status == "failed":
        if answerable is not None:
            yield "truthfulness", 0  # missing, as CRAG has it
        return
    refused = status == "abstained"
    if answerable:
        yield "false_refusals", refused
        if one.question["groups"]:
            yield "answer_hit", bool(one.right)
            quotes = one.reply["quotes"]
            yield "answer_in_first_extract", _holds_all(one.question["groups"], quotes[0]["quote"] if quotes else "")
    if answerable is False:
        yield "right_refusals", refused
    if (in_top := _in_top(one)) is not None:
        yield "answer_in_top_5", in_top
    if answerable is False or one.right is not None:
        wrong = not refused and not one.right
        yield "answered_wrong", wrong
        yield "truthfulness", -1 if wrong else int(not refused if answerable else refused)


def quoting(one: Asked, texts: dict[str, str]) -> Iterator[tuple[str, float]]:
    """What a question adds to quote fidelity and to the figures of evidence."""
    quotes = one.reply["quotes"]
    good = [quote for quote in quotes if faithful(quote, texts)]
    if quotes:
        yield "quote_fidelity", len(good) / len(quotes)
    if one.gold and all(one.gold) and one.question.get("answerable") and one.reply["status"] != "failed":
        precision, recall, f1 = evidence(_stretches(good), one.gold)
        yield "evidence_recall", float(recall)
        yield "evidence_f1", float(f1)
        if precision is not None:
            yield "evidence_precision", float(precision)


def ranking(one: Asked) -> Iterator[tuple[str, float]]:
    """What a question adds to the figures of retrieval, over documents in order of their first passage."""
    grades = one.question["grades"]
    if one.reply["retrieved"] is None or not grades:
        return
    ranked = list({passage["source"]: None for passage in one.reply["retrieved"]})
    gains = [grades.get(doc, 0.0) for doc in ranked]
    best = sorted(grades.values(), reverse=True)
    yield "retrieved_ndcg@10", _gain(gains[:10]) / _gain(best[:10])
    yield "retrieved_mrr", next((1 / rank for rank, gain in enumerate(gains, 1) if gain), 0.0)
    yield "retrieved_recall@10", sum(doc in grades for doc in ranked[:10]) / len(grades)


def _gain(gains: Sequence[float]) -> float:
    return fsum(gain / log2(rank + 1) for rank, gain in enumerate(gains, 1))


# --- all questions


def confidence(all_asked: Sequence[Asked]) -> dict[str, float | None]:
    """What confidence is worth, over the judged answers that have one."""
    sure = [
        one
        for one in all_asked
        if one.reply["confidence"] is not None
        and one.reply["status"] != "failed"
        and (one.question.get("answerable") is False or one.right is not None)
    ]
    told = [(one.reply["confidence"], one.reply["status"] == "answered" and bool(one.right)) for one in sure]
    held = [one.reply["confidence"] for one in sure if one.question["answerable"]]
    absent = [one.reply["confidence"] for one in sure if not one.question["answerable"]]
    return {
        "auroc": auroc(held, absent),
        "brier": fsum((c - right) ** 2 for c, right in told) / len(told) if told else None,
        "ece": ece(told),
        "aurc": aurc(told),
    }


def auroc(held: Sequence[float], absent: Sequence[float]) -> float | None:
    """Share of all pairs in which the first is more confident, ties as half."""
    pairs = [(a > b) + (a == b) / 2 for a in held for b in absent]
    return fsum(pairs) / len(pairs) if pairs else None


def ece(told: Sequence[tuple[float, bool]]) -> float | None:
    """Ten bins, of which the first holds 0 and each its upper end."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for c, right in told:
        bins.setdefault(next(n for n in range(10) if c <= (n + 1) / 10), []).append((c, right))
    gaps = [abs(fsum(c for c, _ in members) - sum(right for _, right in members)) for members in bins.values()]
    return fsum(gaps) / len(told) if told else None


def aurc(told: Sequence[tuple[float, bool]]) -> float | None:
    """Mean over answers of the share of wrong ones among those that are at least as confident."""
    risks = []
    for least, _ in told:
        above = [right for c, right in told if c >= least]
        risks.append(above.count(False) / len(above))
    return fsum(risks) / len(risks) if risks else None


def figures(questions: Sequence[Json], replies: dict[str, Json], texts: dict[str, str]) -> dict[str, float | None]:
    """The chief figures by name; `None` where no question says anything of one."""
    all_asked = [asked(question, replies[str(question["id"])], texts) for question in questions]
    sums: dict[str, list[float]] = {}
    for one in all_asked:
        for name, value in (*answers(one), *quoting(one, texts), *ranking(one)):
            sums.setdefault(name, []).append(float(value))
    means: dict[str, float | None] = {name: fsum(values) / len(values) for name, values in sums.items()}
    return {**dict.fromkeys(FIGURES), **means, **confidence(all_asked)}


def reproduced(run: Path, dataset: Path, corpus: Path) -> list[tuple[str, float | None, float | None, bool]]:
    """Of each figure: its name, the run's value, the value found here, and whether they are the same."""
    saved = json.loads((run / "run.json").read_text("utf-8"))["figures"]
    found = figures(read_questions(dataset), read_replies(run), read_corpus(corpus))
    values = {name: saved.get(name, {}).get("value") for name in FIGURES}
    return [(name, values[name], found[name], _same(values[name], found[name])) for name in FIGURES]


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= LARGEST_DIFFERENCE


def main(arguments: Sequence[str]) -> int:
    """Prints the figures and gives the exit code: 0 reproduced, 1 not, 2 wrong usage."""
    if len(arguments) != 3:  # noqa: PLR2004
        print("usage: python eval/reproduce.py RUN_FOLDER DATASET CORPUS", file=sys.stderr)
        return 2
    rows = reproduced(*map(Path, arguments))
    print(f"{'figure':20} {'run':>14} {'here':>14}")
    for name, theirs, ours, same in rows:
        shown = ["not measured" if value is None else f"{value:.10f}" for value in (theirs, ours)]
        print(f"{name:20} {shown[0]:>14} {shown[1]:>14}  {'same' if same else 'DIFFERENT'}")
    return 0 if all(same for *_, same in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
