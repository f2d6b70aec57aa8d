import shutil
from threading import Event, Thread

import pytest

from rag import Library
from rag.load.loader import document_id


def test_an_index_in_step_has_no_findings(stocked: Library) -> None:
    audit = stocked.audit()

    assert audit.findings == ()
    assert (audit.documents, audit.passages) == (6, stocked.status().passages)


def test_vectors_and_words_of_a_document_that_is_gone_are_found(stocked: Library) -> None:
    stocked.store.remove("default", document_id("ferry.txt"))

    findings = " ".join(stocked.audit().findings)

    assert "the vectors of 1 removed passages are still in the search files" in findings
    assert "the postings of 1 removed passages are still in the search files" in findings


def test_files_without_the_passages_of_a_document_are_found(stocked: Library) -> None:
    generation = stocked._generations.stored("default")
    generation.vectors.remove(generation.keys[:1])
    generation.vectors.save(stocked.index / "search" / "default" / "vectors.faiss")

    assert stocked.audit().findings  # the checksum gives it away
    stocked.search("ferry")
    assert stocked.audit().findings == ()


def test_what_is_only_half_written_is_looked_at_again_once_its_writer_is_done(stocked: Library) -> None:
    stocked.store.remove("default", document_id("ferry.txt"))
    held, looked = Event(), Event()

    def write() -> None:
        with stocked._generations.writing():
            held.set()
            looked.wait()
            stocked._generations.update("default")

    writer = Thread(target=write)
    writer.start()
    assert held.wait(30)
    early = stocked.audit(wait_s=0).findings
    looked.set()
    late = stocked.audit(wait_s=30).findings
    writer.join()

    assert early
    assert late == ()


def test_vectors_that_are_not_those_of_the_database_are_found(stocked: Library) -> None:
    with stocked.store.database.transaction() as db:
        db.execute("UPDATE passages SET vector = zeroblob(length(vector)) WHERE key = (SELECT min(key) FROM passages)")

    assert stocked.audit().findings == (
        "Collection 'default': the vectors of 1 passages are not those of the database.",
    )


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("DELETE FROM passages WHERE key = (SELECT min(key) FROM passages)", "1 documents do not have the passages"),
        ("INSERT INTO files VALUES ('default', '/', 'gone.txt', '')", "1 files count as stored whole"),
        ("INSERT INTO edges VALUES (999, 'key')", "1 rows of edges belong to no document"),
        ("INSERT INTO texts VALUES (999, 0, 'left')", "1 rows of texts belong to no document"),
    ],
)
def test_rows_that_fit_no_document_are_found(stocked: Library, statement: str, finding: str) -> None:
    stocked.store.database.connection.execute("PRAGMA foreign_keys = OFF")
    stocked.store.database.connection.execute(statement)

    assert finding in " ".join(stocked.audit().findings)


def test_bytes_of_an_upload_that_nothing_waits_for_are_found(stocked: Library) -> None:
    with stocked.store.database.transaction() as db:
        db.execute("INSERT INTO jobs VALUES (1, 'job_1', 'default', '', 'done', 0, '', '')")
        db.execute("INSERT INTO job_files VALUES (1, 1, 'a.txt', NULL, 3, 'abc', 'failed', NULL, 0, 1)")

    assert stocked.audit().findings == ("The bytes of 1 uploads are kept, and nothing waits for them.",)


def test_quotes_that_rated_answers_keep_of_a_document_that_is_gone_are_found(stocked: Library) -> None:
    with stocked.store.database.transaction() as db:
        db.execute("INSERT INTO feedback VALUES ('ans_1', 'default', 'up', NULL, 'Who?', '{}', '')")
        db.execute("INSERT INTO feedback_documents VALUES ('ans_1', 'doc_gone')")

    assert stocked.audit().findings == ("1 quotes of rated answers are of documents that are gone.",)


def test_search_files_of_a_collection_that_is_not_there_are_found(stocked: Library) -> None:
    shutil.copytree(stocked.index / "search" / "default", stocked.index / "search" / "old")

    assert stocked.audit().findings == ("The search files of 'old' are there, and the collection is not.",)


def test_a_damaged_database_is_said_to_be_so(stocked: Library) -> None:
    with stocked.store.database.transaction() as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET rootpage = rootpage + 1 WHERE name = 'edges_by_key'")
    stocked.close()

    assert any("damaged" in finding for finding in stocked.audit().findings)
