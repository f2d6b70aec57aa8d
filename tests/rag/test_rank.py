from math import log

from rag.rank import PASSAGES_READ, rank
from tests.rag.hits import hit

RARITY = {"ferri": log(9), "dredg": log(40), "cost": log(4)}


def test_sentences_of_the_hits_are_ranked_best_first() -> None:
    made = rank([hit("Gulls sleep on the quay. The ferry is late again.", cosines=(0.1, 0.7))], RARITY)

    assert [sentence.text for sentence in made] == ["The ferry is late again.", "Gulls sleep on the quay."]
    assert [sentence.score for sentence in made] == sorted((s.score for s in made), reverse=True)


def test_a_sentence_that_holds_the_questions_words_beats_one_that_does_not() -> None:
    made = rank([hit("Something was paid somewhere. The dredging cost a fortune.")], RARITY)

    assert made[0].text == "The dredging cost a fortune."
    assert made[0].coverage > made[1].coverage == 0


def test_a_rare_word_counts_for_more_than_a_common_one() -> None:
    made = rank([hit("It was the cost of everything. It was dredging for everyone.")], RARITY)

    assert "dredging" in made[0].text


def test_words_of_the_headings_speak_for_a_sentence_below_them() -> None:
    plain = hit("The bill came in late autumn.", "plain.txt")
    headed = hit("The bill came in late autumn.", "headed.txt", heading=("What dredging costs",))

    assert rank([plain, headed], RARITY)[0].hit is headed


def test_spans_are_those_of_the_document() -> None:
    (made,) = rank([hit("The ferry is late again.", start=500)], RARITY)

    assert (made.span.start, made.span.end) == (500, 524)


def test_labels_headings_and_numbers_do_not_answer() -> None:
    text = (
        "12\n\nPage 3 of 9\n\nWhat dredging costs\n\nA\u200bb\u200bc\u200bd\u200be\u200bf.\n\nThe ferry is late again."
    )

    made = rank([hit(text, heading=("What dredging costs",))], RARITY)

    assert [sentence.text for sentence in made] == ["The ferry is late again."]


def test_equal_scores_stand_in_order_of_hits_and_text() -> None:
    twice = [hit("The ferry is late today. The ferry is late today.", name) for name in ("b.txt", "a.txt")]

    made = rank(twice, RARITY)

    assert [(s.hit.document.source, s.span.start) for s in made] == [
        ("b.txt", 0),
        ("b.txt", 25),
        ("a.txt", 0),
        ("a.txt", 25),
    ]


def test_only_the_best_passages_are_read() -> None:
    made = rank([hit(f"The ferry number {n} is late again.", f"{n}.txt") for n in range(20)], RARITY)

    assert {s.hit.document.source for s in made} == {f"{n}.txt" for n in range(PASSAGES_READ)}


def test_a_question_without_known_words_is_ranked_by_cosine() -> None:
    made = rank([hit("The first sentence here. The second sentence here.", cosines=(0.2, 0.4))], {})

    assert [s.cosine for s in made] == [0.4, 0.2]


def test_no_hits_rank_to_nothing() -> None:
    assert rank([], RARITY) == []
