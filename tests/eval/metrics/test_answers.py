import pytest

from eval.metrics.answers import answer_hit, fold, truthfulness


def test_folding_takes_case_and_white_space_away() -> None:
    assert fold("  The\u00a0FERRY\r\n\tleaves ") == "the ferry leaves"
    assert fold("STRASSE") == fold("straße")


def test_a_text_is_right_when_each_group_has_a_string_in_it() -> None:
    groups = (("nine", "9 o’clock"), ("harbour",))

    assert answer_hit(groups, "It leaves the  HARBOUR\nat Nine.") is True
    assert answer_hit(groups, "From the harbour, 9 o’clock") is True
    assert answer_hit(groups, "It leaves at nine.") is False
    assert answer_hit(groups, "") is False


def test_strings_are_folded_as_well() -> None:
    assert answer_hit([["33.59\u00a0Million"]], "33.59 million") is True


def test_without_groups_nothing_is_measured() -> None:
    assert answer_hit((), "anything") is None


@pytest.mark.parametrize(
    ("answerable", "status", "right", "worth"),
    [
        (True, "answered", True, 1),
        (True, "answered", False, -1),
        (True, "abstained", None, 0),
        (True, "abstained", False, 0),
        (True, "failed", None, 0),
        (False, "answered", None, -1),
        (False, "answered", True, -1),
        (False, "abstained", None, 1),
        (False, "failed", None, 0),
    ],
)
def test_an_answer_is_worth_what_crag_gives_it(answerable: bool, status: str, right: bool | None, worth: int) -> None:
    assert truthfulness(answerable, status, right) == worth  # type: ignore[arg-type]


def test_what_cannot_be_judged_is_worth_nothing_known() -> None:
    assert truthfulness(None, "answered", right=True) is None
    assert truthfulness(None, "abstained", right=None) is None
    assert truthfulness(True, "answered", right=None) is None
