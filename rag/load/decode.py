"""Turns bytes into text without losing any, and says so where it had to guess."""

import codecs
import re
from typing import NamedTuple

import charset_normalizer

from rag.errors import LoadError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip archive or Office file"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"\x1f\x8b\x08", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
)
_CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\b\t\n\v\f\r\x1b"))
"""What text does not hold; backspace (manual pages) and escape (colours in logs) it may."""
_MOST_CONTROLS_VALID, _MOST_CONTROLS_OTHER = 0.1, 0.02
"""Share of control characters from which content is binary: random bytes have 0.1, but are no valid UTF-8."""
_SAMPLE = 1 << 16
"""Bytes looked at to tell binary content or an encoding; more hardly changes the verdict and costs time."""

_CANDIDATES = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r", "iso8859_2", "iso8859_5"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949", "mac_roman"),
]
"""Encodings still met in files. The detector knows 90 more and would read a lone “ as cp852."""
_CHAOS_SLACK, _COHERENCE_SLACK = 0.05, 0.03
"""How far windows-1252 may trail the best guess and still be taken, being the commonest by far: with less slack Danish
is read as cp1250, with more Czech as windows-1252."""
_SYMBOL_IN_WORD = re.compile(r"[^\W\d_][¹³¼¾¿¯º][^\W\d_]")
"""What Polish in cp1250 looks like when it is read as windows-1252."""
_READ_AS = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030"} | {
    "shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs", "tis-620": "cp874"
}  # fmt: skip
"""Declared encodings that browsers read as a larger one (https://encoding.spec.whatwg.org/#names-and-labels)."""
_DECLARABLE = re.compile(r"iso8859-\d+|cp125\d|cp86[26]|cp932|cp949|koi8-[ru]|mac-roman|euc_jp|gb18030|big5hkscs|cp874")

_WINDOWS_1252 = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))
"""As browsers have it: the five bytes that it leaves open stand for control characters."""
_WELL_FORMED = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_NOT_ASCII = bytes(range(0x80, 0x100))


class Decoded(NamedTuple):
    """A text, and a remark where its encoding was guessed."""

    text: str
    remark: str | None = None


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """The text of all the bytes, a byte order mark kept as U+FEFF; never with a lone surrogate."""
    _refuse_known_binary(data)
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    return Decoded(_strict(data, marked)) if marked else _unmarked(data, declared)


def _refuse_known_binary(data: bytes) -> None:
    kind = next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)
    if kind:
        raise LoadError(f"is binary, not text: it begins like {kind}. Give it the suffix of its kind or leave it out")


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise LoadError(
            f"begins with the mark of {encoding[:6].upper()} but is not valid at byte {error.start}: save it as UTF-8"
        ) from error


def _unmarked(data: bytes, declared: str | None) -> Decoded:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        _refuse_controls(data, _MOST_CONTROLS_OTHER)
        return _not_utf8(data, error.start, declared)
    _refuse_controls(data, _MOST_CONTROLS_VALID)
    return Decoded(text)


def _refuse_controls(data: bytes, most: float) -> None:
    middle = max(0, len(data) - _SAMPLE) // 2
    for start in {0, middle, max(0, len(data) - _SAMPLE)}:
        sample = data[start : start + _SAMPLE]
        share = (len(sample) - len(sample.translate(None, _CONTROLS))) / max(1, len(sample))
        if share > most:
            raise LoadError(
                f"is binary, not text: {share:.0%} of its bytes are NUL or other control characters. "
                "Leave it out; if it is UTF-16 text, save it as UTF-8"
            )


def _not_utf8(data: bytes, first: int, declared: str | None) -> Decoded:
    sample = data[max(0, first - _SAMPLE // 2) :][:_SAMPLE]
    if _mostly_utf8(sample):
        return _mended(data, first)
    encoding = _codec(declared)
    if encoding:
        try:
            return Decoded(_decoded_as(data, encoding))
        except UnicodeDecodeError:
            pass
    return _guessed(data, sample)


def _mostly_utf8(sample: bytes) -> bool:
    """Whether the well-formed sequences outnumber the stray bytes; other encodings form them by accident only."""
    rest, well_formed = _WELL_FORMED.subn(b"", sample)
    return well_formed > len(rest) - len(rest.translate(None, _NOT_ASCII))


def _mended(data: bytes, first: int) -> Decoded:
    text = data.decode("utf-8", _STRAY)
    stray = len(data) - len(data.decode("utf-8", "ignore").encode())
    return Decoded(
        text, f"is UTF-8 but for {stray} stray bytes, the first at byte {first}: these were read as windows-1252"
    )


def _guessed(data: bytes, sample: bytes) -> Decoded:
    encoding = _guess(sample)
    remark = f"is not UTF-8 and was read as {encoding.replace('cp125', 'windows-125')}"
    try:
        return Decoded(_decoded_as(data, encoding), f"{remark}: save it as UTF-8 to be sure")
    except UnicodeDecodeError:
        return Decoded(data.decode(encoding, "replace"), f"{remark}, in part unreadable: save it as UTF-8")


def _guess(sample: bytes) -> str:
    matches = charset_normalizer.from_bytes(sample, cp_isolation=_CANDIDATES)
    best = matches.best()
    if best is None:
        return "cp1252"
    western = any(
        "cp1252" in match.could_be_from_charset
        and match.chaos <= best.chaos + _CHAOS_SLACK
        and match.coherence >= best.coherence - _COHERENCE_SLACK
        for match in matches
    )
    return "cp1252" if western and not _SYMBOL_IN_WORD.search(_decoded_as(sample, "cp1252")) else best.encoding


def _decoded_as(data: bytes, encoding: str) -> str:
    return codecs.charmap_decode(data, "strict", _WINDOWS_1252)[0] if encoding == "cp1252" else data.decode(encoding)


def _codec(declared: str | None) -> str | None:
    """The codec for a declared name; `None` for unknown ones and for those that could run wild (`unicode_escape`)."""
    try:
        name = codecs.lookup(declared).name if declared else ""
    except (LookupError, ValueError):
        return None
    name = _READ_AS.get(name, name)
    return name if _DECLARABLE.fullmatch(name) else None


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "".join(_WINDOWS_1252[byte] for byte in error.object[error.start : error.end]), error.end


_STRAY = "rag.load.stray-bytes"
codecs.register_error(_STRAY, _as_windows_1252)
