from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from eval.records import Excerpt, Mark
from eval.report.highlight import Piece, pieces

MARKS = st.lists(st.builds(Mark, st.integers(-3, 30), st.integers(-3, 30), st.sampled_from(("gold", "quote"))))


def excerpt(text: str, *marks: Mark) -> Excerpt:
    return Excerpt("a.txt", 0, text, marks)


def test_gold_quote_and_what_is_both_are_told_apart() -> None:
    marked = excerpt("The ferry leaves at nine.", Mark(4, 16, "gold"), Mark(10, 24, "quote"))

    assert pieces(marked) == [
        Piece("The ", ""),
        Piece("ferry ", "gold"),
        Piece("leaves", "both"),
        Piece(" at nine", "quote"),
        Piece(".", ""),
    ]


def test_marks_of_one_kind_that_touch_or_overlap_are_one_piece() -> None:
    assert pieces(excerpt("abcdef", Mark(0, 2, "gold"), Mark(1, 4, "gold"), Mark(4, 6, "gold"))) == [
        Piece("abcdef", "gold")
    ]


def test_an_empty_text_has_no_pieces() -> None:
    assert pieces(excerpt("", Mark(0, 3, "gold"))) == []


@given(text=st.text(max_size=25), marks=MARKS)
def test_pieces_are_the_text_and_each_character_has_the_kinds_of_its_marks(text: str, marks: list[Mark]) -> None:
    found = pieces(excerpt(text, *marks))
    kinds = [piece.kind for piece in found for _ in piece.text]

    assert "".join(piece.text for piece in found) == text
    assert all(piece.text for piece in found)
    assert all(one.kind != other.kind for one, other in pairwise(found))
    for at, kind in enumerate(kinds):
        held = {mark.kind for mark in marks if mark.start <= at < mark.end}
        assert kind == ("both" if len(held) == 2 else "".join(held))
