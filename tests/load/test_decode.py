import codecs
import random

import pytest

from rag.errors import LoadError
from rag.load.decode import decode

FRENCH = "Les élèves étaient déjà là, près de la forêt, où le garçon naïf fêtait Noël.\n"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides_and_is_kept(mark: bytes, encoding: str) -> None:
    assert decode(mark + "naïve 😀\r\n".encode(encoding)) == ("\ufeffnaïve 😀\r\n", None)


def test_utf8_is_taken_without_a_remark() -> None:
    assert decode("“naïve” 😀 שלום".encode()) == ("“naïve” 😀 שלום", None)


def test_a_mark_with_bytes_that_do_not_follow_it_is_refused() -> None:
    with pytest.raises(LoadError, match="mark of UTF-16 but is not valid"):
        decode(codecs.BOM_UTF16_LE + "unpaired".encode("utf-16-le") + b"\x00\xd8")


@pytest.mark.parametrize(
    ("text", "encoding", "label"),
    [
        (FRENCH, "cp1252", "windows-1252"),
        ("“Care should be joined up” – it cost £5.", "cp1252", "windows-1252"),
        ("naïve café", "latin-1", "windows-1252"),
        ("Die Ärzte müssen für ihre Patienten größere Räume haben.", "cp1252", "windows-1252"),
        ("Alle mennesker er født frie og lige i værdighed og rettigheder.", "cp1252", "windows-1252"),
        ("V roce 2012 vláda oznámila, že nemocnice dostanou více peněz a že pacienti", "cp1250", "windows-1250"),
        ("Minister powiedział, że była to pomyłka, a szpitale miały dostać więcej.", "cp1250", "windows-1250"),
        ("Все люди рождаются свободными и равными в своем достоинстве.", "cp1251", "windows-1251"),
        ("Все люди рождаются свободными и равными в своем достоинстве.", "koi8_r", "koi8_r"),
        ("すべての人間は、生まれながらにして自由である。", "shift_jis", "cp932"),
        ("人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心。", "gb18030", "gb18030"),
    ],
)
def test_another_encoding_is_found_and_named(text: str, encoding: str, label: str) -> None:
    decoded = decode(text.encode(encoding))
    assert decoded.text == text
    assert decoded.remark
    assert f"not UTF-8 and was read as {label}" in decoded.remark


def test_a_declared_encoding_goes_before_a_guess_and_needs_no_remark() -> None:
    assert decode("Příliš".encode("iso8859-2"), "ISO-8859-2") == ("Příliš", None)
    assert decode(b"\x93quoted\x94", "latin-1") == ("“quoted”", None)


@pytest.mark.parametrize("declared", ["utf-8", "klingon", "unicode_escape", "utf-7", "rot13", "zlib", "a\0b", "idna"])
def test_a_declared_encoding_that_is_wrong_unknown_or_dangerous_is_not_used(declared: str) -> None:
    assert decode(FRENCH.encode("cp1252") + rb"\ud800 +2AA-", declared).text == FRENCH + r"\ud800 +2AA-"


def test_valid_utf8_is_believed_more_than_a_declaration() -> None:
    assert decode(FRENCH.encode(), "iso-8859-1") == (FRENCH, None)


def test_stray_bytes_in_utf8_are_read_one_by_one() -> None:
    data = "“naïve” ".encode() * 10 + b"caf\xe9 \x81 " + "😀\r\n".encode() * 3
    decoded = decode(data)
    assert decoded.text == "“naïve” " * 10 + "café \x81 " + "😀\r\n" * 3
    assert decoded.remark == (
        f"is UTF-8 but for 2 stray bytes, the first at byte {data.index(0xE9)}: these were read as windows-1252"
    )


def test_what_lies_beyond_the_sample_and_does_not_fit_is_replaced_and_said() -> None:
    data = ("すべての人間は自由である。" * 8_000).encode("cp932") + b"\x81"
    decoded = decode(data)
    assert decoded.text.endswith("。\ufffd")
    assert decoded.remark
    assert "in part unreadable" in decoded.remark


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n1 0 obj",
        b"PK\x03\x04 and so on",
        b"\x89PNG\r\n\x1a\n",
        b"\x7fELF text",
        b"\0" * 1_000,
        b"header\n" * 10_000 + b"\0" * 70_000,
        b"t\0e\0x\0t\0",
        random.Random(7).randbytes(100_000),
        b"plain words " + bytes(range(256)) * 100,
    ],
)
def test_binary_content_is_refused(data: bytes) -> None:
    with pytest.raises(LoadError, match="is binary, not text"):
        decode(data)


def test_a_few_control_characters_are_kept() -> None:
    text = "a log with \x1b[31mcolour\x1b[0m, a NUL \x00, a bell \x07, an overstruck a\ba and a form feed\f\v\r\r\n" * 3
    assert decode(text.encode()) == (text, None)


@pytest.mark.parametrize("data", [b"\xed\xa0\x80 surrogate as UTF-8", b"\xed\xa0\xbd\xed\xb8\x80" * 20, b"\xff" * 50])
def test_no_text_holds_a_lone_surrogate(data: bytes) -> None:
    decode(data).text.encode()


def test_fifty_megabytes_of_another_encoding_are_guessed_from_a_sample() -> None:
    data = FRENCH.encode("cp1252") * 200_000
    assert decode(data).text == FRENCH * 200_000
