from typing import Literal
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.quotes import misquote, verbatim

FERRY = (
    "The ferry leaves the harbour at nine every morning. In winter it does not sail on Sundays.\r\n\r\n"
    "The crossing takes forty minutes when the sea is calm, and tickets are sold on board by the crew."
)
BUS = "The last bus to the village goes at six in the evening, and it waits for the ferry in bad weather."
START = FERRY.index("In winter")
END = FERRY.index("\r\n")
QUOTE = FERRY[START:END]


def test_a_quote_that_stands_where_it_says_is_no_misquote() -> None:
    assert misquote(QUOTE, START, END, FERRY, [BUS]) is None
    assert verbatim(QUOTE, START, END, FERRY)


@pytest.mark.parametrize("accents", ["NFC", "NFD"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_and_composed_accents_are_characters_like_any_other(
    newline: str, accents: Literal["NFC", "NFD"]
) -> None:
    text = normalize(accents, f"\ufeffDas Café öffnet früh.{newline}Es schließt spät am Abend.{newline}")
    start, end = text.index("ffnet"), text.index(" am")

    assert misquote(text[start:end], start, end, text) is None
    assert misquote(text[start:end], start + 1, end + 1, text) == "stale"


def test_a_quote_served_without_offsets_has_to_stand_in_the_text() -> None:
    assert misquote(QUOTE, None, None, FERRY) is None
    assert misquote(QUOTE, START, None, FERRY) is None
    assert misquote("In summer it sails at night.", None, None, FERRY) == "fabricated"


@pytest.mark.parametrize(("start", "end"), [(1, 0), (0, 1), (0, -1), (-1, 0), (1, -1), (-5, 5)])
def test_a_stretch_that_is_more_or_less_than_the_quote_is_a_wrong_cut(start: int, end: int) -> None:
    assert misquote(QUOTE, START + start, END + end, FERRY, [BUS]) == "truncated"


def test_an_empty_quote_is_cut_to_nothing() -> None:
    assert misquote("", 5, 5, FERRY) == "truncated"
    assert misquote("", None, None, None) == "truncated"


@pytest.mark.parametrize(
    "quote", ["it does not sail…", "... does not sail on Sundays.", "In winter it does not sail.", f"“{QUOTE}”"]
)
def test_a_cut_with_its_ends_dressed_up_is_a_wrong_cut(quote: str) -> None:
    assert misquote(quote, START, END, FERRY, [BUS]) == "truncated"


def test_a_quote_that_stands_elsewhere_in_its_document_is_stale() -> None:
    assert misquote(QUOTE, 0, len(QUOTE), FERRY) == "stale"
    assert misquote(QUOTE, START + 1, END + 1, FERRY) == "stale"
    assert misquote(QUOTE, START + 500, END + 500, FERRY) == "stale"
    assert misquote(QUOTE, START, len(FERRY) + 1, FERRY) == "stale"
    assert misquote(QUOTE, START - len(FERRY), END - len(FERRY), FERRY) == "stale"


def test_a_quote_whose_line_ends_or_accents_were_rewritten_is_stale() -> None:
    across = FERRY[START : END + 30]
    accented = "Das Café öffnet früh am Morgen."

    assert misquote(across.replace("\r\n", "\n"), START, END + 28, FERRY) == "stale"
    assert misquote(normalize("NFD", accented), 0, len(accented), accented) == "stale"
    assert misquote(accented, 0, len(accented), normalize("NFD", accented)) == "stale"


def test_a_quote_found_nowhere_whose_offsets_are_past_the_end_is_stale() -> None:
    assert misquote("This stood in a chapter since dropped.", 900, 938, FERRY, [BUS]) == "stale"
    assert misquote("This stood in a chapter since dropped.", -938, -900, FERRY, [BUS]) == "fabricated"


def test_a_quote_of_another_document_is_misattributed() -> None:
    quote = "it waits for the ferry in bad weather."

    assert misquote(quote, 10, 10 + len(quote), FERRY, [BUS]) == "misattributed"
    assert misquote(quote, 10, 10 + len(quote), None, [BUS]) == "misattributed"
    assert misquote("… it waits for the ferry …", 900, 926, FERRY, [BUS]) == "misattributed"


@pytest.mark.parametrize(
    "quote",
    [
        "In winter it does not sail. The crossing takes forty minutes",
        "In winter it does not sail … tickets are sold on board",
        "The crossing takes forty minutes [...] and it waits for the ferry",
        "The ferry leaves the harbour on board by the crew.",
        "The last bus to the village leaves the harbour at nine every morning.",
    ],
)
def test_a_quote_made_of_verbatim_pieces_is_stitched(quote: str) -> None:
    assert misquote(quote, 0, len(quote), FERRY, [BUS]) == "stitched"


def test_pieces_may_share_words() -> None:
    texts = ["Every morning at nine the ferry leaves", "at nine the ferry leaves for the island"]

    assert misquote("morning at nine the ferry leaves for the island", 0, 4, None, texts) == "stitched"
    assert misquote("Every morning at nine the ferry leaves for the", 0, 4, None, texts) == "stitched"


@pytest.mark.parametrize(
    "quote",
    [
        "The ferry is free of charge for children under twelve.",
        "The ferry leaves the harbour at ten every morning.",
        "The crossing takes forty-five minutes when the sea is calm, and tickets are sold on board",
        "in winter it does not sail on Sundays.",
        "It never sails. In winter it does not sail on Sundays.",
        "In winter it does sail on Sundays.",
        "…",
    ],
)
def test_a_quote_with_a_word_of_its_own_is_fabricated(quote: str) -> None:
    assert misquote(quote, 0, len(quote), FERRY, [BUS]) == "fabricated"


def test_a_figure_altered_amid_a_long_quote_is_fabricated_not_stitched() -> None:
    text = "Over the whole of that year the emergency beds cost 33.59 million pounds, more than any year before it."

    assert misquote(text.replace("33.59", "93.59"), 0, len(text), text) == "fabricated"
    assert misquote(text.replace("33.59", "3359"), 0, len(text), text) == "fabricated"


def test_without_its_document_an_unknown_quote_is_fabricated() -> None:
    assert misquote(QUOTE, START, END, None) == "fabricated"


def test_a_quote_in_its_own_document_is_not_misattributed_to_a_copy() -> None:
    assert misquote(QUOTE, 0, 3, FERRY, [FERRY]) == "stale"
    assert misquote(QUOTE[:9], START, END, FERRY, [FERRY, QUOTE]) == "truncated"


def test_the_same_text_drawn_from_anywhere_gives_the_same_class() -> None:
    quote = "The last bus to the village leaves the harbour at nine every morning."

    assert misquote(quote, 0, 5, FERRY, (each for each in [BUS, "Nothing."])) == "stitched"
    assert misquote(quote, 0, 5, FERRY, ["Nothing.", BUS]) == "stitched"


TEXTS = st.text(alphabet="abe \u0301é\r\n.", max_size=60)
OFFSETS = st.integers(min_value=-5, max_value=70)


@given(text=TEXTS, start=OFFSETS, end=OFFSETS, quote=TEXTS)
def test_any_quote_is_a_misquote_unless_it_is_the_stretch_it_names(text: str, start: int, end: int, quote: str) -> None:
    stands = 0 <= start < end <= len(text) and text[start:end] == quote

    assert (misquote(quote, start, end, text) is None) == stands
    assert verbatim(quote, start, end, text) == stands


@given(text=TEXTS.filter(bool), data=st.data())
def test_any_stretch_of_a_text_is_no_misquote_and_a_shifted_one_always_is(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))

    assert misquote(text[start:end], start, end, text) is None
    assert misquote(text[start:end], start - 1, end, text) in {"truncated", "stale"}
    assert misquote(text[start:end], start, end + 1, text) in {"truncated", "stale"}
