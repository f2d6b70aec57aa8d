import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest

from rag.errors import IndexUnusableError
from rag.lexical import TantivyIndex
from rag.words import terms

TEXTS = {
    3: "The ferry leaves the harbour at nine.",
    5: "The harbour master counts ferries, ferries and more ferries.",
    8: "Lanterns are lit at dusk in 2016/17.",
    13: "Nothing of the kind.",
}


@pytest.fixture
def index(tmp_path: Path) -> TantivyIndex:
    return made(tmp_path / "lexical", TEXTS)


def made(folder: Path, texts: dict[int, str]) -> TantivyIndex:
    index = TantivyIndex(folder)
    index.add(np.array(list(texts), np.int64), list(texts.values()))
    index.commit()
    return index


def bm25(question: str, texts: dict[int, str]) -> dict[int, float]:
    """By the formula alone (k1 1.2, b 0.75), lengths as they are."""
    words = {key: terms(text) for key, text in texts.items()}
    mean = sum(map(len, words.values())) / len(words)
    scores = defaultdict[int, float](float)
    for word in set(terms(question)):
        holding = [key for key in words if word in words[key]]
        idf = math.log(1 + (len(words) - len(holding) + 0.5) / (len(holding) + 0.5))
        for key in holding:
            times = words[key].count(word)
            scores[key] += idf * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * len(words[key]) / mean))
    return dict(scores)


def test_scores_are_bm25(index: TantivyIndex) -> None:
    found = index.search("When do ferries leave the harbour?", 10)

    assert dict(zip(found.keys, found.scores, strict=True)) == pytest.approx(
        bm25("ferries leave harbour", TEXTS), rel=1e-5
    )


def test_scores_are_bm25_on_many_texts(tmp_path: Path) -> None:
    chance = Random(5)
    vocabulary = [f"w{n}" for n in range(60)]
    texts = {key: " ".join(chance.choices(vocabulary, k=chance.randint(1, 39))) for key in range(300)}

    found = made(tmp_path / "many", texts).search("w1 w2 w3", 400)

    # Lengths up to 39 are kept exactly in their one byte.
    assert dict(zip(found.keys, found.scores, strict=True)) == pytest.approx(bm25("w1 w2 w3", texts), rel=1e-5)
    assert found.scores == sorted(found.scores, reverse=True)


def test_only_the_allowed_are_found_with_the_same_scores(index: TantivyIndex) -> None:
    everywhere = dict(zip(*index.search("ferry harbour", 10), strict=True))

    assert index.search("ferry harbour", 10, np.array([3, 99])) == ([3], [everywhere[3]])
    assert index.search("ferry harbour", 10, np.empty(0, np.int64)).keys == []


@pytest.mark.parametrize("question", ["", "   ", "What is the of?", "?!", "unknownword", '"quoted" AND (terms:x OR *'])
def test_questions_without_known_words_find_nothing(index: TantivyIndex, question: str) -> None:
    assert index.search(question, 10) == ([], [])


def test_no_more_come_than_asked_for(index: TantivyIndex) -> None:
    assert len(index.search("harbour", 1).keys) == 1
    assert index.search("harbour", 0).keys == []


def test_changes_are_seen_after_the_commit(index: TantivyIndex) -> None:
    index.add(np.array([21]), ["A lighthouse."])
    index.remove(np.array([3, 99]))
    assert index.search("lighthouse", 10).keys == []

    index.commit()

    assert index.search("lighthouse", 10).keys == [21]
    assert index.search("nine", 10).keys == []
    assert len(index) == 4


def test_changes_given_up_are_not_there(index: TantivyIndex, tmp_path: Path) -> None:
    index.add(np.array([21]), ["A lighthouse."])

    index.close()

    assert len(TantivyIndex(tmp_path / "lexical")) == 4


def test_an_index_comes_back_from_its_folder(index: TantivyIndex, tmp_path: Path) -> None:
    again = TantivyIndex(tmp_path / "lexical")

    assert again.search("ferry lantern", 10) == index.search("ferry lantern", 10)


def test_rarity_is_the_inverse_document_frequency_of_the_questions_words(index: TantivyIndex) -> None:
    found = index.rarity("Which ferry, which lantern, which kraken?")

    assert found == pytest.approx({"ferri": math.log(2), "lantern": math.log(1 + 3.5 / 1.5), "kraken": math.log(10)})


def test_the_order_of_adding_does_not_change_scores(tmp_path: Path) -> None:
    one = made(tmp_path / "one", TEXTS)
    other = TantivyIndex(tmp_path / "other")
    for key in sorted(TEXTS, reverse=True):
        other.add(np.array([key]), [TEXTS[key]])
        other.commit()

    def scores(index: TantivyIndex) -> Sequence[tuple[int, float]]:
        return sorted(zip(*index.search("ferry harbour lantern", 10), strict=True))

    assert scores(one) == scores(other)


@pytest.mark.usefixtures("index")
def test_a_damaged_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "lexical"
    (folder / "meta.json").write_text("{")

    with pytest.raises(IndexUnusableError, match="lexical cannot be read"):
        TantivyIndex(folder)
