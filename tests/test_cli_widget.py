import json
import re

import pytest

from server.widget import assembled, integrity
from tests.program import Rag

LINES = re.compile(
    r'<script type="module" src="([^"]+)/widget\.js" integrity="(sha384-[\w+/]{64})" crossorigin="anonymous">'
    r"</script>\n"
    r"(<rag-chat.*></rag-chat>)\n"
)


def test_the_two_lines_are_printed_with_the_hash_of_the_widget(inside: Rag) -> None:
    done = inside("widget", "https://docs.example.org/")
    found = LINES.fullmatch(done.stdout)
    assert found
    address, hash_, element = found.groups()
    assert (address, element) == ("https://docs.example.org", "<rag-chat></rag-chat>")
    assert hash_ == integrity(assembled())


def test_attributes_are_written_so_that_they_stay_attributes(inside: Rag) -> None:
    done = inside("widget", "--collection", "birds", "--set", 'title=A "b" <c>', "--set", "inline")
    assert '<rag-chat collection="birds" title="A &quot;b&quot; &lt;c&gt;" inline></rag-chat>' in done.stdout


def test_programs_get_json(inside: Rag) -> None:
    found = json.loads(inside("widget", "--json").stdout)
    assert found["src"] == "http://127.0.0.1:8000/widget.js"
    assert found["html"].startswith(f'<script type="module" src="{found["src"]}" integrity="{found["integrity"]}"')


@pytest.mark.parametrize("wrong", [["docs.example.org"], ["ftp://a.b"], ["https://a.b/?c"], ["--set", "on click=1"]])
def test_wrong_usage_is_refused(inside: Rag, wrong: list[str]) -> None:
    done = inside("widget", *wrong)
    assert done.returncode == 2
