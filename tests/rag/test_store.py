import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from gc import collect
from importlib.resources import files
from pathlib import Path
from threading import Event, Thread
from weakref import ref

import numpy as np
import pytest

from rag.errors import IndexUnusableError, NotFoundError
from rag.records import Document, PassageVectors, Prepared, Section, Span, Split
from rag.split import split
from rag.store import Database, Store
from rag.store.documents import BLOCK
from tests.rag.fakes import FakeEmbedder, document

fake = FakeEmbedder()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "truth.sqlite")) as store:
        yield store


def prepared(cut: Split) -> Iterator[Prepared]:
    for passage in cut.passages:
        spans = [Span(s.start - passage.start, s.end - passage.start) for s in passage.sentences]
        (vectors,) = fake.passages([passage.text], [spans])
        words = tuple(f"word{n} more" for n in range(len(spans)))
        yield Prepared(passage, "Context", passage.text.encode()[:16], vectors, words)


def put(
    store: Store, found: Document, collection: str = "default", edges: tuple[str, ...] = (), file: str = ""
) -> Split:
    cut = split(found, fake.count, fake.limit)
    store.put(collection, found, cut, prepared(cut), edges, "/root", file or found.source, store.changes())
    return cut


TEXT = "On boats\n\nBoats float. Some sink.\n\nOn ropes\n\nRopes rot."
SECTIONS = (
    Section(0, 34, ("On boats",), "Ada", "2019-02"),
    Section(36, len(TEXT), ("On ropes", "With “quotes”, ü and \U0001f6a4")),
)
DOCUMENT = replace(document(TEXT, "Boats", SECTIONS), page_starts=(0, 0, 36))


def test_a_document_comes_back_as_it_was_put(store: Store) -> None:
    put(store, DOCUMENT)

    assert store.documents.restore("default", "doc_1") == DOCUMENT


def test_passages_come_back_with_document_section_page_and_vectors(store: Store) -> None:
    cut = put(store, DOCUMENT)

    first, second = store.passages.get(store.passages.keys("default").tolist()).values()

    assert (first.passage, second.passage) == cut.passages
    assert (first.section, second.section) == SECTIONS
    assert (first.page, second.page) == (2, 3)
    assert first.document == store.documents.get("default", "doc_1")
    assert first.sentence_vectors.shape == (len(first.passage.sentences), 64)
    assert first.words[:2] == (frozenset({"word0", "more"}), frozenset({"word1", "more"}))


def test_sentence_vectors_are_kept_to_a_thousandth(store: Store) -> None:
    cut = put(store, DOCUMENT)

    stored = store.passages.get(store.passages.keys("default").tolist())

    for made, kept in zip(prepared(cut), stored.values(), strict=True):
        np.testing.assert_allclose(kept.sentence_vectors, made.vectors.sentences, atol=1e-3)


def test_putting_again_replaces_and_never_reuses_a_key(store: Store) -> None:
    put(store, DOCUMENT)
    before = store.passages.keys("default")

    put(store, replace(DOCUMENT, text=TEXT.replace("rot", "fray")))

    after = store.passages.keys("default")
    assert len(before) == len(after) == 2
    assert before.max() < after.min()
    assert "fray" in store.documents.text("default", "doc_1")
    assert store.passages.get(before.tolist()) == {}


def test_removing_takes_everything_along_and_says_whether_it_was_there(store: Store) -> None:
    put(store, DOCUMENT, edges=("a", "b"))

    assert store.remove("default", "doc_1")
    assert not store.remove("default", "doc_1")

    for table in ("documents", "sections", "pages", "texts", "boilerplate", "passages", "edges"):
        assert store.database.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_a_document_that_fails_half_way_leaves_the_one_before(store: Store) -> None:
    put(store, DOCUMENT)
    changed = replace(DOCUMENT, text=TEXT.replace("rot", "fray"))

    def broken() -> Iterator[Prepared]:
        yield next(prepared(split(changed, fake.count, fake.limit)))
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        store.put(
            "default", changed, split(changed, fake.count, fake.limit), broken(), (), "/root", "a.txt", store.changes()
        )

    assert store.documents.restore("default", "doc_1") == DOCUMENT
    assert len(store.passages.keys("default")) == 2


@pytest.mark.parametrize("unit", ["a", "é", "東", "\U0001f6a4", "e\u0301", "👩‍👧"])
def test_a_slice_over_the_borders_of_blocks_is_the_slice_of_the_text(store: Store, unit: str) -> None:
    text = (unit * (BLOCK * 3))[: BLOCK * 2 + 77]
    found = replace(document(text), sections=(Section(0, len(text)),))
    store.put("default", found, Split((), ()), (), (), "/root", "a.txt", store.changes())

    borders = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK - 1, 2 * BLOCK, 2 * BLOCK + 76, 2 * BLOCK + 77, 3 * BLOCK]
    for start in borders:
        for end in (e for e in borders if e >= start):
            assert store.documents.text_slice("default", "doc_1", start, end) == text[start:end]


def test_a_slice_beyond_all_texts_is_empty(store: Store) -> None:
    put(store, DOCUMENT)

    assert store.documents.text_slice("default", "doc_1", 10**30, 10**30 + 5) == ""
    assert store.documents.text_slice("default", "doc_1", 0, 10**30) == TEXT


def test_pages_are_found_by_offset(store: Store) -> None:
    put(store, DOCUMENT)
    put(store, replace(DOCUMENT, id="doc_2", page_starts=()))

    assert [store.documents.page("default", "doc_1", offset) for offset in (0, 35, 36, 99)] == [2, 2, 3, 3]
    assert store.documents.page("default", "doc_2", 5) is None


def test_documents_are_listed_by_source_and_from_any_of_them_on(store: Store) -> None:
    for source in ("c.txt", "a.txt", "b.txt"):
        put(store, replace(DOCUMENT, id=f"doc_{source}", source=source))

    assert [info.source for info in store.documents.listed("default")] == ["a.txt", "b.txt", "c.txt"]
    assert [info.source for info in store.documents.listed("default", 1, "a.txt")] == ["b.txt"]


def test_collections_do_not_see_each_other(store: Store) -> None:
    put(store, DOCUMENT, "one")
    put(store, replace(DOCUMENT, title="Other"), "two")

    store.remove("two", "doc_1")

    assert store.documents.collections() == ["one"]
    assert store.documents.counts("one") == (1, 2, len(TEXT))
    assert store.documents.counts("two") == (0, 0, 0)
    assert len(store.passages.keys("two")) == 0
    with pytest.raises(NotFoundError, match="two"):
        store.documents.text("two", "doc_1")


def test_keys_are_found_by_document_and_by_pattern_of_source(store: Store) -> None:
    for source in ("notes/a.txt", "notes/b.md", "c.txt"):
        put(store, replace(DOCUMENT, id=source, source=source))
    every = store.passages.keys("default").tolist()

    assert store.passages.keys_of("default", None, "notes/*").tolist() == every[:4]
    assert store.passages.keys_of("default", None, "?.txt").tolist() == every[4:]
    assert store.passages.keys_of("default", ["c.txt", "notes/a.txt"], "*.txt").tolist() == every[:2] + every[4:]
    assert store.passages.keys_of("default", ["gone"], None).tolist() == []


def test_index_rows_hold_context_and_text(store: Store) -> None:
    cut = put(store, DOCUMENT)

    (rows,) = store.passages.index_rows(store.passages.keys("default"))

    assert rows.texts == [f"Context\n{passage.text}" for passage in cut.passages]
    assert rows.vectors.shape == (2, 64)
    assert list(store.passages.index_rows(np.array([10**6]))) == []


def test_more_keys_than_one_query_takes_are_read(store: Store) -> None:
    for n in range(600):
        put(store, replace(DOCUMENT, id=f"doc_{n}", source=str(n)))

    keys = store.passages.keys("default")

    assert list(store.passages.get(keys.tolist())) == keys.tolist()
    assert sum(len(rows.keys) for rows in store.passages.index_rows(keys)) == 1200


def test_vectors_are_found_again_by_digest(store: Store) -> None:
    cut = put(store, DOCUMENT)
    digest = cut.passages[0].text.encode()[:16]

    found = store.passages.vectors_by_digest([digest, b"unknown"])

    assert list(found) == [digest]
    assert isinstance(found[digest], PassageVectors)


def test_edges_count_documents_of_different_content(store: Store) -> None:
    for n, sha in enumerate(("1", "2", "2", "3")):
        put(store, replace(DOCUMENT, id=f"doc_{n}", source=str(n), sha256=sha), edges=("shared", f"own{n}"))

    assert store.documents.shared_edges("default", 3) == {"shared"}
    assert store.documents.shared_edges("default", 4) == frozenset()
    assert store.documents.with_edges("default", ["shared"]) == ["doc_0", "doc_1", "doc_2", "doc_3"]


def test_a_file_counts_as_read_until_one_of_its_documents_changes(store: Store) -> None:
    put(store, DOCUMENT, file="many.jsonl")
    store.finish_file("default", "/root", "many.jsonl", "f00")
    assert store.documents.file_sha256("default", "/root", "many.jsonl") == "f00"

    store.remove("default", "doc_1")

    assert store.documents.file_sha256("default", "/root", "many.jsonl") is None


def test_threads_read_while_another_writes(store: Store) -> None:
    put(store, DOCUMENT)

    def read(n: int) -> bool:
        if n % 10 == 0:
            put(store, replace(DOCUMENT, id=f"doc_{n}", source=str(n)))
        return store.documents.text("default", "doc_1") == TEXT

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read, range(100)))


def test_connections_close_with_their_threads(store: Store) -> None:
    opened: list[ref[sqlite3.Connection]] = []
    for _ in range(20):
        thread = Thread(target=lambda: opened.append(ref(store.database.connection)))
        thread.start()
        thread.join()
    collect()

    assert len(opened) == 20
    assert sum(connection() is not None for connection in opened) <= 1


def test_a_database_closed_under_a_reader_closes_when_that_is_done(store: Store) -> None:
    put(store, DOCUMENT)
    reading, closed = Event(), Event()
    own, opened = store.database.connection, []

    def read() -> None:
        opened.append(ref(store.database.connection))
        rows = store.database.connection.execute("SELECT text FROM texts")
        reading.set()
        assert closed.wait(20)
        assert rows.fetchall()

    with ThreadPoolExecutor(1) as pool:
        read_on = pool.submit(read)
        assert reading.wait(20)
        store.close()
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            own.execute("SELECT 1")
        closed.set()
        read_on.result()
    collect()

    assert opened[0]() is None


def test_a_closed_database_opens_again_when_it_is_used(store: Store) -> None:
    put(store, DOCUMENT)

    store.close()

    assert store.documents.text("default", "doc_1") == TEXT


def test_settings_are_kept_with_the_index(store: Store, tmp_path: Path) -> None:
    with store.database.transaction():
        store.database.set_meta("model", "one")

    with closing(Store(tmp_path / "truth.sqlite")) as again:
        assert again.database.meta("model") == "one"
        assert again.database.meta("unknown") is None


def test_another_schema_version_is_refused_with_what_to_do(store: Store, tmp_path: Path) -> None:
    store.database.connection.execute("PRAGMA user_version = 99")
    store.close()

    with pytest.raises(IndexUnusableError, match=r"schema version 99.*Move the index folder away"):
        Store(tmp_path / "truth.sqlite")


def test_an_index_of_an_older_schema_is_brought_up_with_its_documents(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(files("rag.store").joinpath("schema.sql").read_text("utf-8"))
        old.execute(
            "INSERT INTO documents VALUES (1, 'default', 'doc_1', 'a.txt', 'A', 'text/plain', '', 1, 0, '/', 'a')"
        )
        old.execute("INSERT INTO texts VALUES (1, 0, x'78')")
        old.execute("PRAGMA user_version = 1")
        old.commit()

    with closing(Store(path)) as store:
        assert store.documents.text("default", "doc_1") == "x"
        assert store.collections.create("harbour")
        assert store.collections.names() == ["default", "harbour"]


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "truth.sqlite"
    path.write_bytes(b"something else entirely, and long enough to have a header" * 20)
    before = path.read_bytes()

    with pytest.raises(IndexUnusableError, match="cannot be used as an index"):
        Database(path)

    assert path.read_bytes() == before


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "truth.sqlite")) as other:
        other.execute("CREATE TABLE theirs (x)")

    with pytest.raises(IndexUnusableError, match="schema version 0"):
        Database(tmp_path / "truth.sqlite")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(IndexUnusableError, match="cannot be used as an index"):
        Database(tmp_path / "file" / "truth.sqlite")


def test_an_empty_file_becomes_an_index(tmp_path: Path) -> None:
    (tmp_path / "truth.sqlite").touch()

    with closing(Store(tmp_path / "truth.sqlite")) as store:
        assert store.documents.collections() == []


@pytest.mark.parametrize("turn", range(10))
def test_several_may_make_the_same_index_at_once(tmp_path: Path, turn: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: Store(tmp_path / f"truth{turn}.sqlite"), range(8)))

    for store in stores:
        store.close()


def test_a_pattern_knows_stars_and_question_marks_only(store: Store) -> None:
    for source in ("a[1].txt", "a1.txt", "b.txt"):
        put(store, replace(DOCUMENT, id=source, source=source))

    found = {p: len(store.passages.keys_of("default", None, p)) for p in ("a[1].txt", "a?.txt", "*", "A*")}

    each = found["*"] // 3
    assert found == {"a[1].txt": each, "a?.txt": each, "*": 3 * each, "A*": 0}
    assert each > 0
