import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import LlmTimeoutError, LlmUnavailableError
from rag.generate.write import Desk, write
from rag.records import Answer, Citation, Claim, Disagreement, Hit, Message, Turn
from tests.rag.hits import hit

BRIDGE = "The bridge cost 24 million pounds to build. Its main span is 190 metres long."
HERON = "A heronry in Kent counted 160 nests in 2009. Herons return to the same trees each February."
TEXTS = {"doc_bridge.md": BRIDGE, "doc_heron.txt": HERON}
HITS = (hit(BRIDGE, "bridge.md"), hit(HERON, "heron.txt"))
COST = "The bridge cost 24 million pounds to build [1]."
SPAN = "Its main span is 190 metres long [1]."
FALSE = "The bridge cost 99 million pounds to build [1]."
NONE = "The passages do not hold the answer."


def _extract(found: Hit, n: int) -> Claim:
    span = found.passage.sentences[0]
    quote = found.passage.text[span.start : span.end]
    place = Citation(n, found.document.id, "", found.document.source, (), None, span.start, span.end, quote, 1.0)
    return Claim(quote, (place,), 1.0)


EXTRACTS = Answer(
    "What of it?", "answered", (_extract(HITS[0], 1),), HITS, 0.6, timings_ms={"embed": 1.0, "total": 4.0}
)


@dataclass
class Saying:
    """Says pieces one after the other, then fails or ends; `None` is a stall that only being closed ends."""

    pieces: Sequence[str | None]
    error: Exception | None = None
    asked: list[Sequence[Message]] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    async def reply(self, messages: Sequence[Message], deadline: float) -> AsyncGenerator[str]:
        assert deadline > monotonic()
        self.asked.append(messages)
        self.begun.set()
        try:
            for piece in self.pieces:
                if piece is None:
                    await asyncio.Event().wait()
                else:
                    yield piece
            if self.error:
                raise self.error
        finally:
            await asyncio.sleep(0)
            self.closed = True


def _desk(llm: Saying, texts: Mapping[str, str] = TEXTS, *more: Answer, first: Answer = EXTRACTS) -> Desk:
    drafts = iter((first, *more))

    async def extracts() -> Answer:
        await asyncio.sleep(0)
        return next(drafts)

    def standing(claim: Claim) -> Claim | None:
        stands = all(texts.get(c.document_id, "")[c.start : c.end] == c.quote for c in claim.citations)
        return claim if stands else None

    return Desk(extracts, standing, llm, asyncio.to_thread)


async def _all(desk: Desk, within_s: float = 20, history: Sequence[Turn] = ()) -> list[Answer | Claim]:
    async with aclosing(write(desk, history, monotonic() + within_s)) as coming:
        found = [one async for one in coming]
    await _settled()
    return found


async def _settled() -> None:
    """Returns when what was called off has ended, which TimeoutError says it has not."""
    this = asyncio.current_task()
    if others := [task for task in asyncio.all_tasks() if task is not this]:
        await asyncio.wait_for(asyncio.wait(others), 20)


def _written(*pieces: str | None, error: Exception | None = None, within_s: float = 20) -> tuple[list[Claim], Answer]:
    llm = Saying(pieces, error)
    first, *claims, last = asyncio.run(_all(_desk(llm), within_s))
    assert first == EXTRACTS
    assert isinstance(last, Answer)
    assert llm.closed
    assert last.timings_ms.keys() == {"embed", "llm", "total"}
    return [claim for claim in claims if isinstance(claim, Claim)], last


def test_supported_sentences_are_the_answer() -> None:
    claims, answer = _written("Sure! ", COST, " ", SPAN)
    assert [claim.text for claim in answer.claims] == [
        "The bridge cost 24 million pounds to build.",
        "Its main span is 190 metres long.",
    ]
    assert tuple(claims) == answer.claims
    assert [c.n for claim in claims for c in claim.citations] == [1, 2]
    assert (answer.mode, answer.degraded, answer.removed, answer.status) == ("llm", None, 0, "answered")
    assert answer.hits == HITS
    assert answer.confidence == 0.6


def test_unsupported_sentences_are_removed_and_counted() -> None:
    _, answer = _written(f"{FALSE} {COST} It also has lamps. Anything else?")
    assert [claim.text for claim in answer.claims] == ["The bridge cost 24 million pounds to build."]
    assert (answer.mode, answer.removed) == ("llm", 2)


def test_equal_quotes_share_a_number() -> None:
    _, answer = _written(f"{COST} {SPAN} The bridge cost 24 million pounds [1].")
    assert [[c.n for c in claim.citations] for claim in answer.claims] == [[1], [2], [1]]


def test_what_was_told_is_not_told_again() -> None:
    claims, answer = _written(f"{COST} " * 12 + f"{SPAN} {COST}")
    assert [claim.text for claim in claims] == [
        "The bridge cost 24 million pounds to build.",
        "Its main span is 190 metres long.",
    ]
    assert (tuple(claims), answer.removed) == (answer.claims, 0)


@pytest.mark.parametrize(
    "said",
    [
        "The old captain said the engines were never mended before they sailed.",
        "captain engine harbour moon seven bread window under yellow " * 6,
        "captain engine harbour moon, seven bread\n\nwindow under yellow",
    ],
)
def test_what_claims_something_without_a_marker_is_counted(said: str) -> None:
    _, answer = _written(said)
    assert (answer.degraded, answer.removed) == ("llm_unsupported", 1 + said.count("\n\n"))


def test_a_question_longer_than_the_prompt_is_not_asked() -> None:
    llm = Saying([COST])
    *_, last = asyncio.run(_all(_desk(llm, first=replace(EXTRACTS, question="🦉" * 2_000))))
    assert isinstance(last, Answer)
    assert (last.degraded, last.claims, llm.asked) == ("llm_unavailable", EXTRACTS.claims, [])


def test_nothing_left_means_the_extracts() -> None:
    claims, answer = _written(f"{FALSE} I can't help with that.")
    assert claims == []
    assert answer.claims == EXTRACTS.claims
    assert (answer.mode, answer.degraded, answer.removed) == ("extractive", "llm_unsupported", 2)


@pytest.mark.parametrize("reply", ["", "Sure!", "```"])
def test_a_reply_that_says_nothing_means_the_extracts(reply: str) -> None:
    _, answer = _written(reply)
    assert (answer.claims, answer.degraded, answer.removed) == (EXTRACTS.claims, "llm_unsupported", 0)


def test_a_reply_that_finds_nothing_abstains() -> None:
    _, answer = _written(NONE)
    assert (answer.status, answer.because, answer.claims) == ("abstained", "llm_found_none", ())
    assert (answer.mode, answer.degraded, answer.hits) == ("llm", None, HITS)
    assert answer.reason
    assert answer.reason.count(".") == 1


def test_beside_supported_sentences_that_remark_is_dropped() -> None:
    _, answer = _written(f"{COST} {NONE}")
    assert [claim.text for claim in answer.claims] == ["The bridge cost 24 million pounds to build."]
    assert (answer.status, answer.removed) == ("answered", 0)


def test_beside_unsupported_ones_it_does_not_abstain() -> None:
    _, answer = _written(f"{NONE} {FALSE}")
    assert (answer.status, answer.degraded) == ("answered", "llm_unsupported")


@pytest.mark.parametrize(
    ("error", "degraded"),
    [
        (LlmUnavailableError("x"), "llm_unavailable"),
        (LlmTimeoutError("x"), "llm_timeout"),
        (RuntimeError("what nobody foresaw"), "llm_unavailable"),
    ],
)
@pytest.mark.parametrize("before", ["", f"{COST} {SPAN} And so"])
def test_a_fault_at_any_point_means_the_extracts_alone(error: Exception, degraded: str, before: str) -> None:
    claims, answer = _written(before, error=error)
    assert len(claims) == (2 if before else 0)
    assert answer.claims == EXTRACTS.claims
    assert (answer.mode, answer.degraded, answer.status) == ("extractive", degraded, "answered")


def test_a_reply_that_stalls_is_given_up_at_the_deadline() -> None:
    claims, answer = _written(COST, None, within_s=0.4)
    assert len(claims) == 1
    assert (answer.claims, answer.degraded) == (EXTRACTS.claims, "llm_timeout")


def test_with_no_time_left_the_llm_is_not_waited_for() -> None:
    first, last = asyncio.run(_all(_desk(Saying([COST])), within_s=0))
    assert first == EXTRACTS
    assert isinstance(last, Answer)
    assert (last.degraded, last.claims) == ("llm_timeout", EXTRACTS.claims)


def test_an_abstention_stands_without_asking() -> None:
    llm = Saying([COST])
    refused = replace(EXTRACTS, status="abstained", claims=(), reason="No.", because="nothing_found")
    assert asyncio.run(_all(_desk(llm, first=refused))) == [refused, refused]
    assert llm.asked == []


def test_a_sentence_is_told_although_nothing_follows_it() -> None:
    async def first_claim() -> Claim:
        llm = Saying([COST, None])
        async with aclosing(write(_desk(llm), (), monotonic() + 20)) as coming:
            await anext(coming)
            found = await anext(coming)
        await _settled()
        assert llm.closed
        assert isinstance(found, Claim)
        return found

    assert asyncio.run(first_claim()).text == "The bridge cost 24 million pounds to build."


def test_who_is_cancelled_at_any_moment_closes_the_reply() -> None:
    async def scene(moment: float) -> Saying:
        llm = Saying([COST, None])
        asking = asyncio.create_task(_all(_desk(llm)))
        await llm.begun.wait()
        await asyncio.sleep(moment)
        asking.cancel()
        await _settled()
        assert asking.cancelled()
        return llm

    async def scenes() -> list[Saying]:
        return [await scene(moment / 1_000) for moment in range(40, 80)]  # about when it looks whether more has come

    assert all(llm.closed for llm in asyncio.run(scenes()))


def test_a_document_that_changed_cuts_the_sentence_and_makes_new_extracts() -> None:
    fresh = replace(EXTRACTS, claims=(_extract(HITS[1], 1),))
    desk = _desk(Saying([COST]), {"doc_heron.txt": HERON}, fresh)
    *claims, last = asyncio.run(_all(desk))
    assert claims == [EXTRACTS]
    assert isinstance(last, Answer)
    assert (last.claims, last.degraded, last.removed) == (fresh.claims, "llm_unsupported", 1)


def test_a_document_that_changes_after_its_sentence_was_told_leaves_the_answer() -> None:
    texts = dict(TEXTS)
    fresh = replace(EXTRACTS, claims=(_extract(HITS[1], 1),))

    async def scene() -> Answer:
        async with aclosing(write(_desk(Saying([COST, " ", SPAN]), texts, fresh), (), monotonic() + 20)) as coming:
            async for found in coming:
                if isinstance(found, Claim):
                    texts["doc_bridge.md"] = "It is gone."
        await _settled()
        assert isinstance(found, Answer)
        return found

    last = asyncio.run(scene())
    assert (last.mode, last.claims, last.degraded) == ("extractive", fresh.claims, "llm_unsupported")


def _changing(said: str, gone: Callable[[Claim], bool]) -> Answer:
    """The last answer where claims fall once all was told, and there is no room for new extracts."""
    seen: set[str] = set()

    async def extracts() -> Answer:
        if seen:
            raise RuntimeError("full")
        return EXTRACTS

    def standing(claim: Claim) -> Claim | None:
        told = claim.text in seen  # each is looked at as it is proved, and again at the end
        seen.add(claim.text)
        return None if told and gone(claim) else claim

    async def scene() -> Answer:
        desk = Desk(extracts, standing, Saying([said]), asyncio.to_thread)
        *_, last = await _all(desk)
        assert isinstance(last, Answer)
        return last

    return asyncio.run(scene())


@pytest.mark.parametrize("fallen", ["The bridge cost", "Its"])
def test_without_room_for_new_extracts_what_still_stands_is_the_answer(fallen: str) -> None:
    said = f"{COST} {SPAN} A heronry in Kent counted 160 nests in 2009 [2]."
    left = _changing(said, lambda claim: claim.text.startswith(fallen))
    assert left.removed == 2  # of the document that changed, which one of them may lean on
    assert [claim.text for claim in left.claims] == ["A heronry in Kent counted 160 nests in 2009."]
    assert [c.n for claim in left.claims for c in claim.citations] == [1]
    assert (left.mode, left.degraded, left.hits) == ("llm", None, HITS[1:])


def test_without_room_for_new_extracts_and_nothing_that_stands_it_abstains() -> None:
    left = _changing(COST, lambda _: True)
    assert (left.status, left.claims, left.degraded, left.mode) == ("abstained", (), "llm_unsupported", "extractive")
    assert left.reason
    assert all(hit.document.id != "doc_bridge.md" for hit in left.hits)


def test_a_follow_up_is_asked_as_it_was_understood() -> None:
    llm = Saying([COST])
    asyncio.run(
        _all(_desk(llm, first=replace(EXTRACTS, rewritten="What did the bridge cost?")), history=[Turn("user", "Hm?")])
    )
    (messages,) = llm.asked
    assert [message.role for message in messages] == ["system", "user"]
    assert "\n\nQuestion: What did the bridge cost?\n" in messages[1].content
    assert "Hm?" in messages[1].content


@pytest.mark.parametrize(
    ("said", "told"),
    [(f"Herons return to the same trees [2]. A heronry counted 160 nests [2]. {COST}", (3, 2)), (COST, None)],
)
def test_quotes_that_differ_are_told_where_the_llm_cites_both(said: str, told: tuple[int, int] | None) -> None:
    both = (_extract(HITS[0], 1), _extract(HITS[1], 2))
    draft = replace(EXTRACTS, claims=both, disagreement=Disagreement((1, 2), "figures"))
    *_, last = asyncio.run(_all(_desk(Saying([said]), first=draft)))
    assert isinstance(last, Answer)
    assert (last.disagreement and last.disagreement.citations) == told


# --- whatever it says

_BITS = st.sampled_from(
    [
        COST,
        SPAN,
        FALSE,
        NONE,
        "A heronry in Kent counted 160 nests in 2009. [2]",
        "![x](http://e.x/a)",
        "[bridge](http://e.x) ",
        "The bridge",
        " cost 24 million",
        *("Sure! ", "\n- ", " ", "[1]", "[", "]", "[9]", "<b>", ".", "\u202e", "1"),
    ]
)
_Fault = Literal["none", "unavailable", "timeout"]
_FAULTS: dict[_Fault, Callable[[], Exception | None]] = {
    "none": lambda: None,
    "unavailable": lambda: LlmUnavailableError("x"),
    "timeout": lambda: LlmTimeoutError("x"),
}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(_BITS, st.text(max_size=8)), max_size=12), st.sampled_from(list(_FAULTS)))
def test_whatever_is_said_in_whatever_pieces_every_marker_has_its_quote(pieces: list[str], fault: _Fault) -> None:
    claims, answer = _written(*pieces, error=_FAULTS[fault]())
    assert bool(answer.claims) != (answer.reason is not None)
    assert (answer.mode == "llm") == (answer.degraded is None)
    shown = answer.claims if answer.mode == "llm" else (*claims, *answer.claims)
    for claim in shown:
        assert claim.citations
        assert "http" not in claim.text
        for citation in claim.citations:
            assert TEXTS[citation.document_id][citation.start : citation.end] == citation.quote
    if answer.mode == "llm":
        assert tuple(claims) == answer.claims
        numbers = list(dict.fromkeys(c.n for claim in claims for c in claim.citations))
        assert numbers == list(range(1, len(numbers) + 1))
