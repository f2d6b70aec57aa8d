from dataclasses import replace

import pytest

from rag.premise import denied
from rag.records import RankedSentence
from rag.words import terms
from tests.rag.hits import hit, ranked

NEUTRAL = "Gulls watch the harbour all day long."


def read(question: str, *texts: str, coverages: tuple[float, ...] = ()) -> str | None:
    asked = frozenset(terms(question))
    sentences: list[RankedSentence] = []
    for n, text in enumerate(texts):
        one = ranked(hit(text, f"{n}.txt"))
        share = coverages[n] if coverages else len(one.words & asked) / len(asked)
        sentences.append(replace(one, coverage=share))
    return denied(question, [sentence.hit for sentence in sentences], sentences)


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        (
            "Why did the council accept the plan for the pier?",
            "The council rejected the plan for the pier.",
            'they say "rejected" where the question says "accept"',
        ),
        (
            "What makes the old pier unsafe for boats?",
            "The old pier is safe for boats in any wind.",
            'they say "safe" where the question says "unsafe"',
        ),
        (
            "What boats does the ferry company not insure?",
            "The ferry company insures boats of every kind.",
            'the question denies "insure", and they do not',
        ),
        ("Who led the ferry company in 1931?", "The ferry company was led by Ann Orr in 1950.", "speaks of 1931"),
    ],
)
def test_what_the_documents_deny_is_told_in_a_sentence(question: str, text: str, said: str) -> None:
    told = read(question, text, NEUTRAL)

    assert told is not None
    assert told.startswith("The documents do not seem to hold the answer: ")
    assert said in told
    assert told.count(".") == 1


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("Did the council accept the plan for the pier?", ["The council rejected the plan for the pier."]),
        ("Is the plan for the pier safe or unsafe?", ["The plan for the pier is safe."]),
        ("Why did the council accept the plan for the pier?", ["The council did not reject the plan for the pier."]),
        ("Why did the council reject the plan for the pier?", ["The council rejected the plan for the pier."]),
        (
            "Why did the council accept the plan for the pier?",
            ["The council rejected the plan for the pier.", "The council accepted the plan for the pier in May."],
        ),
        ("How many boats of the ferry company have at least two masts?", ["Most boats of the ferry company have two."]),
        ("Which boats does the ferry company not insure?", ["The ferry company does not insure boats of steel."]),
        ("Which boats does the ferry company not insure?", ["The ferry company refuses to insure boats of steel."]),
        ("Who led the ferry company in 1931?", ["The ferry company was led by Ann Orr in 1931."]),
        ("Who led the ferry company in 1931?", ["The ferry company was led by Ann Orr in 1930/31."]),
        ("Who led the ferry company in 2020?", ["The ferry company is led by Ann Orr."]),
        ("Who led the ferry company in the 1930s?", ["The ferry company was led by Ann Orr."]),
        ("Who led the ferry company?", []),
        ("What has changed on the pier since 1931?", ["The pier was changed twice, in 1935 and 1950."]),
        ("What changed on the pier between 1931 and 1940?", ["The pier was changed in 1935."]),
        ("In which year before 1940 did the pier open?", ["The pier did open in 1935."]),
        ("What changed on the pier after the end of 1931?", ["The pier was changed in 1935."]),
        ("Who lost the ferry race on the harbour?", ["Ann Orr won the ferry race on the harbour ahead of Ben Ash."]),
        ("Who sold the old pier to the town?", ["The old pier was bought by the town from the Orr family."]),
        ("When did the old ferry stop?", ["The old ferry did start in 1935 and made its last crossing in 1950."]),
        ("What happens if I do not pay the ferry fine?", ["Whoever has to pay the ferry fine too late pays twice."]),
        ("What must not go on the ferry deck?", ["Bags go on the ferry deck, fuel goes below."]),
        ("What waste does not go in the ferry bin?", ["Only paper waste may go in the ferry bin."]),
        ("Which gate of the ferry is not locked?", ["The north gate of the ferry is locked, the south gate open."]),
    ],
)
def test_what_they_bear_out_or_leave_open_is_not(question: str, texts: list[str]) -> None:
    assert read(question, *texts) is None


def test_a_sentence_on_something_else_denies_nothing() -> None:
    question = "Why did the council accept the plan for the pier?"

    assert read(question, "The council rejected the plan for the pier.", coverages=(0.4,)) is None
