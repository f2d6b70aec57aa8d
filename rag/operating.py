"""Keeps the operating point of a collection with its index: how sure an answer has to be."""

from dataclasses import asdict

import orjson

from rag.records import OperatingPoint
from rag.store import Store


def read_point(store: Store, collection: str) -> OperatingPoint | None:
    """The operating point that was set, `None` for the shipped one."""
    kept = store.database.meta(_name(collection))
    return None if kept is None else OperatingPoint(**orjson.loads(kept))


def keep_point(store: Store, collection: str, point: OperatingPoint) -> None:
    """Keep an operating point, in place of any before."""
    store.database.set_meta(_name(collection), orjson.dumps(asdict(point)).decode())


def forget_points(store: Store) -> None:
    """Forget every operating point: what another model is sure of means something else."""
    store.database.connection.execute("DELETE FROM meta WHERE name LIKE 'operating\\_point:%' ESCAPE '\\'")


def _name(collection: str) -> str:
    return f"operating_point:{collection}"
