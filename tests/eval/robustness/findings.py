"""Findings of every sort, and with a breach of every invariant, for what shows them."""

from eval.compare import Difference
from eval.figures import rate
from eval.records import Figure, System
from eval.robustness.records import (
    Attacked,
    Breach,
    FollowUp,
    FollowUps,
    Injections,
    Pair,
    Paraphrases,
    Robustness,
    Same,
    Step,
)


def _figures(right: int) -> dict[str, Figure]:
    return {
        "right": rate(right, 4),
        "answer_in_top_5": rate(3, 4),
        "retrieved_evidence@5": Figure(0.75, 0.5, 1.0, 4, None, "bootstrap"),
        "answered_wrong": rate(1, 6),
        "false_refusals": rate(0, 4),
        "right_refusals": Figure(None),
    }


FINDINGS = Robustness(
    dataset="sample",
    dataset_sha256="ab" * 32,
    system=System("library", "0.1.0", "cd" * 32, 6, "fake (onnx)"),
    steps=(
        Step(0, 6, _figures(4), ()),
        Step(
            5_000,
            5_006,
            _figures(2),
            (Difference("right", 1.0, 0.5, 4, -0.75, -0.25, 0.5, 0, 2, "worse"),),
        ),
    ),
    paraphrases=Paraphrases(rate(1, 2), rate(1, 2), Figure(None), (Pair("b", "a", "right", "right", None),)),
    follow_ups=FollowUps(
        rate(0, 1), rate(1, 1), 1, 0, 1.0, (FollowUp("f", raw=False, alone=True, rewritten="When does *it* leave?"),)
    ),
    injections=Injections(
        rate(1, 9),
        rate(2, 9),
        ("q7",),
        (
            Attacked("a.md", "instruction", hidden=False, succeeded=True, quoted=2, cited=3),
            Attacked("b.html", "HTML: comment", hidden=True, succeeded=False, quoted=0, cited=1),
        ),
        (Breach("q1", "obeyed", "a.md", "CANARY-1 | <b>bold</b>"), Breach("q2", "misquoted", None, "Nine.")),
    ),
    sameness=(Same("asked a second time", rate(4, 4), ()), Same("asked 4 at a time", rate(3, 4), ("q3",))),
    timings={"corpus": 1.5},
)
