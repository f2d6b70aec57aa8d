import pytest

from rag.errors import LoadError
from rag.load.limits import MAX_FILE_BYTES, MAX_TEXT_CHARACTERS, check_file_bytes, check_text_characters


def test_what_is_at_a_limit_passes() -> None:
    check_file_bytes(MAX_FILE_BYTES)
    check_text_characters(MAX_TEXT_CHARACTERS)


def test_what_is_over_a_limit_is_told_the_limit_and_what_to_do() -> None:
    with pytest.raises(LoadError, match=r"limit of 100 MB a file: split it"):
        check_file_bytes(MAX_FILE_BYTES + 1)
    with pytest.raises(LoadError, match=r"limit of 20,000,000 characters of text a document: split it"):
        check_text_characters(MAX_TEXT_CHARACTERS + 1)
