from pathlib import Path

import pytest

from rag import Library, RatedQuote, Rating
from rag.store.feedback import Feedback

FERRY = "The ferry leaves the harbour at nine."
OIL = "Lantern oil costs four crowns a litre."


def _id(library: Library, source: str) -> str:
    return next(d.id for d in library.documents() if d.source == source)


def _quote(library: Library, source: str, quote: str, n: int = 1) -> RatedQuote:
    document_id = _id(library, source)
    start = library.text(document_id).index(quote)
    return RatedQuote(n, document_id, start, start + len(quote), quote)


def _rating(number: int, *quotes: RatedQuote, collection: str = "default") -> Rating:
    return Rating(f"ans_{number}", collection, "up", "Good.", "When does it leave?", "answered", quotes)


@pytest.fixture
def rated(stocked: Library) -> Library:
    """A library with an answer from two documents, rated."""
    quotes = _quote(stocked, "ferry.txt", FERRY), _quote(stocked, "lantern.txt", OIL, 2)
    assert stocked.store.feedback.keep(_rating(1, *quotes))
    return stocked


def test_a_rating_comes_back_as_it_was_kept(rated: Library) -> None:
    (kept,) = rated.store.feedback.listed("default")
    assert (kept.rating, kept.comment, kept.question, kept.status) == ("up", "Good.", "When does it leave?", "answered")
    assert [quote.quote for quote in kept.quotes] == [FERRY, OIL]
    assert kept.created


def test_the_last_rating_of_an_answer_counts(rated: Library) -> None:
    again = rated.store.feedback.keep(Rating("ans_1", "default", "down"))
    assert again is not None
    assert again[1] is False
    assert [kept.rating for kept in rated.store.feedback.listed("default")] == ["down"]
    assert list(rated.store.feedback.listed("default", "up")) == []


def test_an_answer_of_another_collection_is_not_rated_over(rated: Library) -> None:
    assert rated.store.feedback.keep(_rating(1, collection="other")) is None
    assert [kept.collection for kept in rated.store.feedback.listed("default")] == ["default"]


def test_a_quote_that_does_not_stand_at_its_place_is_not_kept(stocked: Library) -> None:
    good = _quote(stocked, "ferry.txt", FERRY)
    planted = RatedQuote(2, good.document_id, good.start, good.end, "The ferry is free for all who ask.")
    elsewhere = RatedQuote(3, "doc_none", 0, len(FERRY), FERRY)
    kept = stocked.store.feedback.keep(_rating(1, good, planted, elsewhere))
    assert kept is not None
    assert kept[0].quotes == (good,)


def test_removing_a_document_takes_its_quotes_out_of_what_is_kept(rated: Library) -> None:
    rated.remove([_id(rated, "ferry.txt")])
    (kept,) = rated.store.feedback.listed("default")
    assert [quote.quote for quote in kept.quotes] == [OIL]
    assert FERRY not in _everything(rated)


def test_dropping_a_collection_takes_its_ratings_with_it(rated: Library, notes: Path) -> None:
    rated.ingest([notes], "boats")
    assert rated.store.feedback.keep(_rating(2, collection="boats"))
    rated.drop_collection("boats")
    assert list(rated.store.feedback.listed("boats")) == []
    assert len(list(rated.store.feedback.listed("default"))) == 1


def test_of_too_many_ratings_the_oldest_go(stocked: Library) -> None:
    few = Feedback(stocked.store.database, stocked.store.documents, most=3)
    quote = _quote(stocked, "ferry.txt", FERRY)
    for number in (5, 4, 3, 2, 1):
        assert few.keep(_rating(number, quote))
    assert [kept.answer_id for kept in few.listed("default")] == ["ans_3", "ans_2", "ans_1"]
    db = stocked.store.database.connection
    assert db.execute("SELECT count(*) FROM feedback_documents").fetchone() == (3,)


def _everything(library: Library) -> str:
    return str(library.store.database.connection.execute("SELECT * FROM feedback").fetchall())
