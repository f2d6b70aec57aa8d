import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from rag.errors import NotFoundError
from rag.load import document_id
from rag.store import Job, Store, Taken, Upload
from rag.store.jobs import MOST_ATTEMPTS, cancel_collection, cancel_document

MOST_BYTES = 1 << 30


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "truth.sqlite")) as store:
        yield store


def upload(source: str, data: bytes = b"text") -> Upload:
    one = None if source.endswith(".jsonl") else document_id(source)
    return Upload(source, one, len(data), BytesIO(data))


def accept(store: Store, *sources: str, collection: str = "default", data: bytes = b"text") -> Job:
    job = store.jobs.accept(collection, [upload(source, data) for source in sources], 1000, MOST_BYTES)
    assert job is not None
    return job


def take(store: Store) -> Taken:
    taken = store.jobs.take()
    assert taken is not None
    return taken


def finish_all(store: Store) -> None:
    while taken := store.jobs.take():
        store.jobs.finish(taken, "added", None, 1)


def kept(store: Store) -> list[bytes | None]:
    return [data for (data,) in store.database.connection.execute("SELECT data FROM job_files ORDER BY job, number")]


def states(job: Job) -> Sequence[str]:
    return [file.state for file in job.files]


def test_an_upload_waits_with_its_files_in_their_order(store: Store) -> None:
    job = accept(store, "b.txt", "notes/a.md", "many.jsonl")

    assert (job.state, job.collection, job.finished, job.counts) == ("queued", "default", None, {"queued": 3})
    assert [file.source for file in job.files] == ["b.txt", "notes/a.md", "many.jsonl"]
    assert [file.document_id for file in job.files] == [document_id("b.txt"), document_id("notes/a.md"), None]
    assert store.jobs.get(job.id) == job
    assert store.collections.names() == ["default"]


def test_files_are_taken_in_the_order_of_arrival_with_their_bytes(store: Store) -> None:
    accept(store, "b.txt", "a.txt", data=b"one")
    accept(store, "c.txt", collection="other", data=b"")

    taken = [take(store) for _ in range(3)]

    assert [(t.source, t.collection, t.data) for t in taken] == [
        ("b.txt", "default", b"one"),
        ("a.txt", "default", b"one"),
        ("c.txt", "other", b""),
    ]
    assert store.jobs.take() is None


def test_what_was_accepted_is_there_when_the_database_is_opened_anew(store: Store) -> None:
    job = accept(store, "a.txt", data=bytes(range(256)) * 20_000)

    with closing(Store(store.database.path)) as again:
        assert again.jobs.get(job.id) == job
        assert take(again).data == bytes(range(256)) * 20_000


def test_a_large_file_is_stored_without_copies_in_memory(store: Store, tmp_path: Path) -> None:
    size = 32 << 20
    (tmp_path / "large.txt").write_bytes(b"x" * size)
    accept(store, "first.txt")
    with (tmp_path / "large.txt").open("rb") as data:
        tracemalloc.start()
        try:
            store.jobs.accept("default", [Upload("large.txt", "doc_1", size, data)], 10, MOST_BYTES)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < size // 4


def test_a_file_that_is_done_with_loses_its_bytes_and_the_last_one_ends_the_job(store: Store) -> None:
    job = accept(store, "a.txt", "b.txt")
    first = take(store)
    assert store.jobs.get(job.id).state == "running"
    assert store.jobs.note_passages(first, 3)
    assert store.jobs.get(job.id).files[0].passages == 3

    store.jobs.finish(first, "failed", "is empty", 0)
    between = store.jobs.get(job.id)
    assert (between.state, states(between), kept(store)) == ("running", ["failed", "queued"], [None, b"text"])

    store.jobs.finish(take(store), "updated", None, 7)
    done = store.jobs.get(job.id)
    assert (done.state, states(done), kept(store)) == ("done", ["failed", "updated"], [None, None])
    assert [(file.detail, file.passages) for file in done.files] == [("is empty", 0), (None, 7)]
    assert done.finished is not None
    assert done.counts == {"failed": 1, "updated": 1}


def test_what_a_killed_process_had_in_hand_waits_again(store: Store) -> None:
    job = accept(store, "a.txt", "b.txt")
    take(store)

    store.jobs.recover()

    assert store.jobs.get(job.id).state == "queued"
    assert [take(store).source for _ in range(2)] == ["a.txt", "b.txt"]


def test_a_file_that_ends_the_process_time_and_again_has_failed(store: Store) -> None:
    job = accept(store, "a.txt", "b.txt")
    for _ in range(MOST_ATTEMPTS):
        assert take(store).source == "a.txt"
        store.jobs.recover()
    assert take(store).source == "b.txt"
    first, second = store.jobs.get(job.id).files
    assert (first.state, second.state) == ("failed", "running")
    assert "3 times" in (first.detail or "")
    assert store.database.connection.execute("SELECT count(data) FROM job_files").fetchone() == (1,)


def test_being_put_back_is_no_attempt(store: Store) -> None:
    accept(store, "a.txt")
    for _ in range(MOST_ATTEMPTS + 1):
        store.jobs.put_back(take(store))
    store.jobs.recover()
    assert take(store).source == "a.txt"


def test_a_file_that_was_put_back_can_still_be_finished(store: Store) -> None:
    job = accept(store, "a.txt", "b.txt")
    taken = take(store)
    store.jobs.put_back(taken)

    assert store.jobs.note_passages(taken, 3)
    waiting = store.jobs.get(job.id)
    assert (states(waiting), waiting.files[0].passages) == (["queued", "queued"], 0)
    store.jobs.finish(taken, "added", None, 7)

    assert states(store.jobs.get(job.id)) == ["added", "queued"]
    assert store.jobs.get(job.id).files[0].passages == 7
    assert kept(store) == [None, b"text"]
    store.jobs.finish(take(store), "added", None, 1)
    assert store.jobs.get(job.id).state == "done"


def test_a_file_is_tried_again_twice(store: Store) -> None:
    job = accept(store, "a.txt", "b.txt")
    for _ in range(MOST_ATTEMPTS - 1):
        assert store.jobs.try_again(take(store))
        assert (store.jobs.get(job.id).state, states(store.jobs.get(job.id))) == ("queued", ["queued", "queued"])

    last = take(store)
    assert not store.jobs.try_again(last)

    assert last.source == "a.txt"
    assert states(store.jobs.get(job.id)) == ["running", "queued"]


def test_a_file_that_was_put_back_has_made_no_attempt_where_it_fails_after_that(store: Store) -> None:
    accept(store, "a.txt")
    for _ in range(MOST_ATTEMPTS + 1):
        taken = take(store)
        store.jobs.put_back(taken)
        assert store.jobs.try_again(taken)


def test_a_file_that_is_put_back_is_the_next_again(store: Store) -> None:
    job = accept(store, "a.txt", "b.txt")

    store.jobs.put_back(take(store))

    assert (store.jobs.get(job.id).state, states(store.jobs.get(job.id))) == ("queued", ["queued", "queued"])
    assert take(store).source == "a.txt"


# --- the same upload


def test_the_same_upload_is_the_same_job_until_it_is_done(store: Store) -> None:
    job = accept(store, "a.txt", "b.txt")

    assert accept(store, "b.txt", "a.txt").id == job.id
    store.jobs.finish(take(store), "added", None, 1)
    assert accept(store, "a.txt", "b.txt").id == job.id
    store.jobs.finish(take(store), "added", None, 1)
    assert accept(store, "a.txt", "b.txt").id != job.id


@pytest.mark.parametrize(
    ("source", "data", "collection"),
    [("c.txt", b"text", "default"), ("a.txt", b"other", "default"), ("a.txt", b"text", "other")],
)
def test_another_name_content_or_collection_is_another_job(
    store: Store, source: str, data: bytes, collection: str
) -> None:
    job = accept(store, "a.txt")

    assert accept(store, source, data=data, collection=collection).id != job.id


def test_names_and_contents_cannot_be_shifted_against_each_other(store: Store) -> None:
    both = [upload("a.txt", b"1"), upload("b.txt", b"2")]
    swapped = [upload("a.txt", b"2"), upload("b.txt", b"1")]

    jobs = [store.jobs.accept("default", files, 10, 10) for files in (both, swapped)]

    assert len({job.id for job in jobs if job}) == 2


@pytest.mark.parametrize("later", ["a.txt", "many.jsonl"])
def test_an_upload_that_a_later_one_overtook_is_a_new_job(store: Store, later: str) -> None:
    job = accept(store, "a.txt")
    accept(store, later, data=b"later")

    assert accept(store, "a.txt").id != job.id


def test_an_upload_between_of_something_else_changes_nothing(store: Store) -> None:
    job = accept(store, "a.txt")
    accept(store, "b.txt")
    accept(store, "a.txt", collection="other")

    assert accept(store, "a.txt").id == job.id


def test_an_upload_after_a_removal_or_a_failure_is_a_new_job(store: Store) -> None:
    removed = accept(store, "a.txt", "b.txt")
    store.remove("default", document_id("a.txt"))
    again = accept(store, "a.txt", "b.txt")
    assert again.id != removed.id
    assert states(again) == ["queued", "queued"]

    store.jobs.finish(take(store), "added", None, 1)
    store.jobs.finish(take(store), "failed", "is empty", 0)
    assert accept(store, "a.txt", "b.txt").id != again.id


# --- bounds


def test_more_than_may_wait_is_not_accepted(store: Store) -> None:
    jobs = store.jobs
    assert jobs.accept("default", [upload("a.txt"), upload("b.txt")], 2, 8) is not None
    assert jobs.waiting() == (2, 8)
    assert jobs.accept("default", [upload("c.txt")], 2, 100) is None
    assert jobs.accept("default", [upload("c.txt")], 100, 11) is None
    assert len(jobs.listed(10)) == 1

    jobs.finish(take(store), "added", None, 1)
    assert jobs.accept("default", [upload("c.txt")], 2, 8) is not None


def test_the_same_upload_is_found_again_where_nothing_new_may_wait(store: Store) -> None:
    job = accept(store, "a.txt")

    again = store.jobs.accept("default", [upload("a.txt")], 1, 4)

    assert again is not None
    assert again.id == job.id


# --- listing


def test_jobs_are_listed_newest_first_in_pages(store: Store) -> None:
    jobs = [accept(store, f"{number}.txt", "x.txt").id for number in range(5)]

    first = store.jobs.listed(2)
    rest = store.jobs.listed(10, first[-1].id)

    assert [job.id for job in first + rest] == jobs[::-1]
    assert all((job.files, job.counts) == ((), {"queued": 2}) for job in first)


def test_only_the_jobs_of_the_collections_asked_for_are_known(store: Store) -> None:
    ours = accept(store, "a.txt", collection="ours")
    theirs = accept(store, "a.txt", collection="theirs")

    assert [job.id for job in store.jobs.listed(10, None, ["ours"])] == [ours.id]
    assert store.jobs.listed(10, None, []) == []
    assert store.jobs.get(ours.id, ["ours"]) == ours
    for asked in (store.jobs.get, store.jobs.drop):
        with pytest.raises(NotFoundError):
            asked(theirs.id, ["ours"])
    with pytest.raises(NotFoundError):
        store.jobs.listed(10, theirs.id, ["ours"])
    assert store.jobs.get(theirs.id).state == "queued"


def test_an_unknown_job_is_not_found(store: Store) -> None:
    for asked in (store.jobs.get, store.jobs.drop):
        with pytest.raises(NotFoundError, match="job_none"):
            asked("job_none")


# --- cancelling


def test_what_waits_of_a_job_is_cancelled_when_it_is_dropped(store: Store) -> None:
    job = accept(store, "a.txt", "b.txt", "c.txt")
    taken = take(store)

    left = store.jobs.drop(job.id)

    assert (left.id, left.state, states(left)) == (job.id, "running", ["running", "cancelled", "cancelled"])
    assert kept(store) == []
    assert store.jobs.take() is None
    assert not store.jobs.note_passages(taken, 1)
    store.jobs.finish(taken, "added", None, 1)
    for asked in (store.jobs.get, store.jobs.drop):
        with pytest.raises(NotFoundError):
            asked(job.id)


def test_a_job_of_which_all_waited_is_left_done(store: Store) -> None:
    job = store.jobs.drop(accept(store, "a.txt").id)

    assert (job.state, states(job)) == ("done", ["cancelled"])
    assert job.finished is not None


def test_a_documents_uploads_are_cancelled_with_it(store: Store) -> None:
    jobs = [accept(store, "a.txt", "b.txt"), accept(store, "a.txt"), accept(store, "a.txt", collection="other")]

    with store.database.transaction() as db:
        assert cancel_document(db, "default", document_id("a.txt"))
        assert not cancel_document(db, "default", document_id("a.txt"))

    found = [store.jobs.get(job.id) for job in jobs]
    assert [states(job) for job in found] == [["cancelled", "queued"], ["cancelled"], ["queued"]]
    assert [job.state for job in found] == ["queued", "done", "queued"]
    assert kept(store) == [None, b"text", None, b"text"]


@pytest.mark.parametrize("end", ["finish", "put back", "try again"])
def test_a_file_that_is_cancelled_in_hand_stays_cancelled(store: Store, end: str) -> None:
    job = accept(store, "a.txt")
    taken = take(store)
    with store.database.transaction() as db:
        cancel_document(db, "default", document_id("a.txt"))
    assert kept(store) == [None]
    assert not store.jobs.note_passages(taken, 3)

    if end == "finish":
        store.jobs.finish(taken, "added", None, 1)
    elif end == "try again":
        assert not store.jobs.try_again(taken)
    else:
        store.jobs.put_back(taken)
    store.jobs.recover()

    assert (store.jobs.get(job.id).state, states(store.jobs.get(job.id))) == ("done", ["cancelled"])


def test_removing_a_document_cancels_its_uploads(store: Store) -> None:
    job = accept(store, "a.txt")

    assert store.remove("default", document_id("a.txt"))

    assert states(store.jobs.get(job.id)) == ["cancelled"]


def test_a_dropped_collection_takes_its_jobs_along(store: Store) -> None:
    gone, other = accept(store, "a.txt"), accept(store, "a.txt", collection="other")
    taken = take(store)

    with store.database.transaction() as db:
        assert cancel_collection(db, "default")
        assert not cancel_collection(db, "default")
    store.jobs.finish(taken, "added", None, 1)

    assert [job.id for job in store.jobs.listed(10)] == [other.id]
    assert kept(store) == [b"text"]
    with pytest.raises(NotFoundError):
        store.jobs.get(gone.id)


# --- forgetting


def test_jobs_done_long_ago_are_forgotten(store: Store) -> None:
    accept(store, "a.txt")
    finish_all(store)
    waiting = accept(store, "b.txt")

    store.jobs.forget(datetime.now(UTC) - timedelta(days=7), 10)
    assert len(store.jobs.listed(10)) == 2
    store.jobs.forget(datetime.now(UTC) + timedelta(seconds=2), 10)

    assert [job.id for job in store.jobs.listed(10)] == [waiting.id]


def test_only_the_newest_of_the_jobs_that_are_done_are_kept(store: Store) -> None:
    jobs = [accept(store, f"{number}.txt") for number in range(4)]
    finish_all(store)
    waiting = accept(store, "later.txt")

    store.jobs.forget(datetime.now(UTC) - timedelta(days=7), 2)

    assert [job.id for job in store.jobs.listed(10)] == [waiting.id, jobs[3].id, jobs[2].id]
