import pytest

from eval.figures import RATES, by_type, curves, failures, figure, figures, misquotes, smallest_differences
from eval.metrics import METRICS
from eval.records import STAGES, CheckedQuote, Figure, Misquote, Row, Stage
from eval.stats import cluster_bootstrap, smallest_difference, wilson


def row(number: int, scores: dict[str, float | None], **fields: object) -> Row:
    plain = {
        "id": f"q{number}",
        "question": "?",
        "type": "",
        "answerable": True,
        "cluster": f"doc{number}",
        "history": (),
        "answers": (),
        "status": "answered",
        "answer": "",
        "confidence": None,
        "quotes": (),
        "gold": (),
        "scores": scores,
        "failure": None,
        "excerpts": (),
    }
    return Row(**{**plain, **fields})  # type: ignore[arg-type]


def judged(number: int, confidence: float | None, right: bool, answerable: bool = True, **fields: object) -> Row:
    scores: dict[str, float | None] = {
        "right": float(right) if answerable else None,
        "answered_wrong": float(not right),
    }
    return row(number, scores, confidence=confidence, answerable=answerable, **fields)


def test_a_rate_has_its_hits_and_wilsons_interval() -> None:
    found = figure([row(n, {"right": float(n < 3)}) for n in range(10)], "right")

    low, high = wilson(3, 10) or (None, None)
    assert found == Figure(0.3, low, high, 10, 3, "wilson")


def test_another_metric_has_its_mean_and_a_bootstrap_by_document() -> None:
    values = [0.1, 0.5, 0.9, 1.0]
    clusters = ["a", "a", "b", "c"]

    found = figure([row(n, {"evidence_f1": v}, cluster=clusters[n]) for n, v in enumerate(values)], "evidence_f1")

    low, high = cluster_bootstrap(values, clusters) or (None, None)
    assert found == Figure(0.625, low, high, 4, None, "bootstrap")
    assert low is not None


def test_one_document_gives_a_value_without_an_interval() -> None:
    found = figure([row(n, {"evidence_f1": n / 2}, cluster="a") for n in range(3)], "evidence_f1")

    assert found == Figure(0.5, None, None, 3, None, None)


@pytest.mark.parametrize("name", ["right", "evidence_f1"])
def test_what_was_not_measured_is_left_out_of_the_mean_and_of_the_count(name: str) -> None:
    measured = [row(n, {name: 1.0}) for n in range(4)]
    unmeasured = [row(9, {name: None}), row(10, {}), row(11, {"failed": 1.0})]

    assert figure([*measured, *unmeasured], name) == figure(measured, name)
    assert figure(measured, name).value == 1.0


def test_what_was_measured_nowhere_has_no_value_and_is_not_zero() -> None:
    rows = [row(n, {"right": None, "evidence_f1": None, "failed": 0.0}, answerable=None) for n in range(3)]

    found = figures(rows)

    assert found["failed"].value == 0.0
    del found["failed"]
    assert set(found.values()) == {Figure(None)}
    assert {
        "right",
        "evidence_f1",
        "refusal_f1",
        "auroc",
        "aurc",
        "ece",
        "brier",
        "coverage_at_5_error",
    } <= found.keys()


def test_no_questions_make_no_figures_and_no_curve() -> None:
    assert set(figures([]).values()) == {Figure(None)}
    assert by_type([]) == {}
    assert [curve.x for curve in curves([])] == [(), ()]
    assert smallest_differences(figures([])) == {}


def test_every_figure_is_a_metric_that_is_explained() -> None:
    rows = [judged(n, n / 9, right=n % 2 == 0, answerable=n % 3 > 0) for n in range(9)]

    assert figures(rows).keys() <= METRICS.keys()
    assert METRICS.keys() >= RATES
    assert {METRICS[name].unit for name in RATES} == {"rate"}


def test_refusals_are_counted_over_what_was_answered_or_refused() -> None:
    rows = [
        row(0, {}, answerable=False, status="abstained"),
        row(1, {}, answerable=False, status="abstained"),
        row(2, {}, answerable=False, status="answered"),
        row(3, {}, answerable=True, status="abstained"),
        row(4, {}, answerable=True, status="answered"),
        row(5, {}, answerable=False, status="failed"),
        row(6, {}, answerable=None, status="abstained"),
    ]

    found = figures(rows)

    assert found["refusal_precision"].value == pytest.approx(2 / 3)
    assert found["refusal_recall"].value == pytest.approx(2 / 3)
    assert found["refusal_f1"].value == pytest.approx(2 / 3)
    assert found["refusal_f1"].n == 5


def test_refusal_precision_and_recall_are_rates_of_what_they_are_shares_of() -> None:
    rows = [row(n, {}, answerable=n >= 4, status="abstained" if n in {0, 1, 2, 8} else "answered") for n in range(10)]

    found = figures(rows)

    low, high = wilson(3, 4) or (None, None)
    assert found["refusal_precision"] == found["refusal_recall"] == Figure(0.75, low, high, 4, 3, "wilson")
    assert figures(rows[4:])["refusal_precision"] == Figure(None)
    assert smallest_differences(found).keys() <= RATES


def test_a_draw_that_cannot_come_out_otherwise_gives_no_interval() -> None:
    alike = [row(n, {"evidence_f1": 1.0}) for n in range(5)]

    assert figure(alike, "evidence_f1") == Figure(1.0, n=5)
    assert figure([*alike, row(9, {"evidence_f1": 0.5})], "evidence_f1").interval == "bootstrap"


def test_confidence_is_held_against_what_was_judged() -> None:
    rows = [
        judged(0, 0.9, right=True),
        judged(1, 0.7, right=True),
        judged(2, 0.8, right=False, answerable=False),
        judged(3, 0.1, right=False, answerable=False),
        judged(4, None, right=True),
        row(5, {"answered_wrong": None}, confidence=1.0),
    ]

    found = figures(rows)

    assert found["auroc"].value == pytest.approx(3 / 4)
    assert found["brier"].value == pytest.approx((0.1**2 + 0.3**2 + 0.8**2 + 0.1**2) / 4)
    assert found["coverage_at_5_error"].value == pytest.approx(1 / 4)
    assert {found[name].n for name in ("auroc", "brier", "aurc", "ece")} == {4}


def test_an_abstention_gave_no_answer_that_could_be_right() -> None:
    refused = judged(1, 0.9, right=False, status="abstained")

    risk, _ = curves([judged(0, 0.5, right=True), refused])

    assert risk.y[0] == 1.0
    assert (risk.x[-1], risk.y[-1]) == (1.0, 0.5)


def test_the_diagram_shows_how_many_of_each_confidence_are_right() -> None:
    rows = [judged(n, 0.85 if n < 4 else 0.15, right=n in {0, 1, 2, 4}) for n in range(8)]

    _, found = curves(rows)

    assert found.x == pytest.approx((0.15, 0.85))
    assert found.y == pytest.approx((0.25, 0.75))
    assert found.n == (4, 4)


def test_types_come_by_name_with_only_what_was_measured_of_them() -> None:
    rows = [
        row(0, {"right": 1.0, "right_refusals": None}, type="why"),
        row(1, {"right": 0.0, "right_refusals": None}, type="why"),
        row(2, {"right": None, "right_refusals": 1.0}, type="absent"),
        row(3, {"right": 1.0}, type=""),
    ]

    found = by_type(rows)

    assert list(found) == ["absent", "why"]
    assert found["absent"].keys() == {"right_refusals"}
    assert found["why"].keys() == {"right"}
    assert (found["why"]["right"].value, found["why"]["right"].n) == (0.5, 2)


def test_each_stage_and_each_kind_of_misquote_is_counted_even_when_there_is_none() -> None:
    stages: tuple[Stage | None, ...] = ("ranked out", "ranked out", "not indexed", None)
    kinds: tuple[Misquote | None, ...] = ("stale", "stale", "fabricated", None)
    quotes = tuple(CheckedQuote(1, "a", 0, 1, "x", kind is None, kind) for kind in kinds)

    lost = failures([row(n, {}, failure=stage) for n, stage in enumerate(stages)])
    wrong = misquotes([row(0, {}, quotes=quotes), row(1, {}, quotes=quotes[:1])])

    assert tuple(lost) == STAGES
    assert {stage: n for stage, n in lost.items() if n} == {"ranked out": 2, "not indexed": 1}
    assert wrong == {"fabricated": 1, "stitched": 0, "misattributed": 0, "stale": 3, "truncated": 0}


def test_the_smallest_difference_is_that_of_each_rate_that_was_measured() -> None:
    found = {
        "right": Figure(0.5, 0.4, 0.6, 100, 50, "wilson"),
        "failed": Figure(None),
        "refusal_precision": Figure(0.5, 0.4, 0.6, 100, 50, "wilson"),
        "ece": Figure(0.1, n=100),
    }

    assert smallest_differences(found) == {"right": smallest_difference(100, 0.5)}


def test_the_order_of_the_questions_changes_no_figure() -> None:
    rows = [judged(n, n % 5 / 4, right=n % 3 > 0, answerable=n % 4 > 0, cluster=f"d{n % 6}") for n in range(24)]

    assert figures(rows) == figures(rows[::-1])
