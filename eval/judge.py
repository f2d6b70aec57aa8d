"""Judges one reply: what it is worth by each metric, and at which stage it failed."""

import re
from collections.abc import Sequence

from eval.excerpts import excerpts
from eval.gold import gold_places
from eval.metrics.answers import answer_hit, truthfulness
from eval.metrics.citations import citation_scores
from eval.metrics.evidence import Place, covered, evidence_scores
from eval.metrics.quotes import misquote
from eval.metrics.ranking import distinct, evidence_recall_at, ndcg_at, recall_at, reciprocal_rank
from eval.records import CheckedQuote, Example, GoldSpan, Placed, Quoted, Reply, Row, Stage
from eval.subject import Subject

ANSWER_BUDGET = 700
"""Characters of an answer, its markers aside, within which it has to be right."""
READ = 5
"""Passages that an answer is made of: what stands further down is ranked out."""
FOUND = 10
"""Passages within which retrieval has to find the answer."""
_ENOUGH = 0.5
"""Share of the gold evidence's characters from which it counts as held, where a set has no strings to look for."""

Gold = Sequence[Sequence[Place]]


def judge(example: Example, reply: Reply, subject: Subject) -> Row:
    """The reply's worth; what cannot be measured with what the subject gives is `None`."""
    gold = gold_places(example, subject.text)
    quotes = tuple(_checked(quote, subject, _sources(reply, example)) for quote in reply.quotes)
    right = _right(example, reply, quotes, gold, subject)
    scores: dict[str, float | None] = {
        **_answer_scores(example, reply, quotes, right),
        **_evidence_scores(example, reply, quotes, gold),
        **_citation_scores(reply, quotes),
        **_ranking_scores(example, reply, gold),
    }
    return Row(
        id=example.id,
        question=example.question,
        type=example.type,
        answerable=example.answerable,
        cluster=next(iter(example.gold_docs), example.id),
        history=example.history,
        answers=example.answers,
        status=reply.status,
        answer=reply.answer,
        confidence=reply.confidence,
        quotes=quotes,
        gold=_gold_spans(example, gold, quotes),
        scores=scores,
        failure=failure(example, reply, right, gold, subject),
        excerpts=excerpts(subject.text, quotes, gold),
    )


def failure(example: Example, reply: Reply, right: bool | None, gold: Gold, subject: Subject) -> Stage | None:
    """The first stage at which a wrong answer was lost; `None` for a right one, and where nothing can be said."""
    if example.answerable is False:
        return "wrongly answered" if reply.status == "answered" else None
    if right is None or (right and reply.status == "answered"):
        return None
    lost: dict[Stage, bool] = {
        "not indexed": _missing(example, gold, subject),
        "not retrieved": reply.retrieved is not None and not _holds(example, reply.retrieved[:FOUND], gold),
        "ranked out": reply.ranked is not None and not _holds(example, reply.ranked[:READ], gold),
        "wrongly abstained": reply.status == "abstained",
    }
    return next((stage for stage, here in lost.items() if here), "not extracted")


def said(reply: Reply) -> str:
    """The answer without its markers, up to the budget; nothing when it abstained."""
    if reply.status != "answered":
        return ""
    markers = "|".join(re.escape(f"[{quote.n}]") for quote in reply.quotes) or r"\[\d+\]"
    return re.sub(rf"\s?(?:{markers})", "", reply.answer)[:ANSWER_BUDGET]


def _right(example: Example, reply: Reply, quotes: Sequence[CheckedQuote], gold: Gold, subject: Subject) -> bool | None:
    """Whether an answerable question is answered rightly."""
    if reply.status == "failed" or not example.answerable:
        return None
    if example.must_include:
        return bool(answer_hit(example.must_include, said(reply)))
    if _unknown(example, subject):
        return None
    return reply.status == "answered" and _mostly(gold, _places(quotes))


def _holds(example: Example, passages: Sequence[Placed], gold: Gold) -> bool:
    if example.must_include:
        return bool(answer_hit(example.must_include, " ".join(passage.text for passage in passages)))
    return _mostly(gold, _placed(passages))


def _mostly(gold: Gold, places: Sequence[Place]) -> bool:
    return (evidence_scores(places, gold).recall or 0.0) >= _ENOUGH


def _missing(example: Example, gold: Gold, subject: Subject) -> bool:
    """Whether a piece of evidence, or a gold document, is nowhere in what can be searched."""
    if not example.evidence:
        return any(
            subject.holds(source, 0, 0) is False and subject.text(source) is None for source in example.gold_docs
        )
    return not _unknown(example, subject) and any(
        all(subject.holds(*place) is False for place in piece) for piece in gold
    )


def _unknown(example: Example, subject: Subject) -> bool:
    """Whether nothing is known of the documents that hold the evidence, as of a service that gives only words."""
    return all(subject.text(piece.doc) is None and subject.holds(piece.doc, 0, 0) is None for piece in example.evidence)


def _answer_scores(
    example: Example, reply: Reply, quotes: Sequence[CheckedQuote], right: bool | None
) -> dict[str, float | None]:
    failed = reply.status == "failed"
    answered = reply.status == "answered"
    judged = not failed and (example.answerable is False or right is not None)
    refused = None if failed else float(not answered)
    hit = answer_hit(example.must_include, said(reply)) if example.answerable and not failed else None
    return {
        "right": _number(right),
        "answer_hit": _number(hit),
        "answer_in_first_extract": _number(_first_holds(example, quotes)) if hit is not None else None,
        "answered_wrong": float(answered and not right) if judged else None,
        "false_refusals": refused if example.answerable else None,
        "right_refusals": refused if example.answerable is False else None,
        "truthfulness": _number(truthfulness(example.answerable, reply.status, right)),
        "quote_characters": float(sum(len(q.quote) for q in quotes)) if answered else None,
        "failed": float(failed),
    }


def _first_holds(example: Example, quotes: Sequence[CheckedQuote]) -> bool | None:
    return answer_hit(example.must_include, quotes[0].quote if quotes else "")


def _evidence_scores(
    example: Example, reply: Reply, quotes: Sequence[CheckedQuote], gold: Gold
) -> dict[str, float | None]:
    checked = [quote.verbatim for quote in quotes if quote.verbatim is not None]
    scores: dict[str, float | None] = {"quote_fidelity": sum(checked) / len(checked) if checked else None}
    known = bool(example.evidence) and all(gold) and bool(example.answerable) and reply.status != "failed"
    found = evidence_scores(_places(quotes), gold if known else [])
    return {
        **scores,
        "evidence_precision": found.precision,
        "evidence_recall": found.recall,
        "evidence_f1": found.f1,
    }


def _citation_scores(reply: Reply, quotes: Sequence[CheckedQuote]) -> dict[str, float | None]:
    hidden = not quotes and reply.ranked is None  # a system that has no field for citations
    if reply.status != "answered" or hidden or any(quote.verbatim is None for quote in quotes):
        return {"citation_precision": None, "citation_recall": None}
    found = citation_scores(reply.answer, {q.n: q.quote for q in quotes if q.verbatim})
    return {"citation_precision": found.precision, "citation_recall": found.recall}


def _ranking_scores(example: Example, reply: Reply, gold: Gold) -> dict[str, float | None]:
    scores: dict[str, float | None] = {
        f"{order}_{name}": None for order in ("retrieved", "ranked") for name in _RANKING_METRICS
    }
    in_top = None
    if reply.ranked is not None and example.answerable and (example.must_include or gold):
        in_top = _holds(example, reply.ranked[:READ], gold)
    if reply.retrieved is not None:
        # What an answer shows, and below it what retrieval found besides.
        places = {(p.source, p.start, p.end): p for p in (*reply.retrieved, *(reply.ranked or ()))}
        ranked = [
            places[key]
            for key in dict.fromkeys((p.source, p.start, p.end) for p in (*(reply.ranked or ()), *reply.retrieved))
        ]
        known = gold if gold and all(gold) else None
        scores |= _ordered("retrieved", reply.retrieved, example.gold_docs, known)
        scores |= _ordered("ranked", ranked, example.gold_docs, known)
    return {**scores, "answer_in_top_5": _number(in_top)}


_RANKING_METRICS = ("recall@1", "recall@5", "recall@10", "mrr", "ndcg@10", "evidence@5", "evidence@10")


def _ordered(
    order: str, passages: Sequence[Placed], relevant: dict[str, float], gold: Gold | None
) -> dict[str, float | None]:
    scores: dict[str, float | None] = {}
    if relevant:
        ranking = distinct(passage.source for passage in passages)
        scores = {f"{order}_recall@{k}": recall_at(ranking, relevant, k) for k in (1, 5, 10)}
        scores |= {
            f"{order}_mrr": reciprocal_rank(ranking, relevant),
            f"{order}_ndcg@10": ndcg_at(ranking, relevant, 10),
        }
    if gold:
        places = _placed(passages)
        scores |= {f"{order}_evidence@{k}": evidence_recall_at(places, gold, k) for k in (5, 10)}
    return scores


def _checked(quote: Quoted, subject: Subject, sources: Sequence[str]) -> CheckedQuote:
    text = subject.text(quote.source)
    others = [other for source in sources if source != quote.source and (other := subject.text(source)) is not None]
    if text is None and not others:
        return CheckedQuote(quote.n, quote.source, quote.start, quote.end, quote.quote, None)
    kind = misquote(quote.quote, quote.start, quote.end, text, others)
    return CheckedQuote(quote.n, quote.source, quote.start, quote.end, quote.quote, kind is None, kind)


def _sources(reply: Reply, example: Example) -> list[str]:
    """Documents in which a misquote could stand in truth: those that were found or asked about."""
    passages = (*(reply.ranked or ()), *(reply.retrieved or ()))
    return list(dict.fromkeys([*(p.source for p in passages), *example.gold_docs]))


def _gold_spans(example: Example, gold: Gold, quotes: Sequence[CheckedQuote]) -> tuple[GoldSpan, ...]:
    """Each piece of evidence where it stands; of several places the one that the quotes cover best."""
    spans = []
    for piece, places in zip(example.evidence, gold, strict=True):
        if not places:
            spans.append(GoldSpan(piece.doc, None, None, piece.quote))
            continue
        best = max(places, key=lambda place: covered([place], _places(quotes)))
        quote = next((one.quote for one in (piece, *piece.alternatives) if one.doc == best.source), piece.quote)
        spans.append(GoldSpan(best.source, best.start, best.end, quote))
    return tuple(spans)


def _places(quotes: Sequence[CheckedQuote]) -> list[Place]:
    return [Place(q.source, q.start, q.end) for q in quotes if q.start is not None and q.end is not None and q.verbatim]


def _placed(passages: Sequence[Placed]) -> list[Place]:
    return [Place(p.source, p.start, p.end) for p in passages if p.start is not None and p.end is not None]


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
