import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from eval.excerpts import excerpts
from eval.metrics.evidence import Place
from eval.records import CheckedQuote, Excerpt, Mark

_RANDOM = random.Random(3)
LONG = "".join(_RANDOM.choices("abcdefghij \n", k=12_000))


def quoted(start: int | None, end: int | None, source: str = "a") -> CheckedQuote:
    return CheckedQuote(1, source, start, end, "as it was served", verbatim=True)


def of(text: str, quotes: Sequence[CheckedQuote] = (), gold: Sequence[Sequence[Place]] = ()) -> tuple[Excerpt, ...]:
    return excerpts({"a": text, "b": text}.get, quotes, gold)


def test_a_quote_is_shown_with_what_stands_around_it() -> None:
    (found,) = of(LONG, [quoted(1_000, 1_050)])

    assert (found.source, found.start, found.text) == ("a", 840, LONG[840:1_210])
    assert found.marks == (Mark(160, 210, "quote"),)


def test_at_the_edges_of_a_text_there_is_less_around_it() -> None:
    text = "Short and whole."

    (found,) = of(text, [quoted(0, 5)], [[Place("a", 10, len(text))]])

    assert (found.start, found.text) == (0, text)
    assert found.marks == (Mark(0, 5, "quote"), Mark(10, 16, "gold"))


def test_marks_that_overlap_share_an_excerpt_and_come_by_start() -> None:
    (found,) = of(LONG, [quoted(1_020, 1_060)], [[Place("a", 1_000, 1_040)], [Place("a", 1_000, 1_100)]])

    assert [(m.start + found.start, m.end + found.start, m.kind) for m in found.marks] == [
        (1_000, 1_040, "gold"),
        (1_000, 1_100, "gold"),
        (1_020, 1_060, "quote"),
    ]


def test_marks_far_apart_have_excerpts_of_their_own() -> None:
    found = of(LONG, [quoted(5_000, 5_010), quoted(1_000, 1_010)])

    assert [excerpt.start for excerpt in found] == [840, 4_840]


def test_the_same_place_served_twice_is_marked_once() -> None:
    (found,) = of(LONG, [quoted(100, 110), quoted(100, 110)])

    assert len(found.marks) == 1


def test_a_huge_quote_is_cut_and_so_is_its_mark() -> None:
    (found,) = of(LONG, [quoted(500, 11_000)])

    assert found.text == LONG[340:4_340]
    assert found.marks == (Mark(160, 4_000, "quote"),)


def test_a_quote_without_a_place_or_of_an_unknown_document_has_no_excerpt() -> None:
    assert of(LONG, [quoted(None, None), quoted(0, 5, "gone")], [[]]) == ()


def test_a_quote_that_claims_a_place_beyond_the_text_has_no_mark_there() -> None:
    text = "Short."

    assert of(text, [quoted(6, 20), quoted(900, 950), quoted(4, 2), quoted(3, 3), quoted(-9, -1)]) == ()
    (found,) = of(text, [quoted(0, 2), quoted(4, 90), quoted(7, 30)])
    assert found.marks == (Mark(0, 2, "quote"), Mark(4, 6, "quote"))


def test_of_gold_that_stands_in_many_documents_the_quoted_one_is_shown() -> None:
    places = [Place("b", 10, 20), Place("a", 30, 40)]

    assert [(e.source, m.kind) for e in of(LONG, [quoted(35, 45)], [places]) for m in e.marks] == [
        ("a", "gold"),
        ("a", "quote"),
    ]
    assert [e.source for e in of(LONG, [], [places])] == ["b"]


def test_a_question_has_a_handful_of_excerpts_at_most() -> None:
    assert len(of(LONG, [quoted(n, n + 5) for n in range(0, 12_000, 1_000)])) == 6


_PLACES = st.tuples(st.integers(-200, 13_000), st.integers(-50, 6_000)).map(lambda p: (p[0], p[0] + p[1]))


@given(st.lists(_PLACES, max_size=8), st.lists(st.lists(_PLACES, max_size=4), max_size=3))
def test_every_mark_lies_in_its_excerpt_and_shows_what_the_document_has_there(
    quotes: list[tuple[int, int]], gold: list[list[tuple[int, int]]]
) -> None:
    found = of(LONG, [quoted(*place) for place in quotes], [[Place("a", *place) for place in item] for item in gold])

    asked = {(max(a, 0), min(b, len(LONG))) for a, b in (*quotes, *(place for item in gold for place in item))}
    for excerpt in found:
        assert excerpt.text == LONG[excerpt.start : excerpt.start + len(excerpt.text)]
        assert 0 < len(excerpt.text) <= 4_000
        assert excerpt.marks
        assert [mark.start for mark in excerpt.marks] == sorted(mark.start for mark in excerpt.marks)
        for mark in excerpt.marks:
            assert 0 <= mark.start < mark.end <= len(excerpt.text)
            start, end = mark.start + excerpt.start, mark.end + excerpt.start
            cut = len(excerpt.text) == mark.end == 4_000
            assert (start, end) in asked or (cut and any(a == start and b > end for a, b in asked))
