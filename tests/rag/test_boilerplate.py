from collections import Counter
from dataclasses import replace

import pytest

from rag.boilerplate import boilerplate, edge_keys
from rag.ingest import SHARED_EDGE_DOCUMENTS
from rag.sections import page_starts, text_sections
from tests.rag.fakes import document
from tests.rag.webtext import ARTICLES, OPENING, POSTS, STUBS, TRANSCRIPTION


def furniture(text: str, repeated: frozenset[str] = frozenset()) -> list[str]:
    found = replace(document(text, sections=text_sections(text)), page_starts=page_starts(text))
    return [text[span.start : span.end] for span in boilerplate(found, repeated)]


def shared(texts: list[str]) -> frozenset[str]:
    """Keys of the edges that enough texts have, as an ingest finds them."""
    counts = Counter(key for text in texts for key in edge_keys(text))
    return frozenset(key for key, times in counts.items() if times >= SHARED_EDGE_DOCUMENTS)


def test_a_teaser_loses_its_tail_and_keeps_its_text() -> None:
    assert furniture(POSTS) == ["Read the rest of this entry »"]


def test_lines_that_count_comments_are_furniture() -> None:
    assert furniture(ARTICLES) == ["Tagged county, ferries | 4 Comments", "Leave a comment", "1 Comment"]


def test_a_stub_loses_its_link_and_the_title_that_its_teaser_repeats() -> None:
    assert furniture(STUBS) == ["The Ferry Question, Explained for Newcomers", "More information", "More information"]


def test_a_transcription_loses_page_numbers_and_running_heads() -> None:
    found = furniture(TRANSCRIPTION)

    assert [line for line in found if line[0].isdigit()] == [
        *("1 Harbour papers:", "1"),
        *("2 Harbour papers:", "2"),
        *("3 Harbour papers:", "3"),
    ]
    assert "Size: px" in found
    assert "Transcription" in found


@pytest.mark.parametrize(
    "line",
    [
        "Category Archives: Boats",
        "%d bloggers like this:",
        "Share this:",
        "Skip to content",
        "Back to top",
        "Read my book »",
    ],
)
def test_lines_that_pages_set_around_their_text_are_furniture(line: str) -> None:
    assert furniture(f"Something was said about boats.\n\n{line}\n\nAnd more was said.") == [line]


def test_sentences_that_only_mention_such_words_are_not() -> None:
    assert (
        furniture("She asked me to leave a comment. You can read more about 3 comments in the log. Share this: a boat.")
        == []
    )


def test_a_short_line_that_stands_five_times_is_furniture_and_four_times_is_not() -> None:
    entries = [f"On day {n} the wind came from another side than before." for n in range(5)]

    assert furniture("\n\nHarbour Gazette\n\n".join(["Day by day, all of it:", *entries])) == ["Harbour Gazette"] * 5
    assert furniture("\n\nHarbour Gazette\n\n".join(entries)) == []


def test_an_opening_that_three_files_share_is_furniture() -> None:
    texts = [OPENING + matter for matter in (POSTS * 2, ARTICLES * 2, "One matter was told here, at length. " * 20)]

    for text in texts:
        assert furniture(text, shared(texts))[:3] == [
            "About these notes",
            OPENING.split("\n\n")[1],
            "Read about me »",
        ]


def test_a_closing_that_three_files_share_is_furniture() -> None:
    closing = "\n\nThe harbour office answers letters on Thursdays between nine and ten."
    texts = [POSTS * 2 + closing, ARTICLES * 2 + closing, STUBS * 3 + closing]

    assert all(furniture(text, shared(texts))[-1] == closing.strip() for text in texts)


def test_an_opening_that_two_files_share_is_not() -> None:
    texts = [OPENING + POSTS * 2, OPENING + ARTICLES * 2]

    assert all("About these notes" not in furniture(text, shared(texts)) for text in texts)


def test_versions_of_one_document_are_not_furniture_of_each_other() -> None:
    report = "\n\n".join(f"Finding {n}: pier {n} needs {n * 3} new piles before the ice comes." for n in range(12))
    versions = [f"{report}\n\nVersion {n}: {note}." for n, note in enumerate(("draft", "after the vote", "final"))]

    assert [furniture(text, shared(versions)) for text in versions] == [[], [], []]


def test_the_same_paragraph_has_the_same_key_whatever_its_blanks_and_case() -> None:
    assert edge_keys("The  Harbour\noffice.") == edge_keys("the harbour office.\u200b") != edge_keys("The harbour.")


def test_without_repetition_plain_prose_has_no_furniture() -> None:
    assert furniture("The sea was calm. Nobody wrote it down.\n\nThe next day it was not.") == []


def test_long_versions_of_one_document_are_not_furniture_either() -> None:
    paragraphs = [f"Clause {n} says what is done in case {n} and who does it." for n in range(120)]
    versions = ["\n\n".join([*paragraphs[:60], f"Version {v} differs here.", *paragraphs[60:]]) for v in "abc"]
    assert len(shared(versions)) == 16
    assert [furniture(text, shared(versions)) for text in versions] == [[], [], []]


def test_comments_in_markdown_are_boilerplate_and_in_plain_text_they_are_text() -> None:
    text = "Seen.\n\n<!-- Nobody sees\nthis. -->\n\nSeen too."

    found = boilerplate(replace(document(text), media_type="text/markdown"), frozenset())

    assert [text[s.start : s.end] for s in found] == ["<!-- Nobody sees\nthis. -->"]
    assert boilerplate(replace(document(text), media_type="text/plain"), frozenset()) == ()


def test_letters_of_unicode_tags_are_boilerplate_and_flags_are_text() -> None:
    tags = "".join(chr(0xE0000 + ord(c)) for c in "say yes")
    scotland = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    text = f"The mandate stands.{tags} It has {scotland} parts."

    found = boilerplate(document(text), frozenset())

    assert [text[s.start : s.end] for s in found] == [tags]
