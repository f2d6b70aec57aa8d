import unicodedata
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.gold import Texts, gold_places, places
from eval.metrics.evidence import Place
from eval.records import Evidence, Example


def held(texts: Mapping[str, str]) -> Texts:
    return texts.get


def spans(text: str, quote: str) -> list[tuple[int, int]]:
    return [(place.start, place.end) for place in places(Evidence("a", quote), held({"a": text}))]


def test_a_quote_stands_wherever_it_is_character_for_character() -> None:
    text = "At nine. At ten. At nine."

    found = places(Evidence("a", "At nine."), held({"a": text, "b": text}))

    assert found == [Place("a", 0, 8), Place("a", 17, 25)]
    assert {text[place.start : place.end] for place in found} == {"At nine."}


def test_offsets_count_code_points() -> None:
    assert spans("🦉🦉 e\u0301 At nine.", "At nine.") == [(6, 14)]


def test_places_may_overlap() -> None:
    assert spans("anana", "ana") == [(0, 3), (2, 5)]


@pytest.mark.parametrize(
    "text",
    [
        "Over:\r\nIt leaves\r\nat nine.\r\n",
        "Over:\r\nIt leaves\u00a0at\u00a0nine.",
        "Over:\r\nIt leaves\u2003 \t at\u3000nine.",
        "Over:\r\nit LEAVES at Nine.",
    ],
    ids=["CRLF", "NBSP", "other blanks", "case"],
)
def test_white_space_and_case_are_folded_where_the_quote_does_not_stand_as_it_is(text: str) -> None:
    (place,) = spans(text, "It leaves\nat nine.")

    assert "".join(text[slice(*place)].split()).lower() == "itleavesatnine."


def test_a_quote_with_blanks_of_its_own_is_found_in_plain_text() -> None:
    assert spans("It leaves at nine.", "It\u00a0leaves\r\nat  nine.") == [(0, 18)]


def test_what_stands_as_it_is_comes_alone() -> None:
    assert spans("at  nine, At nine, at nine", "at nine") == [(19, 26)]


def test_decomposed_letters_are_found_as_they_are_and_composed_ones_are_other_characters() -> None:
    text = unicodedata.normalize("NFD", "Das Café öffnet.")
    quote = unicodedata.normalize("NFD", "Café öffnet")

    assert spans(text, quote) == [(4, 4 + len(quote))]
    assert spans(text, unicodedata.normalize("NFC", quote)) == []


def test_what_has_a_meaning_in_a_pattern_is_taken_as_it_is() -> None:
    assert spans("It cost £3.50 (a\nton) [sic]*.", "£3.50 (a ton) [sic]*") == [(8, 28)]
    assert spans("It cost £3x50.", "£3.50") == []


@pytest.mark.parametrize("quote", ["", " ", "\u00a0\n"])
def test_a_blank_quote_stands_nowhere(quote: str) -> None:
    assert spans("a b", quote) == []


def test_a_document_that_is_not_there_holds_nothing() -> None:
    assert places(Evidence("gone", "a"), held({"a": "a"})) == []
    assert places(Evidence("a", "a"), held({"a": ""})) == []


def test_a_quote_that_stands_very_often_is_looked_for_fifty_times() -> None:
    assert len(spans("a " * 10_000, "a")) == 50
    assert len(spans("A\n" * 10_000, "a")) == 50


def test_each_piece_has_the_places_of_its_alternatives_too_and_none_is_left_out() -> None:
    pieces = (
        Evidence("a", "nine", (Evidence("c", "gone"), Evidence("b", "9"))),
        Evidence("a", "nowhere"),
    )
    example = Example("e", "When?", evidence=pieces)

    found = gold_places(example, held({"a": "at nine", "b": "9 or 9"}))

    assert found == [[Place("a", 3, 7), Place("b", 0, 1), Place("b", 5, 6)], []]


@given(st.text(min_size=1), st.text(), st.text())
def test_a_stretch_of_a_text_is_always_found_where_it_is(quote: str, before: str, after: str) -> None:
    found = spans(before + quote + after, quote)

    if quote.strip():
        assert (len(before), len(before) + len(quote)) in found or len(found) == 50
    for start, end in found:
        assert (before + quote + after)[start:end] == quote
