"""DOCX: the document's text is its paragraphs, list items and table rows in their order.

Read as XML by lxml rather than with python-docx, which holds the whole tree in memory, knows neither lists nor text
boxes, and takes struck-out text for text.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from lxml import etree

from rag.errors import LoadError
from rag.load.dates import iso_date
from rag.load.draft import Draft
from rag.load.limits import MAX_UNZIPPED_BYTES, MAX_ZIP_RATIO, SMALL_UNZIPPED_BYTES
from rag.load.wordtext import Reader, styles_of

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_MAIN_PART = "word/document.xml"
_CORE = "docProps/core.xml"
_RELATED = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_HARMLESS: dict[str, Any] = {
    "load_dtd": False,
    "no_network": True,
    "remove_comments": True,
    "remove_pis": True,
    "resolve_entities": False,
}

_Element = Any  # lxml ships no types


def parse(data: bytes) -> Draft:
    """The document's text with a section a heading; title, author and date from its properties."""
    if data.startswith(_OLD_OFFICE):
        raise LoadError("needs a password, or is an old .doc: save it as .docx without a password")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _refuse_bomb(package)
            return _draft(package)
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError) as error:
        raise LoadError(f"is not a Word document, or a damaged one: {error}") from error


def _refuse_bomb(package: zipfile.ZipFile) -> None:
    # The declared sizes are enough: zipfile never unpacks more of a part.
    parts = package.infolist()
    unzipped, zipped = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if unzipped > MAX_UNZIPPED_BYTES or (unzipped > SMALL_UNZIPPED_BYTES and unzipped > MAX_ZIP_RATIO * zipped):
        raise LoadError(f"would unzip from {zipped:,} to {unzipped:,} bytes, a zip bomb: save it anew or split it")


def _draft(package: zipfile.ZipFile) -> Draft:
    main = _main_part(package)
    reader = Reader(styles_of(_root(package, f"{main.rpartition('/')[0]}/styles.xml")))
    with package.open(main) as part:
        for element in _outermost(part):
            reader.read(element)
    about = _about(package)
    return Draft(
        reader.blocks.text(),
        reader.blocks.sections(),
        title=about.title or reader.title,
        author=about.author,
        date=about.date,
    )


class _About(NamedTuple):
    title: str | None
    author: str | None
    date: str | None


def _about(package: zipfile.ZipFile) -> _About:
    """What the core properties say."""
    root = _root(package, _CORE)
    stated = {} if root is None else {etree.QName(child).localname: (child.text or "").strip() for child in root}
    date = iso_date(stated.get("created", "")) or iso_date(stated.get("modified", ""))
    return _About(stated.get("title") or None, stated.get("creator") or None, date)


def _main_part(package: zipfile.ZipFile) -> str:
    related = _root(package, "_rels/.rels")
    for relation in related.iter(_RELATED) if related is not None else ():
        if relation.get("Type", "").endswith("/officeDocument"):
            return str(relation.get("Target", "")).lstrip("/")
    return _MAIN_PART


def _root(package: zipfile.ZipFile, name: str) -> _Element | None:
    """The root of a part; `None` where the package lacks it."""
    if name not in package.namelist():
        return None
    with package.open(name) as part:
        tree = etree.parse(part, etree.XMLParser(**_HARMLESS))
    _refuse_entities(tree)
    return tree.getroot()


def _refuse_entities(tree: _Element) -> None:
    if tree.docinfo.internalDTD is not None:
        raise LoadError("declares a document type or entities, as no Word document does: refused, save it anew")


def _outermost(part: IO[bytes]) -> Iterator[_Element]:
    """Each paragraph and table that stands in no other, forgotten once the next is asked for."""
    tags = ("{*}p", "{*}tbl")
    for number, (_, element) in enumerate(etree.iterparse(part, tag=tags, **_HARMLESS)):
        if number == 0:
            _refuse_entities(element.getroottree())
        if next(element.iterancestors(*tags), None) is None:
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
