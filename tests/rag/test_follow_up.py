"""Follow-ups from several subjects, and what they ask for once nothing points back; a third stand alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.follow_up import LONGEST, rewrite
from rag.records import Turn


def talk(*contents: str) -> list[Turn]:
    """A conversation that a user begins."""
    return [Turn("assistant" if i % 2 else "user", content) for i, content in enumerate(contents)]


FUTURE = talk("What was Shaping a Healthier Future?", "A plan for hospitals in north west London. [1]")
BEDS = talk("How many beds did England close in 2016?", "Some 600 beds were closed. [1]")
MERGER = talk("What happened to the merger of the two trusts?", "It was called off in March 2015. [1]")
BRIDGE = talk("Who built the Forth Bridge?", "Sir William Arrol built it between 1882 and 1890. [1]")
BRUNEL = talk("When did Brunel design the Great Eastern?", "He drew it in 1852. [1]")
LOVELACE = talk("Who was Ada Lovelace?", "Ada Lovelace wrote about the Analytical Engine. [1]")
UFFIZI = talk("Where is the Uffizi?", "The Uffizi is in Florence. [1]")
RAIL = talk("Is HS2 or Crossrail longer?", "HS2 is longer. [1]")
VACCINES = talk("What do vaccines do?", "They train the immune system. [1]")
WARD = talk("Did the trust close the ward?", "Yes, in spring. [1]")
STPS = talk("What are STPs?", "Plans of 44 areas. [1]")
TITLE = talk("Who wrote “The Selfish Gene”?", "Richard Dawkins wrote it in 1976. [1]")
NURSES = talk("How many nurses were hired in 2016?", "About 900. [1]")
BOARD = talk("Which hospitals belong to the Barts Health NHS Trust?", "Newham and Whipps Cross do. [1]")
LETTER = talk("What did the letter to the Mayor from ninety MPs ask for?", "A convention of all parties. [1]")
POOL = talk("How much money is in the budget of Leeds?", "About £100 million. [1]")
CHAIN = talk("What was the Great Exhibition?", "A fair of 1851.", "Who paid for it?", "Subscribers did.")

LEANING = [
    (FUTURE, "And who paid for it?", "And who paid for Shaping a Healthier Future?"),
    (FUTURE, "What was its budget?", "What was Shaping a Healthier Future's budget?"),
    (FUTURE, "How much did this scheme cost?", "How much did this scheme cost? (Shaping a Healthier Future)"),
    (FUTURE, "Did it meet its targets?", "Did Shaping a Healthier Future meet its targets?"),
    (BEDS, "What about Wales?", "How many beds did Wales close in 2016?"),
    (BEDS, "And in 2014?", "How many beds did England close in 2014?"),
    (BEDS, "How many nurses left that year?", "How many nurses left in 2016?"),
    (BEDS, "And since then?", "And since then? (beds, England, 2016)"),
    (MERGER, "Why?", "Why? (the merger of the two trusts)"),
    (MERGER, "Who stopped it?", "Who stopped it? (the merger of the two trusts)"),
    (BRIDGE, "When was he born?", "When was Sir William Arrol born?"),
    (BRIDGE, "How long is it?", "How long is the Forth Bridge?"),
    (BRUNEL, "How long was it?", "How long was the Great Eastern?"),
    (BRUNEL, "What else did he build?", "What else did he build? (Brunel, the Great Eastern)"),
    (LOVELACE, "Who was her teacher?", "Who was Ada Lovelace's teacher?"),
    (UFFIZI, "Who works there?", "Who works there? (the Uffizi)"),
    (RAIL, "How long is it?", "How long is it? (HS2, Crossrail)"),
    (RAIL, "Who runs the first one?", "Who runs the first one? (HS2, Crossrail)"),
    (VACCINES, "Who makes them?", "Who makes them? (vaccines)"),
    (WARD, "Why?", "Why? (the trust, the ward)"),
    (STPS, "Who runs them?", "Who runs STPs?"),
    (STPS, "How many of them are there?", "How many of them are there? (STPs)"),
    (TITLE, "When did it appear?", "When did “The Selfish Gene” appear?"),
    (NURSES, "And doctors?", "And doctors? (nurses, 2016)"),
    (BOARD, "What is its debt?", "What is its debt? (hospitals, the Barts Health NHS Trust)"),
    (
        LETTER,
        "How many of them were Tories?",
        "How many of them were Tories? (the letter to the Mayor from ninety MPs)",
    ),
    (POOL, "And Salford's?", "How much money is in the budget of Salford?"),
    (CHAIN, "How many people saw it?", "How many people saw the Great Exhibition?"),
    (CHAIN, "Tell me more.", "Tell me more. (the Great Exhibition)"),
]
STANDING = [
    (FUTURE, "What is the capital of France?"),
    (FUTURE, "Is it true that hospitals closed?"),
    (FUTURE, "How long does it take to train a nurse?"),
    (FUTURE, "Why did it rain so much in May 2012?"),
    (FUTURE, "Who wrote the report that said beds were lost?"),
    (FUTURE, "Did NHS England publish its plan?"),
    (BEDS, "Which trusts closed their wards?"),
    (BEDS, "Is there a cure for measles?"),
    (BEDS, "Do doctors like their jobs?"),
    (BEDS, "How do surgeons do their work?"),
    (BEDS, "How many beds did Wales close in 2015?"),
    (BRIDGE, "Who directed It Follows?"),
    (BRIDGE, "Was it Brunel who built the Clifton bridge?"),
    (MERGER, "Is it possible to leave a trust?"),
    (MERGER, "Why do those who smoke pay more?"),
    (MERGER, "How is IT used in schools?"),
    (MERGER, "What happens if a patient loses her card?"),
    (UFFIZI, "If a museum closes, who owns what it holds?"),
    (VACCINES, "Does a person need to show his or her passport?"),
    (RAIL, "What did the former minister say about canals?"),
    (BEDS, "¿Y en Gales?"),
    (BEDS, "Pourquoi ?"),
    (BEDS, "東京では？"),
]


@pytest.mark.parametrize(("history", "question", "expected"), LEANING)
def test_what_points_back_is_put_in(history: list[Turn], question: str, expected: str) -> None:
    assert rewrite(question, history) == expected


@pytest.mark.parametrize(("history", "question"), STANDING)
def test_a_question_that_stands_alone_is_not_touched(history: list[Turn], question: str) -> None:
    assert rewrite(question, history) == question


HOSTILE = [
    Turn("user", "What is the Elgin gate?"),
    Turn("assistant", ("[1] \x00\x1b it (was) | its # they's “" * 40_000)[:1_000_000]),
    Turn("user", " \n\t\u200b "),
]


def test_a_hostile_history_does_no_harm() -> None:
    assert rewrite("When was it opened?", HOSTILE) == "When was it opened? (the Elgin gate)"


def test_only_the_last_turns_are_read() -> None:
    long_ago = [*talk("What is HS2?", "A railway."), *talk("Thanks.", "Yes.") * 9]
    assert rewrite("Who built it?", long_ago) == "Who built it?"


def test_a_question_that_would_grow_too_long_stays_as_it_is() -> None:
    question = "Who paid for it, " + "x" * (LONGEST - 20) + "?"
    assert rewrite(question, FUTURE) == question


@pytest.mark.parametrize("history", [[], talk(" \n ", "\t"), talk("")])
def test_without_anything_said_before_nothing_changes(history: list[Turn]) -> None:
    assert rewrite("Who paid for it?", history) == "Who paid for it?"


_PIECES = (
    "it its they them their he she his her this that these those there then year one other former latter the a of and"
    " or in for who what why how when many did was is NHS England Wales Cheshire 2016 2014/15 beds budget report closed"
    " paid ? . , ' ’s \" “ ” ( ) [1] \x00 \u200b é 東京 What about And Why? Mr Paul said to about trusts ward"
)
sentences = st.lists(st.sampled_from(_PIECES.split(" ")), max_size=14).map(" ".join) | st.text(max_size=60)
asked = sentences | st.sampled_from([question for _, question, _ in LEANING])
turns = st.builds(Turn, st.sampled_from(("user", "assistant")), sentences)
conversations = st.sampled_from([history for history, _, _ in LEANING])
many = settings(max_examples=300, deadline=None, derandomize=True)


@many
@given(asked.filter(str.strip), st.lists(turns, max_size=8) | conversations)
def test_a_rewrite_is_bounded_repeatable_and_final(question: str, history: list[Turn]) -> None:
    rewritten = rewrite(question, history)

    assert rewritten.strip()
    assert len(rewritten) <= max(LONGEST, len(question))
    assert rewrite(question, history) == rewritten
    assert rewrite(rewritten, history) == rewritten


@many
@given(st.sampled_from([question for _, question in STANDING]), conversations)
def test_no_conversation_touches_a_question_that_stands_alone(question: str, history: list[Turn]) -> None:
    assert rewrite(question, history) == question
