import pytest

from eval.records import Example, Reply
from eval.robustness.paraphrases import paraphrases
from tests.eval.robustness.scripted import abstained, answered, judged, quoting

WHEN = Example("a", "When does the ferry leave?", answerable=True, must_include=(("at nine",),))
HOUR = Example("b", "At what hour does the boat go?", answerable=True, must_include=(("at nine",),), paraphrase_of="a")
NINE = quoting("The ferry leaves at nine.")
POSTMAN = quoting("It waits for the postman.")


@pytest.mark.parametrize(
    ("original", "other", "same", "right", "overlap"),
    [
        (answered(NINE), answered(NINE), 1, 1, True),
        (answered(NINE), answered(POSTMAN), 0, 0, False),
        (answered(POSTMAN), answered(POSTMAN), 1, 0, True),
        (answered(NINE), abstained(), 0, 0, None),
        (abstained(), abstained(), 1, 0, None),
        (answered(NINE), answered(quoting("nine. It waits")), 0, 0, True),
    ],
)
def test_a_pair_agrees_in_outcome_and_in_what_is_quoted(
    original: Reply, other: Reply, same: int, right: int, overlap: bool | None
) -> None:
    found = paraphrases([WHEN, HOUR], [judged(WHEN, original), judged(HOUR, other)])

    assert (found.same_outcome.hits, found.both_right.hits, found.same_outcome.n) == (same, right, 1)
    assert found.pairs[0].overlap is overlap
    assert found.overlapping.n == (overlap is not None)


def test_a_refusal_is_right_where_the_documents_hold_no_answer() -> None:
    one, other = Example("a", "Who?", answerable=False), Example("b", "Whom?", answerable=False, paraphrase_of="a")

    found = paraphrases([one, other], [judged(one, abstained()), judged(other, abstained())])

    assert found.both_right.value == 1


def test_a_question_that_got_an_error_is_not_compared() -> None:
    failed = Reply("", "failed", "out of memory")

    found = paraphrases([WHEN, HOUR], [judged(WHEN, answered(NINE)), judged(HOUR, failed)])

    assert (found.same_outcome.value, found.both_right.n, found.pairs[0].outcome) == (None, 0, None)


def test_a_paraphrase_of_a_question_that_is_not_in_the_set_makes_no_pair() -> None:
    assert paraphrases([HOUR], [judged(HOUR, answered(NINE))]).pairs == ()
