import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.support import Labelled, documents_of, figures, fitted, hit, judged, main, precision, read_labelled, recall
from rag import Document
from rag.load import Loader
from rag.records import Section

ROOT = Path(__file__).parents[2]
DATASET = ROOT / "eval/datasets/support.jsonl"
BORNE_OUT = {
    "verbatim",
    "light paraphrase",
    "strong paraphrase",
    "merged",
    "figure in another form",
    "from a table or list",
}
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
    "crossed facts",
    "wrong relation",
    "ellipsis",
    "changed sign",
}
ROWS: list[dict[str, Any]] = [json.loads(line) for line in DATASET.read_text("utf-8").split("\n") if line]


FERRY = "The ferry leaves at nine."
OIL = "Oil costs four crowns a litre."


def document(source: str) -> Document:
    text = f"{FERRY}\n\n{OIL}"
    sections = (Section(0, len(FERRY), ("Ferries",)), Section(len(FERRY), len(text), ("Shops",)))
    return Document(f"doc_{source}", source, "An island", "text/plain", "0", text, sections)


def labelled(sentence: str, supported: bool, kind: str, source: str = "a") -> Labelled:
    whole = document(source)
    hits = (hit(whole, 0, len(FERRY)), hit(whole, len(FERRY) + 2, len(whole.text)))
    return Labelled(sentence, "held", kind, supported, "seeds", hits, (2,), sentence)


def test_the_sentences_are_many_even_and_of_every_kind() -> None:
    assert len(ROWS) >= 320
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    kinds = {row["class"] for row in ROWS}
    assert kinds == BORNE_OUT | NOT
    assert all(row["supported"] == (row["class"] in BORNE_OUT) for row in ROWS)
    assert 0.4 <= sum(row["supported"] for row in ROWS) / len(ROWS) <= 0.6


def test_no_document_that_is_held_out_is_in_the_part_for_tuning() -> None:
    documents = {
        split: {(row["set"], source) for row in ROWS if row["split"] == split for source, _, _ in row["passages"]}
        for split in ("tune", "seen", "held")
    }
    assert all(documents.values())
    assert documents["tune"].isdisjoint(documents["held"] | documents["seen"])
    sites = {split: {(name, source.split("#")[0]) for name, source in found} for split, found in documents.items()}
    assert sites["tune"].isdisjoint(sites["held"])  # "site#3" is a piece of a policy


def test_a_passage_is_what_a_search_would_give() -> None:
    found = hit(document("a"), len(FERRY) + 2, len(FERRY) + 2 + len(OIL))
    assert found.passage.text == OIL
    assert [(span.start, span.end) for span in found.passage.sentences] == [(27, 57)]
    assert (found.document.title, found.section.heading) == ("An island", ("Shops",))


def test_the_passages_are_those_of_the_notes_and_hold_what_is_verbatim() -> None:
    with Loader() as loader:
        documents = documents_of(ROOT / "seeds", None, loader)
        rows = list(read_labelled(DATASET.read_text("utf-8").split("\n"), documents))

    assert {row.set for row in rows} == {"seeds"}
    assert len(rows) >= 320
    for row in rows:
        assert all(passage.strip() for passage in (hit.passage.text for hit in row.hits))
        assert all(1 <= number <= len(row.hits) for number in row.cited)


def test_a_text_that_has_changed_is_refused() -> None:
    first = json.dumps(ROWS[0])
    with pytest.raises(ValueError, match="is not the text that t001 was written for"):
        list(read_labelled([first], lambda *_: replace(document("a"), text="x" * 5_000, sections=(Section(0, 5_000),))))
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
    intercept, weight = fitted(labelled(text, good, "verbatim") for text, good in sentences * 4)
    assert weight < 0 < intercept


def test_what_the_figures_promise_holds_on_the_notes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)

    assert main(["--out", str(tmp_path / "support.json")]) == 0

    found = json.loads((tmp_path / "support.json").read_text("utf-8"))
    assert "held-out part: 129 sentences on 7 documents" in capsys.readouterr().out
    # Floors a little under what was measured, so that a rule that goes wrong shows.
    for part, precise, recalled in (("tune", 0.92, 0.23), ("seen", 0.88, 0.28), ("held", 0.75, 0.15)):
        assert found[part]["precision"]["value"] >= precise
        assert found[part]["recall"]["value"] >= recalled
        assert found[part]["let_through"]["wrong citation"]["hits"] == 0
    for part in ("tune", "seen"):
        for kind in ("attribution dropped", "small word", "crossed figure", "ellipsis", "changed sign"):
            assert found[part]["let_through"][kind]["hits"] == 0
