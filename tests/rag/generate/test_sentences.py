from itertools import pairwise
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.generate.sentences import Sentences

REPLY = (
    "Sure! The bridge cost 24 million pounds to build [1]. Its main span is 190 metres long. [1][2] "
    "Dr. Holm of the U.S. paid $3.5 million [3].\n- It opened in 1982 [2]\n- It is 190 m long [1, 4]"
)
WHOLE = [
    "Sure!",
    "The bridge cost 24 million pounds to build [1].",
    "Its main span is 190 metres long. [1][2]",
    "Dr. Holm of the U.S. paid $3.5 million [3].",
    "- It opened in 1982 [2]",
    "- It is 190 m long [1,4]",
]


def _cut(pieces: list[str]) -> list[str]:
    coming = Sentences()
    return [*(s for piece in pieces for s in coming.feed(piece)), *coming.close()]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_sentences_are_the_same_however_the_pieces_are_cut(size: int) -> None:
    assert _cut([REPLY[start : start + size] for start in range(0, len(REPLY), size)]) == WHOLE


@given(st.lists(st.integers(0, len(REPLY))))
def test_sentences_are_the_same_at_any_cuts(places: list[int]) -> None:
    cuts = sorted({0, len(REPLY), *places})
    assert _cut([REPLY[a:b] for a, b in pairwise(cuts)]) == WHOLE


WRAPPED = "Care that lasts, which is more common and\ncannot be given by one alone [1].\nFerries\r\nleave at nine [2]"


@given(st.lists(st.integers(0, len(WRAPPED))))
def test_a_line_end_before_a_small_letter_ends_no_sentence(places: list[int]) -> None:
    cuts = sorted({0, len(WRAPPED), *places})
    assert _cut([WRAPPED[a:b] for a, b in pairwise(cuts)]) == [
        "Care that lasts, which is more common and cannot be given by one alone [1].",
        "Ferries leave at nine [2]",
    ]


@given(st.lists(st.text(alphabet="ab .!?[1]2\n-,*A", max_size=12)))
def test_no_word_of_a_reply_is_lost_or_told_twice(pieces: list[str]) -> None:
    told = "".join(_cut(pieces))
    assert [c for c in told if c.isalpha()] == [c for c in "".join(pieces) if c.isalpha()]


def test_a_sentence_is_finished_by_the_next_whole_word() -> None:
    coming = Sentences()
    assert coming.feed("It cost 24 million pounds [1]. ") == []
    assert coming.feed("Its") == []
    assert coming.feed(" span") == ["It cost 24 million pounds [1]."]


def test_a_marker_that_is_still_coming_is_waited_for() -> None:
    coming = Sentences()
    assert coming.feed("It cost 24 million pounds. [") == []
    assert coming.feed("passage 1") == []
    assert coming.feed("] Its span is") == ["It cost 24 million pounds. [1]"]


@pytest.mark.parametrize(
    "ended",
    [
        "It cost 24 million [1].",
        "It cost 24 million. [1]",
        'He said "yes." [1][2] ',
        "It cost 24 million [1]\n",
        "So [1]!",
    ],
)
def test_a_stop_beside_markers_settles_a_sentence(ended: str) -> None:
    coming = Sentences()
    assert coming.feed(ended) == []
    assert len(coming.settled()) == 1
    assert coming.close() == []


@pytest.mark.parametrize("open_", ["It cost 24 million.", "It cost 24 million [1]", "It cost 3.", "It cost 2. [1", ""])
def test_without_both_nothing_settles(open_: str) -> None:
    coming = Sentences()
    coming.feed(open_)
    assert coming.settled() == []
    assert " ".join(coming.close()) == open_


@pytest.mark.parametrize(
    ("written", "asked_for"),
    [
        ("A b [1], [2].", "A b [1][2]."),
        ("A b [1]–[2].", "A b [1][2]."),
        ("A b [1](javascript:alert(1)).", "A b [1]."),
        ("A b [Passage 1].", "A b [1]."),
        ("A b [passages 1 and 2].", "A b [1,2]."),
        ("A b 【1†source】.", "A b [1]."),
        ("A b [^1].", "A b [1]."),
        ("A b [1; 2].", "A b [1,2]."),
        ("A b. [1].", "A b. [1]"),
        ("A b [2009 data].", "A b [2009 data]."),
        ("A ![x](http://e.example/a.png?b) b [c](http://e.example/?d.) [1](#).", "A   b [c] [1]."),
    ],
)
def test_markers_are_read_in_the_ways_that_models_write_them(written: str, asked_for: str) -> None:
    assert _cut([written]) == [asked_for]


@pytest.mark.parametrize(
    ("reply", "read"),
    [
        ("[1] It is long.\n[2] It is wide.", ["[1] It is long.", "[2] It is wide."]),
        ("[1] It is long. It is old.\n  It is wide.", ["[1] It is long.", "[1] It is old.", "It is wide."]),
        ("[1] It is long. ---\nIt is wide.", ["[1] It is long.", "It is wide."]),
        ("[1]\nIt is long.\n\n[2]\nIt is wide. [3]", ["[1] It is long.", "It is wide. [3]"]),
        ("[1] It is long. [2] It is wide. [3] It is red.", ["[1] It is long.", "[2] It is wide.", "[3] It is red."]),
        ("[1] It is long.\n[2][3] It is wide.", ["[1] It is long.", "[2][3] It is wide."]),
        ("[1] It is long [1]. It is old. [2]\nIt is wide.", ["[1] It is long [1].", "It is old. [2]", "It is wide."]),
        ("Here it is:\n[1] It is long.\n[2] It is wide.", ["Here it is:", "[1] It is long.", "[2] It is wide."]),
        ("It is long.\n[1] It is wide.\n[2]", ["It is long. [1]", "It is wide. [2]"]),
    ],
)
def test_markers_lead_the_lines_of_a_reply_that_begins_with_one(reply: str, read: list[str]) -> None:
    for size in (1, 3, len(reply)):
        for pauses in (False, True):
            coming, told = Sentences(), []
            for at in range(0, len(reply), size):
                told += coming.feed(reply[at : at + size])
                told += coming.settled() if pauses else []
            assert [" ".join(sentence.split()) for sentence in told + coming.close()] == read


def test_what_has_no_end_is_cut_all_the_same() -> None:
    coming = Sentences()
    found = [s for _ in range(700) for s in coming.feed("and so on ")]
    assert len(found) >= 2
    assert all(len(sentence) <= 2_000 for sentence in found)


def test_a_finished_sentence_does_not_wait_for_the_rest_of_a_word() -> None:
    coming = Sentences()
    assert coming.feed("It cost 24 million pounds [1]. The") == []
    assert coming.settled() == ["It cost 24 million pounds [1]."]
    assert coming.settled() == []
    assert coming.feed(" span is 190 metres. And") == []
    assert coming.settled() == []  # without a marker it may go on, as after an abbreviation
    assert coming.close() == ["The span is 190 metres.", "And"]


def test_a_marker_that_has_begun_is_waited_for_in_a_quiet_while_too() -> None:
    coming = Sentences()
    coming.feed("It cost 24 million pounds [1]. [2")
    assert coming.settled() == []
    assert coming.feed("] Its span is") == ["It cost 24 million pounds [1]. [2]"]


@pytest.mark.parametrize("size", [1, 4, 8_000])
@pytest.mark.parametrize(
    "token",
    [
        *("word ", "1.", "![", "[", "[1]", "[1] ", " ", "\n", "so: ", "e.g. ", "a.b", "4, ", "](", "1. ", ".", ") "),
        *("[1]\n", "[[1]](", "A. B. ", "…", "* ", "[a](", "![x](", "x\n", "[1],", ".[1]", "(1)](("),
    ],
)
def test_a_degenerate_reply_is_little_work(token: str, size: int) -> None:
    reply = (token * 8_000)[:8_000]
    begin = thread_time()
    told = _cut([reply[start : start + size] for start in range(0, len(reply), size)])
    assert thread_time() - begin < 3  # seconds; it took up to 30 and more when all was read again for each piece
    assert all(len(sentence) <= 2_000 for sentence in told)


def test_what_holds_neither_letter_nor_figure_is_no_sentence() -> None:
    assert _cut(["![" * 4_000]) == _cut(["- \n" * 900]) == _cut(["."]) == []
