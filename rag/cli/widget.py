"""The command that prints the lines which put the widget on a page."""

from html import escape
from typing import Annotated
from urllib.parse import urlsplit

import typer

from rag import DEFAULT_COLLECTION
from rag.cli.options import Collection, Json


def _checked_service(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise typer.BadParameter("an address such as https://docs.example.org is wanted.")
    return address.rstrip("/")


Service = Annotated[
    str, typer.Argument(metavar="URL", callback=_checked_service, help="Where browsers reach this service.")
]
Attribute = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="An attribute of the element, e.g. theme=dark; may be repeated."),
]


def widget(
    service: Service = "http://127.0.0.1:8000",
    collection: Collection = DEFAULT_COLLECTION,
    attributes: Attribute = None,
    as_json: Json = False,
) -> None:
    """Print the two lines that put the widget on a page, with the hash that lets browsers check it.

    The hash is of the widget of this version: print the lines anew whenever the service is upgraded.
    """
    from rag.cli.screen import show_json  # noqa: PLC0415
    from server.widget import assembled, integrity  # noqa: PLC0415

    found = integrity(assembled())
    src = f"{service}/widget.js"
    script = f'<script type="module" src="{escape(src)}" integrity="{found}" crossorigin="anonymous"></script>'
    chosen = [] if collection == DEFAULT_COLLECTION else [f"collection={collection}"]
    element = _element([*chosen, *(attributes or ())])
    if as_json:
        show_json({"src": src, "integrity": found, "html": f"{script}\n{element}"})
    else:
        typer.echo(f"{script}\n{element}")


def _element(attributes: list[str]) -> str:
    return f"<rag-chat{''.join(map(_attribute, attributes))}></rag-chat>"


def _attribute(given: str) -> str:
    name, is_valued, value = given.partition("=")
    if not name.replace("-", "").isalnum() or not name.isascii():
        raise typer.BadParameter(f"{name!r} is no name of an attribute.", param_hint="--set")
    return f' {name}="{escape(value)}"' if is_valued else f" {name}"
