from rag.bridge import BROUGHT, KEPT, Second, bridged, second_searches
from rag.records import Hit
from tests.rag.hits import hit, ranked

QUERY = "Where was the designer of the Ferry Bell born?"
DESIGNED = "The Ferry Bell was designed by Mara Quill."
FIRST = [hit(f"Gulls watch buoy {n} all day long.", f"{n}.txt", score=1 - n / 100, dense=0.5) for n in range(12)]
QUILL = hit("Mara Quill was born in a lighthouse.", "quill.txt", score=0.9, dense=0.4)
SECOND = Second("Mara Quill born?", frozenset(("mara", "quill")), frozenset(("born",)))


def sources(hits: list[Hit]) -> list[str]:
    return [found.document.source for found in hits]


def test_the_second_search_asks_for_new_names_with_the_words_left_open() -> None:
    (second,) = second_searches(QUERY, [ranked(hit(DESIGNED))])

    assert second.query == "Mara Quill born?"
    assert second.names == {"mara", "quill"}
    assert "born" in second.left
    assert "bell" not in second.left


def test_no_second_search_without_a_new_name_or_a_word_left_open() -> None:
    assert second_searches(QUERY, [ranked(hit("The Ferry Bell is loud."))]) == []
    assert second_searches("Who is Mara Quill?", [ranked(hit("I met Mara Quill in Ryde."))]) == []
    assert second_searches(QUERY, []) == []


def test_what_it_finds_comes_after_the_first_hits_and_the_others_follow() -> None:
    found = bridged(FIRST, [(SECOND, [QUILL])])

    assert sources(found) == [*sources(FIRST[:KEPT]), "quill.txt", *sources(FIRST[KEPT:])]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert (found[KEPT].scores.dense, found[KEPT].scores.lexical) == (0.4, None)


def test_what_was_found_before_is_there_once() -> None:
    quill_last = [*FIRST[:11], QUILL]
    quill_first = [QUILL, *FIRST[:11]]

    assert sources(bridged(quill_last, [(SECOND, [QUILL])]))[KEPT] == "quill.txt"
    assert len(bridged(quill_last, [(SECOND, [QUILL])])) == 12
    assert bridged(quill_first, [(SECOND, [QUILL])]) == quill_first


def test_a_hit_without_the_name_or_without_an_open_word_is_not_brought() -> None:
    named = hit("Mara Quill rings it.", "named.txt")
    born = hit("Gulls are born blind.", "born.txt")

    assert bridged(FIRST, [(SECOND, [named, born])]) == FIRST


def test_of_many_the_first_of_each_search_are_brought() -> None:
    many = [hit(f"Mara Quill was born on quay {n}.", f"q{n}.txt") for n in range(4)]
    others = [hit(f"Mara Quill, born in May, has {n} oars.", f"o{n}.txt") for n in range(4)]

    found = bridged(FIRST, [(SECOND, many), (SECOND, others)])

    assert sources(found)[KEPT : KEPT + BROUGHT] == ["q0.txt", "o0.txt"]
    assert sources(found)[KEPT + BROUGHT] == FIRST[KEPT].document.source
