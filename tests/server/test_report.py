"""The report of an evaluation, as the service hands it out."""

import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from rag import Library
from server.report import newest
from tests.server.conftest import Start

STYLE, SCRIPT = "b { color: red }\n", 'document.title = "<>&";\n'
REPORT = f"""<!doctype html><html lang="en"><title>A run</title><style>{STYLE}</style>
<p>Beds 🦉 cost <b>money</b>.</p><script src="gone.js"></script><script>{SCRIPT}</script></html>"""


def put(folder: Path, text: str = REPORT, minute: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "report.html"
    path.write_text(text, "utf-8", newline="")
    os.utime(path, (1_700_000_000 + 60 * minute,) * 2)
    return path


def hash_of(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def policy_of(response: httpx.Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


def test_the_newest_of_a_folder_and_those_in_it_is_found(tmp_path: Path) -> None:
    assert newest(None) is None
    assert newest(tmp_path / "none") is None
    first = put(tmp_path / "monday", minute=1)
    assert newest(tmp_path) == first
    assert newest(put(tmp_path / "tuesday", minute=2)) == newest(tmp_path)
    own = put(tmp_path, minute=3)
    assert newest(tmp_path) == own
    assert newest(first) == first
    put(tmp_path / "far" / "below", minute=9)
    assert newest(tmp_path) == own


def test_the_report_is_served_as_it_is_under_a_policy_of_its_own(start: Start, tmp_path: Path) -> None:
    client = start(report=put(tmp_path))
    for path in ("/report", "/v1/report"):
        response = client.get(path)
        assert (response.status_code, response.text) == (200, REPORT)
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert policy_of(response) == {
            "default-src": "'none'",
            "style-src": hash_of(STYLE),
            "script-src": hash_of(SCRIPT),
            "img-src": "data:",
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
            "sandbox": "allow-scripts",
        }


def test_a_report_without_style_and_script_is_allowed_none(start: Start, tmp_path: Path) -> None:
    client = start(report=put(tmp_path, "<p>Plain"))
    policy = policy_of(client.get("/report"))
    assert (policy["style-src"], policy["script-src"]) == ("'none'", "'none'")


def test_it_is_sent_once_and_packed(start: Start, tmp_path: Path) -> None:
    client = start(report=put(tmp_path))
    packed = client.get("/report", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == REPORT
    plain = client.get("/report", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    again = client.get("/report", headers={"If-None-Match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_new_report_is_served_without_a_restart(start: Start, tmp_path: Path) -> None:
    client = start(report=tmp_path)
    assert client.get("/v1/report").status_code == 404
    put(tmp_path)
    assert client.get("/report").text == REPORT
    put(tmp_path / "later", "<p>Later", minute=5)
    assert client.get("/report").text == "<p>Later"


@pytest.mark.parametrize("there", [True, False])
def test_where_there_is_none_the_page_says_how_to_make_one(start: Start, tmp_path: Path, there: bool) -> None:
    client = start(**({"report": tmp_path / "none"} if there else {}))
    response = client.get("/report")
    assert response.status_code == 404
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "rag eval QUESTIONS --out DIR" in response.text
    assert client.get("/v1/report").json()["detail"] == "There is no evaluation report here."


def test_one_that_cannot_be_read_is_none(start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "report.html").mkdir()
    client = start(report=tmp_path)
    assert client.get("/report").status_code == 404
    assert [r.getMessage() for r in caplog.records if r.name == "rag.server"] == [
        "the evaluation report cannot be read: IsADirectoryError"
    ]


def test_the_start_page_links_to_it_only_where_it_is(start: Start, tmp_path: Path) -> None:
    client = start(report=tmp_path)
    link = 'href="report"'
    assert client.get("/").text.count(link) == 0
    put(tmp_path)
    assert client.get("/").text.count(link) == 1


@pytest.fixture
def own(own_index: Path) -> Iterator[Library]:
    with closing(Library(own_index)) as library:
        yield library


def test_with_keys_it_takes_one_for_all_documents(own: Library, start: Start, tmp_path: Path) -> None:
    keys = {
        "all": own.store.keys.create("all")[1],
        "reader": own.store.keys.create("reader", write=False)[1],
        "one": own.store.keys.create("one", collections=["default"])[1],
        "page": own.store.keys.create("page", write=False, origins=["https://a.example"])[1],
    }
    client = start(own, report=put(tmp_path))
    statuses = {name: client.get("/v1/report", headers=sent_with(key)).status_code for name, key in keys.items()}
    assert statuses == {"all": 200, "reader": 200, "one": 403, "page": 403}
    assert client.get("/v1/report").status_code == 401


def sent_with(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Origin": "https://a.example"}


def test_with_keys_the_page_asks_for_one_and_holds_nothing_of_it(own: Library, start: Start, tmp_path: Path) -> None:
    own.store.keys.create("reader", write=False)
    client = start(own, report=put(tmp_path))
    response = client.get("/report")
    assert response.status_code == 200
    assert "money" not in response.text
    policy = policy_of(response)
    assert policy["script-src"] == f"'self' {hash_of(SCRIPT)}"
    assert policy["style-src"] == f"'self' {hash_of(STYLE)}"
    assert (policy["connect-src"], policy["frame-src"], policy["frame-ancestors"]) == ("'self'", "blob:", "'none'")
