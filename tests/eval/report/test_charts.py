import pytest

from eval.records import Curve, Figure
from eval.report.charts import Tick, reliability_bins, risk_line, share_ticks, shares, whisker


def test_a_dot_stands_in_its_range_with_its_interval() -> None:
    found = whisker(Figure(0.5, 0.25, 0.75), -1, 1)

    assert found is not None
    assert (found.at, found.low, found.high, found.zero) == (75, 62.5, 87.5, 50)


def test_a_figure_without_interval_is_a_dot_alone() -> None:
    found = whisker(Figure(0.081), 0, 1)

    assert found is not None
    assert (found.at, found.low, found.high, found.zero) == (8.1, None, None, None)


def test_an_interval_that_goes_past_the_range_ends_with_it() -> None:
    found = whisker(Figure(0.99, 0.9, 1.1), 0, 1)

    assert found is not None
    assert found.high == 100


@pytest.mark.parametrize(
    ("figure", "low", "high"),
    [(Figure(None), 0, 1), (Figure(82.0), 0, None), (Figure(82.0), None, 1), (Figure(82.0), 0, float("inf"))],
)
def test_what_is_not_measured_or_has_no_end_has_no_place(figure: Figure, low: float | None, high: float | None) -> None:
    assert whisker(figure, low, high) is None


def test_the_risk_axis_is_as_high_as_the_curve_needs() -> None:
    line = risk_line(Curve((0.5, 1.0), (0.0, 0.3)), 0.05)

    assert line is not None
    assert [tick.label for tick in line.y] == ["0 %", "10 %", "20 %", "30 %", "40 %"]
    assert line.points == "50,100 100,25"
    assert line.area == "50,100 50,100 100,25 100,100"
    assert line.level == 87.5


def test_the_level_is_left_out_where_the_curve_never_reaches_it() -> None:
    line = risk_line(Curve((0.5, 1.0), (0.0, 0.01)), 0.05)

    assert line is not None
    assert line.level is None


def test_a_long_curve_keeps_its_ends() -> None:
    n = 5_003
    line = risk_line(Curve(tuple((i + 1) / n for i in range(n)), tuple(i / n for i in range(n))), 0.05)

    assert line is not None
    points = line.points.split()
    assert len(points) <= 401
    assert points[0] == "0.02,100"
    assert points[-1].startswith("100,")


def test_no_points_are_no_line() -> None:
    assert risk_line(Curve((), ()), 0.05) is None
    assert reliability_bins(Curve((), ())) == ()


def test_bins_go_by_confidence_and_are_as_tall_as_their_share_of_the_fullest() -> None:
    low, high = reliability_bins(Curve((0.9, 0.2), (0.8, 0.5), (40, 10)))

    assert (low.x, low.y, low.n, low.tall) == (20, 50, 10, 25)
    assert (high.x, high.y, high.n, high.tall) == (90, 20, 40, 100)


def test_a_count_is_written_only_where_it_has_room() -> None:
    bins = reliability_bins(Curve((0.10, 0.12, 0.17, 0.5), (0, 0, 0, 0), (3, 4, 5, 0)))

    assert [one.written for one in bins] == [True, False, True, False]


def test_bars_are_shares_of_the_longest() -> None:
    assert shares([1, 4, 0]) == [25, 100, 0]
    assert shares([0, 0]) == [0, 0]
    assert shares([]) == []


def test_shares_go_up_from_the_foot_of_the_plot() -> None:
    assert share_ticks()[1] == Tick(25, "25 %")
    assert share_ticks(upwards=True)[1] == Tick(75, "25 %")
