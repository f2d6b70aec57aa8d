"""What holds for every text, however messy."""

import os
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from rag import Library
from rag.boilerplate import boilerplate, edge_keys
from rag.embed import OnnxEmbedder
from rag.load import Loader
from rag.records import Document, Span
from rag.sections import page_starts, text_sections
from rag.sentences import paragraphs, sentences
from rag.split import PASSAGE_TOKENS, Count, context, split
from rag.tokens import count_tokens
from tests.rag.fakes import FakeEmbedder, document

EXAMPLES = int(os.environ.get("RAG_EXAMPLES", "150"))
"""Texts a property is tried on; always the same ones, unless more are asked for."""
many = settings(max_examples=EXAMPLES, deadline=None, derandomize="RAG_EXAMPLES" not in os.environ)

_WORDS = (
    "the a of and in ward harbour ferry timetable lantern 2016/17 33.59 1,204 e.g. Dr. St. U.S. i.e. £4.2m 50% co-ax"
    " it’s naïve café Ångström ﬁnal oﬀice ﬄuent Straße İstanbul ß ﬆ 東京 北京大学 ไทย हिन्दी"
    " مرحبا السلام עולם שלום 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇬🇧 ½ ² x\u200by so\u00adft \u2067abc\u2069 \u200fRTL\u200e a\u0301\u0323"
    " http://example.org/a_b?c=d#e f(x)=y_1 <b>bold</b> [1] {x} \\n % $ ~"
)
WORDS = _WORDS.split(" ")
HEADINGS = (
    "Where the ferry goes",
    "# Marked",
    "## Deeper *still*",
    "Plan B: ACT NOW",
    "ÜBERSICHT",
    "A title?",
    "1. Aims",
)
MARKS = (
    "Filed Under (Ferries, Harbours) by Ada on 03-04-2015",
    "Leave a comment",
    "3 Comments",
    "Tagged ferries | 12 Comments",
    "More information",
    "Read more",
    "Read the rest of this entry »",
    "Ada Lovelace",
    "May 3rd, 2017",
    "Transcription",
    "Size: px",
    "---",
    "===",
    "| a | b |",
    "```",
    "Author: Ada",
    "\ufeff",
)


@st.composite
def _sentence(draw: st.DrawFn) -> str:
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=draw(st.sampled_from((3, 25, 60)))))
    blank = draw(st.sampled_from((" ", " ", " ", "  ", "\u00a0", " \u00a0", "\n", "\t", "\u2003", "\u200b")))
    return blank.join(words) + draw(st.sampled_from((".", "?", "!", "", "…", ".”", " »", ";", "。", "؟", ":")))


def _page(number: int, inserted: str) -> str:
    prose = "The ferry leaves at dawn and comes back at dusk, as it has for years. " * 6
    return f"{number} {prose}{inserted}{prose}{number}"


_INSERTED = (
    "",
    "Box 1: What a ferry costs Prices rise. ",
    "HARBOUR AND SHORE The quay is old. ",
    "Box 22: A x. HARBOUR LIGHTS A b. ",
)


@st.composite
def _transcription(draw: st.DrawFn) -> str:
    """Pages numbered in their text, and what may come between them."""
    pages = draw(st.lists(st.sampled_from(_INSERTED), min_size=2, max_size=5))
    between = st.sampled_from(("\n\n", "\n\n", "\n\nA heading\n\n", "\n\n3 Comments\n\n", "\n\nPlain words.\n\n"))
    return "".join(_page(n, inserted) + draw(between) for n, inserted in enumerate(pages, 1))


_paragraph = st.one_of(
    st.lists(_sentence(), min_size=1, max_size=6).map(" ".join),
    st.lists(_sentence(), min_size=1, max_size=5).map(lambda items: " • ".join(["", *items])),
    st.lists(_sentence(), min_size=1, max_size=4).map(lambda items: "\n".join(f"- {item}" for item in items)),
    st.sampled_from(HEADINGS),
    st.sampled_from(MARKS),
    _transcription(),
    st.builds(
        lambda word, times: word * times,
        st.sampled_from(("x", "é", "e\u0301", "東", "👩‍👧", "a1", "a.b-c/d_", "qzxv ")),
        st.integers(1, 900),
    ),
    st.text(max_size=30),
)


@st.composite
def messy_texts(draw: st.DrawFn) -> str:
    """Texts as files hold them."""
    parts = draw(st.lists(_paragraph, min_size=1, max_size=9))
    gap = draw(st.sampled_from(("\n\n", "\n\n", "\n", "\n \n", "\n\u00a0\n\n")))
    text = gap.join(parts)
    text = unicodedata.normalize(draw(st.sampled_from(("NFC", "NFD"))), text) if draw(st.booleans()) else text
    text = text.replace("\n", draw(st.sampled_from(("\n", "\n", "\r\n", "\r"))))
    return draw(st.sampled_from(("", "", "\ufeff"))) + text


def loaded(loader: Loader, text: str, source: str) -> Document | None:
    found = [item for item in loader.load_bytes(text.encode(), source) if isinstance(item, Document)]
    return found[0] if found else None


def covered(text: str, spans: list[Span]) -> list[int]:
    """How many of the spans each character is in."""
    times = [0] * len(text)
    for span in spans:
        for i in range(span.start, span.end):
            times[i] += 1
    return times


@many
@given(messy_texts())
def test_every_non_blank_character_is_in_exactly_one_sentence(text: str) -> None:
    times = covered(text, list(sentences(text)))

    assert all(n == (not c.isspace()) or (n == 1 and c.isspace()) for n, c in zip(times, text, strict=True))


@many
@given(messy_texts())
def test_sentences_and_paragraphs_ascend_and_begin_and_end_with_a_character(text: str) -> None:
    for spans in (list(sentences(text)), list(paragraphs(text))):
        position = 0
        for span in spans:
            assert position <= span.start < span.end
            assert text[span.start : span.end] == text[span.start : span.end].strip()
            position = span.end


def assert_sections_hold(found: Document) -> None:
    position = 0
    for section in found.sections:
        assert position <= section.start < section.end <= len(found.text)
        assert not found.text[position : section.start].strip()
        position = section.end
    assert not found.text[position:].strip()


@many
@given(text=messy_texts(), source=st.sampled_from(("a.txt", "a.md")))
def test_sections_ascend_and_hold_every_non_blank_character(loader: Loader, text: str, source: str) -> None:
    found = loaded(loader, text, source)

    if found:
        assert found.text == text
        assert_sections_hold(found)


def assert_split_holds(found: Document, count: Count, limit: int, repeated: frozenset[str] = frozenset()) -> None:
    cut = split(found, count, limit, repeated)
    text = found.text
    for passage in cut.passages:
        section = found.sections[passage.section]
        assert text[passage.start : passage.end] == passage.text
        assert section.start <= passage.start < passage.end <= section.end
        assert (passage.sentences[0].start, passage.sentences[-1].end) == (passage.start, passage.end)
        assert count([f"{context(found.title, section, count, limit)}\n{passage.text}"])[0] <= limit
        assert count_tokens(passage.text) <= PASSAGE_TOKENS
        spans = list(passage.sentences)
        assert all(
            n == 1 or c.isspace()
            for n, c in zip(covered(text, spans)[passage.start : passage.end], passage.text, strict=True)
        )
    times = covered(text, [*(Span(p.start, p.end) for p in cut.passages), *cut.boilerplate])
    assert all(n == 1 or (c.isspace() and n == 0) for n, c in zip(times, text, strict=True))


@many
@given(text=messy_texts(), source=st.sampled_from(("a.txt", "a.md")), data=st.data())
def test_every_non_blank_character_is_in_one_passage_or_in_boilerplate(
    loader: Loader, text: str, source: str, data: st.DataObject
) -> None:
    found = loaded(loader, text, source)
    keys = data.draw(st.sets(st.sampled_from(edge_keys(text) or ("",))))

    if found:
        paged = replace(found, page_starts=page_starts(text))
        assert_split_holds(found, FakeEmbedder().count, 256)
        assert_split_holds(paged, FakeEmbedder().count, 256, frozenset(keys))


@many
@given(messy_texts(), st.sampled_from((*HEADINGS, "東京都の渡し船" * 40, "A title " * 99, "👩‍👧" * 90, "")))
def test_no_passage_exceeds_the_limit_of_the_real_tokenizer(onnx: OnnxEmbedder, text: str, title: str) -> None:
    found = document(text, title, text_sections(text))

    assert_split_holds(found, onnx.count, onnx.limit)


@many
@given(messy_texts())
def test_boilerplate_ascends_and_does_not_overlap(text: str) -> None:
    found = document(text, sections=text_sections(text))

    position = -1
    for span in boilerplate(found, frozenset(edge_keys(text))):
        assert position < span.start < span.end <= len(text)
        position = span.end


def test_every_quote_of_a_thousand_documents_is_the_text_of_its_file(
    make_library: Callable[..., Library], tmp_path: Path
) -> None:
    folder = tmp_path / "documents"
    raw = _thousand_files(folder)
    library = make_library()
    library.ingest([folder])
    chance = Random(7)
    quoted = 0

    for _ in range(200):
        words = raw[chance.choice(sorted(raw))].decode().split()
        answer = library.ask(" ".join(chance.sample(words, min(len(words), 6)))[:300])
        for hit in answer.hits:
            assert raw[hit.document.source].decode()[hit.passage.start : hit.passage.end] == hit.passage.text
        for citation in (c for claim in answer.claims for c in claim.citations):
            assert raw[citation.source].decode()[citation.start : citation.end] == citation.quote
            quoted += 1

    assert len(library.documents()) > 800
    assert quoted > 50


def _thousand_files(folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    raw: dict[str, bytes] = {}

    @settings(max_examples=1000, phases=[Phase.generate], deadline=None, derandomize=True, database=None)
    @given(messy_texts(), st.sampled_from(("txt", "md")))
    def write(text: str, suffix: str) -> None:
        name = f"{len(raw):04}.{suffix}"
        raw[name] = text.encode()
        (folder / name).write_bytes(raw[name])

    write()
    return raw
