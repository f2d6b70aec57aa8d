"""A run as JUnit XML, which build servers show as tests."""

import re
from xml.etree import ElementTree as ET

from eval.records import Row, Run
from eval.report.wording import HEADLINE, expected, got, interval, number

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold in any form: https://www.w3.org/TR/xml/#charsets."""


def junit(run: Run) -> bytes:
    """A suite with a case per question: its type as class, its stage as kind of failure; seconds of the answer as time.

    A question that could not be asked is an error. The headline figures are properties of the suite. Characters that
    XML cannot hold become U+FFFD.
    """
    errors = sum(row.status == "failed" for row in run.rows)
    failures = sum(row.failure is not None and row.status != "failed" for row in run.rows)
    counts = {"tests": str(len(run.rows)), "failures": str(failures), "errors": str(errors), "skipped": "0"}
    spent = {"time": f"{run.timings.seconds:.3f}"}
    root = ET.Element("testsuites", {"name": "rag eval", **counts, **spent})
    suite = ET.SubElement(
        root, "testsuite", {"name": _legal(run.dataset), "timestamp": _legal(run.timings.created), **counts, **spent}
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(run).items():
        ET.SubElement(properties, "property", {"name": name, "value": _legal(value)})
    for row in run.rows:
        _add_case(suite, row, run.timings.per_question_ms.get(row.id))
    ET.indent(root, " ")
    whole: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return whole + b"\n"


def _properties(run: Run) -> dict[str, str]:
    measured = {name: run.figures[name] for name in HEADLINE if name in run.figures}
    figures = {name: f"{number(f.value)} {interval(f)}".strip() + f" n={f.n}" for name, f in measured.items()}
    asked = {"system": f"{run.system.kind} {run.system.name}", "corpus": run.system.corpus or "unknown"}
    return asked | figures


def _add_case(suite: ET.Element, row: Row, milliseconds: float | None) -> None:
    attributes = {"classname": _legal(row.type or "question"), "name": _legal(f"{row.id}: {row.question}")}
    if milliseconds is not None:
        attributes["time"] = f"{milliseconds / 1000:.6f}"
    case = ET.SubElement(suite, "testcase", attributes)
    if row.status == "failed":
        problem = ET.SubElement(case, "error", {"type": "failed", "message": _legal(row.answer)})
        problem.text = _legal(_detail(row))
    elif row.failure is not None:
        message = f"expected {expected(row)}; got {got(row)}"
        problem = ET.SubElement(case, "failure", {"type": row.failure, "message": _legal(message)})
        problem.text = _legal(_detail(row))


def _detail(row: Row) -> str:
    gold = [f"gold: {span.source} [{span.start}, {span.end}) {span.quote}" for span in row.gold]
    quotes = [f"quoted: {quote.source} [{quote.start}, {quote.end}) {quote.quote}" for quote in row.quotes]
    return "\n".join([f"question: {row.question}", f"expected: {expected(row)}", f"got: {got(row)}", *gold, *quotes])


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
