"""How long a finished sentence takes to the client, the model silent after it: `python -m tests.llm.first_sentence`.

It wants two quiet cores. A service over the notes in `seeds/` is asked; a scripted server copies a sentence of a
passage that it is given, and says nothing for a while. Measured from its last byte to the first `delta` event. It exits
with 1 where the 95th percentile is above 150 ms, else with 0.
"""

import re
import sys
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx

from rag import Library
from rag.settings import read_settings
from server.app import create_app
from tests.llm.scripted import Request, Script, Wait, scripted_in_thread
from tests.llm.scripts import events
from tests.program import ROOT
from tests.server.listening import listening

TIMES = 40
BAR_MS = 150
"""What people wait at most on two quiet cores, by the project's own bar."""
PAUSE_S = 0.5
"""From the request to the sentence: the passages are read meanwhile, as they are while a model begins."""
_ENDING = events("")[1:]
"""The events after the last word."""
_PASSAGE = re.compile(r"BEGIN \w+\n(?:[A-Z]\w+: [^\n]*\n)+(.*?)\nEND", re.DOTALL)
_SENTENCE = re.compile(r"(?:^|[.\n]\s*)([A-Z][^\n.!?|#:]{40,200}\.)(?=\s|$)")


def main() -> int:
    """The exit status; prints the median, the 95th percentile and the longest, in ms."""
    written: list[float] = []

    def play(request: Request) -> Script:
        passages = enumerate(_PASSAGE.findall(request.body["messages"][-1]["content"]), 1)
        said, number = next((found[1], n) for n, passage in passages if (found := _SENTENCE.search(passage)))
        written.append(perf_counter() + PAUSE_S)
        opening, *words = events(f"{said} [{number}]")
        told, ending = words[: -len(_ENDING)], words[-len(_ENDING) :]
        return Script((opening, Wait(PAUSE_S), b"".join(told), Wait(PAUSE_S), *ending))

    with TemporaryDirectory() as folder, closing(Library(Path(folder))) as library, scripted_in_thread(play) as llm:
        library.ingest([ROOT / "seeds"])
        questions = [document.title for document in library.documents()]
        app = create_app(library, read_settings(llm_base_url=llm.base_url, llm_model="any"))
        with listening(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            taken = [_first_delta(client, questions[n % len(questions)]) for n in range(TIMES)]
    told = sorted(1_000 * (seen - at) for seen, at in zip(taken, written, strict=True) if seen)
    last = quantiles(told, n=20)[-1]
    print(f"{len(told)} of {TIMES} verified: p50 {median(told):.0f}, p95 {last:.0f}, longest {told[-1]:.0f} ms")
    return int(last > BAR_MS)


def _first_delta(client: httpx.Client, question: str) -> float | None:
    """When the first sentence came; `None` where it was cut, and the extracts came."""
    with client.stream("POST", "/v1/ask", json={"question": question, "stream": True, "mode": "llm"}) as response:
        lines = response.iter_lines()
        assert "event: delta" in lines, f"{question!r} was not answered."
        seen = perf_counter()
        return seen if '"mode":"llm"' in "".join(lines) else None


if __name__ == "__main__":
    sys.exit(main())
