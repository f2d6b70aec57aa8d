from concurrent.futures import ThreadPoolExecutor

import pytest

from rag.words import terms


def test_words_are_stemmed_and_stop_words_left_out() -> None:
    assert terms("How were the harbours sailed by sailors?") == ["harbour", "sail", "sailor"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("33.59 million", ["33.59", "33", "59", "million"]),
        ("in 2016/17", ["2016/17", "2016", "17"]),
        ("1,204 crates", ["1,204", "1", "204", "crate"]),
    ],
)
def test_figures_stay_whole_and_are_indexed_in_parts_too(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_case_and_possessives_do_not_matter() -> None:
    assert terms("HARBOUR’S") == terms("harbour's") == terms("harbour") == ["harbour"]


def test_an_apostrophe_inside_a_word_joins_it_in_either_spelling() -> None:
    assert terms("isn’t") == terms("isn't") != terms("isnt")


def test_hidden_characters_do_not_part_a_word() -> None:
    assert terms("fer\u00adry\u200b boat") == terms("ferry boat")


def test_underscores_and_punctuation_part_words() -> None:
    assert terms("tide_table (high-water)") == ["tide", "tabl", "high", "water"]


def test_other_scripts_are_words_as_well() -> None:
    assert terms("東京 עולם Ωmega") == ["東京", "עולם", "ωmega"]


def test_threads_get_the_same_words() -> None:
    texts = [f"Sailing ships {n} were rigged, {n} boats rowing, and {n % 7} ferries waited" for n in range(400)]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(terms, texts)) == [terms(text) for text in texts]


def test_accents_match_however_they_are_composed() -> None:
    assert terms("cafe\u0301 nai\u0308ve") == terms("caf\u00e9 na\u00efve") != terms("cafe naive")
