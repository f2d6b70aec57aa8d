import pytest

from rag.errors import LoadError
from rag.load.draft import Blocks, Heading, sections_of
from rag.load.limits import MAX_TEXT_CHARACTERS
from rag.records import Section


def test_a_section_runs_from_its_heading_to_the_next_and_knows_the_headings_above() -> None:
    text = "before. One a Two b Deep c Three"
    headings = [Heading(8, 1, "One"), Heading(14, 2, "Two"), Heading(20, 4, "Deep"), Heading(27, 2, "Three")]
    assert sections_of(text, headings) == (
        Section(0, 8),
        Section(8, 14, ("One",)),
        Section(14, 20, ("One", "Two")),
        Section(20, 27, ("One", "Two", "Deep")),
        Section(27, 32, ("One", "Three")),
    )


def test_without_headings_there_are_no_sections() -> None:
    assert sections_of("text", []) == ()


def test_blank_characters_before_the_first_heading_belong_to_its_section() -> None:
    assert sections_of("\ufeff\r\n# One", [Heading(3, 1, "One")]) == (Section(0, 8, ("One",)),)


def test_of_two_headings_at_one_place_only_the_inner_one_opens_a_section() -> None:
    assert sections_of("text", [Heading(0, 1, "Part"), Heading(0, 2, "Chapter")]) == (
        Section(0, 4, ("Part", "Chapter")),
    )


def test_a_date_holds_for_the_sections_below() -> None:
    headings = [Heading(0, 1, "Post", "2012-11-28"), Heading(2, 2, "Part"), Heading(4, 1, "Other")]
    assert [section.date for section in sections_of("text text", headings)] == ["2012-11-28", "2012-11-28", None]


def test_items_and_rows_stand_on_lines_and_paragraphs_apart() -> None:
    blocks = Blocks()
    blocks.heading(1, "Title")
    blocks.add("Words.")
    blocks.add("• a", "item")
    blocks.add("• b", "item")
    blocks.add("a | b", "row")
    blocks.add("c | d", "row")
    blocks.close()
    blocks.add("e | f", "row")
    assert blocks.text() == "Title\n\nWords.\n\n• a\n• b\n\na | b\nc | d\n\ne | f"
    assert blocks.sections() == (Section(0, len(blocks.text()), ("Title",)),)


def test_only_the_first_date_near_a_heading_dates_it() -> None:
    blocks = Blocks()
    blocks.dated("2001", within=10)
    blocks.heading(1, "Title")
    blocks.dated("2002", within=10)
    blocks.dated("2003", within=10)
    blocks.heading(1, "Late")
    blocks.add("Many more words.")
    blocks.dated("2004", within=10)
    assert [section.date for section in blocks.sections()] == ["2002", None]


def test_a_text_over_the_limit_stops_growing() -> None:
    blocks = Blocks()
    blocks.add("x" * MAX_TEXT_CHARACTERS)
    with pytest.raises(LoadError, match="limit of 20,000,000 characters"):
        blocks.add("x")
