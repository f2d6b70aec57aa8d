import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from rag import Answer, Filters, Library, NotFoundError, SettingError, Turn
from rag.embed import OnnxEmbedder
from tests.rag.fakes import NOTES, fake_library

Make = Callable[..., Library]

QUESTIONS = (
    "When does the ferry leave the harbour?",
    "What did dredging the channel cost in 2016/17?",
    "Who buys lantern oil, and how much?",
    "Does red paint keep worms away?",
    "When was the fog bell cast?",
    "Which rope frays?",
    "Is there a kraken?",
)


def asked(library: Library, questions: Sequence[str] = QUESTIONS) -> list[Answer]:
    """Answers without their timings."""
    return [replace(library.ask(question), timings_ms={}) for question in questions]


def test_an_answer_quotes_the_document_that_holds_it(stocked: Library) -> None:
    answer = stocked.ask("Who buys forty litres of lantern oil?")

    citation = answer.claims[0].citations[0]
    assert answer.status == "answered"
    assert "forty litres" in citation.quote
    assert stocked.text(citation.document_id)[citation.start : citation.end] == citation.quote
    assert [check.status for check in stocked.verify([citation])] == ["valid"]


def test_an_answer_has_claims_or_a_reason_and_numbers_its_citations(stocked: Library) -> None:
    for answer in asked(stocked):
        assert bool(answer.claims) != bool(answer.reason)
        assert (answer.status == "answered") == bool(answer.claims)
        numbers = [citation.n for claim in answer.claims for citation in claim.citations]
        assert numbers == list(range(1, len(numbers) + 1))
        assert 0 <= answer.confidence <= 1


def test_a_follow_up_is_answered_as_it_was_rewritten(stocked: Library) -> None:
    history = (Turn("user", "Who is Ada Holm?"), Turn("assistant", "She keeps the lantern."))

    answer = stocked.ask("And what does she buy?", history=history)

    assert answer.question == "And what does she buy?"
    assert answer.rewritten == "And what does Ada Holm buy?"
    alone = stocked.ask(answer.rewritten)
    assert (answer.claims, answer.confidence) == (alone.claims, alone.confidence)


def test_a_question_that_stands_alone_is_asked_as_it_is_whatever_was_said_before(stocked: Library) -> None:
    history = (Turn("user", "Who is Ada Holm?"), Turn("assistant", "She keeps the lantern."))

    answer = stocked.ask(QUESTIONS[0], history=history)

    assert answer.rewritten is None
    assert answer.claims == stocked.ask(QUESTIONS[0]).claims


def test_timings_name_every_stage(stocked: Library) -> None:
    timings = stocked.ask(QUESTIONS[0]).timings_ms

    assert list(timings) == ["embed", "retrieve", "total", "rerank", "compose"]
    assert timings["total"] >= sum(timings[stage] for stage in ("embed", "retrieve", "rerank", "compose")) * 0.99


@pytest.mark.parametrize("top_k", [0, 1, 3, 50])
def test_no_more_passages_come_than_asked_for(stocked: Library, top_k: int) -> None:
    assert len(stocked.ask(QUESTIONS[0], top_k=top_k).hits) == min(top_k, 7)
    assert len(stocked.search(QUESTIONS[0], top_k=top_k).hits) == min(top_k, 7)


def test_an_empty_library_abstains(make_library: Make) -> None:
    answer = make_library().ask(QUESTIONS[0])

    assert (answer.status, answer.claims, answer.hits) == ("abstained", (), ())
    assert answer.reason
    assert answer.timings_ms["total"] >= 0


def test_a_library_that_was_emptied_abstains(stocked: Library) -> None:
    assert stocked.remove([info.id for info in stocked.documents()]) == []

    assert stocked.ask(QUESTIONS[0]).hits == ()
    assert stocked.status().documents == 0


def test_a_deleted_document_is_gone_from_the_very_next_answer(stocked: Library) -> None:
    (ferry,) = (info for info in stocked.documents() if info.source == "ferry.txt")
    assert stocked.ask(QUESTIONS[0]).hits[0].document == ferry

    assert stocked.remove([ferry.id, "doc_unknown"]) == ["doc_unknown"]

    answer = stocked.ask(QUESTIONS[0])
    assert ferry not in [hit.document for hit in answer.hits]
    assert len(answer.hits) > 3
    with pytest.raises(NotFoundError):
        stocked.document(ferry.id)


def test_a_document_deleted_by_another_process_is_in_no_answer_before_the_index_knows(
    stocked: Library, make_library: Make
) -> None:
    (ferry,) = (info for info in stocked.documents() if info.source == "ferry.txt")
    stocked.ask(QUESTIONS[0])

    with closing(make_library()) as other:
        other.store.remove("default", ferry.id)

    answer = stocked.ask(QUESTIONS[0], top_k=8)
    assert ferry not in [hit.document for hit in answer.hits]
    assert len(answer.hits) == 6


@pytest.mark.parametrize(
    ("filters", "allowed"),
    [
        (Filters(source="boats/*"), {"boats/bell.md", "boats/paint.txt", "boats/rope.txt"}),
        (Filters(source="*.md"), {"boats/bell.md", "dredging.md"}),
        (Filters(source="f?rry.txt"), {"ferry.txt"}),
        (Filters(source="nothing*"), set()),
        (Filters(document_ids=()), set()),
        (Filters(document_ids=("doc_unknown",)), set()),
        (Filters(), {"boats/bell.md", "boats/paint.txt", "boats/rope.txt", "dredging.md", "ferry.txt", "lantern.txt"}),
    ],
)
def test_filters_leave_only_what_matches(stocked: Library, filters: Filters, allowed: set[str]) -> None:
    answer = stocked.ask(QUESTIONS[0], filters=filters)

    assert {hit.document.source for hit in answer.hits} == allowed
    assert {c.source for claim in answer.claims for c in claim.citations} <= allowed


def test_filters_by_document_and_by_source_hold_together(stocked: Library) -> None:
    ids = tuple(info.id for info in stocked.documents() if info.source in {"ferry.txt", "dredging.md"})

    found = stocked.search("harbour", filters=Filters(document_ids=ids, source="*.md")).hits

    assert {hit.document.source for hit in found} == {"dredging.md"}


def test_an_unknown_collection_is_named(stocked: Library) -> None:
    for act in (stocked.ask, stocked.search):
        with pytest.raises(NotFoundError, match="'minutes'"):
            act("ferry", collection="minutes")


def test_documents_and_checks_of_an_unknown_collection_are_refused_too(stocked: Library) -> None:
    for act in (lambda: stocked.documents("minutes"), lambda: stocked.verify([], "minutes")):
        with pytest.raises(NotFoundError, match="'minutes'"):
            act()


@pytest.mark.parametrize("name", ["", "../outside", "a/b", ".hidden", "a b", "x" * 65, "nul\0", "ünter", "a\n"])
def test_what_cannot_name_a_collection_is_refused(stocked: Library, notes: Path, name: str) -> None:
    with pytest.raises(SettingError, match="cannot name a collection"):
        stocked.ingest([notes], collection=name)


def test_a_default_collection_that_holds_nothing_is_known(make_library: Make, notes: Path) -> None:
    library = make_library()
    library.ingest([notes], collection="minutes")

    assert library.ask("ferry").status == "abstained"
    assert library.status().collections == ("minutes",)


def test_collections_answer_from_their_own_documents(make_library: Make, notes: Path) -> None:
    library = make_library()
    library.ingest([notes / "boats"], collection="boats")
    library.ingest([notes / "ferry.txt"])

    assert {h.document.source for h in library.search("ferry", "boats").hits} == {"bell.md", "paint.txt", "rope.txt"}
    assert {h.document.source for h in library.search("rope").hits} == {"ferry.txt"}


def test_an_unknown_document_is_not_found(stocked: Library) -> None:
    for act in (stocked.text, stocked.document):
        with pytest.raises(NotFoundError, match="doc_unknown"):
            act("doc_unknown")


def test_documents_are_listed_in_pages(stocked: Library) -> None:
    first = stocked.documents(limit=4)

    rest = stocked.documents(limit=4, after=first[-1].source)

    assert [*first, *rest] == stocked.documents()
    assert len(rest) == 2


def test_status_counts_what_is_there(stocked: Library) -> None:
    status = stocked.status()

    assert (status.documents, status.passages, status.collection) == (6, 7, "default")
    assert status.characters == sum(len(stocked.text(info.id)) for info in stocked.documents())
    assert status.bytes > 10_000
    assert status.healthy


def test_quotes_are_checked_against_the_documents_as_they_are(make_library: Make, notes: Path) -> None:
    library = make_library()
    library.ingest([notes])
    cited = {name: library.ask(q).claims[0].citations[0] for name, q in zip("abc", QUESTIONS, strict=False)}
    ferry, dredging, lantern = cited.values()
    (notes / ferry.source).write_text(f"Late news. {ferry.quote}", "utf-8")
    (notes / dredging.source).write_text("All was told otherwise.", "utf-8")
    (notes / lantern.source).unlink()
    library.ingest([notes], prune=True)

    assert [check.status for check in library.verify(list(cited.values()))] == ["moved", "changed", "gone"]


def test_the_same_documents_in_another_order_give_identical_answers(
    make_library: Make, notes: Path, tmp_path: Path
) -> None:
    for name in ("copy.md", "another.md", "zero.md"):
        (notes / name).write_bytes((notes / "dredging.md").read_bytes())
    files = sorted(path for path in notes.rglob("*.*") if path.parent == notes)
    expected = None
    for turn in range(4):
        library = make_library(tmp_path / f"index{turn}")
        for file in Random(turn).sample(files, len(files)):
            library.ingest([file])
        expected = expected or asked(library)
        assert asked(library) == expected


def test_adding_and_removing_others_gives_identical_answers(make_library: Make, notes: Path, tmp_path: Path) -> None:
    plain, busy = make_library(tmp_path / "plain"), make_library(tmp_path / "busy")
    plain.ingest([notes])
    others = tmp_path / "others"
    others.mkdir()
    for n in range(25):
        (others / f"ferry{n}.txt").write_text(f"Ferry {n} leaves the harbour, dredging {n} lanterns of rope.", "utf-8")

    busy.ingest([others])
    busy.ingest([notes])
    assert asked(busy) != asked(plain)
    busy.remove(
        [info.id for info in busy.documents() if info.source.startswith("ferry") and info.source != "ferry.txt"]
    )

    assert asked(busy) == asked(plain)


def test_ingesting_again_gives_identical_answers(make_library: Make, notes: Path) -> None:
    library = make_library()
    library.ingest([notes])
    before = asked(library)
    text = (notes / "ferry.txt").read_bytes()

    for content in (b"Something else for a while.", text):
        (notes / "ferry.txt").write_bytes(content)
        library.ingest([notes])

    assert asked(library) == before


def test_a_copy_of_the_index_gives_identical_answers(stocked: Library, make_library: Make, tmp_path: Path) -> None:
    before = asked(stocked)
    stocked.close()
    shutil.copytree(stocked.index, tmp_path / "copy")

    assert asked(make_library(tmp_path / "copy")) == before


def test_the_real_model_gives_identical_answers_in_another_order(
    onnx: OnnxEmbedder, notes: Path, tmp_path: Path
) -> None:
    files = sorted(path for path in notes.rglob("*.*") if path.parent == notes)
    found = []
    for turn, paths in enumerate((files, files[::-1])):
        with closing(fake_library(tmp_path / str(turn), onnx)) as library:
            library.ingest(paths)
            found.append(asked(library))

    assert found[0] == found[1]


def test_threads_that_ask_at_once_get_identical_answers(stocked: Library) -> None:
    expected = asked(stocked)

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: asked(stocked), range(24)):
            assert found == expected


def test_threads_are_answered_while_another_changes_documents(stocked: Library, tmp_path: Path) -> None:
    others = tmp_path / "others"
    others.mkdir()
    news = [f"The ferry leaves the harbour at {turn + 2}, says the paper." for turn in range(4)]

    def ask(n: int) -> int:
        # Held against all that a document ever said: it may change once more before it could be looked up.
        answer = stocked.ask(QUESTIONS[n % len(QUESTIONS)])
        return sum(
            all(
                text[c.start : c.end] != c.quote
                for text in (news if c.source == "ferry-news.txt" else [NOTES[c.source]])
            )
            for claim in answer.claims
            for c in claim.citations
        )

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(ask, n) for n in range(400)]
        for text in news:
            (others / "ferry-news.txt").write_text(text, "utf-8")
            stocked.ingest([others])
            stocked.remove([info.id for info in stocked.documents() if info.source == "ferry-news.txt"])
        assert sum(one.result() for one in waiting) == 0


def test_a_passage_without_words_can_be_ingested_and_asked_around(make_library: Make, tmp_path: Path) -> None:
    (tmp_path / "signs.txt").write_text("… — ⛴ ⚓ !!!\n\n???\n", "utf-8")
    library = make_library()

    assert library.ingest([tmp_path / "signs.txt"]).added == 1
    assert library.ask("⚓?").status == "abstained"


def test_no_documents_and_none_that_may_answer_are_told_apart(
    stocked: Library, make_library: Callable[..., Library], tmp_path: Path
) -> None:
    empty = make_library(tmp_path / "empty").ask("When does the ferry leave?")
    filtered = stocked.ask("When does the ferry leave?", filters=Filters(source="elsewhere/*"))

    assert empty.reason == "There are no documents to answer from yet."
    assert filtered.reason == "The documents hold nothing on this question."
    assert (empty.because, filtered.because) == ("no_documents", "nothing_found")
