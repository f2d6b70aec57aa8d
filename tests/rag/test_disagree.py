from dataclasses import replace

import pytest

from rag.disagree import differing
from rag.disagree.clauses import clauses
from rag.records import Difference, RankedSentence
from rag.words import terms
from tests.rag.hits import hit, ranked


def told(text: str, source: str, date: str | None = "2020-05-01", title: str = "") -> RankedSentence:
    found = hit(text, source, title=title)
    return ranked(replace(found, section=replace(found.section, author=f"the author of {source}", date=date)))


def between(question: str, one: RankedSentence, other: RankedSentence) -> Difference | None:
    found = differing(question, [one, other], dict.fromkeys(terms(question), 1.0))
    return found.about if found else None


def about(question: str, one: str, other: str) -> Difference | None:
    return between(question, told(one, "one.md"), told(other, "other.md"))


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("How many lamps has the pier?", "The pier has 46 lamps.", "The pier has 31 lamps."),
        ("What did the pier cost?", "The pier cost £4.2 million.", "The pier cost £6.9 million, all told."),
        ("What share of lamps is lit?", "Some 80 per cent of lamps are lit.", "Barely 35% of lamps are lit."),
        ("How many lamps has the pier?", "The pier has 1,950 lamps.", "By our count the pier has 2,160 lamps."),
        ("How many lamps has the pier?", "The pier has more than 40 lamps.", "The pier has 210 lamps."),
        ("How long does the pier tour last?", "The pier tour lasts for 45 minutes.", "The pier tour lasts 70 minutes."),
        ("What is the notice period of the pier?", "The notice period is 2 weeks.", "The notice period is 4 weeks."),
    ],
)
def test_other_figures_of_the_same_thing_differ(question: str, one: str, other: str) -> None:
    assert about(question, one, other) == about(question, other, one) == "figures"


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("How many lamps has the pier?", "The pier has 46 lamps.", "The pier has forty-six lamps."),
        ("How many lamps has the pier?", "The pier has 1,950 lamps.", "The pier has about 2,000 lamps."),
        ("How many lamps has the pier?", "The pier has more than 40 lamps.", "The pier has 46 lamps."),
        ("How many lamps has the pier?", "In 2011 the pier had 46 lamps.", "In 2014 the pier had 31 lamps."),
        ("How many lamps has the pier?", "The pier has 46 lamps.", "The pier has 31 benches."),
        ("How many benches has the pier?", "The pier has 46 lamps.", "The pier has 31 lamps."),
        ("How many lamps are there in all?", "In Ryde there are 46 lamps.", "In Hull there are 31 lamps."),
        ("How many lamps has the pier?", "The pier has 46 lamps.", "The upper deck of the pier in Hull has 31 lamps."),
        ("What did the pier cost?", "The pier cost £4 million.", "The pier cost between £3 million and £9 million."),
        ("Who paid for the pier?", "The pier cost £4.2 million.", "The pier cost £6.9 million."),
        ("What share of lamps is lit?", "Some 80 per cent of lamps are lit.", "A fish weighs 35 per cent more."),
    ],
)
def test_other_years_places_parts_and_roundings_do_not(question: str, one: str, other: str) -> None:
    assert about(question, one, other) is None


def test_dates_differ_where_the_question_asks_when() -> None:
    assert about("When was the pier built?", "The pier was built in 1871.", "The pier was built in 1884.") == "dates"
    assert about("When was the pier built?", "The pier was built in May 1871.", "The pier was built in 1871.") is None
    assert (
        about("Since when has the pier stood?", "The pier has stood since 1871.", "The pier has stood since 1884.")
        == "dates"
    )
    assert about("Who built the pier?", "The pier was built in 1871.", "The pier was built in 1884.") is None


def test_it_stands_for_what_the_title_names() -> None:
    one, other = (
        told("The pier was built in 1871.", "a.md"),
        told("It was built in 1884 by gulls.", "b.md", title="The pier"),
    )
    assert between("When was the pier built?", one, other) == "dates"


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("Is the pier safe?", "The pier is safe.", "The pier is unsafe, as divers saw."),
        ("What did lamps do to thefts?", "The lamps have reduced thefts.", "The lamps have increased thefts."),
        ("Did the storm break the pier?", "The storm broke the pier.", "The storm did not break the pier."),
        ("Who wants the toll?", "The council supports the toll on boats.", "The anglers oppose the toll on boats."),
    ],
)
def test_opposed_views_of_the_same_thing_differ(question: str, one: str, other: str) -> None:
    assert about(question, one, other) == about(question, other, one) == "views"


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("Is the pier safe?", "The pier is safe.", "The pier is not unsafe."),
        ("Is the pier safe?", "The pier is safe.", "The harbour is unsafe."),
        ("Who wants the toll?", "The council accepts the toll on boats.", "Anglers do not reject the toll on boats."),
        ("What did lamps do to thefts?", "In Ryde the lamps reduced thefts.", "In Hull the lamps increased thefts."),
        ("Who wants the toll?", "The council supports the toll on boats.", "The anglers oppose the sale of bait."),
        ("Which gull is large?", "The old gull is large.", "The young gull is large."),
    ],
)
def test_views_of_other_things_and_the_same_view_do_not(question: str, one: str, other: str) -> None:
    assert about(question, one, other) is None


def test_one_source_does_not_disagree_with_itself() -> None:
    one = told("The pier has 46 lamps.", "one.md")
    question = "How many lamps has the pier?"

    assert between(question, one, told("The pier has 31 lamps.", "one.md")) is None
    later = told("The pier has 31 lamps.", "one.md", date="2021")
    assert between(question, one, later) == "figures"


def test_a_year_is_that_of_the_section_where_the_sentence_names_none() -> None:
    question, one = "How many lamps has the pier?", "In 2019 the pier had 46 lamps."

    assert between(question, told(one, "one.md"), told("The pier has 31 lamps.", "b.md", date="2020-01")) == "figures"
    assert between(question, told(one, "one.md"), told("The pier has 31 lamps.", "b.md", date="2008-01")) is None
    assert between(question, told(one, "one.md"), told("The pier has 31 lamps.", "b.md", date=None)) is None


def test_only_what_the_best_sentence_says_is_held_against_others() -> None:
    question = "How many benches has the pier?"
    best = told("The pier has benches that gulls love.", "one.md")
    others = [told("The pier has 46 benches.", "two.md"), told("The pier has 31 benches.", "three.md")]

    assert differing(question, [best, *others], dict.fromkeys(terms(question), 1.0)) is None
    assert differing(question, [], {}) is None


def test_a_sentence_is_cut_into_clauses_and_its_figures_stay_whole() -> None:
    text = "The concrete is sound, and the dam cost £1,250,000, which the county paid."

    assert [clause.text.strip() for clause in clauses(text)] == [
        "The concrete is sound",
        ", and the dam cost £1,250,000",
        ", which the county paid.",
    ]
    assert list(clauses("word " * 200)) == []
