from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import randbytes
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
from filelock import FileLock

from rag import Library
from rag.client.replies import JobReply, JobsReply
from rag.load import document_id
from tests.rag.fakes import fake_library
from tests.server.conftest import Start

TAR = b"The barque Marigold carried 207 barrels of tar to Riga in the spring of 1851."
SALT = b"The brig Harebell carried 90 sacks of salt to Lubeck in the autumn of 1852."


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Library]:
    """An empty index that a test may change."""
    with closing(fake_library(tmp_path / "index")) as library:
        yield library


@pytest.fixture
def service(own: Library, start: Start) -> httpx.Client:
    return start(over=own)


@contextmanager
def another_writes(library: Library) -> Iterator[None]:
    """As `rag ingest` does: uploads are accepted and wait."""
    with FileLock(library.index / "writer.lock"):
        yield


def send(client: httpx.Client, files: dict[str, bytes], collection: str = "default") -> httpx.Response:
    sent = [("file", file) for file in files.items()]
    return client.post("/v1/documents", params={"collection": collection}, files=sent)


def until_done(client: httpx.Client, response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 202, response.text
    deadline = monotonic() + 30
    while True:
        found: dict[str, Any] = client.get(response.headers["location"]).json()
        if found["state"] == "done":
            JobReply.model_validate(found)
            return found
        assert monotonic() < deadline, found
        sleep(0.01)


def states(job: dict[str, Any]) -> dict[str, str]:
    return {file["source"]: file["state"] for file in job["files"]}


def test_an_upload_becomes_a_job_and_its_text_is_quoted_once_that_is_done(service: httpx.Client) -> None:
    response = send(service, {"tar.txt": TAR, "salt.md": SALT})
    accepted = response.json()
    JobReply.model_validate(accepted)
    assert response.headers["location"] == f"/v1/jobs/{accepted['id']}"
    assert [file["bytes"] for file in accepted["files"]] == [len(TAR), len(SALT)]

    job = until_done(service, response)

    assert states(job) == {"tar.txt": "added", "salt.md": "added"}
    assert job["counts"]["added"] == 2
    assert [file["passages"] for file in job["files"]] == [1, 1]
    answer = service.post("/v1/ask", json={"question": "How many barrels of tar did the Marigold carry?"}).json()
    assert answer["citations"][0]["quote"] == TAR.decode()
    text = service.get(f"/v1/documents/{job['files'][0]['document_id']}/text", headers={"Accept": "text/plain"})
    assert text.content == TAR


def test_folders_and_any_unicode_are_kept_in_the_name(service: httpx.Client) -> None:
    name = "ships/Ærø 2016 – “tar”.txt"
    job = until_done(service, service.post("/v1/documents", files=[("file", (name, TAR))]))

    found = service.get("/v1/documents").json()["documents"]

    assert [d["source"] for d in found] == [name]
    assert job["files"][0]["document_id"] == document_id(name) == found[0]["document_id"]


def test_each_file_has_an_end_of_its_own(service: httpx.Client) -> None:
    until_done(service, send(service, {"same.txt": TAR, "old.txt": SALT}))

    job = until_done(
        service, send(service, {"same.txt": TAR, "old.txt": SALT + b" And oil.", "empty.txt": b"", "bad.pdf": b"%PDF-"})
    )

    assert states(job) == {"same.txt": "unchanged", "old.txt": "updated", "empty.txt": "failed", "bad.pdf": "failed"}
    details = {file["source"]: file["detail"] for file in job["files"]}
    assert details["same.txt"] is None
    assert "empty" in details["empty.txt"]
    assert "not a PDF" in details["bad.pdf"]


def test_json_lines_bring_many_documents(service: httpx.Client) -> None:
    lines = b'{"doc_id": "one", "text": "%b"}\n{"doc_id": "two", "text": "%b"}\nbroken\n' % (TAR, SALT)

    job = until_done(service, send(service, {"many.jsonl": lines}))

    file = job["files"][0]
    assert (file["state"], file["document_id"]) == ("added", None)
    assert "2 added" in file["detail"]
    assert "line 3" in file["detail"]
    assert [d["source"] for d in service.get("/v1/documents").json()["documents"]] == ["one", "two"]


def test_a_large_file_arrives_whole(service: httpx.Client, own: Library) -> None:
    data = b"%PDF-" + randbytes(5_000_000)
    with another_writes(own):
        response = send(service, {"large.pdf": data})
        kept = own.store.database.connection.execute("SELECT data FROM job_files").fetchall()
        assert kept == [(data,)]
    job = until_done(service, response)

    assert (job["files"][0]["bytes"], job["files"][0]["state"]) == (len(data), "failed")
    assert own.store.database.connection.execute("SELECT data FROM job_files").fetchall() == [(None,)]


def test_an_unknown_collection_is_made(service: httpx.Client, own: Library) -> None:
    with another_writes(own):
        response = send(service, {"tar.txt": TAR}, "ships")
        assert service.get("/v1/documents", params={"collection": "ships"}).json()["documents"] == []
    job = until_done(service, response)

    assert job["collection"] == "ships"
    found = service.get("/v1/documents", params={"collection": "ships"}).json()["documents"]
    assert [d["source"] for d in found] == ["tar.txt"]
    assert service.get("/v1/documents").json()["documents"] == []


@pytest.mark.parametrize("name", ["", "..", "a/b", "x" * 65, "with blank", "line\n"])
def test_a_collection_needs_a_proper_name(client: httpx.Client, name: str) -> None:
    for response in (send(client, {"a.txt": TAR}, name), client.get("/v1/jobs", params={"collection": name})):
        assert response.status_code == 422
        assert response.json()["errors"][0]["field"] == "collection"


# --- again, and too much


def test_the_same_upload_is_the_same_job_while_it_waits(service: httpx.Client, own: Library) -> None:
    with another_writes(own):
        first, again = (
            send(service, {"tar.txt": TAR, "salt.txt": SALT}),
            send(service, {"salt.txt": SALT, "tar.txt": TAR}),
        )
        other = send(service, {"tar.txt": TAR})
        assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
        assert again.headers["location"] == first.headers["location"]
        assert other.json()["id"] != first.json()["id"]
    until_done(service, other)

    after = send(service, {"tar.txt": TAR, "salt.txt": SALT})

    assert after.json()["id"] != first.json()["id"]
    assert set(states(until_done(service, after)).values()) == {"unchanged"}


def test_more_than_may_wait_is_refused_for_now(own: Library, start: Start) -> None:
    service = start(over=own, max_upload_bytes=1000)
    with another_writes(own):
        sent = [send(service, {f"{n}.txt": b"%06d " % n * 100}) for n in range(29)]
        refused = [response for response in sent if response.status_code != 202]
        assert len(sent) - len(refused) == 20_000 // 700
        assert {response.status_code for response in refused} == {503}
        assert int(refused[0].headers["retry-after"]) > 0
        assert "RAG_MAX_UPLOAD_BYTES" in refused[0].json()["detail"]
        assert len(service.get("/v1/jobs", params={"limit": 200}).json()["jobs"]) == 28


def test_a_queue_that_is_full_refuses_unread(service: httpx.Client, own: Library) -> None:
    with another_writes(own):
        for turn in range(10):
            assert send(service, {f"{turn}x{n}.txt": b"text" for n in range(100)}).status_code == 202
        assert send(service, {"more.txt": TAR}).status_code == 503
        assert service.post("/v1/documents", json={}).status_code == 503


# --- following


def test_jobs_are_listed_newest_first_in_pages(service: httpx.Client, own: Library) -> None:
    with another_writes(own):
        sent = [send(service, {f"{n}.txt": TAR}, name) for n, name in enumerate(("one", "two", "one", "one"))]
        made = [response.json()["id"] for response in sent]
        seen, after = [], ""
        while after is not None:
            page = service.get("/v1/jobs", params={"limit": 3, "after": after}).json()
            JobsReply.model_validate(page)
            seen += page["jobs"]
            after = page["next"]
        of_one = service.get("/v1/jobs", params={"collection": "one"}).json()["jobs"]

    assert [job["id"] for job in seen] == made[::-1]
    assert all(job["counts"]["queued"] + job["counts"]["running"] == 1 for job in seen)
    assert [job["id"] for job in of_one] == [made[3], made[2], made[0]]


@pytest.mark.parametrize("path", ["/v1/jobs/job_none", "/v1/jobs?after=job_none"])
def test_an_unknown_job_is_not_found(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert client.delete("/v1/jobs/job_none").status_code == 404


def test_a_job_is_dropped_and_what_waits_of_it_cancelled(service: httpx.Client, own: Library) -> None:
    with another_writes(own):
        response = send(service, {"tar.txt": TAR, "salt.txt": SALT})
        left = service.delete(response.headers["location"])
        JobReply.model_validate(left.json())
        assert states(left.json())["salt.txt"] == "cancelled"
        assert service.get(response.headers["location"]).status_code == 404
        again = send(service, {"oil.txt": TAR})
        assert again.json()["id"] != response.json()["id"]
    job = until_done(service, again)

    assert [d["source"] for d in service.get("/v1/documents").json()["documents"]] == ["oil.txt"]
    assert service.delete(again.headers["location"]).json() == job


def test_a_removed_document_takes_its_upload_along(service: httpx.Client, own: Library) -> None:
    with another_writes(own):
        response = send(service, {"tar.txt": TAR, "salt.txt": SALT})
        assert service.delete(f"/v1/documents/{document_id('tar.txt')}").status_code == 204
    job = until_done(service, response)

    assert states(job) == {"tar.txt": "cancelled", "salt.txt": "added"}
    assert [d["source"] for d in service.get("/v1/documents").json()["documents"]] == ["salt.txt"]


# --- keys


def test_a_key_uploads_to_its_collections_and_sees_no_others(own: Library, start: Start) -> None:
    service = start(over=own)

    def headers(name: str, *, write: bool, collections: tuple[str, ...] | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {own.store.keys.create(name, write, collections)[1]}"}

    ours = headers("ours", write=True, collections=("ours",))
    reader = headers("reader", write=False, collections=("ours",))
    every = headers("every", write=True, collections=None)
    with another_writes(own):
        files = [("file", ("a.txt", TAR))]
        made = service.post("/v1/documents", params={"collection": "ours"}, files=files, headers=ours)
        theirs = service.post("/v1/documents", params={"collection": "theirs"}, files=files, headers=every)
        assert (made.status_code, theirs.status_code) == (202, 202)
        assert service.post("/v1/documents", files=files, headers=ours).status_code == 403
        refused = service.post("/v1/documents", params={"collection": "ours"}, files=files, headers=reader)
        assert refused.status_code == 403

        for seen, listed in ((ours, 1), (reader, 1), (every, 2)):
            assert len(service.get("/v1/jobs", headers=seen).json()["jobs"]) == listed
        assert service.get("/v1/jobs", params={"collection": "theirs"}, headers=ours).status_code == 403
        assert service.get("/v1/jobs", params={"after": theirs.json()["id"]}, headers=ours).status_code == 404
        assert service.get(theirs.headers["location"], headers=ours).status_code == 404
        assert service.delete(theirs.headers["location"], headers=ours).status_code == 404
        assert service.get(made.headers["location"], headers=reader).status_code == 200
        assert service.delete(made.headers["location"], headers=reader).status_code == 403
        assert service.delete(made.headers["location"], headers=ours).status_code == 200
