import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from rag.embed import ModelCard, OnnxEmbedder, read_card, write_card
from rag.errors import ModelError
from rag.records import Span
from rag.sentences import sentences

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TEXTS = (
    "The ferry leaves at nine.",
    "x",
    "Naïve café: 東京, שלום — 👩‍👩‍👧‍👦 and so\u00adft hy\u200bphens; e\u0301.",
    "A sentence about tides, repeated beyond what the model reads. " * 40,
    "unbrokenwordwithoutend" * 30,
    "\ufeff \r\n .",
)
PASSAGE = (
    "Harbours of the north. Ropes\nThe rope frays at dawn. It is replaced – twice a year – by volunteers! Few come.\n"
    "• A list. 東京大阪"
)
TOUCHING = (Span(PASSAGE.index("東"), PASSAGE.index("大")), Span(PASSAGE.index("大"), len(PASSAGE)))


@pytest.fixture(scope="module")
def reference_vectors(reference: "SentenceTransformer") -> np.ndarray:
    return np.asarray(reference.encode(list(TEXTS), normalize_embeddings=True), np.float32)


def test_questions_are_as_sentence_transformers_has_them(onnx: OnnxEmbedder, reference_vectors: np.ndarray) -> None:
    np.testing.assert_allclose(onnx.questions(TEXTS), reference_vectors, atol=1e-4)


def test_passages_are_as_sentence_transformers_has_them(onnx: OnnxEmbedder, reference_vectors: np.ndarray) -> None:
    found = [vectors.passage for vectors in onnx.passages(TEXTS, [[]] * len(TEXTS))]

    np.testing.assert_allclose(found, reference_vectors, atol=1e-4)


def test_sentences_are_means_of_their_tokens_in_the_passage(
    onnx: OnnxEmbedder, reference: "SentenceTransformer"
) -> None:
    spans = [*sentences(PASSAGE), Span(0, 3), Span(3, 8), *TOUCHING]
    tokens = reference.encode(PASSAGE, output_value="token_embeddings").numpy()
    offsets = reference.tokenizer(PASSAGE, return_offsets_mapping=True)["offset_mapping"]

    (found,) = onnx.passages([PASSAGE], [spans])

    assert len(spans) == 11
    for span, vector in zip(spans, found.sentences, strict=True):
        mean = np.mean(
            [t for t, (a, b) in zip(tokens, offsets, strict=True) if a < b and span.start <= a < span.end], 0
        )
        np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-4)


def test_the_first_floats_of_a_sentence_stay_what_they_were(onnx: OnnxEmbedder) -> None:
    (vector,) = onnx.questions(["The ferry leaves at nine."])

    np.testing.assert_allclose(vector[:5], [0.0591013, 0.0040359, 0.0522068, -0.0092924, 0.0448618], atol=1e-5)


def test_every_vector_has_unit_length(onnx: OnnxEmbedder) -> None:
    found = onnx.passages(TEXTS, [list(sentences(text)) for text in TEXTS])

    for vectors in found:
        assert np.linalg.norm(vectors.passage) == pytest.approx(1, abs=1e-5)
        np.testing.assert_allclose(np.linalg.norm(vectors.sentences, axis=1), 1, atol=1e-5)


def test_a_sentence_beyond_the_limit_has_its_passages_vector(onnx: OnnxEmbedder) -> None:
    text = "word " * 600

    (found,) = onnx.passages([text], [[Span(0, 4), Span(2_900, 2_904)]])

    np.testing.assert_allclose(found.sentences[1], found.passage, atol=1e-6)
    assert not np.allclose(found.sentences[0], found.passage, atol=1e-3)


def test_a_texts_neighbours_in_a_batch_do_not_change_its_vector(onnx: OnnxEmbedder) -> None:
    alone = np.concatenate([onnx.questions([text]) for text in TEXTS])

    np.testing.assert_allclose(onnx.questions(TEXTS), alone, atol=1e-5)


def test_nothing_in_gives_nothing_out(onnx: OnnxEmbedder) -> None:
    assert onnx.questions([]).shape == (0, 384)
    assert onnx.passages([], []) == []


def test_the_card_tells_length_limit_and_pooling(onnx: OnnxEmbedder) -> None:
    assert (onnx.dim, onnx.limit, onnx.card.pooling, onnx.card.backend) == (384, 256, "mean", "onnx")
    assert len(onnx.fingerprint) == 32


def test_counting_cuts_nothing_off_and_includes_special_tokens(
    onnx: OnnxEmbedder, reference: "SentenceTransformer"
) -> None:
    expected = [len(ids) for ids in reference.tokenizer(list(TEXTS), truncation=False, verbose=False)["input_ids"]]

    assert onnx.count(TEXTS) == expected
    assert onnx.count([""]) == [2]
    assert max(expected) > onnx.limit


def test_a_card_is_read_as_it_was_written(tmp_path: Path) -> None:
    card = ModelCard("m", "onnx", "f", 3, 9, "cls", "q: ", "p: ", {"a": "0"}, "").with_note("ä")

    write_card(card, tmp_path)

    assert read_card(tmp_path) == card


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"name": "only"}', '{"unknown": 1}'])
def test_a_missing_or_damaged_card_says_what_to_do(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "model.json").write_text(content, "utf-8")

    with pytest.raises(ModelError, match="ingest once more"):
        read_card(tmp_path)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_files_that_are_no_model_are_a_model_error(model_folder: Path, tmp_path: Path, name: str) -> None:
    for file in model_folder.iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / name).unlink()
    (tmp_path / name).write_bytes(b"no model")

    with pytest.raises(ModelError, match="cannot be loaded"):
        OnnxEmbedder(tmp_path)


@pytest.mark.parametrize("module", ["rag.embed", "rag", "rag.ingest"])
def test_what_serves_does_not_import_torch(module: str) -> None:
    code = f"import sys, {module}; print(sorted({{'torch', 'transformers'}} & sys.modules.keys()))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
