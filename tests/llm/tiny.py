"""A language model of chance weights: some hundred kilobytes that a real llama.cpp runs, and that write nonsense.

It cannot tell whether answers are good. It can tell whether a real server is spoken to rightly.
"""

from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

_WORDS = (
    *("the", "a", "of", "and", "to", "in", "is", "was", "that", "for", "on", "with", "by", "it", "from", "at", "as"),
    *("heron", "bridge", "council", "health", "care", "budget", "pounds", "million", "patients", "notes", "nests"),
    *("[1]", "[2]", "[3]", ".", ",", "1", "24", "2009", "ä", "🦉"),
)
_EMBEDDING, _HEADS, _FORWARD, _LAYERS = 64, 4, 128, 2
_CONTEXT = 32_768
"""Tokens: a prompt for a real model, in a vocabulary that spells nearly all of it."""
_TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"


def tiny_model(path: Path, seed: int = 1) -> Path:
    """The path, where a GGUF file with such a model now is."""
    writer = gguf.GGUFWriter(path, "llama")
    _add_shape(writer)
    _add_words(writer)
    _add_weights(writer, np.random.default_rng(seed))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_shape(writer: gguf.GGUFWriter) -> None:
    writer.add_name("chance")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_EMBEDDING)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_FORWARD)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_EMBEDDING // _HEADS)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_chat_template(_TEMPLATE)


def _vocabulary() -> list[tuple[str, gguf.TokenType]]:
    special = [("<unk>", gguf.TokenType.UNKNOWN), ("<s>", gguf.TokenType.CONTROL), ("</s>", gguf.TokenType.CONTROL)]
    spelled = [(f"<0x{byte:02X}>", gguf.TokenType.BYTE) for byte in range(256)]
    return [*special, *spelled, *((f"▁{word}", gguf.TokenType.NORMAL) for word in _WORDS)]


def _add_words(writer: gguf.GGUFWriter) -> None:
    words = _vocabulary()
    writer.add_vocab_size(len(words))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([word for word, _ in words])
    writer.add_token_scores([-float(rank) for rank, _ in enumerate(words)])
    writer.add_token_types([kind for _, kind in words])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)


def _add_weights(writer: gguf.GGUFWriter, chance: np.random.Generator) -> None:
    def drawn(*shape: int) -> NDArray[np.float32]:
        return chance.normal(0, shape[-1] ** -0.5, shape).astype(np.float32)

    words, ones = len(_vocabulary()), np.ones(_EMBEDDING, np.float32)
    writer.add_tensor("token_embd.weight", drawn(words, _EMBEDDING))
    writer.add_tensor("output_norm.weight", ones)
    # Words are likelier than single bytes, and the end is unlikely, so that there is something to stream.
    output = drawn(words, _EMBEDDING)
    output[:259] *= 0.2
    writer.add_tensor("output.weight", output)
    for layer in range(_LAYERS):
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", ones)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", drawn(_EMBEDDING, _EMBEDDING))
        for name in ("ffn_gate", "ffn_up"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", drawn(_FORWARD, _EMBEDDING))
        writer.add_tensor(f"blk.{layer}.ffn_down.weight", drawn(_EMBEDDING, _FORWARD))
