import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag.errors import NotFoundError, SettingError
from rag.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "truth.sqlite")) as store:
        yield store


def test_a_key_is_found_with_what_it_may(store: Store) -> None:
    key, shown = store.keys.create("reader", write=False, collections=["a", "b"], origins=["https://x.example"])
    assert store.keys.find(shown) == key
    assert (key.name, key.write, key.revoked) == ("reader", False, None)
    assert (key.collections, key.origins) == (("a", "b"), ("https://x.example",))
    assert shown.startswith(f"rag_{key.id}_")


def test_a_key_may_everything_unless_told(store: Store) -> None:
    key, _ = store.keys.create("all")
    assert (key.write, key.collections, key.origins) == (True, None, None)


def test_no_collections_is_not_all_of_them(store: Store) -> None:
    _, shown = store.keys.create("none", collections=[])
    found = store.keys.find(shown)
    assert found is not None
    assert found.collections == ()


def test_what_is_not_a_key_of_this_index_is_not_found(store: Store, tmp_path: Path) -> None:
    key, shown = store.keys.create("k")
    with closing(Store(tmp_path / "other.sqlite")) as other:
        _, elsewhere = other.keys.create("k")
    secret = shown.rpartition(key.id)[2][1:]
    wrong = "A" if secret[0] != "A" else "B"
    for presented in (
        "",
        "rag_",
        secret,
        elsewhere,
        shown + "x",
        shown[:-1],
        shown.upper(),
        f" {shown}",
        f"{shown}\n",
        f"rag_{key.id}_{wrong}{secret[1:]}",
        f"rag_{'0' * 12}_{secret}",
        f"rag_{key.id}_",
        "rag_%_%",
        "é" * 50,
    ):
        assert store.keys.find(presented) is None, presented
    assert store.keys.find(shown) == key


def test_a_secret_has_256_bits_and_is_kept_nowhere(store: Store, tmp_path: Path) -> None:
    made = [store.keys.create("k")[1] for _ in range(20)]
    secrets = {shown[len("rag_") + 13 :] for shown in made}
    assert len(secrets) == 20
    assert {len(secret) for secret in secrets} == {43}  # of 64 characters each: 258 bits, the last of them not all free
    store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert not any(secret.encode() in kept for secret in secrets)


def test_a_revoked_key_is_found_no_more_in_any_process(store: Store) -> None:
    key, shown = store.keys.create("k")
    with closing(Store(store.database.path)) as elsewhere:
        assert elsewhere.keys.find(shown) == key
        revoked = store.keys.revoke(key.id)
        assert elsewhere.keys.find(shown) is None
    assert revoked.revoked is not None
    assert store.keys.revoke(key.id) == revoked
    assert store.keys.listed() == [revoked]


def test_a_key_that_is_not_there_cannot_be_revoked(store: Store) -> None:
    with pytest.raises(NotFoundError, match="rag keys list"):
        store.keys.revoke("nothing")


def test_a_revoked_key_still_locks_the_index(store: Store) -> None:
    assert not store.keys.exist()
    key, _ = store.keys.create("k")
    store.keys.revoke(key.id)
    assert store.keys.exist()


@pytest.mark.parametrize("name", ["", " ", "x" * 101])
def test_a_key_needs_a_name(store: Store, name: str) -> None:
    with pytest.raises(SettingError, match="1 to 100 characters"):
        store.keys.create(name)


def test_a_browser_key_may_not_write(store: Store) -> None:
    with pytest.raises(SettingError, match="browser key"):
        store.keys.create("k", write=True, origins=["https://x.example"])
    assert store.keys.listed() == []


def test_a_name_is_no_sql(store: Store) -> None:
    name = "'; DROP TABLE keys; --"
    store.keys.create(name)
    assert [key.name for key in store.keys.listed()] == [name]
    with closing(sqlite3.connect(store.database.path)) as db:
        assert db.execute("SELECT count(*) FROM keys").fetchone() == (1,)
