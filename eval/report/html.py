"""A run as one page that needs nothing but itself: no script to be read, and no request to anywhere."""

from base64 import b64encode
from collections import Counter
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from eval.records import Run
from eval.report import view
from eval.report.charts import reliability_bins, risk_line, share_ticks
from eval.report.highlight import pieces
from eval.report.visible import visible
from eval.report.wording import expected, interval, number, plain_name, troubled, worst_first

QUESTIONS_SHOWN = 600
"""Questions on the page, failures first; more make it slow to open on a phone. All are in run.json."""
_RISK_SHOWN = 0.05
"""Share of wrong answers that the risk-coverage chart draws a line at, as `coverage_at_5_error` has it."""
_HERE = Path(__file__).parent


def page(run: Run) -> str:
    """The report as an HTML document.

    All text of documents, questions and answers is escaped, and its hidden characters are written out. The page's
    content security policy allows its own style and script, by their SHA-256, and nothing else.
    """
    style, script = (_own(name) for name in ("page.css", "page.js"))
    listed = worst_first(run)
    rows, left_out = listed[:QUESTIONS_SHOWN], listed[QUESTIONS_SHOWN:]
    return _environment().get_template("page.html.j2").render(
        run=run,
        view=view,
        outcomes=view.outcomes(run.rows),
        risk=risk_line(run.risk_coverage, _RISK_SHOWN),
        risk_shown=_RISK_SHOWN,
        bins=reliability_bins(run.reliability),
        ticks=share_ticks(),
        upwards=share_ticks(upwards=True),
        rows=rows,
        left_out=len(left_out),
        failures_left_out=sum(troubled(row) for row in left_out),
        types=Counter(row.type for row in rows if row.type),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )  # fmt: skip


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    made.filters |= {"number": number, "interval": interval, "plain": plain_name}
    made.globals |= {"pieces": pieces, "expected": expected}
    return made


def _finalized(value: object) -> object:
    """Every plain string on its way into the page; what the template itself made is no longer one."""
    return visible(value) if type(value) is str else value


def _own(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()
