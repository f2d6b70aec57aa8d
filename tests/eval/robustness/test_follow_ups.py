from dataclasses import replace

import pytest

from eval.records import Example
from eval.robustness.follow_ups import follow_ups
from rag import Turn
from tests.eval.robustness.scripted import Scripted, abstained, answered, quoting

NINE = answered(quoting("The ferry leaves at nine."))
TALK = (Turn("user", "Which boat goes?"), Turn("assistant", "The ferry."))
AND_WHEN = Example(
    "f",
    "And when?",
    answerable=True,
    must_include=(("at nine",),),
    history=TALK,
    standalone="When does the ferry leave?",
)
PLAIN = Example("p", "When does the ferry leave?", answerable=True, must_include=(("at nine",),))


def test_what_is_right_only_alone_counts_as_gained() -> None:
    subject = Scripted({"And when?": abstained(), "When does the ferry leave?": NINE})

    found = follow_ups([AND_WHEN, PLAIN], subject)

    assert (found.raw.hits, found.alone.hits, found.raw.n) == (0, 1, 1)
    assert (found.gained, found.lost, found.p) == (1, 0, 1.0)


def test_six_gained_and_none_lost_is_a_difference() -> None:
    subject = Scripted({"And when?": abstained(), "When does the ferry leave?": NINE})

    found = follow_ups([replace(AND_WHEN, id=f"f{n}") for n in range(6)], subject)

    assert found.p == pytest.approx(2 / 2**6)


def test_how_a_question_was_understood_is_kept() -> None:
    told = replace(NINE, rewritten="When does the ferry leave?")
    subject = Scripted({"And when?": told, "When does the ferry leave?": NINE})

    (asked,) = follow_ups([AND_WHEN], subject).asked

    assert (asked.raw, asked.alone, asked.rewritten) == (True, True, "When does the ferry leave?")


def test_without_a_follow_up_nothing_is_measured() -> None:
    found = follow_ups([PLAIN], Scripted({}))

    assert (found.raw.value, found.alone.value, found.p, found.asked) == (None, None, None, ())


def test_an_unanswerable_follow_up_is_asked_and_not_judged() -> None:
    unanswerable = replace(AND_WHEN, answerable=False, must_include=())
    subject = Scripted({"And when?": abstained(), "When does the ferry leave?": NINE})

    found = follow_ups([unanswerable], subject)

    assert (found.raw.n, found.asked[0].raw, found.asked[0].alone) == (0, None, None)
