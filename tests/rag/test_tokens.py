import subprocess
import sys

import pytest

from rag.tokens import count_tokens

_WITHOUT_NETWORK = """
import socket, sys

def refuse(*args, **kwargs):
    raise AssertionError("a connection was tried")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from rag.embed import OnnxEmbedder
from rag.tokens import count_tokens
from pathlib import Path
print(count_tokens("hello world"), OnnxEmbedder(Path(sys.argv[1])).count(["hello world"]))
"""


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("hello world", 2), ("tiktoken is great!", 6), ("お誕生日おめでとう", 9)]
)
def test_tokens_are_those_that_tiktoken_documents(text: str, tokens: int) -> None:
    # https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb
    assert count_tokens(text) == tokens


def test_markup_of_special_tokens_is_plain_text() -> None:
    assert count_tokens("<|endoftext|>") > 1


def test_both_tokenizers_work_without_network_and_without_what_was_cached(
    model_folder: object, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    monkeypatch.delenv("DATA_GYM_CACHE_DIR", raising=False)

    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_NETWORK, str(model_folder)], capture_output=True, text=True, check=False
    )

    assert done.stdout.split("\n")[0] == "2 [4]", done.stderr
