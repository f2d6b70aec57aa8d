"""A service that says what a test has it say: it speaks the contract, and fails on command."""

import json
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from server.pages import Pages

Json = dict[str, Any]
Answer = Callable[[Json], Response]


def citation(n: int, quote: str, span: Sequence[int], **other: object) -> Json:
    """A citation of the contract."""
    where: Json = {"document_id": "d1", "title": "Emergency admissions", "source": "notes/nao.txt"}
    told: Json = {"section": ["Emergency admissions", "Cost"], "page": 4, "author": "A. Nonymous", "date": "2018-03-02"}
    place: Json = {"start": 6, "end": 6 + len(quote), "quote": quote, "score": 0.8, "answer_span": list(span)}
    return {"n": n, **where, **told, **place, **other}


def passage(rank: int, text: str, **other: object) -> Json:
    """A passage of the contract."""
    where: Json = {"document_id": "d1", "title": "Emergency admissions", "source": "notes/nao.txt", "section": ["Cost"]}
    return {"rank": rank, **where, "page": None, "start": 0, "end": len(text), "text": text, "score": 0.5, **other}


def reply(question: str, quotes: Sequence[str], **other: object) -> Json:
    """An answer made of extracts; abstained where there are none."""
    answer, citations = "", []
    for n, quote in enumerate(quotes, 1):
        start = len(answer) + bool(answer)
        answer += f"{' ' if answer else ''}{quote} [{n}]"
        citations.append(citation(n, quote, [start, start + len(quote)]))
    return {
        "id": "ans_0123abcd",
        "question": question,
        "rewritten_question": None,
        "status": "answered" if quotes else "abstained",
        "answer": answer or "The documents do not seem to hold the answer.",
        "mode": "extractive",
        "confidence": 0.91 if quotes else 0.1,
        "citations": citations,
        "passages": [passage(n, f"Intro {quote} and more.") for n, quote in enumerate(quotes or ("near by",), 1)],
        "degraded": None,
        "timings_ms": {"total": 4.0},
        **other,
    }


def problem(status: int, detail: str = "A detail.", **headers: str) -> Response:
    """A problem as the service sends it."""
    body = json.dumps({"status": status, "detail": detail})
    return Response(body, status, headers, "application/problem+json")


def event(name: str, data: object) -> bytes:
    """A server-sent event."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def events_of(done: Json) -> list[bytes]:
    """The events of an answer, as the service sends them: its text, each citation after what it supports."""
    spans = [c["answer_span"][0] for c in done["citations"]]
    found = [event("passages", {"passages": done["passages"]})]
    for c, begin, end in zip(done["citations"], [0, *spans[1:]], [*spans[1:], None], strict=False):
        found += [event("delta", {"text": done["answer"][begin:end]}), event("citation", c)]
    return [*found, event("done", done)]


def written(question: str, claims: Sequence[tuple[str, Sequence[int]]], **other: object) -> Json:
    """An answer that a language model worded: sentences, each with the numbers of the citations that bear it out."""
    answer, citations = "", dict[int, Json]()
    for text, numbers in claims:
        start = len(answer) + bool(answer)
        answer += f"{' ' if answer else ''}{text} {''.join(f'[{n}]' for n in numbers)}"
        for n in numbers:
            citations.setdefault(n, citation(n, f"Quote {n}.", [start, start + len(text)]))
    told: Json = {"answer": answer, "citations": list(citations.values()), "mode": "llm", "removed_sentences": 0}
    return reply(question, ["…"], **{**told, **other})


def writing(done: Json, claims: Sequence[tuple[str, Sequence[int]]]) -> list[bytes]:
    """The events of such an answer: text and markers apart, then the citations that were not told before."""
    found, left = [event("passages", {"passages": done["passages"]})], {c["n"]: c for c in done["citations"]}
    for i, (text, numbers) in enumerate(claims):
        markers = "".join(f"[{n}]" for n in numbers)
        found += [event("delta", {"text": f"{' ' if i else ''}{text}"}), event("delta", {"text": f" {markers}"})]
        found += [event("citation", left.pop(n)) for n in numbers if n in left]
    return [*found, event("done", done)]


class Script:
    """What is answered to each question, and what was sent; `go` lets streams on that wait for it."""

    def __init__(self) -> None:
        """Answer every question with an extract, unless `answers` names it or `otherwise` takes it."""
        self.begin()

    def begin(self) -> None:
        """Forget all."""
        self.answers: dict[str, Answer] = {}
        self.otherwise: Answer | None = None
        self.asked: list[Json] = []
        self.rated: list[Json] = []
        self.go = threading.Event()
        self.next = threading.Semaphore(0)

    def app(self) -> Starlette:
        """The service, open to pages of every origin."""
        routes = [
            Route("/v1/ask", self._ask, methods=["POST"]),
            Route("/v1/feedback", self._rate, methods=["POST"]),
            Route("/v1/documents/{id}/text", self._text),
            *Pages().routes(),
        ]
        cors = Middleware(
            CORSMiddleware,
            allow_origins=["*"],
            allow_methods=["*"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After"],
        )
        return Starlette(routes=routes, middleware=[cors])

    def streamed(self, parts: Sequence[bytes], wait_before: int | None = None) -> Response:
        """The parts one after the other, from one of them on only when `go` is set."""

        go = self.go

        async def sent() -> AsyncIterator[bytes]:
            for i, part in enumerate(parts):
                if i == wait_before:
                    await run_in_threadpool(go.wait, 60)
                yield part

        return StreamingResponse(sent(), media_type="text/event-stream")

    def paced(self, parts: Sequence[bytes]) -> Response:
        """The parts one after the other, each only when `next` is released once more."""

        step = self.next

        async def sent() -> AsyncIterator[bytes]:
            for part in parts:
                await run_in_threadpool(step.acquire, timeout=60)
                yield part

        return StreamingResponse(sent(), media_type="text/event-stream")

    async def _ask(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body)
        answer = self.answers.get(body["question"], self.otherwise)
        return answer(body) if answer else self.streamed(events_of(reply(body["question"], ["Beds cost money."])))

    async def _rate(self, request: Request) -> Response:
        self.rated.append(await request.json())
        return JSONResponse({}, 201)

    async def _text(self, _request: Request) -> Response:
        return JSONResponse({"text": "Intro Beds cost money. And more of the document."})
