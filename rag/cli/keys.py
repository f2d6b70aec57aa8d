"""The commands that make, list and revoke API keys."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from rag.changes import COLLECTION_NAME
from rag.cli.opening import opened
from rag.cli.options import Json, usable
from rag.settings import origins_of, read_settings

if TYPE_CHECKING:
    from rag.store.keys import ApiKey

app = typer.Typer(no_args_is_help=True, help="Create, list and revoke the keys that open the service.")


def _checked_collections(names: list[str] | None) -> list[str] | None:
    if not all(COLLECTION_NAME.fullmatch(name) for name in names or ()):
        raise typer.BadParameter("a collection is named with letters, digits, '.', '_' and '-', 64 at most.")
    return names or None


def _checked_origins(origins: list[str] | None) -> list[str] | None:
    return list(usable(lambda: origins_of(",".join(origins)))) if origins else None


Collections = Annotated[
    list[str] | None,
    typer.Option(
        "--collection",
        metavar="NAME",
        callback=_checked_collections,
        help="Only this collection; may be repeated.",
    ),
]
Origins = Annotated[
    list[str] | None,
    typer.Option(
        "--origin",
        metavar="ORIGIN",
        callback=_checked_origins,
        help="A browser key, for pages of this origin, such as https://example.org; may be repeated.",
    ),
]


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for; shown by `rag keys list`.")],
    read_only: Annotated[bool, typer.Option("--read-only", help="It may ask and read, not change.")] = False,
    collection: Collections = None,
    origin: Origins = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it, once: it is not kept. From then on the service asks for a key.

    A browser key (--origin) may only read, is told no scores but the confidence, and works from pages of its origins.
    """
    from rag.cli.screen import note, show, show_json  # noqa: PLC0415

    settings = read_settings()
    with opened(settings, new=True) as library:
        key, shown = library.store.keys.create(name, not (read_only or origin), collection, origin)
    if as_json:
        show_json({"key": shown, **asdict(key)})
    else:
        show((shown, "bold"))
        note(f"{_rights(key)}. Keep it now: it is not shown again.")
    for missing in sorted(set(origin or ()) - set(settings.cors_origins)):
        note(f"{missing} is not in RAG_CORS_ORIGINS: browsers keep the answers from its pages until it is.")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Print the keys, the oldest first; never their secrets."""
    from rag.cli.screen import show, show_json  # noqa: PLC0415

    with opened(read_settings()) as library:
        keys = library.store.keys.listed()
    if as_json:
        show_json([asdict(key) for key in keys])
    for key in () if as_json else keys:
        ended = f", revoked {key.revoked}" if key.revoked else ""
        show((key.id, "bold"), f"  {key.name}: {_rights(key)}; created {key.created}{ended}")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `rag keys list` shows it.")], as_json: Json = False
) -> None:
    """Make a key useless, at once."""
    from rag.cli.screen import note, show, show_json  # noqa: PLC0415

    with opened(read_settings()) as library:
        key = library.store.keys.revoke(key_id)
        left = [other for other in library.store.keys.listed() if other.revoked is None]
    if as_json:
        show_json(asdict(key))
    else:
        show(f"{key.id} ({key.name}) is revoked.")
    if not left:
        note("No key is left: the service answers nobody until `rag keys create` makes one.")


def _rights(key: "ApiKey") -> str:
    """What a key may, in words."""
    may = "read and write" if key.write else "read"
    where = "every collection" if key.collections is None else f"the collections {', '.join(key.collections)}"
    pages = "" if key.origins is None else f", from pages of {', '.join(key.origins)}"
    return f"May {may} {where}{pages}"
