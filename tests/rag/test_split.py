from itertools import pairwise

import pytest

from rag.boilerplate import edge_keys
from rag.embed import OnnxEmbedder
from rag.records import Section
from rag.sections import text_sections
from rag.split import PASSAGE_TOKENS, context, split
from rag.tokens import count_tokens
from tests.rag.fakes import FakeEmbedder, document
from tests.rag.webtext import ARTICLES, OPENING, POSTS, TRANSCRIPTION

fake = FakeEmbedder()
PROSE = " ".join(
    f"In year {n} the ice came {n % 50} days late and {n % 9} boats stayed out." for n in range(1900, 1990)
)


def test_a_short_text_is_one_passage() -> None:
    text = "\ufeffOne line.\r\nAnd another."

    (passage,) = split(document(text), fake.count, fake.limit).passages

    assert (passage.start, passage.end, passage.text) == (0, len(text), text)


def test_long_prose_is_cut_between_sentences_into_passages_of_like_length() -> None:
    passages = split(document(PROSE), fake.count, fake.limit).passages

    sizes = [count_tokens(passage.text) for passage in passages]
    assert len(passages) > 3
    assert all(passage.text.startswith("In year") and passage.text.endswith("out.") for passage in passages)
    assert max(sizes) <= PASSAGE_TOKENS
    assert min(sizes) > 0.6 * max(sizes)


def test_passages_follow_each_other_without_overlap() -> None:
    passages = split(document(PROSE), fake.count, fake.limit).passages

    assert all(PROSE[a.end : b.start] == " " for a, b in pairwise(passages))


def test_no_passage_crosses_a_section() -> None:
    found = document(ARTICLES, sections=text_sections(ARTICLES))

    passages = split(found, fake.count, fake.limit).passages

    assert [passage.section for passage in passages] == [0, 1, 2]


def test_boilerplate_parts_passages_and_is_in_none() -> None:
    repeated = frozenset(edge_keys(OPENING))
    text = OPENING + POSTS * 2
    found = document(text, sections=text_sections(text))

    cut = split(found, fake.count, fake.limit, repeated)

    assert text[cut.boilerplate[0].start : cut.boilerplate[0].end] == "About these notes"
    assert not any("Every morning" in passage.text or "Read the rest" in passage.text for passage in cut.passages)


def test_a_sentence_longer_than_a_passage_is_cut_at_blanks() -> None:
    text = "gull tern auk " * 400

    passages = split(document(text), fake.count, fake.limit).passages

    assert " ".join(passage.text for passage in passages).split() == text.split()


def test_a_word_longer_than_a_passage_is_cut_anywhere() -> None:
    text = "é" * 3000

    passages = split(document(text), fake.count, fake.limit).passages

    assert "".join(passage.text for passage in passages) == text
    assert all(count_tokens(passage.text) <= PASSAGE_TOKENS for passage in passages)


def test_the_embedders_limit_holds_where_it_is_the_tighter_one() -> None:
    small = FakeEmbedder(limit=40)

    for passage in split(document(PROSE, "Ice"), small.count, small.limit).passages:
        assert small.count([f"Ice\n{passage.text}"])[0] <= 40


@pytest.mark.parametrize("words", range(45, 75))
def test_a_sentence_about_as_long_as_the_limit_keeps_to_it(words: int) -> None:
    small = FakeEmbedder(limit=60)

    for passage in split(document("gull " * words, "Ice"), small.count, small.limit).passages:
        assert small.count([f"Ice\n{passage.text}"])[0] <= 60


@pytest.mark.parametrize(
    "text", [PROSE, TRANSCRIPTION, "東京都港区の渡し船は毎朝出る。" * 80, "👩‍👩‍👧‍👦" * 200, "a.b-c/d_" * 300]
)
def test_no_passage_with_its_context_is_cut_off_by_the_real_model(onnx: OnnxEmbedder, text: str) -> None:
    section = Section(0, len(text), ("A heading " * 40, "Ünter-heading " * 40))
    found = document(text, "A title of many words " * 20, [section])

    for passage in split(found, onnx.count, onnx.limit).passages:
        whole = f"{context(found.title, section, onnx.count, onnx.limit)}\n{passage.text}"
        assert onnx.count([whole])[0] <= onnx.limit


def test_the_context_is_title_and_headings_each_once() -> None:
    assert context("Boats", Section(0, 1, ("Boats", "Of  ropes")), fake.count, fake.limit) == "Boats. Of ropes"


def test_a_long_context_is_cut_to_a_quarter_of_the_limit() -> None:
    cut = context("many words " * 200, Section(0, 1), fake.count, fake.limit)

    assert cut.startswith("many words many")
    assert fake.count([cut])[0] <= fake.limit / 4


@pytest.mark.parametrize("title", ["東京都港区の渡し船は毎朝出る" * 20, "👩‍👩‍👧‍👦" * 99, "a.b" * 99])
def test_a_long_title_without_blanks_is_cut_too(onnx: OnnxEmbedder, title: str) -> None:
    text = "The ferry leaves at nine. " * 9
    found = document(text, title)

    cut = context(title, found.sections[0], onnx.count, onnx.limit)

    assert title.startswith(cut)
    assert onnx.count([cut])[0] <= onnx.limit / 4
    assert len(split(found, onnx.count, onnx.limit).passages) == 1


def test_a_blank_document_has_no_passages() -> None:
    assert split(document(" \n\n ", sections=[Section(0, 4)]), fake.count, fake.limit).passages == ()


@pytest.mark.timeout(60)  # it takes a second or two; each section against each piece takes minutes
def test_thousands_of_sections_and_pieces_of_furniture_cost_little() -> None:
    text = "".join(f"A line of text that says {n}.\n\n1 Comment\n\n" for n in range(4_000))
    assert len(split(document(text, sections=text_sections(text)), fake.count, fake.limit).passages) == 4_000
