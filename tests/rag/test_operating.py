from contextlib import closing
from pathlib import Path

from rag import Library, OperatingPoint
from tests.rag.fakes import fake_library, write_notes

POINT = OperatingPoint(0.99, 0.05, 100, 0.4, 0.03, "harbour", "0")
QUESTION = "Who buys forty litres of lantern oil?"


def stocked(tmp_path: Path) -> Library:
    library = fake_library(tmp_path / "index")
    library.ingest([write_notes(tmp_path / "notes")])
    return library


def test_a_point_is_kept_with_the_index_and_decides_from_the_next_question_on(tmp_path: Path) -> None:
    with closing(stocked(tmp_path)) as library:
        assert (library.status().operating_point, library.ask(QUESTION).status) == (None, "answered")

        library.set_operating_point(POINT)

        assert library.ask(QUESTION).status == "abstained"
    with closing(fake_library(tmp_path / "index")) as again:
        assert again.status().operating_point == POINT
        assert again.ask(QUESTION).status == "abstained"


def test_a_threshold_that_is_given_goes_before_the_point_that_is_kept(tmp_path: Path) -> None:
    with closing(stocked(tmp_path)) as library:
        library.set_operating_point(POINT)

        assert library.ask(QUESTION, threshold=0.0).status == "answered"


def test_each_collection_has_its_own_point(tmp_path: Path) -> None:
    with closing(stocked(tmp_path)) as library:
        library.ingest([tmp_path / "notes"], "other")

        library.set_operating_point(POINT, "other")

        assert (library.ask(QUESTION).status, library.ask(QUESTION, "other").status) == ("answered", "abstained")


def test_a_rebuild_forgets_it_since_confidence_may_mean_something_else(tmp_path: Path) -> None:
    with closing(stocked(tmp_path)) as library:
        library.set_operating_point(POINT)

        library.ingest([], rebuild=True)

        assert library.status().operating_point is None
