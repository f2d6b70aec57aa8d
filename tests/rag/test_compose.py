from dataclasses import replace

from rag.compose import MOST_CHARACTERS, MOST_EXTRACTS, MOST_FOR_SEVERAL, abstain, choose, compose
from rag.records import Answer, Disagreement, Hit
from tests.rag.hits import hit, ranked

QUESTION = "When does the ferry leave the harbour?"
RARITY = {"ferri": 2.0, "leav": 1.0, "harbour": 1.5}
FERRY = hit("The ferry leaves at nine. It returns from the islands at dusk.", "ferry.txt", 100, cosines=(0.8, 0.4))
QUAY = hit("Gulls watch the harbour all day long.", "quay.txt", cosines=(0.5,))


def answered(*parts: tuple[Hit, int, float]) -> Answer:
    made = [ranked(found, number, score) for found, number, score in parts]
    return compose(QUESTION, list(dict.fromkeys(found for found, _, _ in parts)), made, RARITY)


def test_an_answer_is_made_of_verbatim_extracts_each_with_its_citation() -> None:
    answer = answered((FERRY, 0, 1.5))

    (claim,) = answer.claims
    (citation,) = claim.citations
    assert answer.status == "answered"
    assert answer.reason is None
    assert claim.text == citation.quote == "The ferry leaves at nine."
    assert claim.support == 1
    assert (citation.n, citation.start, citation.end) == (1, 100, 125)
    assert (citation.document_id, citation.source, citation.page) == ("doc_ferry.txt", "ferry.txt", 3)
    assert (citation.author, citation.date) == ("Ada", "2020")


def test_the_best_extract_comes_first_and_is_number_one() -> None:
    answer = answered((FERRY, 0, 1.2), (QUAY, 0, 1.4))

    assert [(c.n, c.source) for claim in answer.claims for c in claim.citations] == [(1, "quay.txt"), (2, "ferry.txt")]


def test_sentences_that_follow_each_other_become_one_extract() -> None:
    answer = answered((FERRY, 1, 1.5), (FERRY, 0, 1.4))

    assert [claim.text for claim in answer.claims] == [FERRY.passage.text]


def test_sentences_with_another_between_them_stay_two() -> None:
    three = hit("The ferry leaves at nine. Gulls follow it. The harbour is then empty until noon.", "three.txt")

    answer = answered((three, 2, 1.4), (three, 0, 1.5))

    assert [claim.text for claim in answer.claims] == [
        "The ferry leaves at nine.",
        "The harbour is then empty until noon.",
    ]


def test_nothing_ranked_abstains_in_one_sentence_with_the_nearest_passages() -> None:
    answer = compose(QUESTION, [QUAY], [], RARITY)

    assert (answer.status, answer.claims, answer.hits, answer.confidence) == ("abstained", (), (QUAY,), 0)
    assert answer.reason
    assert answer.reason.count(".") == 1


def test_a_question_far_from_everything_abstains() -> None:
    far = hit("Gulls watch the harbour all day long.", cosines=(-0.1,), dense=-0.1)

    assert compose(QUESTION, [far], [ranked(far, 0, 0.1)], RARITY).status == "abstained"


def test_confidence_grows_with_the_likeness_of_the_best_sentence() -> None:
    near, far = (hit("The ferry leaves at nine.", cosines=(c,), dense=c) for c in (0.9, 0.4))

    sure, unsure = (compose(QUESTION, [h], [ranked(h)], RARITY).confidence for h in (near, far))

    assert 0 <= unsure < sure <= 1


def test_no_more_is_chosen_than_an_answer_holds() -> None:
    names = ("gulls", "ropes", "buoys", "lamps", "nets", "oars", "sails", "masts")
    many = [ranked(hit(f"There are {n} here, as anyone can see {n * 2}."), score=1.0) for n in names]

    assert len(choose(QUESTION, many, {})) == MOST_EXTRACTS
    assert len(choose("Which three things are on the quay, and who owns them?", many, {})) == MOST_FOR_SEVERAL


def test_the_quotes_together_keep_to_their_length_but_the_best_is_always_there() -> None:
    long = [ranked(hit(f"{word} " * 80), score=1.0) for word in ("gulls", "ropes", "buoys")]
    longest = ranked(hit("lamps " * 400), score=2.0)

    assert sum(len(s.text) for s in choose(QUESTION, long, {})) <= MOST_CHARACTERS
    assert choose(QUESTION, [longest, *long], {}) == [longest]


def test_sentences_far_below_the_best_are_left_out() -> None:
    best, poor = ranked(FERRY, 0, 2.0), ranked(QUAY, 0, 0.2)

    assert choose(QUESTION, [best, poor], RARITY) == [best]


def test_the_same_thing_is_not_said_twice() -> None:
    again = hit("The ferry leaves at nine!", "copy.txt")

    assert len(choose(QUESTION, [ranked(FERRY, 0, 1.0), ranked(again, 0, 0.99)], RARITY)) == 1


def test_a_sentence_that_covers_more_of_the_question_is_brought_forward() -> None:
    parts = [
        "The ferry leaves before the gulls wake.",
        "A ferry that leaves is a good ferry.",
        "The harbour office opens at six.",
    ]
    first, again, new = (ranked(hit(text), score=score) for text, score in zip(parts, (1.0, 0.9, 0.85), strict=True))

    assert choose(QUESTION, [first, again, new], RARITY)[1] is new


def test_an_abstention_keeps_the_hits_and_says_why_in_a_word_and_in_a_sentence() -> None:
    answer = abstain(QUESTION, [FERRY], 0.1, "nothing_found")

    assert (answer.status, answer.claims, answer.because) == ("abstained", (), "nothing_found")
    assert (answer.question, answer.hits, answer.confidence) == (QUESTION, (FERRY,), 0.1)
    assert answer.reason == "The documents hold nothing on this question."


def dated(text: str, source: str, date: str | None) -> Hit:
    found = hit(text, source, cosines=(0.8,))
    return replace(found, section=replace(found.section, author=f"the author of {source}", date=date))


def disagreeing(*texts: str, dates: tuple[str | None, str | None] = ("2021", "2020-03")) -> Answer:
    question = "How many lamps has the pier?"
    filler = [hit(text, f"{n}.txt", cosines=(0.7,)) for n, text in enumerate(texts)]
    sides = [dated("The pier has 46 lamps.", "one.txt", dates[0]), dated("The pier has 31 lamps.", "two.txt", dates[1])]
    hits = [sides[0], *filler, sides[1]]
    made = [ranked(found, 0, 0.9 - n / 100) for n, found in enumerate(hits)]
    return compose(question, hits, made, {"mani": 0.1, "lamp": 2.0, "pier": 1.0})


def test_both_sides_of_a_disagreement_are_quoted_first_the_earlier_before_the_later() -> None:
    answer = disagreeing(*(f"A pier with lamps is a fine {thing} to see." for thing in ("sight", "place", "spot")))

    cited = [citation for claim in answer.claims for citation in claim.citations]
    assert answer.disagreement == Disagreement((1, 2), "figures")
    assert [(c.source, c.author, c.date) for c in cited[:2]] == [
        ("two.txt", "the author of two.txt", "2020-03"),
        ("one.txt", "the author of one.txt", "2021"),
    ]
    assert len(cited) == MOST_EXTRACTS


def test_without_dates_they_stand_in_order_of_score() -> None:
    answer = disagreeing("A pier with lamps is a fine sight.", dates=("2021", None))

    numbers = {c.source: c.n for claim in answer.claims for c in claim.citations}
    assert answer.disagreement == Disagreement((numbers["one.txt"], numbers["two.txt"]), "figures")
    assert numbers["one.txt"] == 1


def test_sides_that_are_too_long_together_are_not_told_apart() -> None:
    tail = "; the anglers " + "talk and " * 40 + "sing."
    long = [hit(f"The pier has {n} lamps{tail}", f"{n}.txt", cosines=(0.8,)) for n in (46, 31)]

    answer = compose("How many lamps has the pier?", long, [ranked(one) for one in long], {"lamp": 2.0, "pier": 1.0})

    assert (answer.status, answer.disagreement) == ("answered", None)


def test_a_question_that_takes_for_granted_what_is_denied_is_refused_and_told_why() -> None:
    question = "Why did the council accept the plan for the pier?"
    against = hit("The council rejected the plan for the pier.", cosines=(0.9,))
    made = [ranked(against, 0, 0.9)]

    answer = compose(question, [against], made, {"council": 1.0, "accept": 1.0, "plan": 1.0, "pier": 1.0})
    neutral = compose("Why did the council see the plan for the pier?", [against], made, {"council": 1.0})

    assert (answer.status, answer.because, answer.claims) == ("abstained", "false_premise", ())
    assert answer.reason is not None
    assert 'they say "rejected" where the question says "accept"' in answer.reason
    assert neutral.status == "answered"
    assert 0 < answer.confidence < neutral.confidence / 10


def test_a_least_confidence_of_nothing_answers_a_denied_question_too() -> None:
    against = hit("The council rejected the plan for the pier.", cosines=(0.9,))

    answer = compose("Why did the council accept the plan for the pier?", [against], [ranked(against)], {}, 0.0)

    assert answer.status == "answered"
