from dataclasses import replace
from itertools import pairwise

import pytest

from eval.records import Figure, Row
from eval.report import view
from tests.eval.report.sample import run_of, sample

RUN = sample()


@pytest.mark.parametrize(
    ("changes", "ended"),
    [
        ({}, "right"),
        ({"failure": "not extracted"}, "wrong"),
        ({"failure": "wrongly abstained", "status": "abstained"}, "silent"),
        ({"answerable": False, "status": "abstained"}, "refused"),
        ({"answerable": False, "failure": "wrongly answered"}, "wrong"),
        ({"status": "failed"}, "error"),
        ({"answerable": None}, "unjudged"),
        ({"scores": {"right": None}}, "unjudged"),
    ],
)
def test_a_question_ends_in_one_way(changes: dict[str, object], ended: str) -> None:
    row: Row = replace(RUN.rows[1], **changes)  # type: ignore[arg-type]

    assert view.outcome(row) == ended


def test_the_strip_holds_every_question_from_end_to_end() -> None:
    found = view.outcomes(RUN.rows)

    assert sum(one.n for one in found) == len(RUN.rows)
    assert found[0].start == 0
    assert found[-1].start + found[-1].share == pytest.approx(100, abs=0.01)
    for one, other in pairwise(found):
        assert one.start + one.share == pytest.approx(other.start, abs=0.01)


def test_a_figure_that_was_not_measured_is_no_headline() -> None:
    run = replace(RUN, figures=RUN.figures | {"right": Figure(None)})

    assert "right" not in [shown.name for shown, _ in view.headline(run)]


def test_all_figures_come_in_the_order_of_their_definitions_and_strangers_last() -> None:
    run = replace(RUN, figures={"stranger": Figure(0.5), "ece": Figure(0.1), "right": Figure(0.5)})

    assert [shown.name for shown in view.all_figures(run)] == ["right", "ece", "stranger"]
    assert view.all_figures(run)[-1].whisker is None


def test_types_show_the_first_figure_that_was_measured() -> None:
    run = replace(RUN, by_type={"ranking": {"right": Figure(None), "answer_in_top_5": Figure(0.5, 0.2, 0.8, 9)}})
    name, (found,) = view.by_type(run)

    assert (name, found[0], found[1].figure.value) == ("answer in top 5", "ranking", 0.5)


def test_classes_are_those_of_unanswerable_questions() -> None:
    found = view.refusals(RUN)

    assert [name for name, _ in found] == ["absent", "false premise", "near entity", "off topic", "underspecified"]
    assert found[0][1].figure.hits == 1


def test_ranking_pairs_what_was_measured_both_times() -> None:
    run = replace(RUN, figures=RUN.figures | {"ranked_mrr": Figure(None)})

    assert [rank.name for rank in view.ranking(RUN)] == ["recall@5", "mrr"]
    assert [rank.name for rank in view.ranking(run)] == ["recall@5"]


def test_stages_come_in_the_order_of_the_pipeline_and_none_is_left_out() -> None:
    found = view.stages(replace(run_of([]), failures={"ranked out": 2, "not indexed": 4}))

    assert [(lost.stage, lost.n, lost.bar) for lost in found][:3] == [
        ("not indexed", 4, 100), ("not retrieved", 0, 0), ("ranked out", 2, 50),
    ]  # fmt: skip
    assert len(found) == 6


def test_the_longest_stage_of_an_answer_comes_first() -> None:
    assert [bar.name for bar in view.stage_times(RUN)] == ["embed", "rank", "compose", "retrieve"]


def test_scores_that_were_not_measured_are_left_out() -> None:
    row = replace(RUN.rows[1], scores={"own_score": 0.5, "truthfulness": 1.0, "right": 1.0, "answer_hit": None})

    assert view.scores(row) == [("right", 1.0), ("truthfulness", 1.0), ("own score", 0.5)]
