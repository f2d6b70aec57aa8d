"""What a text is about: its names with their forms, and the phrases of a question."""

import pytest

from rag.mentions import TOPIC_CHARACTERS, names, topics, years


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What was Shaping a Healthier Future?", ["Shaping a Healthier Future"]),
        ("When was the Treaty of Versailles signed?", ["the Treaty of Versailles"]),
        ("Who wrote “The Selfish Gene”?", ["“The Selfish Gene”"]),
        ("What did Labour's plan say of NHS England?", ["Labour", "NHS England"]),
        ("In March 2015 Élise Dupré spoke. Nobody answered.", ["Élise Dupré"]),
        ("how many beds were lost?", []),
    ],
)
def test_names_are_runs_of_capitals_acronyms_and_quoted_titles(text: str, expected: list[str]) -> None:
    assert [name.text for name in names(text)] == expected


@pytest.mark.parametrize(
    ("text", "kind", "clean"),
    [
        ("Who met Sir William Arrol?", "person", True),
        ("Who runs the Forth Bridge?", "thing", True),
        ("Did England close wards?", "plain", True),
        ("Why do NHS hospitals close?", "thing", False),
        ("What is the Barts Trust's debt?", "thing", False),
    ],
)
def test_a_name_shows_its_form_and_whether_it_stands_by_itself(text: str, kind: str, clean: bool) -> None:
    (name,) = names(text)
    assert (name.kind, name.clean, text[name.start : name.end]) == (kind, clean, name.text)


def test_only_several_or_an_organisation_can_act_as_people_do() -> None:
    found = names("Did STPs, LTC Ltd and the Tay Bridge cost more than Oxford and Cambridge?")
    assert [(name.plural, name.body) for name in found] == [(True, True), (False, True), (False, False), (True, True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How many beds did England close in 2016?", ("beds", "England", "2016")),
        ("What happened to the merger of the two trusts?", ("the merger of the two trusts",)),
        ("Did the trust close the ward?", ("the trust", "the ward")),
        ("Who paid for that? (the bid, NHS England)", ("the bid", "NHS England")),
        ("Why?", ()),
    ],
)
def test_topics_are_the_phrases_without_verbs_and_question_words(text: str, expected: tuple[str, ...]) -> None:
    assert topics(text) == expected


def test_topics_are_bounded() -> None:
    found = topics("Who sells " + ", ".join(f"the {'x' * 20}{n}" for n in range(30)) + "?")
    assert 0 < len(", ".join(found)) <= TOPIC_CHARACTERS


def test_years_and_financial_years_are_found() -> None:
    assert [year[0] for year in years("In 1882, 2014/15 and 2016–17, not 3014 or 20160.")] == [
        "1882",
        "2014/15",
        "2016–17",
    ]
