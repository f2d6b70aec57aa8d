import pytest

from eval.report.visible import visible


@pytest.mark.parametrize(
    ("hidden", "named"),
    [
        ("\u202e", "⟨U+202E⟩"),
        ("\u2066", "⟨U+2066⟩"),
        ("\u200b", "⟨U+200B⟩"),
        ("\x00", "⟨U+0000⟩"),
        ("\x1b", "⟨U+001B⟩"),
        ("\x85", "⟨U+0085⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
    ],
)
def test_what_a_reader_would_not_see_is_written_out(hidden: str, named: str) -> None:
    assert visible(f"a{hidden}b") == f"a{named}b"


@pytest.mark.parametrize("text", ["a b\tc\r\nd", "naïve 🦉", "👩\u200d🚀", "می\u200cخواهم", "שלום", "a\u00a0b"])
def test_all_other_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text
