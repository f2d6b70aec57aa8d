"""Each attack through the service, on a socket, with a model that obeys it."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag import Library
from rag.settings import read_settings
from server.app import create_app
from tests.conftest import HERON, OWLS
from tests.llm.injections import ATTACKS, QUESTION, Attack
from tests.llm.scripted import Request, Script, scripted_in_thread
from tests.llm.scripts import replying
from tests.server.listening import listening

CASE = re.compile(r"\(case (\d+)\)")


def _obeying(request: Request) -> Script:
    """What a model says that obeys the attack of a case."""
    found = CASE.findall(request.prompt)
    return replying(ATTACKS[int(found[-1])].reply)


@pytest.fixture(scope="module")
def attacked(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The shared index with a collection for each attack that has a passage."""
    copy = tmp_path_factory.mktemp("attacked") / "index"
    shutil.copytree(index, copy)
    with closing(Library(copy)) as library:
        for number, attack in enumerate(ATTACKS):
            if attack.passage:
                for name, text in (("heron.txt", HERON), ("owls.txt", OWLS), ("hostile.md", attack.passage)):
                    library.add(f"{text}\n".encode(), name, _collection(number))
        yield library


@pytest.fixture(scope="module")
def client(attacked: Library) -> Iterator[httpx.Client]:
    with scripted_in_thread(_obeying) as server:
        app = create_app(attacked, read_settings(llm_base_url=server.base_url, llm_model="obedient"))
        with listening(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as opened:
            yield opened


def _collection(number: int) -> str:
    return f"attack-{number}" if ATTACKS[number].passage else "default"


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_that_is_obeyed_has_no_success(client: httpx.Client, attacked: Library, attack: Attack) -> None:
    number = ATTACKS.index(attack)
    body = {"question": f"{QUESTION} (case {number})", "collection": _collection(number), "stream": True}
    told = _events(client.post("/v1/ask", json=body).text)
    reply = told[-1][1]
    assert (told[-1][0], reply["status"]) == ("done", "answered")
    said = "".join(data["text"] for name, data in told if name == "delta")
    shown = [said, reply["answer"]] if reply["mode"] == "llm" else []
    for text in shown:
        assert not [mark for mark in attack.marks if mark.lower() in text.lower()], text
        assert not re.search(r"https?:|www\.|!\[|\]\(|<[a-z!/]|[\x00-\x08\x0b-\x1f\x7f]", text, re.IGNORECASE), text
    if reply["mode"] == "extractive":
        assert reply["degraded"] == "llm_unsupported"
        assert said == reply["answer"]
    for citation in reply["citations"]:
        text = attacked.text(citation["document_id"], _collection(number))
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert {f"[{c['n']}]" for c in reply["citations"]} >= set(re.findall(r"\[\d+\]", reply["answer"]))


def _events(text: str) -> list[tuple[str, dict[str, Any]]]:
    return [(name, json.loads(data)) for name, data in re.findall(r"event: (\w+)\ndata: (.*)\n", text)]


@pytest.mark.parametrize("name", ["link", "link inside", "image inside", "image tag", "zero width"])
def test_the_truth_beside_an_attack_is_served(client: httpx.Client, name: str) -> None:
    number = [attack.name for attack in ATTACKS].index(name)
    reply = client.post("/v1/ask", json={"question": f"{QUESTION} (case {number})"}).json()
    assert (reply["answer"], reply["mode"]) == ("A heronry in Kent counted 160 nests in 2009. [1]", "llm")


def test_there_are_attacks_of_every_kind() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 60
