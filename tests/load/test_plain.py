import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from rag.load import Loader
from rag.load.plain import parse
from rag.records import Document

PIECES = st.sampled_from(
    [
        "\r\n",
        "\r",
        "\n",
        "\n\n",
        " ",
        "\t",
        "\u00a0",
        "\ufeff",
        "e\u0301",
        "é",
        "😀",
        "👩‍⚕️",
        "שלום",
        "العربية",
        "word",
        "The end.",
    ]
)
TEXTS = st.lists(PIECES | st.text(st.characters(exclude_categories=("Cs", "Cc"))), min_size=1).map("".join)


@given(text=TEXTS, mark=st.booleans())
def test_the_text_is_the_decoded_file(text: str, mark: bool) -> None:
    data = text.encode("utf-8-sig" if mark else "utf-8")
    assert parse(data).text == data.decode()


@given(text=TEXTS, encoding=st.sampled_from(["utf-16", "utf-32"]))
def test_the_text_is_the_decoded_file_in_wider_encodings(text: str, encoding: str) -> None:
    assert parse(text.encode(encoding)).text == "\ufeff" + text


@settings(max_examples=30, deadline=None)
@given(text=TEXTS)
def test_a_document_keeps_the_text_and_hashes_the_bytes(loader: Loader, text: str) -> None:
    data = f"\ufeffKept: {text}".encode()
    (document,) = loader.load_bytes(data, "a/notes.txt")
    assert isinstance(document, Document)
    assert document.text == data.decode()
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert document.media_type == "text/plain"


def test_a_nul_is_kept() -> None:
    assert parse(b"some words around\0a NUL\r\n").text == "some words around\0a NUL\r\n"
