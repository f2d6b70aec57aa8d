from rag.compose import MOST_CHARACTERS, MOST_EXTRACTS, MOST_FOR_SEVERAL, abstain, choose, compose
from rag.records import Answer, Hit
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
