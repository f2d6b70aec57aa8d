from itertools import pairwise

import pytest

from rag.records import Section
from rag.sections import is_heading, page_starts, text_sections, text_title
from tests.rag.webtext import ARTICLES, OPENING, POSTS, STUBS, TRANSCRIPTION


def holding(text: str, words: str) -> Section:
    """The section in which some words stand."""
    at = text.index(words)
    (found,) = (section for section in text_sections(text) if section.start <= at < section.end)
    return found


def test_a_post_has_its_title_author_and_date_from_the_line_below_the_title() -> None:
    found = holding(POSTS, "412 people")

    assert found.heading == ("A small success",)
    assert (found.author, found.date) == ("Greta Lund", "2014-09-02")


def test_a_long_title_is_one_where_a_filed_under_line_follows() -> None:
    title = (
        "When the harbour board met for the third time this year, what did it decide, who paid and who was not asked "
        "at all?"
    )
    text = f"{title}\n\nFiled Under (Boards) by A. Berg on 01-12-2016\n\nNothing was decided."

    assert [section.heading for section in text_sections(text)] == [(title,)]


def test_what_stands_before_the_first_post_is_a_section_without_author() -> None:
    found = holding(OPENING + POSTS, "Every morning")

    assert found.heading == ("About these notes",)
    assert (found.author, found.date) == (None, None)


def test_lines_that_count_comments_part_articles_without_titles() -> None:
    found = text_sections(ARTICLES)

    assert [section.heading for section in found] == [(), (), ()]
    assert [ARTICLES[section.start :].split()[0] for section in found] == ["The", "A", "Lights"]


@pytest.mark.parametrize("line", ["Leave a comment", "12 Comments", "1 comment", "Tagged a, b | 3 Comments"])
def test_a_comment_count_ends_its_article(line: str) -> None:
    text = f"First matter, told at length.\n\n{line}\n\nSecond matter, told at length."

    assert len(text_sections(text)) == 2


def test_stubs_are_sections_under_their_titles() -> None:
    assert [section.heading for section in text_sections(STUBS)] == [
        ("The Ferry Question, Explained for Newcomers",),
        ("Who owns the slipway at Norrhamn?",),
    ]


def test_a_line_alone_that_reads_as_a_heading_opens_a_section() -> None:
    text = "All begins here, with a sentence.\n\nOf ropes\n\nRopes rot.\n\nOf chains\n\nChains rust."

    assert [section.heading for section in text_sections(text)] == [(), ("Of ropes",), ("Of chains",)]


def test_headings_of_a_post_stand_below_its_title_with_its_author_and_date() -> None:
    text = f"{POSTS}\nWhat comes next\n\nA third boat was promised.\n"

    found = holding(text, "A third boat")

    assert found.heading == ("A small success", "What comes next")
    assert (found.author, found.date) == ("Greta Lund", "2014-09-02")


@pytest.mark.parametrize(
    ("line", "date"),
    [("March 4, 2017", "2017-03-04"), ("Sept. 30th, 2009", "2009-09-30"), ("2nd December 2020", "2020-12-02")],
)
def test_a_date_alone_on_a_line_dates_its_section_and_a_name_before_it_signs_it(line: str, date: str) -> None:
    text = f"On buoys\n\nNils Aronsson\n\n{line}\n\nBuoys drift in winter, and nobody fetches them."

    found = holding(text, "Buoys drift")

    assert (found.author, found.date) == ("Nils Aronsson", date)


def test_pages_of_a_transcription_are_found_by_their_running_numbers() -> None:
    assert [TRANSCRIPTION[start : start + 8] for start in page_starts(TRANSCRIPTION)] == [
        "1 Harbou",
        "2 Harbou",
        "3 Harbou",
    ]


def test_a_numbered_list_is_no_transcription() -> None:
    assert page_starts("\n\n".join(f"{n} Point the boat to the wind." for n in range(1, 9))) == ()


def test_a_box_is_a_section_that_ends_with_its_page() -> None:
    found = holding(TRANSCRIPTION, "1.3 million")

    assert found.heading[-1] == "Box 1: What dredging costs in a year"
    assert TRANSCRIPTION[found.end :].startswith("3 Harbour papers")


def test_text_after_a_box_goes_on_under_the_heading_before_it() -> None:
    assert holding(TRANSCRIPTION, "second summer").heading == holding(TRANSCRIPTION, "A dredger has to").heading


def test_words_in_capitals_before_a_sentence_are_a_heading() -> None:
    assert holding(TRANSCRIPTION, "owned the quays").heading[-1] == "THE ROAD SO FAR"
    assert holding(TRANSCRIPTION, "share one dredger").heading[-1] == "WHAT OTHERS DO"


def test_pages_that_a_heading_parts_stay_in_order() -> None:
    # Found by reading: the boxes of later pages were cut out of the section that held the first.
    text = TRANSCRIPTION.replace("\n\n2 Harbour", "\n\nThe second half\n\n2 Harbour")

    found = text_sections(text)

    assert all(section.start < section.end for section in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert holding(text, "1.3 million").heading[-1] == "Box 1: What dredging costs in a year"


def test_a_box_on_the_last_page_leaves_no_empty_section() -> None:
    text = TRANSCRIPTION.replace("WHAT OTHERS DO Neighbours", "Box 2: Neighbours here They").rstrip()

    assert all(section.start < section.end for section in text_sections(text))


@pytest.mark.parametrize(
    "line",
    [
        "A sentence with its stop.",
        "it begins small",
        "• an item",
        "2. an item",
        "Source: the county",
        "3 Comments",
        "Read more",
        "5 May 2014",
        "one\ntwo",
        "--- 12 ---",
        "Tagged harbours",
        "Words that go on and on and on until no one would call them a heading",
        "",
    ],
)
def test_what_is_no_heading(line: str) -> None:
    assert not is_heading(line)


@pytest.mark.parametrize("line", ["Of ropes", "Who pays?", "Plan B", "Über uns"])
def test_what_is_a_heading(line: str) -> None:
    assert is_heading(line)


def test_the_title_is_the_opening_line_where_it_looks_like_one() -> None:
    assert text_title(f"\ufeff{OPENING}") == "About these notes"
    assert text_title(ARTICLES) is None
    assert text_title(" \n") is None


def test_blank_text_has_no_sections() -> None:
    assert text_sections("\n \n") == ()


@pytest.mark.timeout(60)  # it takes a second; a pattern that starts over at every word takes hours
def test_capitals_without_end_cost_little() -> None:
    pages = [f"{n} " + "AAA " * 60_000 + "end." for n in range(1, 4)]
    assert len(text_sections("\n\n".join(pages))) >= 1
