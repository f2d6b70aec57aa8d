"""A healthy subject on the real pipeline, questions that it answers without a fault, and defects to put into it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eval.examples import Dataset
from eval.records import Evidence, Example, Placed, Quoted, Reply, System
from eval.subject import Subject
from tests.rag.fakes import write_notes

TIDES = 12
"""Notes about something else, so that what is ranked last is out of the first ten."""
_ANSWERABLE = (
    ("When does the ferry leave the harbour?", "nine", "ferry.txt", "The ferry leaves the harbour at nine."),
    ("What does lantern oil cost a litre?", "four crowns", "lantern.txt", "Lantern oil costs four crowns a litre."),
    ("When was the channel dredged?", "2016/17", "dredging.md", "The channel was dredged in 2016/17."),
    (
        "Who says that red paint keeps worms away?",
        "the boatyard",
        "boats/paint.txt",
        "Red paint keeps worms away, says the boatyard.",
    ),
    ("When was the fog bell cast?", "1788", "boats/bell.md", "The fog bell was cast in 1788 and cracked in 1902."),
    (
        "How often do volunteers splice rope?",
        "twice a year",
        "boats/rope.txt",
        "Volunteers splice new rope twice a year.",
    ),
)
_UNANSWERABLE = (
    "Is there a kraken?",
    "Who is the mayor of Paris?",
    "Which rivers cross Brazil?",
    "Who won the chess olympiad?",
    "How tall is Everest?",
    "Which planet spins fastest?",
)
QUESTIONS = Dataset(
    "planted",
    "0" * 64,
    (
        *(
            Example(f"a{n}", question, "fact", True, (answer,), ((answer,),), (Evidence(doc, quote),), {doc: 1.0})
            for n, (question, answer, doc, quote) in enumerate(_ANSWERABLE)
        ),
        *(Example(f"u{n}", question, "absent", False) for n, question in enumerate(_UNANSWERABLE)),
    ),
)
"""Six that the notes answer, each from another note, and six that they do not: as many as the exact test needs."""

Spoil = Callable[[Example, Reply], Reply]


def write_documents(folder: Path) -> Path:
    write_notes(folder)
    for n in range(TIDES):
        text = f"Tide table {n}. High water stood at {n + 3} feet by the old gauge on day {n}."
        (folder / f"tides{n}.txt").write_text(text, "utf-8")
    return folder


@dataclass(frozen=True, slots=True)
class Planted:
    """A subject with a defect in what it says."""

    subject: Subject
    spoil: Spoil

    def system(self) -> System:
        return self.subject.system()

    def reply(self, example: Example, alone: bool = False) -> Reply:
        return self.spoil(example, self.subject.reply(example, alone))

    def text(self, source: str) -> str | None:
        return self.subject.text(source)

    def holds(self, source: str, start: int, end: int) -> bool | None:
        return self.subject.holds(source, start, end)


# --- quotes


def quotes(change: Callable[[Quoted, Reply], Quoted]) -> Spoil:
    """Each quote changed, and with it the words of the answer."""

    def spoil(_: Example, reply: Reply) -> Reply:
        changed = tuple(change(quote, reply) for quote in reply.quotes)
        answer = reply.answer
        for before, after in zip(reply.quotes, changed, strict=True):
            answer = answer.replace(before.quote, after.quote)
        return replace(reply, quotes=changed, answer=answer)

    return spoil


def moved(by: int) -> Spoil:
    """Offsets as in a text that began with so many characters more."""
    return quotes(lambda quote, _: replace(quote, start=(quote.start or 0) + by, end=(quote.end or 0) + by))


def invented(quote: Quoted, _: Reply) -> Quoted:
    return replace(quote, quote=f"{quote.quote[:-1]} or so the harbour cat maintains.")


def joined(quote: Quoted, reply: Reply) -> Quoted:
    return replace(quote, quote=f"{quote.quote} {_elsewhere(quote, reply).text.strip()}")


def attributed_to_another(quote: Quoted, reply: Reply) -> Quoted:
    return replace(quote, source=_elsewhere(quote, reply).source)


def cut_in_a_word(quote: Quoted, _: Reply) -> Quoted:
    return replace(quote, quote=quote.quote[2:])


def _elsewhere(quote: Quoted, reply: Reply) -> Placed:
    """The best passage of another document."""
    return next(passage for passage in reply.ranked or () if passage.source != quote.source)


# --- ranking


def answered_from(reply: Reply, passages: Sequence[Placed]) -> Reply:
    """What a composer says that quotes the first passage whole; an abstention stays one."""
    if reply.status == "abstained":
        return reply
    first = passages[0]
    return replace(
        reply,
        status="answered",
        answer=f"{first.text} [1]",
        quotes=(Quoted(1, first.source, "doc", first.start, first.end, first.text),),
    )


def retrieved_in_reverse(_: Example, reply: Reply) -> Reply:
    passages = (reply.retrieved or ())[::-1]
    return answered_from(replace(reply, retrieved=passages, ranked=passages[:10]), passages)


def gold_never_retrieved(example: Example, reply: Reply) -> Reply:
    passages = tuple(p for p in reply.retrieved or () if p.source not in example.gold_docs)
    return answered_from(replace(reply, retrieved=passages, ranked=passages[:10]), passages)


def ranked_in_reverse(_: Example, reply: Reply) -> Reply:
    passages = (reply.ranked or ())[::-1]
    return answered_from(replace(reply, ranked=passages), passages)


def the_wrong_extract(_: Example, reply: Reply) -> Reply:
    return answered_from(reply, (reply.ranked or ())[1:])


# --- answering and abstaining


def answers_everything(_: Example, reply: Reply) -> Reply:
    return answered_from(replace(reply, status="answered"), reply.ranked or ()) if not reply.quotes else reply


def refuses_everything(_: Example, reply: Reply) -> Reply:
    return replace(reply, status="abstained", answer="The documents do not hold the answer.", quotes=())


def confidence_reversed(_: Example, reply: Reply) -> Reply:
    return replace(reply, confidence=1 - (reply.confidence or 0.0))


def marker_that_leads_nowhere(_: Example, reply: Reply) -> Reply:
    return replace(reply, answer=reply.answer.replace("[1]", "[9]"))


def marker_too_many(_: Example, reply: Reply) -> Reply:
    return replace(reply, answer=reply.answer.replace("[1]", "[1][9]"))


def no_citation(_: Example, reply: Reply) -> Reply:
    return replace(reply, quotes=())
