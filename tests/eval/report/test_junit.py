from dataclasses import replace

from lxml import etree

from eval.records import Row
from eval.report.junit import junit
from tests.eval.report.sample import run_of, sample

RUN = sample()


def suite_of(*rows: Row) -> etree._Element:
    root = etree.fromstring(junit(run_of(rows)))
    return root[0]


def row(**changes: object) -> Row:
    return replace(RUN.rows[1], **changes)  # type: ignore[arg-type]


def test_each_question_is_a_case_with_its_type_as_class() -> None:
    root = etree.fromstring(junit(RUN))
    cases = root.findall("testsuite/testcase")

    assert [case.get("name") for case in cases] == [f"{r.id}: {r.question}" for r in RUN.rows]
    assert {case.get("classname") for case in cases} == {r.type or "question" for r in RUN.rows}


def test_counts_are_those_of_the_cases() -> None:
    root = etree.fromstring(junit(RUN))

    for element in (root, root[0]):
        assert element.get("tests") == str(len(root.findall(".//testcase")))
        assert element.get("failures") == str(len(root.findall(".//failure")))
        assert element.get("errors") == str(len(root.findall(".//error")))
        assert element.get("time") == "14.250"


def test_a_failure_names_its_stage_and_what_was_expected_and_got() -> None:
    suite = suite_of(row(failure="ranked out", answers=("at nine",), answer="At ten. [1]"))
    failure = suite.find("testcase/failure")

    assert failure is not None
    assert failure.get("type") == "ranked out"
    assert failure.get("message") == "expected at nine; got At ten. [1]"
    assert "gold: harbour/ferry-order.md [106, 132) because the ramp ices over" in failure.text


def test_a_question_that_could_not_be_asked_is_an_error_and_no_failure() -> None:
    suite = suite_of(row(status="failed", answer="503 Service Unavailable", failure="not retrieved"))
    error = suite.find("testcase/error")

    assert error is not None
    assert error.get("message") == "503 Service Unavailable"
    assert suite.find("testcase/failure") is None
    assert (suite.get("failures"), suite.get("errors")) == ("0", "1")


def test_what_ended_well_has_nothing_in_it() -> None:
    case = suite_of(row(failure=None)).find("testcase")

    assert case is not None
    assert len(case) == 0


def test_time_is_in_seconds_and_left_out_where_it_is_not_known() -> None:
    asked = row()
    run = run_of([asked, row(id="other")])
    run = replace(run, timings=replace(run.timings, per_question_ms={asked.id: 1234.5}))
    cases = etree.fromstring(junit(run)).findall(".//testcase")

    assert [case.get("time") for case in cases] == ["1.234500", None]


def test_headline_figures_are_properties() -> None:
    root = etree.fromstring(junit(RUN))
    held = {p.get("name"): p.get("value") for p in root.findall("testsuite/properties/property")}

    assert held["right"] == "0.66 [0.54, 0.78] n=44"
    assert held["system"] == "library rag-cited 0.1.0"
    assert "brier" not in held


def test_characters_that_xml_cannot_hold_are_replaced() -> None:
    hostile = "\x00 \x1b[31m \ufffe \ud800 ]]></failure><x> & \" ' 🦉"
    suite = suite_of(row(id=hostile, question=hostile, type=hostile, answer=hostile, failure="not extracted"))
    failure = suite.find("testcase/failure")

    assert failure is not None
    assert failure.get("message").endswith("got \ufffd \ufffd[31m \ufffd \ufffd ]]></failure><x> & \" ' 🦉")
    assert len(suite.findall(".//x")) == 0
