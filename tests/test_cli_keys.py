from pathlib import Path

import pytest

from rag import Library
from tests.program import Rag, printed


def test_a_key_is_made_listed_and_revoked(rag: Rag, tmp_path: Path) -> None:
    index = tmp_path / "index"
    made = rag("keys", "create", "for the wiki", "--read-only", "--collection", "wiki", over=index)
    assert made.returncode == 0
    key_id = made.stdout.split("_")[1]
    secret = made.stdout.strip().partition(f"{key_id}_")[2]
    assert made.stdout.count("\n") == 1
    assert "May read the collections wiki" in made.stderr

    listed = rag("keys", "list", over=index)
    assert secret not in listed.stdout
    assert key_id in listed.stdout
    assert "for the wiki: May read the collections wiki; created " in listed.stdout

    revoked = rag("keys", "revoke", key_id, over=index)
    assert revoked.returncode == 0
    assert "rag keys create" in revoked.stderr  # since it was the last
    assert printed(rag("keys", "list", "--json", over=index))[0]["revoked"]


def test_a_browser_key_is_printed_as_json_with_what_it_may(rag: Rag, tmp_path: Path) -> None:
    origins = ["--origin", "https://A.example:443/", "--origin", "http://b.example:8080"]
    known = "https://a.example"
    done = rag("keys", "create", "page", *origins, "--json", over=tmp_path / "index", RAG_CORS_ORIGINS=known)
    found = printed(done)
    assert found["key"].startswith(f"rag_{found['id']}_")
    assert (found["write"], found["collections"], found["revoked"]) == (False, None, None)
    assert found["origins"] == ["https://a.example", "http://b.example:8080"]
    assert "http://b.example:8080 is not in RAG_CORS_ORIGINS" in done.stderr
    assert "https://a.example is not" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["create"],
        ["create", " "],
        ["create", "k", "--collection", "../x"],
        ["create", "k", "--origin", "*"],
        ["create", "k", "--origin", "https://a.example/path"],
        ["revoke"],
    ],
)
def test_wrong_usage_makes_no_key(inside: Rag, library: Library, arguments: list[str]) -> None:
    done = inside("keys", *arguments)
    assert done.returncode == 2
    assert not done.stdout
    assert library.store.keys.listed() == []


def test_an_unknown_key_cannot_be_revoked(inside: Rag) -> None:
    done = inside("keys", "revoke", "nothing")
    assert done.returncode == 1
    assert "There is no key 'nothing'" in done.stderr
