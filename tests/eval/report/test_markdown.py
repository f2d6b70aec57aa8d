from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from eval.records import Figure
from eval.report.markdown import MOST_FAILURES, escaped, summary
from tests.eval.report.hostile import HOSTILE, with_texts
from tests.eval.report.sample import run_of, sample

RUN = sample()
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def tokens(text: str) -> list[Token]:
    return [inner for token in READER.parse(text) for inner in (token, *(token.children or ()))]


def shape(text: str) -> list[str]:
    return [token.type for token in tokens(text) if token.type not in {"text", "text_special"}]


def table_lines(text: str, head: str) -> list[list[str]]:
    part = text.partition(f"{head}\n\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in part.splitlines()[2:]]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_changes_nothing_but_text(hostile: str) -> None:
    mild = summary(with_texts(RUN, lambda text: "x" * len(hostile) + text))
    wild = summary(with_texts(RUN, lambda text: hostile + text))

    assert shape(wild) == shape(mild)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a | b", "a &#124; b"),
        ("<b> & </b>", "&#60;b&#62; &#38; &#60;/b&#62;"),
        ("one\n\ntwo", "one two"),
        ("*[x](y)*", r"\*\[x\]\(y\)\*"),
        ("1. first", r"1\. first"),
        ("- item", r"\- item"),
        ("https://example.org", r"https:\//example.org"),
        ("www.example.org", r"www\.example.org"),
        ("by @someone in #12", "by @\u200bsomeone in #\u200b12"),
        ("a\u202eb", "a⟨U+202E⟩b"),
    ],
)
def test_signs_of_markdown_are_shown_as_they_are(text: str, written: str) -> None:
    assert escaped(text) == written


def test_a_long_text_is_cut_with_a_sign() -> None:
    assert escaped("x" * 300, 10) == "xxxxxxxxx…"


def test_the_headline_has_value_interval_and_questions() -> None:
    assert "| right | 0.66 | [0.54, 0.78] | 44 |" in summary(RUN)


def test_a_run_before_stands_beside_with_the_difference() -> None:
    before = replace(RUN, figures={"right": Figure(0.5), "answered_wrong": Figure(0.5), "auroc": Figure(None)})
    text = summary(RUN, before)

    assert "| figure | value | 95 % interval | questions | before | difference |" in text
    assert "| right | 0.66 | [0.54, 0.78] | 44 | 0.50 | +0.16 |" in text
    assert "| answered wrong | 0.40 | [0.30, 0.50] | 62 | 0.50 | −0.097 |" in text
    assert "| auroc | 0.73 | [0.61, 0.84] | 63 | – | – |" in text


def test_types_stages_and_warnings_are_told() -> None:
    text = summary(RUN)

    assert "| unanswerable-absent | 4 | – | 0.75 [0.35, 1.00] | – | 0.25 [0.00, 0.65] | – |" in text
    assert "| ranked out | 3 | Search found it, and ranking put it below the passages that are read. |" in text
    assert "- The index is not of this commit." in text


def test_so_many_failures_are_listed_and_the_rest_is_counted() -> None:
    text = summary(RUN)

    assert len(table_lines(text, "### Failures")) == MOST_FAILURES == 20
    assert "9 more are in questions.csv and report.html." in text


def test_a_failure_says_what_was_expected_and_got() -> None:
    row = replace(RUN.rows[1], id="q7", failure="not extracted", answers=("at nine",), answer="At ten.")
    text = summary(run_of([row]))

    assert "| q7 | not extracted | Why is there no noon ferry in winter? | at nine | At ten. |" in text


def test_a_run_in_which_all_went_well_says_so() -> None:
    text = summary(replace(run_of([RUN.rows[1]]), warnings=()))

    assert text.endswith("No failures.\n")
    assert "Warnings" not in text
    assert "lost" not in text


def test_a_run_that_measured_nothing_is_told_too() -> None:
    text = summary(replace(run_of([]), figures={}, by_type={}, warnings=()))

    assert text.startswith("## Grounding: harbour.jsonl\n\n0 questions asked of library rag-cited 0.1.0")
