import base64
import collections
import hashlib
import re
from pathlib import Path

import pytest

from server.widget import MODULES, assembled, integrity


def test_every_module_is_in_it_once_after_what_it_imports() -> None:
    whole = assembled().decode()
    first_lines = {path.name: path.read_text("utf-8").partition("\n")[0] for path in MODULES.glob("*.js")}
    assert {name for name, line in first_lines.items() if whole.count(line) == 1} == set(first_lines)
    for path in MODULES.glob("*.js"):
        for imported in re.findall(r'from "\./([\w.-]+)"', path.read_text("utf-8")):
            assert whole.index(first_lines[imported]) < whole.index(first_lines[path.name])


def test_nothing_is_imported_or_exported_any_more() -> None:
    assert not re.findall(r"^(?:import|export)\b", assembled().decode(), re.MULTILINE)


def test_no_name_is_taken_twice() -> None:
    names = re.findall(r"^(?:async )?(?:function\*?|class|const|let) ([\w$]+)", assembled().decode(), re.MULTILINE)
    assert [name for name, count in collections.Counter(names).items() if count > 1] == []


def test_a_module_that_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "widget.js").write_text('import { a } from "./none.js";\n', "utf-8")
    with pytest.raises(FileNotFoundError, match=r"none\.js"):
        assembled(tmp_path)


def test_the_hash_is_that_of_the_bytes() -> None:
    name, _, value = integrity(b"abc").partition("-")
    assert name == "sha384"
    assert base64.b64decode(value) == hashlib.sha384(b"abc").digest()


PAGE = (MODULES / "README.md").read_text("utf-8")
SOURCE = assembled().decode()


def test_every_attribute_is_documented() -> None:
    listed = re.findall(r"^const (?:REFLECTED|HELD) = \[(.*)\];", SOURCE, re.MULTILINE)
    names = {name for names in listed for name in re.findall(r'"(\w+)"', names)}
    assert names == set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))


def test_every_variable_and_part_is_documented() -> None:
    assert set(re.findall(r"--rag-[a-z-]+", SOURCE)) == set(re.findall(r"`(--rag-[a-z-]+)`", PAGE))
    parts = PAGE.partition("`::part()` reaches")[2].partition("\n\n")[0]
    assert set(re.findall(r'\bpart: "([a-z-]+)"', SOURCE)) == set(re.findall(r"`([a-z-]+)`", parts))


def test_every_event_is_documented() -> None:
    told = set(re.findall(r'\.told\("(\w+)"|#emit\("(\w+)"', SOURCE))
    assert {f"rag-{one or other}" for one, other in told} == set(re.findall(r"`(rag-(?!chat)\w+)`", PAGE))


def test_every_module_is_named_on_the_page() -> None:
    named = {name.replace("*", "") for name in re.findall(r"`([\w*-]+)\.js`", PAGE)}
    modules = {path.stem for path in MODULES.glob("*.js")} - {"widget"}
    assert {name for name in modules if not name.startswith("messages")} | {"messages"} == named
