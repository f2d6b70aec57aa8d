import json
import re
from pathlib import Path

import pytest

from eval.examples import read_dataset
from eval.metrics.answers import fold
from eval.robustness.distractors import distractors, document, write_distractors
from rag.records import Section
from rag.split import split
from rag.tokens import count_tokens
from tests.program import ROOT
from tests.rag.fakes import document as stored

ALL = 5_000


@pytest.fixture(scope="module")
def made() -> list[dict[str, str]]:
    return list(distractors(ALL))


def test_five_thousand_documents_are_all_different(made: list[dict[str, str]]) -> None:
    assert len(made) == ALL
    for field in ("doc_id", "title", "text"):
        assert len({one[field] for one in made}) == ALL


def test_each_is_a_heading_and_eighty_to_a_hundred_and_fifty_words(made: list[dict[str, str]]) -> None:
    for one in made:
        heading, body = one["text"].split("\n\n")
        assert len(heading.split()) < 12
        assert 80 <= len(one["text"].split()) <= 150
        assert "{" not in one["title"] + heading + body


def test_the_first_are_the_same_however_many_are_made(made: list[dict[str, str]]) -> None:
    assert list(distractors(30)) == made[:30]
    assert document(4_321) == made[4_321]


def test_none_holds_the_answer_to_a_shipped_question(made: list[dict[str, str]]) -> None:
    texts = [fold(f"{one['title']} {one['text']}") for one in made]
    together = "\n".join(texts)
    for example in read_dataset(ROOT / "eval/datasets/seeds.jsonl").examples:
        wanted = [[fold(s) for s in group if fold(s) in together] for group in example.must_include]
        if wanted and all(wanted):
            held = [text for text in texts if all(any(s in text for s in group) for group in wanted)]
            assert held == [], example.id


def test_none_speaks_of_the_subject_of_the_shipped_notes(made: list[dict[str, str]]) -> None:
    together = "\n".join(f"{one['title']}\n{one['text']}" for one in made)
    for name in ("NHS", "England", "London", "Salford", "Wirral", "Canada", "Paul", "CCG", "ACO"):
        assert name not in together
    assert not re.search(r"\b(?:19\d\d|20[0-3]\d)\b", together)


def test_each_fits_one_passage(made: list[dict[str, str]]) -> None:
    longest = sorted(made, key=lambda one: -len(one["text"]))[:20]
    for one in longest:
        text = one["text"]
        whole = stored(text, one["title"], [Section(0, len(text), (text.split("\n")[0],))])
        assert len(split(whole, lambda texts: [count_tokens(t) for t in texts], 256).passages) == 1


def test_they_are_written_as_the_contracts_json_lines(tmp_path: Path) -> None:
    path = write_distractors(tmp_path / "new" / "generated.jsonl", 3)

    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert lines == list(distractors(3))
    assert [line["doc_id"] for line in lines] == [f"distractors/{n:05}" for n in range(3)]
