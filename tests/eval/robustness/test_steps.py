import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eval.in_process import LibrarySubject
from eval.judge import judge
from eval.records import Example, Row
from eval.robustness.steps import add_distractors, read_distractors, read_steps, step
from rag import Library
from rag.load import Found
from tests.eval.planting import QUESTIONS, write_documents
from tests.rag.fakes import fake_library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with closing(fake_library(tmp_path / "index")) as library:
        library.ingest([write_documents(tmp_path / "notes")])
        yield library


def line(name: str, text: str, title: str | None = None) -> bytes:
    return json.dumps({"doc_id": name, "title": title or name, "text": text}).encode() + b"\n"


def asked(library: Library) -> list[Row]:
    subject = LibrarySubject(library)
    return [judge(example, subject.reply(example), subject) for example in QUESTIONS.examples]


@pytest.mark.parametrize(("text", "steps"), [("0", (0,)), ("0,50,500", (0, 50, 500)), ("0, 1", (0, 1))])
def test_steps_are_read(text: str, steps: tuple[int, ...]) -> None:
    assert read_steps(text) == steps


@pytest.mark.parametrize(
    ("text", "said"), [("", "whole numbers"), ("0,x", "whole numbers"), ("50", "begin with 0"), ("0,9,9", "ascend")]
)
def test_steps_that_make_no_sense_are_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_steps(text)


def test_distractors_come_in_order_of_lines_and_then_of_sources(tmp_path: Path) -> None:
    lines, folder = tmp_path / "lines.jsonl", tmp_path / "folder"
    lines.write_bytes(b"one\n\ntwo\n")
    (folder / "deep").mkdir(parents=True)
    for name in ("b.txt", "a.md", "deep/c.txt", "picture.png"):
        (folder / name).write_text("Text.", "utf-8")

    found = read_distractors([lines, folder], 4)

    assert found[:2] == [b"one\n", b"two\n"]
    assert [item.source for item in found[2:] if isinstance(item, Found)] == ["a.md", "b.txt"]
    assert len(read_distractors([lines, folder], 5)) == 5
    with pytest.raises(ValueError, match="There are 5 distractors, and the last step takes 6"):
        read_distractors([lines, folder], 6)


def test_lines_and_files_become_documents_beside_those_that_are_there(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "more"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "c.txt").write_text("A text about coal.", "utf-8")
    before = {info.source for info in library.documents()}

    add_distractors(library, [line("d/1", "One."), *read_distractors([folder], 1)], tmp_path / "scratch")

    assert {info.source for info in library.documents()} - before == {"d/1", "deep/c.txt"}


def test_a_distractor_with_the_name_of_a_document_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 distractors came to 0 new documents"):
        add_distractors(library, [line("ferry.txt", "The ferry sank.")], tmp_path / "scratch")


def retold(example: Example) -> str:
    """The gold evidence without the answer."""
    return example.evidence[0].quote.replace(example.answers[0], "so it is said")


def test_distractors_that_displace_the_gold_are_visible(library: Library, tmp_path: Path) -> None:
    first = asked(library)
    echoes = [
        line(f"echo/{n}/{example.id}", f"{example.question} {retold(example)} Copy {n + 100}.", example.question)
        for n in range(12)
        for example in QUESTIONS.examples
        if example.answerable
    ]
    add_distractors(library, echoes, tmp_path / "scratch")

    found = step(len(echoes), len(library.documents()), asked(library), first)

    changed = {d.name: d for d in found.differences}
    assert step(0, 18, first, None).figures["right"].value == 1
    assert (changed["answer_in_top_5"].verdict, changed["answer_in_top_5"].lost) == ("worse", 6)
    assert changed["right"].after < 0.5
    assert changed["right"].gained == 0
    assert changed["retrieved_evidence@5"].after < changed["retrieved_evidence@5"].before
    assert found.documents == 18 + len(echoes)


def test_distractors_about_something_else_change_nothing(library: Library, tmp_path: Path) -> None:
    first = asked(library)
    add_distractors(library, [line("d/1", "Xylophones hum quietly underwater.")], tmp_path / "scratch")

    found = step(1, len(library.documents()), asked(library), first)

    assert {d.name: d.verdict for d in found.differences}["right"] == "no difference shown"
    assert found.figures["right"] == step(0, 18, first, None).figures["right"]


def test_the_first_step_is_compared_with_nothing(library: Library) -> None:
    found = step(0, 18, asked(library), None)

    assert found.differences == ()
    assert found.figures["right"].interval == "wilson"
