import subprocess
import sys

import pytest

import rag
from tests.program import ROOT

_HEAVY = "{'faiss', 'onnxruntime', 'tantivy', 'tokenizers', 'rag.library', 'rag.store', 'server', 'torch'}"


def _run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def test_the_client_loads_neither_model_nor_index() -> None:
    assert _run(f"import sys, rag.client; print(sorted({_HEAVY} & set(sys.modules)))") == "[]\n"


def test_every_public_name_is_there_when_it_is_asked_for() -> None:
    assert _run("from rag import *; import rag; print(all(name in globals() for name in rag.__all__))") == "True\n"
    assert _run("from rag import Library; print(Library.__module__)") == "rag.library\n"


def test_a_name_that_is_not_public_is_not_there() -> None:
    with pytest.raises(AttributeError, match="'rag' has no attribute 'np'"):
        rag.np  # type: ignore[attr-defined] # noqa: B018 - to ask for it is the test
