from collections.abc import Sequence
from dataclasses import replace

import pytest

from rag.errors import NotFoundError
from rag.records import Citation, QuoteCheck
from rag.verify import holds, verify

TEXT = "Boats float. Some sink. Boats float. 👩‍👧 wave."
CITED = Citation(1, "doc_1", "T", "a.txt", (), None, 13, 23, "Some sink.", 1.0)


def text(document_id: str) -> str:
    if document_id != "doc_1":
        raise NotFoundError(document_id)
    return TEXT


def text_slice(document_id: str, start: int, end: int) -> str:
    return text(document_id)[start:end]


def check(citations: Sequence[Citation]) -> list[QuoteCheck]:
    return verify(citations, text_slice, text)


def test_a_quote_that_stands_where_it_says_is_valid() -> None:
    assert check([CITED]) == [QuoteCheck(1, "valid", "doc_1", 13, 23)]


@pytest.mark.parametrize(
    ("start", "end"), [(12, 22), (0, 10), (-5, 5), (13, 22), (30, 10), (10**30, 10**30 + 10), (0, 0)]
)
def test_a_quote_that_stands_elsewhere_in_its_document_has_moved(start: int, end: int) -> None:
    assert check([replace(CITED, start=start, end=end)]) == [QuoteCheck(1, "moved", "doc_1", 13, 23)]


@pytest.mark.parametrize(("start", "nearest"), [(-3, 0), (1, 0), (11, 0), (13, 24), (25, 24), (10**30, 24)])
def test_of_several_places_the_nearest_is_told(start: int, nearest: int) -> None:
    (found,) = check([replace(CITED, quote="Boats float.", start=start, end=start + 12)])

    assert (found.status, found.start) == ("moved", nearest)


@pytest.mark.parametrize("quote", ["Some  sink.", "some sink.", "Some sink. Boats sink.", "", "S\u200bome sink."])
def test_a_quote_that_stands_nowhere_has_changed(quote: str) -> None:
    assert check([replace(CITED, quote=quote)]) == [QuoteCheck(1, "changed", "doc_1", None, None)]


def test_a_quote_of_a_document_that_is_not_there_is_gone() -> None:
    assert check([replace(CITED, document_id="doc_2")]) == [QuoteCheck(1, "gone", "doc_2", None, None)]


def test_each_citation_is_checked_on_its_own() -> None:
    made = check([CITED, replace(CITED, n=2, quote="No."), replace(CITED, n=3, document_id="x")])

    assert [(c.n, c.status) for c in made] == [(1, "valid"), (2, "changed"), (3, "gone")]


def test_offsets_count_code_points() -> None:
    assert check([replace(CITED, quote="👩‍👧", start=37, end=40)])[0].status == "valid"


def test_an_empty_or_backward_span_holds_nothing() -> None:
    assert not holds(replace(CITED, start=5, end=5, quote=""), text_slice)
    assert not holds(replace(CITED, start=23, end=13), text_slice)
    assert not holds(replace(CITED, document_id="gone"), text_slice)
