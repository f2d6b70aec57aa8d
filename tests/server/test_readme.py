import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
README = TESTS.parent / "server" / "README.md"
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", README.read_text("utf-8"))


def test_every_risk_of_the_list_has_its_line_with_a_test() -> None:
    lines = [line for line in README.read_text("utf-8").splitlines() if line.startswith("| LLM")]
    assert [line[2:7] for line in lines] == [f"LLM{n:02}" for n in range(1, 11)]
    assert all("::test_" in line for line in lines)


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_every_test_that_is_named_exists(file: str, name: str) -> None:
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
