import json
from pathlib import Path
from typing import Any

import pytest

from eval.support import Labelled, figures, fitted, judged, main, precision, read_labelled, recall, texts_of
from rag.load import Loader

ROOT = Path(__file__).parents[2]
DATASET = ROOT / "eval/datasets/support.jsonl"
BORNE_OUT = {"verbatim", "light paraphrase", "strong paraphrase", "merged", "figure in another form"}
NOT = {
    "wrong number",
    "wrong entity",
    "wrong word",
    "added detail",
    "negation flipped",
    "wrong citation",
    "plausible but absent",
    "overstated",
    "attribution dropped",
    "condition dropped",
    "small word",
    "crossed figure",
    "ellipsis",
    "changed sign",
}
ROWS: list[dict[str, Any]] = [json.loads(line) for line in DATASET.read_text("utf-8").split("\n") if line]


def labelled(sentence: str, supported: bool, kind: str, document: str = "a") -> Labelled:
    passages = ("The ferry leaves at nine.", "Oil costs four crowns a litre.")
    return Labelled(sentence, "held", kind, supported, "seeds", document, passages, (2,), sentence)


def test_the_sentences_are_many_even_and_of_every_kind() -> None:
    assert len(ROWS) >= 320
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    kinds = {row["class"] for row in ROWS}
    assert kinds == BORNE_OUT | NOT
    assert all(row["supported"] == (row["class"] in BORNE_OUT) for row in ROWS)
    assert 0.4 <= sum(row["supported"] for row in ROWS) / len(ROWS) <= 0.6


def test_no_document_is_in_both_halves() -> None:
    documents = {(row["set"], row["document"], row["split"]) for row in ROWS}
    assert len(documents) == len({(name, document) for name, document, _ in documents})


def test_the_passages_are_those_of_the_notes_and_hold_what_is_verbatim() -> None:
    with Loader() as loader:
        rows = list(read_labelled(DATASET.read_text("utf-8").split("\n"), texts_of(ROOT / "seeds", None, loader)))

    assert {row.set for row in rows} == {"seeds"}
    assert len(rows) >= 320
    for row in rows:
        assert all(passage.strip() == passage != "" for passage in row.passages)
        if row.kind == "verbatim":
            assert any(row.sentence in row.passages[number - 1] for number in row.cited)


def test_a_text_that_has_changed_is_refused() -> None:
    first = json.dumps(ROWS[0])
    with pytest.raises(ValueError, match="is not the text that t001 was written for"):
        list(read_labelled([first], lambda *_: "x" * 5_000))
    assert list(read_labelled([first], lambda *_: None)) == []


def test_figures_count_what_is_let_through_of_each_kind() -> None:
    rows = judged(
        [
            labelled("Oil costs four crowns a litre.", True, "verbatim"),
            labelled("Lamps need oil.", True, "strong paraphrase", "b"),
            labelled("Oil costs five crowns a litre.", False, "wrong number"),
            labelled("The ferry leaves at nine.", False, "wrong citation", "b"),
        ]
    )

    found = figures(rows)

    assert (precision(rows), recall(rows)) == (1.0, 0.5)
    assert (found["precision"]["hits"], found["precision"]["of"]) == (1, 1)
    assert (found["recall"]["value"], found["recall"]["of"]) == (0.5, 2)
    assert found["let_through"]["wrong number"]["value"] == 0
    assert list(found["let_through"]) == ["strong paraphrase", "verbatim", "wrong citation", "wrong number"]
    assert (found["sentences"], found["documents"]) == (4, 2)


def test_nothing_let_through_is_not_measured() -> None:
    rows = judged([labelled("Oil costs five crowns.", False, "wrong number")])
    assert (precision(rows), recall(rows)) == (None, None)
    assert figures(rows)["precision"]["value"] is None


def test_words_that_are_missing_lower_the_probability() -> None:
    sentences = [("Oil costs four crowns.", True), ("Oil costs four crowns in towns.", False)]
    intercept, weight = fitted(judged([labelled(text, good, "verbatim") for text, good in sentences * 4]))
    assert weight < 0 < intercept


def test_what_the_figures_promise_holds_on_the_notes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)

    assert main(["--out", str(tmp_path / "support.json")]) == 0

    found = json.loads((tmp_path / "support.json").read_text("utf-8"))
    assert "held-out half: 146 sentences on 7 documents" in capsys.readouterr().out
    # Floors a little under what was measured, so that a rule that goes wrong shows.
    assert found["tune"]["precision"]["value"] >= 0.95
    assert found["tune"]["recall"]["value"] >= 0.54
    assert found["held"]["precision"]["value"] >= 0.95
    assert found["held"]["recall"]["value"] >= 0.43
    for half in ("tune", "held"):
        assert found[half]["let_through"]["wrong number"]["hits"] == 0
        assert found[half]["let_through"]["wrong citation"]["hits"] == 0
        for kind in ("attribution dropped", "small word", "crossed figure", "ellipsis", "changed sign"):
            assert found[half]["let_through"][kind]["hits"] == 0
