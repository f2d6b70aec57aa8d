import pytest

from rag.sentences import paragraphs, sentences


def cut(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


def test_full_stops_end_sentences_and_abbreviations_and_figures_do_not() -> None:
    text = "Dr. Osei rowed 3.5 miles to St. Mary’s on 4.12.2019. She was late, i.e. after dusk! Why? Nobody knows."

    assert cut(text) == [
        "Dr. Osei rowed 3.5 miles to St. Mary’s on 4.12.2019.",
        "She was late, i.e. after dusk!",
        "Why?",
        "Nobody knows.",
    ]


def test_wrapped_lines_are_one_sentence() -> None:
    text = (
        "The lamp in the tower is wound by hand every evening, and whoever\nforgets it answers to the harbour master."
    )

    assert cut(text) == [text]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_blank_lines_end_a_sentence_that_has_no_full_stop(newline: str) -> None:
    text = f"Tides{newline}{newline}high at noon, low at six{newline} {newline}{newline}and high again at midnight"

    assert cut(text) == ["Tides", "high at noon, low at six", "and high again at midnight"]


def test_a_short_line_is_a_heading_or_a_row_and_ends_by_itself() -> None:
    text = "Fares\nAdults pay four pounds\nChildren pay half, and dogs pay nothing"

    assert cut(text) == ["Fares", "Adults pay four pounds", "Children pay half, and dogs pay nothing"]


@pytest.mark.parametrize("bullet", ["-", "*", "•", "–", "1.", "(a)", "iv)", "12."])
def test_items_of_a_list_are_sentences_of_their_own(bullet: str) -> None:
    text = (
        f"{bullet} ropes and fenders for the north quay\n{bullet} paint for the boat house which peels\n  {bullet} oil"
    )

    assert cut(text) == [
        f"{bullet} ropes and fenders for the north quay",
        f"{bullet} paint for the boat house which peels",
        f"{bullet} oil",
    ]


def test_bullets_that_run_together_in_one_line_part_sentences() -> None:
    text = "The council wants: • cheaper crossings • longer piers ▪ a bell"

    assert cut(text) == ["The council wants:", "• cheaper crossings", "• longer piers", "▪ a bell"]


def test_non_breaking_spaces_stay_inside_a_sentence_and_are_cut_from_its_ends() -> None:
    text = "\u00a0It cost £40\u00a0million.\u00a0\u00a0Then it cost more.\u00a0\n\u00a0\nDone."

    assert cut(text) == ["It cost £40\u00a0million.", "Then it cost more.", "Done."]


def test_a_text_without_a_full_stop_is_cut_at_blanks() -> None:
    text = "gull " * 5_000

    found = cut(text)

    assert " ".join(found).split() == text.split()
    assert max(len(piece) for piece in found) <= 2_000
    assert all(piece.startswith("gull") and piece.endswith("gull") for piece in found)


def test_a_word_without_end_is_cut_by_length() -> None:
    assert [len(piece) for piece in cut("x" * 4_500)] == [2_000, 2_000, 500]


def test_offsets_count_code_points_of_the_whole_text() -> None:
    text = "👩‍👩‍👧 came aboard. Ωmega stayed.\n\nلا أحد رآها."

    spans = list(sentences(text, 2))

    assert [text[s.start : s.end] for s in spans][1:] == ["Ωmega stayed.", "لا أحد رآها."]
    assert spans[-1].end == len(text)


@pytest.mark.parametrize("text", ["", " ", "\r\n\r\n", "\u00a0\t\n"])
def test_blank_text_has_no_sentences(text: str) -> None:
    assert cut(text) == []


def test_paragraphs_lie_between_blank_lines_of_the_stretch_asked_for() -> None:
    text = "one\n\n two\ntwo \n\t\nthree\n"

    assert [text[s.start : s.end] for s in paragraphs(text)] == ["one", "two\ntwo", "three"]
    assert [text[s.start : s.end] for s in paragraphs(text, 1, 9)] == ["ne", "two"]
