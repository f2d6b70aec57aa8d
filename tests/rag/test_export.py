import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from rag.embed import OnnxEmbedder, read_card
from rag.embed_torch import TorchEmbedder
from rag.errors import ModelError
from rag.export import PACKAGED, export, load_reference, model_files
from rag.records import Span

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TEXTS = ("The ferry leaves at nine.", "Ropes, chains and anchors " * 20, "x")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, reference: "SentenceTransformer") -> Callable[..., Path]:
    """Makes small sentence-transformers models of random weights."""

    def make(pooling: str, prompts: dict[str, str], dense: int = 0) -> Path:
        # torch loads for seconds: not while tests are collected.
        import torch  # noqa: PLC0415
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from sentence_transformers.sentence_transformer.modules import (  # noqa: PLC0415
            Dense,
            Normalize,
            Pooling,
            Transformer,
        )
        from transformers import BertConfig, BertModel  # noqa: PLC0415

        folder = tmp_path_factory.mktemp("tiny")
        torch.manual_seed(5)
        reference.tokenizer.save_pretrained(folder / "bert")
        sizes: dict[str, Any] = {
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 48,
        }
        config = BertConfig(vocab_size=len(reference.tokenizer), max_position_embeddings=64, **sizes)
        BertModel(config).save_pretrained(folder / "bert")
        last = Dense(32, dense) if dense else Normalize()
        modules = [Transformer(str(folder / "bert"), max_seq_length=48), Pooling(32, pooling), last]
        SentenceTransformer(modules=modules, prompts=prompts).save(str(folder / "model"))
        return folder / "model"

    return make


def spans(texts: Sequence[str]) -> list[list[Span]]:
    return [[Span(0, len(text) // 2), Span(len(text) // 2, len(text))] for text in texts]


def test_a_model_with_prefixes_that_pools_by_its_first_token_is_exported_as_it_is(
    tiny: Callable[..., Path], tmp_path: Path
) -> None:
    model = tiny("cls", {"query": "query: ", "document": "passage: "})
    reference = load_reference(str(model))

    card = export(str(model), tmp_path)
    embedder = OnnxEmbedder(tmp_path)
    found = embedder.passages(TEXTS, spans(TEXTS))

    assert (card.backend, card.pooling, card.dim, card.note) == ("onnx", "cls", 32, "")
    assert card == read_card(tmp_path)
    assert embedder.limit == 48 - embedder.count(["passage: "])[0]
    halves = [text[span.start : span.end] for text, both in zip(TEXTS, spans(TEXTS), strict=True) for span in both]
    as_documents = reference.encode_document([*TEXTS, *halves], normalize_embeddings=True)
    np.testing.assert_allclose(
        embedder.questions(TEXTS), reference.encode_query(list(TEXTS), normalize_embeddings=True), atol=1e-4
    )
    np.testing.assert_allclose([v.passage for v in found], as_documents[: len(TEXTS)], atol=1e-4)
    np.testing.assert_allclose(np.concatenate([v.sentences for v in found]), as_documents[len(TEXTS) :], atol=1e-4)


def test_a_model_that_onnx_cannot_carry_is_served_by_torch_and_says_so(
    tiny: Callable[..., Path], tmp_path: Path
) -> None:
    model = tiny("mean", {}, dense=16)

    card = export(str(model), tmp_path)
    embedder = TorchEmbedder(tmp_path)
    found = embedder.passages(TEXTS, spans(TEXTS))

    assert card.backend == "torch"
    assert "Dense" in card.note
    assert [file.name for file in tmp_path.iterdir()] == ["model.json"]
    assert (embedder.dim, embedder.fingerprint) == (16, card.fingerprint)
    assert embedder.count(["", "word " * 99]) == [2, 101]
    np.testing.assert_allclose([v.passage for v in found], embedder.questions(TEXTS), atol=1e-5)
    assert [v.sentences.shape for v in found] == [(2, 16)] * 3


def test_without_the_exporter_a_model_is_served_by_torch(
    tiny: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_graph(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'onnxscript'")

    model = tiny("mean", {})
    monkeypatch.setattr("rag.export._write_graph", write_graph)

    card = export(str(model), tmp_path)

    assert card.backend == "torch"
    assert "onnxscript" in card.note


def test_two_models_have_two_fingerprints_and_one_model_has_one(tiny: Callable[..., Path], tmp_path: Path) -> None:
    models = [tiny("mean", prompts, dense=4) for prompts in ({}, {}, {"query": "q: "})]

    prints = [export(str(model), tmp_path / str(n)).fingerprint for n, model in enumerate(models)]

    assert prints[1] != prints[2]
    assert export(str(models[0]), tmp_path / "again").fingerprint == prints[0]


@pytest.mark.parametrize("damage", ["truncated", "missing", "changed", "no card", "bad card"])
def test_damaged_model_files_heal(model_folder: Path, tmp_path: Path, damage: str) -> None:
    shutil.copytree(model_folder, tmp_path, dirs_exist_ok=True)
    whole = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    name = "model.json" if "card" in damage else "tokenizer.json"
    (tmp_path / name).write_bytes({"truncated": whole[name][:999], "bad card": b"{}"}.get(damage, whole[name] + b" "))
    if damage in {"missing", "no card"}:
        (tmp_path / name).unlink()

    assert model_files(None, tmp_path) == tmp_path

    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == whole


def test_whole_model_files_are_left_as_they_are(model_folder: Path) -> None:
    before = {file.name: file.stat().st_mtime_ns for file in model_folder.iterdir()}

    model_files(None, model_folder)

    assert {file.name: file.stat().st_mtime_ns for file in model_folder.iterdir()} == before


def test_the_card_names_the_checksum_of_each_file(model_folder: Path) -> None:
    card = json.loads((model_folder / "model.json").read_text("utf-8"))

    assert card["name"] == PACKAGED
    assert sorted(card["files"]) == ["model.onnx", "tokenizer.json"]


def test_a_model_that_is_not_there_is_named_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no-such-model.*cannot be loaded") as caught:
        export(str(tmp_path / "no-such-model"), tmp_path / "out")

    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("package", ["torch", "sentence_transformers"])
def test_without_torch_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(ModelError, match=r"rag-cited\[export\]"):
        model_files("another-model", tmp_path)


def test_without_torch_files_that_were_exported_before_do(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)

    assert model_files(None, model_folder) == model_folder
