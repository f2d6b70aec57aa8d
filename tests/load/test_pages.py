from rag.load.draft import Heading
from rag.load.pages import Line, Page, laid_out, large_headings, without_running_lines

BODY = [f"Line {word} of the text." for word in ("one", "two", "three", "four", "five", "six", "seven", "eight")]


def page(*lines: str, size: float = 10.0, leading: float = 12.0) -> Page:
    return [Line(text, size, 700.0 - leading * i) for i, text in enumerate(lines)]


def texts(pages: list[Page]) -> list[list[str]]:
    return [[line.text for line in page] for page in pages]


def test_lines_that_repeat_at_head_and_foot_are_left_out() -> None:
    pages = [page("Annual  report", *BODY[i:], *BODY[:i], f"Page {i + 1} of 5") for i in range(5)]
    assert texts(without_running_lines(pages)) == [[*BODY[i:], *BODY[:i]] for i in range(5)]


def test_page_numbers_may_count_from_anywhere_and_stand_left_or_right() -> None:
    pages = [page(*BODY[i:], *BODY[:i], f"{i + 91} Report" if i % 2 else f"Report {i + 91}") for i in range(8)]
    assert texts(without_running_lines(pages)) == [[*BODY[i:], *BODY[:i]] for i in range(8)]


def test_numbers_that_do_not_count_the_pages_stay() -> None:
    pages = [page(*BODY, f"Total {i * i + 7} {i * 3}") for i in range(8)]
    assert [lines[-1] for lines in texts(without_running_lines(pages))] == [
        f"Total {i * i + 7} {i * 3}" for i in range(8)
    ]


def test_a_line_that_repeats_in_the_middle_stays() -> None:
    pages = [
        page(f"A{i * i}", f"B{i * i}", f"C{i * i}", "Same.", *(f"{c}{i * i}" for c in "defghijkl")) for i in range(5)
    ]
    assert texts(without_running_lines(pages)) == texts(pages)


def test_a_page_of_nothing_but_running_lines_keeps_them() -> None:
    pages = [page(f"This is page {i + 1}") for i in range(5)]
    assert texts(without_running_lines(pages)) == texts(pages)


def test_on_two_pages_nothing_runs() -> None:
    pages = [page("Report", *BODY), page("Report", *BODY)]
    assert texts(without_running_lines(pages)) == texts(pages)


def test_a_wider_distance_or_another_size_parts_paragraphs() -> None:
    lines = [
        *(Line("Title", 18, 760), Line("a", 10, 700), Line("b", 10, 688)),
        *(Line("c", 10, 670), Line("d", 10, 658), Line("note", 7, 646)),
    ]
    assert laid_out([lines]).text == "Title\n\na\nb\n\nc\nd\n\nnote"


def test_a_new_column_does_not_part_a_paragraph() -> None:
    assert (
        laid_out([[Line("a", 10, 112), Line("b", 10, 100), Line("c", 10, 700), Line("d", 10, 688)]]).text
        == "a\nb\nc\nd"
    )


def test_a_sentence_runs_on_over_the_end_of_a_page() -> None:
    layout = laid_out([page("It ends on the"), page("next page."), [], page("New paragraph")])
    assert layout.text == "It ends on the\nnext page.\n\nNew paragraph"
    assert layout.page_starts == (0, 15, 25, 27)
    assert all(layout.text.startswith(line.text, start) for start, line in layout.lines)


def test_lines_in_large_print_are_headings_by_their_size() -> None:
    small = page(*BODY)
    lines = [
        *(Line("The long", 20, 800), Line("title", 20, 778), Line("First part", 14, 740), *small),
        *(Line("Second part", 14, 560), *small, Line("Large words that end a sentence.", 14, 300), *small),
    ]
    layout = laid_out([lines])
    second = layout.text.index("Second part")
    assert large_headings(layout) == [
        Heading(0, 1, "The long title"),
        Heading(layout.text.index("First part"), 2, "First part"),
        Heading(second, 2, "Second part"),
    ]


def test_where_most_lines_are_large_or_sizes_are_unknown_nothing_is_a_heading() -> None:
    poster = [line for text in BODY for line in (Line(text[:9], 20, 0), Line("x" * 60, 10, 0))]
    assert large_headings(laid_out([poster])) == []
    assert large_headings(laid_out([page(*BODY, size=0)])) == []
