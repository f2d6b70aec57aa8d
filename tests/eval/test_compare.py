from collections.abc import Sequence
from dataclasses import replace

import pytest

from eval.compare import Difference, compare, differences
from eval.records import Row, Run
from eval.stats import paired_bootstrap
from tests.eval.report.sample import run_of, sample

ROW = sample().rows[0]


def rows(name: str, values: Sequence[float | None], per_document: int = 1) -> list[Row]:
    """A row a value of one metric, so many of them about each document."""
    return [
        replace(ROW, id=f"q{n}", cluster=f"d{n // per_document}", scores={name: value})
        for n, value in enumerate(values)
    ]


def difference(
    name: str, before: Sequence[float | None], after: Sequence[float | None], per_document: int = 1
) -> Difference:
    (found,) = compare(run_of(rows(name, before, per_document)), run_of(rows(name, after, per_document)))
    return found


def of_system(run: Run, corpus: str | None) -> Run:
    return replace(run, system=replace(run.system, corpus=corpus))


def test_a_run_does_not_differ_from_itself() -> None:
    found = compare(sample(), sample())

    assert {d.verdict for d in found} == {"no difference shown"}
    assert all(d.before == d.after for d in found)
    assert "right" in {d.name for d in found}


def test_runs_of_other_questions_are_refused() -> None:
    other = replace(sample(), dataset="ferry.jsonl", dataset_sha256="0" * 64)

    with pytest.raises(ValueError, match=r"different questions \(harbour\.jsonl 5e5e5e5e, ferry\.jsonl 00000000\)"):
        compare(sample(), other)


@pytest.mark.parametrize("corpus", ["decaf" * 10, None])
def test_runs_about_other_documents_are_refused(corpus: str | None) -> None:
    with pytest.raises(ValueError, match=r"different documents \(fingerprints c0ffeec0, (decafdec|unknown)\)"):
        compare(sample(), of_system(sample(), corpus))


def test_runs_whose_documents_are_both_unknown_are_compared() -> None:
    assert compare(of_system(sample(), None), of_system(sample(), None))


def test_a_rate_is_better_when_mcnemar_shows_it() -> None:
    found = difference("right", [0] * 6 + [1] * 4, [1] * 10)

    assert (found.before, found.after, found.n) == (0.4, 1.0, 10)
    assert (found.gained, found.lost, found.p) == (6, 0, 2 * 0.5**6)
    assert found.verdict == "better"


def test_five_questions_the_other_way_show_no_difference() -> None:
    found = difference("right", [1] * 5 + [0] * 5, [0] * 10)

    assert (found.gained, found.lost, found.p) == (0, 5, 0.0625)
    assert found.verdict == "no difference shown"


def test_gains_and_losses_that_even_out_show_no_difference() -> None:
    found = difference("right", [0, 1] * 20, [1, 0] * 20)

    assert (found.gained, found.lost, found.p) == (20, 20, 1.0)
    assert found.verdict == "no difference shown"


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("right", "better"),
        ("right_refusals", "better"),
        ("answered_wrong", "worse"),
        ("false_refusals", "worse"),
        ("failed", "worse"),
    ],
)
def test_whether_more_is_better_depends_on_the_rate(name: str, verdict: str) -> None:
    opposite = {"better": "worse", "worse": "better"}[verdict]

    assert difference(name, [0] * 10, [1] * 10).verdict == verdict
    assert difference(name, [1] * 10, [0] * 10).verdict == opposite


@pytest.mark.parametrize(("name", "verdict"), [("evidence_f1", "better"), ("quote_characters", "worse")])
def test_another_metric_is_judged_by_a_paired_bootstrap_over_documents(name: str, verdict: str) -> None:
    before = [n % 7 / 10 for n in range(30)]
    after = [value + 0.1 + n % 3 / 100 for n, value in enumerate(before)]

    found = difference(name, before, after, per_document=2)

    changes = [b - a for a, b in zip(before, after, strict=True)]
    assert (found.low, found.high) == paired_bootstrap(changes, [f"d{n // 2}" for n in range(30)])
    assert (found.p, found.gained, found.lost) == (None, None, None)
    assert found.verdict == verdict


def test_an_interval_that_holds_zero_shows_no_difference() -> None:
    found = difference("evidence_f1", [0.5] * 20, [0.4, 0.61] * 10)

    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high
    assert found.verdict == "no difference shown"


def test_questions_about_one_document_alone_show_nothing_by_bootstrap() -> None:
    found = difference("evidence_f1", [0.1] * 20, [0.9] * 20, per_document=20)

    assert (found.low, found.high, found.verdict) == (None, None, "no difference shown")


def test_only_questions_that_both_measured_count() -> None:
    before: list[float | None] = [1, 1, None, 0, None]
    after: list[float | None] = [1, None, 1, 1, None]

    found = difference("right", before, after)

    assert (found.n, found.before, found.after, found.gained) == (2, 0.5, 1.0, 1)


def test_a_metric_that_one_run_did_not_measure_is_left_out() -> None:
    before = run_of(rows("right", [1, 0]))

    assert compare(before, run_of(rows("right", [None, None]))) == []
    assert compare(before, run_of(rows("evidence_f1", [1, 0]))) == []


def test_a_metric_of_another_version_is_left_out() -> None:
    old = run_of(rows("rouge_of_old", [0] * 10))

    assert compare(old, run_of(rows("rouge_of_old", [1] * 10))) == []


def test_questions_are_paired_by_id_and_not_by_place() -> None:
    before, after = rows("right", [1, 0, 1]), rows("right", [1, 0, 1])

    (found,) = differences(before, after[::-1])

    assert (found.gained, found.lost) == (0, 0)
