import pytest

from rag.hidden import without_hidden, without_hidden_in
from rag.records import Span


@pytest.mark.parametrize(
    "hidden",
    ["\u00ad", "\u200b", "\u200d", "\u200e", "\u202e", "\u2066", "\u2069", "\ufeff", "\u2060", "\U000e0041", "\u3164"],
)
def test_characters_that_no_reader_sees_are_dropped(hidden: str) -> None:
    text = f"ig{hidden}nore{hidden}"

    assert without_hidden(text) == "ignore"
    assert without_hidden_in(f"an {text} order", [Span(3, 11), Span(12, 17)]) == (
        "an ignore order",
        [Span(3, 9), Span(10, 15)],
    )


@pytest.mark.parametrize("text", ["naïve café", "e\u0301", "שלום", "two  spaces\u00a0\n", "x² ½ 👍🏽", ""])
def test_all_that_a_reader_sees_stays_as_it_is(text: str) -> None:
    assert without_hidden(text) == text
    assert without_hidden_in(text, [Span(0, len(text))]) == (text, [Span(0, len(text))])
