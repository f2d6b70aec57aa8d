from collections.abc import Mapping

import httpx
import pytest

from rag.load import SUPPORTED

MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}


def part(disposition: bytes, data: bytes = b"text") -> bytes:
    return b"--x\r\nContent-Disposition: form-data; " + disposition + b"\r\n\r\n" + data + b"\r\n"


def named(name: bytes, data: bytes = b"text") -> bytes:
    return part(b'name="file"; filename="' + name + b'"', data)


def send(client: httpx.Client, *parts: bytes, headers: Mapping[str, str] = MULTIPART) -> httpx.Response:
    return client.post("/v1/documents", content=b"".join(parts) + b"--x--\r\n", headers=headers)


def refused(response: httpx.Response) -> str:
    assert response.status_code == 422
    problem = response.json()
    assert {error["field"] for error in problem["errors"]} == {"file"}
    return str(problem["detail"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (b"", "is empty"),
        (b"..", "'..'"),
        (b"../a.txt", "'..'"),
        (b"notes/../a.txt", "'..'"),
        (b"./a.txt", "'.'"),
        (b"notes//a.txt", "without a name"),
        (b"notes/", "without a name"),
        (b"/etc/a.txt", "absolute"),
        (b"C:/a.txt", "absolute"),
        (b"C:\\notes\\a.txt", "backslash"),
        (b"notes\\a.txt", "backslash"),
        (b"\\\\host\\a.txt", "backslash"),
        (b"a\x01b.txt", "control"),
        (b"a\x7f.txt", "control"),
        ("a\x85.txt".encode(), "control"),
        ("invoice\u202etxt.exe.txt".encode(), "nobody sees"),
        ("a\u200b.txt".encode(), "nobody sees"),
        ("notes\ufeff/a.txt".encode(), "nobody sees"),
        (b"...", "dots only"),
        (b"notes/....", "dots only"),
        (b"a" * 997 + b".txt", "1,000 characters"),
        (b"caf\xe9.txt", "UTF-8"),
        (b"a.exe", "has the suffix .exe"),
        (b"Makefile", "has no suffix"),
        (b".txt", "has no suffix"),
    ],
)
def test_a_name_that_cannot_be_kept_is_refused_with_the_reason(client: httpx.Client, name: bytes, said: str) -> None:
    assert said in refused(send(client, named(name)))


def test_what_is_supported_is_said(client: httpx.Client) -> None:
    assert all(suffix in refused(send(client, named(b"a.exe"))) for suffix in SUPPORTED)


def test_a_file_needs_a_name(client: httpx.Client) -> None:
    assert "no file name" in refused(send(client, part(b'name="file"')))


def test_a_name_in_the_extended_syntax_that_forms_forbid_is_none(client: httpx.Client) -> None:
    assert "no file name" in refused(send(client, part(b"name=\"file\"; filename*=UTF-8''a.txt")))


@pytest.mark.parametrize("body", [[], [part(b'name="collection"', b"default")]])
def test_an_upload_needs_a_file(client: httpx.Client, body: list[bytes]) -> None:
    refused(send(client, *body))


def test_other_fields_are_refused(client: httpx.Client) -> None:
    response = send(client, named(b"a.txt"), part(b'name="collection"', b"default"))
    assert "'collection' is not a field" in refused(response)
    assert "'data' is not a field" in refused(send(client, part(b'name="data"; filename="a.txt"')))


def test_every_wrong_file_is_named(client: httpx.Client) -> None:
    response = send(client, named(b"a.exe"), named(b"good.txt"), named(b"../b.txt"))
    assert [error["detail"].partition(" ")[0] for error in response.json()["errors"]] == ["'a.exe'", "'../b.txt'"]


def test_two_files_of_one_name_are_refused(client: httpx.Client) -> None:
    assert "'a.txt' is there more than once" in refused(send(client, named(b"a.txt", b"1"), named(b"a.txt", b"2")))


@pytest.mark.parametrize("disposition", [b'name="file"; filename="%d.txt"', b'name="field%d"'])
def test_more_files_or_fields_than_the_limit_are_refused(client: httpx.Client, disposition: bytes) -> None:
    assert "number of" in refused(send(client, *(part(disposition % number) for number in range(101))))


@pytest.mark.parametrize(
    "body",
    [
        b"no multipart at all",
        b"--y\r\n\r\n--y--\r\n",
        named(b"a.txt"),
        named(b"a.txt") + named(b"cut-off.txt") + b"--x\r\n",
        named(b"large.txt", b"text" * 500_000),
        b"",
        b"--x\r\nContent-Disposition: form-data\r\n\r\ntext\r\n--x--\r\n",
        b"--x\r\nBroken header\r\n\r\ntext\r\n--x--\r\n",
    ],
)
def test_a_broken_body_is_a_bad_request(client: httpx.Client, body: bytes) -> None:
    response = client.post("/v1/documents", content=body, headers=MULTIPART)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"


def test_a_boundary_is_needed(client: httpx.Client) -> None:
    assert send(client, named(b"a.txt"), headers={"Content-Type": "multipart/form-data"}).status_code == 400


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain", ""])
def test_another_content_type_is_refused(client: httpx.Client, kind: str) -> None:
    response = send(client, named(b"a.txt"), headers={"Content-Type": kind})
    assert response.status_code == 415
    assert "multipart/form-data" in response.json()["detail"]


def test_nothing_of_what_was_refused_is_kept(client: httpx.Client) -> None:
    send(client, named(b"good.txt"), named(b"bad.exe"))
    assert client.get("/v1/jobs").json() == {"jobs": [], "next": None}
