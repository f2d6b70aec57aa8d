"""Asks, uploads and deletes at the same time for minutes: `python -m eval.soak [--minutes 10] [--clients 4]`.

Each client plays on its own documents, each with a word that stands nowhere else. An uploaded document has to be found
when its job is done; a deleted one must be in no answer from then on; what was not deleted must be there at the end,
word for word; a reconciliation must find nothing; and the memory of the service must stay flat once it is warm.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil

from eval.examples import read_dataset
from eval.serving import Served, served
from rag import Library

_SAMPLES_S = 5.0
_WARM = 0.3
"""The share of the time after which memory has to be flat."""
_PATIENCE_S = 120.0
_RETRY = (429, 503)


class Client:
    """Uploads, asks and deletes, and notes what went wrong."""

    def __init__(self, service: Served, number: int, questions: Sequence[str]) -> None:
        """Play with a seed of its own."""
        self._http = httpx.Client(base_url=service.url, timeout=_PATIENCE_S, trust_env=False)
        self._random = random.Random(number)  # noqa: S311 - a repeatable mix, no secret
        self._number = number
        self._questions = questions
        self._made = 0
        self.kept: dict[str, tuple[str, str]] = {}
        """Name of each document that should be there: its id and its text."""
        self._gone: list[tuple[str, str]] = []
        self.done: Counter[str] = Counter()
        self.wrong: list[str] = []

    def play(self, until: float) -> None:
        """Do one thing after the other until a moment of the monotonic clock."""
        with self._http:
            while time.monotonic() < until:
                step = self._random.choices([self._ask, self._upload, self._replace, self._delete], [12, 3, 1, 2])[0]
                try:
                    step()
                except (RuntimeError, httpx.HTTPError) as error:
                    self.wrong.append(f"{type(error).__name__}: {error}")

    def _ask(self) -> None:
        if self._gone and self._random.random() < 1 / 2:
            name, word = self._random.choice(self._gone[-50:])
            self._miss(name, word)
            return
        self._post("/v1/ask", {"question": self._random.choice(self._questions)})
        self.done["asked"] += 1

    def _upload(self) -> None:
        self._made += 1
        self._put(f"soak-{self._number}/{self._made}.txt")

    def _replace(self) -> None:
        if self.kept:
            name = self._random.choice(sorted(self.kept))
            before = _word(self.kept[name][1])
            self._put(name)
            self._miss(name, before)

    def _put(self, name: str) -> None:
        word = f"canary{self._number}x{self._random.getrandbits(48):x}"
        text = f"The keeper of {word} counts the boats at noon. " * self._random.randint(1, 40)
        job = self._send("POST", "/v1/documents", files={"file": (name, text.encode(), "text/plain")})
        while job["state"] != "done":
            time.sleep(0.05)
            job = self._send("GET", f"/v1/jobs/{job['id']}")
        (file,) = job["files"]
        if file["state"] not in {"added", "updated"}:
            self.wrong.append(f"{name} is {file['state']}: {file['detail']}")
            return
        self.kept[name] = file["document_id"], text
        self.done["uploaded"] += 1
        if name not in self._sources(word):
            self.wrong.append(f"{name} is not found after its job was done")

    def _delete(self) -> None:
        if self.kept:
            name = self._random.choice(sorted(self.kept))
            document_id, text = self.kept.pop(name)
            self._send("DELETE", f"/v1/documents/{document_id}")
            self.done["deleted"] += 1
            self._gone.append((name, _word(text)))
            self._miss(name, _word(text))

    def _miss(self, name: str, word: str) -> None:
        """Notes when what was deleted or replaced is still answered."""
        self.done["asked for what is gone"] += 1
        body = {"question": f"Who is the keeper of {word}?"}
        reply = json.dumps(self._post("/v1/ask", body) | {"question": ""})
        if word in reply:
            self.wrong.append(f"{name} was deleted or replaced, and {word} is still answered")

    def _sources(self, word: str) -> list[str]:
        hits = self._post("/v1/search", {"query": f"keeper of {word}"})["hits"]
        return [hit["source"] for hit in hits if word in hit["text"]]

    def _post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        return self._send("POST", path, json=body)

    def _send(self, method: str, path: str, **content: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON, or files
        """The JSON of a reply, however often the service says to come again; what it refuses otherwise is wrong."""
        deadline = time.monotonic() + _PATIENCE_S
        response = self._http.request(method, path, **content)
        while response.status_code in _RETRY and time.monotonic() < deadline:
            self.done["told to wait"] += 1
            time.sleep(float(response.headers.get("retry-after", "1")))
            response = self._http.request(method, path, **content)
        if response.is_error:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.text[:200]}")
        found: dict[str, Any] = response.json() if response.content else {}
        return found


def _word(text: str) -> str:
    return text.split()[3]


def watch_memory(service: Served, until: float) -> list[float]:
    """Resident memory of the service and its workers in MB, every few seconds."""
    found = []
    while time.monotonic() < until:
        process = psutil.Process(service.pid)
        family = [process, *process.children(recursive=True)]
        found.append(sum(member.memory_info().rss for member in family) / 2**20)
        time.sleep(_SAMPLES_S)
    return found


def soak(service: Served, questions: Sequence[str], clients: int, minutes: float) -> tuple[list[Client], list[float]]:
    """What each client did, and the memory of the service meanwhile."""
    until = time.monotonic() + minutes * 60
    playing = [Client(service, number, questions) for number in range(clients)]
    threads = [threading.Thread(target=client.play, args=(until,)) for client in playing]
    for thread in threads:
        thread.start()
    memory = watch_memory(service, until)
    for thread in threads:
        thread.join()
    return playing, memory


def reconcile(index: Path, clients: Sequence[Client], others: int) -> list[str]:
    """What is lost, left over or out of step, once the service has ended."""
    with closing(Library(index)) as library:
        there = {info.source: info.id for info in library.documents() if info.source.startswith("soak-")}
        kept = {name: at for client in clients for name, at in client.kept.items()}
        wrong = [f"{name} is lost" for name in kept.keys() - there.keys()]
        wrong += [f"{name} was deleted and is there" for name in there.keys() - kept.keys()]
        for name, (document_id, text) in kept.items():
            if name in there and library.text(document_id) != text:
                wrong.append(f"{name} is not what was uploaded")
        if len(library.documents()) - len(there) != others:
            wrong.append("the documents that nobody touched are not all there")
        return wrong + list(library.audit().findings)


def grown(memory: Sequence[float]) -> float:
    """How much memory grew once warm: the mean of the last tenth against that of the first tenth after warming up."""
    warm = memory[int(len(memory) * _WARM) :]
    tenth = max(len(warm) // 10, 1)
    return sum(warm[-tenth:]) / sum(warm[:tenth])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures as JSON; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m eval.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--corpus", type=Path, default=Path("seeds"))
    parser.add_argument("--questions", type=Path, default=Path("eval/datasets/seeds.jsonl"))
    chosen = parser.parse_args(arguments)
    questions = [e.question for e in read_dataset(chosen.questions).examples]
    with tempfile.TemporaryDirectory() as scratch:
        index = Path(scratch)
        with closing(Library(index)) as library:
            others = library.ingest([chosen.corpus]).added
        with served(index, RAG_RATE_LIMIT="off", RAG_LOG_LEVEL="error") as service:
            clients, memory = soak(service, questions, chosen.clients, chosen.minutes)
        wrong = [*(w for client in clients for w in client.wrong), *reconcile(index, clients, others)]
    done = sum((client.done for client in clients), Counter[str]())
    print(
        json.dumps(
            {
                "minutes": chosen.minutes,
                "done": dict(done),
                "wrong": wrong[:50],
                "memory_mb_by_tenths": [round(float(part.mean())) for part in np.array_split(memory, 10) if len(part)],
                "memory_grown_when_warm": round(grown(memory), 3),
            },
            indent=1,
        )
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
