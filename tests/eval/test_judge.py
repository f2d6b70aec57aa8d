from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.judge import ANSWER_BUDGET, FOUND, READ, judge, said
from eval.over_http import ChatSubject, service_client
from eval.records import STAGES, Evidence, Example, Quoted, Reply
from tests.eval.shelf import Shelf, quoted, whole

NOTE = "The mole is 340 metres long. It was built of granite, as the survey [3] says, in 1811."
TEXTS = {"mole.txt": NOTE, **{f"tide{n}.txt": f"Tide {n} came in at noon and left." for n in range(12)}}
LENGTH = "The mole is 340 metres long."
BUILT = "It was built of granite, as the survey [3] says, in 1811."
LONG = Example(
    "q",
    "How long is the mole?",
    answerable=True,
    must_include=(("340 metres", "340 m."),),
    evidence=(Evidence("mole.txt", LENGTH),),
    gold_docs={"mole.txt": 1.0},
)
FREE = replace(LONG, must_include=())
"""Without strings to look for: judged by the evidence."""
ABSENT = Example("u", "Who painted the mole?", answerable=False)
SHELF = Shelf(TEXTS)


def answered(*quotes: Quoted, words: str | None = None) -> Reply:
    answer = " ".join(f"{q.quote} [{q.n}]" for q in quotes) if words is None else words
    passages = tuple(whole(TEXTS, source) for source in TEXTS)
    return Reply("q", "answered", answer, 0.9, quotes, passages, passages[:10])


# --- stages


@st.composite
def lost_replies(draw: st.DrawFn) -> tuple[Shelf, Reply, bool, int | None, int | None]:
    """A reply with whether its document is indexed, and at which place retrieval and ranking have it, if at all."""
    indexed = draw(st.booleans())
    others = [whole(TEXTS, source) for source in TEXTS if source != "mole.txt"]
    places = [draw(st.none() | st.integers(0, len(others))) for _ in range(2)]
    orders = [
        tuple(others if place is None else [*others[:place], whole(TEXTS, "mole.txt"), *others[place:]])
        for place in places
    ]
    quote = draw(st.sampled_from([(), (quoted(TEXTS, "mole.txt", BUILT),), (quoted(TEXTS, "mole.txt", LENGTH),)]))
    reply = replace(answered(*quote), retrieved=orders[0], ranked=orders[1])
    if not quote or draw(st.booleans()):
        reply = replace(reply, status="abstained")
    return Shelf(TEXTS, frozenset() if indexed else frozenset({"mole.txt"})), reply, indexed, places[0], places[1]


@given(lost_replies(), st.sampled_from([LONG, FREE]))
def test_each_failure_has_exactly_the_first_stage_that_lost_it(
    given_: tuple[Shelf, Reply, bool, int | None, int | None], example: Example
) -> None:
    shelf, reply, indexed, retrieved, ranked = given_
    row = judge(example, reply, shelf)

    lost = [
        not indexed,
        retrieved is None or retrieved >= FOUND,
        ranked is None or ranked >= READ,
        # Of what was read the answer was not taken, or nothing was.
        reply.status == "answered",
        reply.status == "abstained",
    ]
    right = reply.status == "answered" and reply.quotes[0].quote == LENGTH
    assert row.failure == (None if right else STAGES[lost.index(True)])
    assert row.scores["right"] == float(right)


@given(
    st.sampled_from([True, False, None]),
    st.sampled_from(["answered", "abstained", "failed"]),
    st.sampled_from(["340 metres [1]", "no idea", ""]),
    st.booleans(),
)
def test_a_question_fails_just_when_it_is_known_to_be_wrong(
    answerable: bool | None, status: str, words: str, known: bool
) -> None:
    example = replace(LONG, answerable=answerable) if known else replace(ABSENT, answerable=answerable)
    reply = Reply("q", status, words, 0.5)  # type: ignore[arg-type]
    row = judge(example, reply, SHELF)

    right = status == "answered" and "340" in words
    if answerable is False:
        assert row.failure == ("wrongly answered" if status == "answered" else None)
    elif not answerable or status == "failed" or not known:
        assert row.failure is None
    else:
        assert (row.failure is None) == right
    assert row.failure is None or row.failure in STAGES


def test_a_failed_reply_is_an_error_and_neither_right_nor_wrong() -> None:
    scores = judge(LONG, Reply("q", "failed", "503"), SHELF).scores
    assert scores["failed"] == 1
    assert {name for name, value in scores.items() if value is not None} == {"failed", "truthfulness"}
    assert scores["truthfulness"] == 0


def test_a_gold_document_that_is_not_there_is_not_indexed_where_a_set_names_only_documents() -> None:
    example = Example("q", "How long?", answerable=True, must_include=(("340",),), gold_docs={"pier.txt": 1.0})
    reply = answered(quoted(TEXTS, "mole.txt", BUILT))
    assert judge(example, reply, SHELF).failure == "not indexed"


# --- right or not


def test_strings_to_look_for_go_before_the_evidence() -> None:
    elsewhere = Example(
        "q", "How long?", answerable=True, must_include=(("1811",),), evidence=(Evidence("mole.txt", LENGTH),)
    )
    assert judge(elsewhere, answered(quoted(TEXTS, "mole.txt", BUILT)), SHELF).scores["right"] == 1
    assert judge(elsewhere, answered(quoted(TEXTS, "mole.txt", LENGTH)), SHELF).scores["right"] == 0


def test_every_group_needs_one_of_its_strings() -> None:
    both = replace(LONG, must_include=(("340 metres", "340 m."), ("1811",)))
    half = answered(quoted(TEXTS, "mole.txt", LENGTH))
    whole_ = answered(quoted(TEXTS, "mole.txt", LENGTH), quoted(TEXTS, "mole.txt", BUILT, 2))
    assert [judge(both, reply, SHELF).scores["answer_hit"] for reply in (half, whole_)] == [0, 1]


@pytest.mark.parametrize(("characters", "right"), [(13, 0), (14, 1)])
def test_without_strings_half_of_the_evidence_has_to_be_quoted(characters: int, right: float) -> None:
    assert len(LENGTH) == 28
    scores = judge(FREE, answered(quoted(TEXTS, "mole.txt", LENGTH[:characters])), SHELF).scores
    assert scores["right"] == right
    assert scores["answer_hit"] is None


def test_a_misquote_covers_no_evidence() -> None:
    good = quoted(TEXTS, "mole.txt", LENGTH)
    shifted = replace(good, start=1, end=len(LENGTH) + 1)
    assert judge(FREE, answered(good), SHELF).scores["right"] == 1
    assert judge(FREE, answered(shifted), SHELF).scores["right"] == 0


def test_an_abstention_is_not_right_whatever_its_words_are() -> None:
    scores = judge(LONG, replace(answered(words="It is 340 metres."), status="abstained"), SHELF).scores
    assert (scores["right"], scores["answered_wrong"], scores["truthfulness"]) == (0, 0, 0)


def test_of_an_unanswerable_question_only_refusing_is_judged() -> None:
    refused = judge(ABSENT, Reply("u", "abstained"), SHELF).scores
    told = judge(ABSENT, answered(quoted(TEXTS, "mole.txt", LENGTH)), SHELF).scores
    assert (refused["right_refusals"], refused["answered_wrong"], refused["truthfulness"]) == (1, 0, 1)
    assert (told["right_refusals"], told["answered_wrong"], told["truthfulness"]) == (0, 1, -1)
    assert told["right"] is told["answer_hit"] is told["false_refusals"] is told["evidence_f1"] is None


# --- the words of an answer


@pytest.mark.parametrize(("before", "right"), [(ANSWER_BUDGET - 10, 1), (ANSWER_BUDGET - 9, 0), (2000, 0)])
def test_an_answer_has_to_be_right_within_its_budget(before: int, right: float) -> None:
    words = "x" * before + "340 metres"
    assert judge(LONG, answered(words=words), SHELF).scores["right"] == right


def test_markers_do_not_count_towards_the_budget() -> None:
    filler = Quoted(1, "tide1.txt", "d", 0, 1, "x")
    reply = answered(filler, words="x [1]" * (ANSWER_BUDGET - 10) + "340 metres")
    assert said(reply) == "x" * (ANSWER_BUDGET - 10) + "340 metres"
    assert judge(LONG, reply, SHELF).scores["right"] == 1


def test_a_number_in_brackets_that_stands_in_the_document_is_no_marker() -> None:
    reply = answered(quoted(TEXTS, "mole.txt", BUILT))
    assert said(reply) == BUILT
    surveyed = replace(LONG, must_include=(("the survey [3] says",),))
    row = judge(surveyed, reply, SHELF)
    assert row.scores["right"] == row.scores["citation_precision"] == row.scores["citation_recall"] == 1


def test_an_answer_without_quotes_loses_all_that_looks_like_a_marker() -> None:
    assert said(Reply("q", "answered", "It is 340 [1] metres [12].")) == "It is 340 metres."


def test_an_abstention_says_nothing() -> None:
    assert said(Reply("q", "abstained", "It is 340 metres.")) == ""


# --- what cannot be measured


def test_of_a_service_that_gives_only_words_all_else_is_unmeasured() -> None:
    with service_client("http://127.0.0.1:1/v1", None) as client:
        subject = ChatSubject(client, "m")
        good = judge(LONG, Reply("q", "answered", "It is 340 metres long [1]."), subject)
        bad = judge(LONG, Reply("q", "answered", "It is 350 metres long [1]."), subject)
        free = judge(FREE, Reply("q", "answered", "It is 340 metres long [1]."), subject)
        absent = judge(ABSENT, Reply("u", "answered", "Ada painted it."), subject)

    measured = {name for name, value in good.scores.items() if value is not None}
    assert measured >= {"right", "answer_hit", "answered_wrong", "false_refusals", "truthfulness", "failed"}
    unmeasured = [name for name in good.scores if name.startswith(("retrieved_", "ranked_", "evidence_"))]
    assert len(unmeasured) == 17
    assert {good.scores[name] for name in [*unmeasured, "quote_fidelity", "answer_in_top_5"]} == {None}
    assert (good.failure, bad.failure, absent.failure) == (None, "not extracted", "wrongly answered")
    assert free.scores["right"] is None
    assert free.failure is None
    assert good.confidence is None


def test_quotes_of_a_document_that_cannot_be_had_are_unmeasured() -> None:
    away = Shelf({})
    row = judge(LONG, answered(quoted(TEXTS, "mole.txt", LENGTH)), away)
    assert row.quotes[0].verbatim is None
    assert row.scores["quote_fidelity"] is row.scores["citation_recall"] is row.scores["evidence_f1"] is None


def test_a_ranking_set_says_nothing_of_answers() -> None:
    row = judge(Example("q", "mole", gold_docs={"mole.txt": 2.0}), answered(quoted(TEXTS, "mole.txt", LENGTH)), SHELF)
    assert row.scores["retrieved_ndcg@10"] == row.scores["retrieved_mrr"] == 1
    assert row.scores["right"] is row.scores["answered_wrong"] is row.scores["truthfulness"] is None
    assert row.failure is None
