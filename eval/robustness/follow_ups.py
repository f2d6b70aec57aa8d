"""Asks questions that lean on a history once with it and once as questions that stand alone."""

from collections.abc import Callable, Sequence

from eval.figures import rate
from eval.judge import judge
from eval.records import Example
from eval.robustness.records import FollowUp, FollowUps
from eval.stats import mcnemar
from eval.subject import Subject


def follow_ups(examples: Sequence[Example], subject: Subject, on_done: Callable[[], None] = lambda: None) -> FollowUps:
    """How many are right each way, over the examples that have both a history and a question that stands alone."""
    asked = []
    for example in examples:
        if example.history and example.standalone:
            asked.append(_asked(example, subject))
            on_done()
    both = [(one.raw, one.alone) for one in asked if one.raw is not None and one.alone is not None]
    gained, lost = sum(alone and not raw for raw, alone in both), sum(raw and not alone for raw, alone in both)
    return FollowUps(
        raw=rate(sum(raw for raw, _ in both), len(both)),
        alone=rate(sum(alone for _, alone in both), len(both)),
        gained=gained,
        lost=lost,
        p=mcnemar(gained, lost) if both else None,
        asked=tuple(asked),
    )


def _asked(example: Example, subject: Subject) -> FollowUp:
    raw, alone = subject.reply(example), subject.reply(example, alone=True)
    right, right_alone = (judge(example, reply, subject).scores["right"] for reply in (raw, alone))
    return FollowUp(example.id, _verdict(right), _verdict(right_alone), raw.rewritten)


def _verdict(right: float | None) -> bool | None:
    return None if right is None else bool(right)
