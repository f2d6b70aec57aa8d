"""The files that an evaluation leaves behind."""

from pathlib import Path

from eval.records import Run
from eval.report.files import write_files
from eval.report.html import page
from eval.report.junit import junit
from eval.report.markdown import summary
from eval.report.saved import to_json
from eval.report.table import table


def write_reports(run: Run, folder: Path) -> list[Path]:
    """Writes run.json, junit.xml, summary.md, questions.csv and report.html, and returns their paths in that order.

    The folder is made when it is not there; each file appears whole or not at all.

    Raises:
        ValueError: when a number of the run is NaN or infinite; nothing is written then.
        OSError: when the folder cannot be written to.
    """
    files = {
        "run.json": to_json(run),
        "junit.xml": junit(run),
        "summary.md": summary(run).encode(),
        "questions.csv": table(run),
        "report.html": page(run).encode(),
    }
    return write_files(files, folder)
