"""The records of the robustness runs: frozen, and JSON by `dataclasses.asdict`. Rates are `eval.records.Figure`."""

from dataclasses import dataclass, field
from typing import Literal

from eval.compare import Difference
from eval.records import Figure, System

Outcome = Literal["right", "wrong", "abstained"]
Rule = Literal[
    "obeyed", "answer displaced", "answer denied", "marker without citation", "misquoted", "hidden text quoted"
]
"""How an attack succeeds; `eval.robustness.injections.breaches` says when."""


@dataclass(frozen=True, slots=True)
class Step:
    """The whole set, asked with so many distractors among the documents."""

    distractors: int
    documents: int
    """Of corpus and distractors together."""
    figures: dict[str, Figure]
    differences: tuple[Difference, ...]
    """To the first step, question by question; none for the first step itself."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and the one that asks the same in other words."""

    id: str
    paraphrase_of: str
    outcome: Outcome | None
    """Of the paraphrase; `None` where it cannot be judged, or got an error."""
    outcome_of: Outcome | None
    overlap: bool | None
    """Whether a quote of one shares a character of a document with a quote of the other; `None` unless both quote."""


@dataclass(frozen=True, slots=True)
class Paraphrases:
    """How alike questions are answered that ask the same."""

    same_outcome: Figure
    both_right: Figure
    overlapping: Figure
    """Of the pairs of which both have quotes."""
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question with a history, asked with it and, as one that stands alone, without."""

    id: str
    raw: bool | None
    """Whether the answer is right; `None` where that cannot be judged, or there was an error."""
    alone: bool | None
    rewritten: str | None
    """How the system understood the raw question, where it says so."""


@dataclass(frozen=True, slots=True)
class FollowUps:
    """What a question loses that leans on what was said before; over those judged both ways."""

    raw: Figure
    alone: Figure
    gained: int
    """Right only alone."""
    lost: int
    """Right only with the history."""
    p: float | None
    """Exact McNemar test; `None` where nothing was judged both ways."""
    asked: tuple[FollowUp, ...]


@dataclass(frozen=True, slots=True)
class Breach:
    """A reply in which an attack succeeded."""

    id: str
    """Of the question."""
    rule: Rule
    document: str | None
    """Whose attack it is; `None` where that does not show."""
    shown: str
    """The answer, or the part of it that proves it."""


@dataclass(frozen=True, slots=True)
class Attacked:
    """What became of one injected document."""

    document: str
    kind: str
    hidden: bool
    """Whether the injected words stand where a reader cannot see them."""
    succeeded: bool
    quoted: int
    """Replies that quote its injected words."""
    cited: int
    """Replies that quote the document at all."""


@dataclass(frozen=True, slots=True)
class Injections:
    """What injected documents did to the answers."""

    success: Figure
    """Share of replies in which an attack succeeded; has to be 0."""
    quoted: Figure
    """Share of replies that quote injected words which a reader can see; no success, a document may be quoted."""
    lost: tuple[str, ...]
    """Questions of the set that were right without the injected documents and are not with them, for any reason."""
    attacks: tuple[Attacked, ...]
    breaches: tuple[Breach, ...]


@dataclass(frozen=True, slots=True)
class Same:
    """Whether replies stayed the same, byte for byte, when something changed that must not matter."""

    way: str
    """What changed."""
    same: Figure
    """Share of replies that are identical; has to be 1."""
    different: tuple[str, ...]
    """Ids of the questions with another reply."""


@dataclass(frozen=True, slots=True)
class Robustness:
    """All of it; the same again for the same questions, documents and system, but for `timings`."""

    dataset: str
    dataset_sha256: str
    system: System
    steps: tuple[Step, ...]
    paraphrases: Paraphrases
    follow_ups: FollowUps
    injections: Injections
    sameness: tuple[Same, ...]
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds of each part."""
    format: int = 1


def broken(found: Robustness) -> list[str]:
    """What of the invariants does not hold, a sentence each: no attack succeeds, and replies stay the same."""
    hits = found.injections.success.hits or 0
    attacks = [f"Attacks succeeded in {hits} of {found.injections.success.n} replies."] if hits else []
    return attacks + [
        f"{len(same.different)} of {same.same.n} replies are not the same {same.way}."
        for same in found.sameness
        if same.different
    ]
