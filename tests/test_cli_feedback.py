import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eval.examples import read_dataset
from rag import Library, RatedQuote, Rating
from tests.program import NESTS, Rag, printed

COMMENT = "Right,\nand quick."


@pytest.fixture
def rated(own_index: Path) -> Iterator[Library]:
    """An index with ratings of every kind."""
    with closing(Library(own_index)) as library:
        (citation,) = library.ask(NESTS).claims[0].citations
        quote = RatedQuote(1, citation.document_id, citation.start, citation.end, citation.quote)
        for rating in (
            Rating("ans_1", "default", "up", COMMENT, NESTS, "answered", (quote,)),
            Rating("ans_2", "default", "down", "Not what I asked.", "Who owns the trees?", "answered", (quote,)),
            Rating("ans_3", "default", "up", None, "Who won the cup?", "abstained"),
            Rating("ans_4", "default", "up"),
        ):
            assert library.store.feedback.keep(rating)
        yield library


def test_the_export_loads_as_a_question_set(rag: Rag, rated: Library, tmp_path: Path) -> None:
    out = tmp_path / "candidates.jsonl"
    done = rag("feedback", "export", "--out", out, over=rated.index)
    assert done.returncode == 0
    assert done.stderr == "1 came without their question and are left out.\n"
    good, bad, abstained = read_dataset(out).examples
    assert (good.id, good.question, good.answerable, good.must_include) == ("ans_1", NESTS, True, ())
    assert [(piece.doc, "160 nests" in piece.quote) for piece in good.evidence] == [("birds/heron.txt", True)]
    assert good.note.endswith(f": {COMMENT}")
    assert good.note.startswith("thumb up, 20")
    assert (bad.answerable, bad.evidence) == (None, ())
    assert "Not what I asked." in bad.note
    assert (abstained.answerable, abstained.evidence) == (False, ())


def test_lines_have_the_fields_of_the_contract(rag: Rag, rated: Library) -> None:
    done = rag("feedback", "export", "--rating", "down", over=rated.index)
    (line,) = done.stdout.splitlines()
    assert list(json.loads(line)) == ["id", "question", "answerable", "answers", "must_include", "evidence", "note"]


def test_nothing_of_a_removed_document_is_exported(rag: Rag, rated: Library) -> None:
    (heron,) = [d.id for d in rated.documents() if d.source == "birds/heron.txt"]
    rated.remove([heron])
    done = rag("feedback", "export", "--rating", "up", over=rated.index)
    line = json.loads(done.stdout.splitlines()[0])
    assert (line["id"], line["answerable"], line["evidence"]) == ("ans_1", None, [])
    assert "160 nests" not in done.stdout


def test_a_quote_that_changed_is_not_exported(rag: Rag, rated: Library, tmp_path: Path) -> None:
    said, file = "The pier is 90 metres long.", tmp_path / "pier.txt"
    file.write_text(said, "utf-8")
    rated.ingest([file])
    (document_id,) = [d.id for d in rated.documents() if d.source == "pier.txt"]
    quote = RatedQuote(1, document_id, 0, len(said), said)
    assert rated.store.feedback.keep(Rating("ans_5", "default", "up", None, "How long?", "answered", (quote,)))
    file.write_text("The pier is gone.", "utf-8")
    rated.ingest([file])
    line = json.loads(rag("feedback", "export", over=rated.index).stdout.splitlines()[-1])
    assert (line["id"], line["evidence"]) == ("ans_5", [])


def test_ratings_are_listed(rag: Rag, rated: Library) -> None:
    done = rag("feedback", "list", over=rated.index)
    assert [line.split()[0] for line in done.stdout.splitlines() if "ans_" in line] == ["up", "down", "up", "up"]
    assert "Not what I asked." in done.stdout
    listed = printed(rag("feedback", "list", "--rating", "down", "--json", over=rated.index))
    assert [rating["answer_id"] for rating in listed] == ["ans_2"]


def test_a_collection_without_ratings_has_none(rag: Rag, rated: Library) -> None:
    done = rag("feedback", "export", "--collection", "other", over=rated.index)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
