import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.evidence import EvidenceScores, Place, covered, evidence_scores, half_covered, union

A = Place("a.txt", 0, 100)


def test_scores_of_one_piece_are_the_shares_of_characters() -> None:
    # 30 of the 50 quoted characters are gold, and 30 of the 100 gold ones are quoted.
    scores = evidence_scores([Place("a.txt", 70, 120)], [[A]])

    assert scores.precision == pytest.approx(0.6)
    assert scores.recall == pytest.approx(0.3)
    assert scores.f1 == pytest.approx(0.4)


def test_each_piece_weighs_the_same_however_long_it_is() -> None:
    assert evidence_scores([Place("a.txt", 500, 510)], [[A], [Place("a.txt", 500, 510)]]).recall == 0.5


def test_of_alternatives_the_best_covered_counts_and_all_are_relevant() -> None:
    gold = [[A, Place("b.txt", 40, 60)]]

    assert evidence_scores([Place("b.txt", 40, 60)], gold) == EvidenceScores(1, 1, 1)
    half = evidence_scores([Place("b.txt", 40, 50), Place("a.txt", 90, 100)], gold)
    assert (half.precision, half.recall, half.f1) == pytest.approx((1, 0.5, 2 / 3))


def test_what_is_quoted_twice_counts_once() -> None:
    twice = [Place("a.txt", 50, 150), Place("a.txt", 100, 150), Place("a.txt", 50, 150)]

    assert evidence_scores(twice, [[A]]) == EvidenceScores(0.5, 0.5, 0.5)


def test_offsets_of_another_document_do_not_count() -> None:
    assert evidence_scores([Place("b.txt", 0, 100)], [[A]]) == EvidenceScores(0, 0, 0)


def test_without_gold_nothing_is_measured() -> None:
    assert evidence_scores([A], []) == EvidenceScores(None, None, None)
    assert half_covered([], [A]) is None


@pytest.mark.parametrize("quotes", [[], [Place("a.txt", 5, 5)]])
def test_without_quotes_there_is_no_precision(quotes: list[Place]) -> None:
    assert evidence_scores(quotes, [[A]]) == EvidenceScores(None, 0, 0)


def test_a_piece_that_no_document_holds_is_not_covered() -> None:
    assert covered([], [A]) == 0
    assert covered([Place("a.txt", 7, 7)], [A]) == 0
    assert evidence_scores([A], [[A], []]).recall == 0.5


def test_adjacent_places_cover_a_piece_together() -> None:
    assert covered([A], [Place("a.txt", 0, 60), Place("a.txt", 60, 90)]) == 0.9
    assert union([Place("a.txt", 60, 90), Place("a.txt", 0, 60), Place("b.txt", 3, 3)]) == {"a.txt": [(0, 90)]}


def test_half_of_a_piece_is_enough_to_have_found_it() -> None:
    assert half_covered([[A]], [Place("a.txt", 50, 300)]) == 1
    assert half_covered([[A]], [Place("a.txt", 51, 300)]) == 0
    assert half_covered([[A], [Place("b.txt", 0, 9)]], [Place("a.txt", 0, 300)]) == 0.5


PLACE = st.builds(
    lambda source, start, size: Place(source, start, start + size),
    st.sampled_from("ab"),
    st.integers(0, 40),
    st.integers(0, 20),
)
QUOTES = st.lists(PLACE, max_size=5)
GOLD = st.lists(st.lists(PLACE, min_size=1, max_size=3), max_size=4)


def characters(places: list[Place]) -> set[tuple[str, int]]:
    return {(place.source, at) for place in places for at in range(place.start, place.end)}


@given(quotes=QUOTES, gold=GOLD.filter(bool))
def test_any_scores_are_those_of_sets_of_characters(quotes: list[Place], gold: list[list[Place]]) -> None:
    quoted, relevant = characters(quotes), characters([place for item in gold for place in item])
    shares = [
        max((len(characters([p]) & quoted) / len(characters([p])) for p in item if p.start < p.end), default=0)
        for item in gold
    ]

    scores = evidence_scores(quotes, gold)

    assert scores.recall == pytest.approx(sum(shares) / len(gold))
    assert scores.precision == (pytest.approx(len(quoted & relevant) / len(quoted)) if quoted else None)


@given(quotes=QUOTES, gold=GOLD)
def test_any_scores_are_within_zero_and_one(quotes: list[Place], gold: list[list[Place]]) -> None:
    scores = evidence_scores(quotes, gold)

    assert all(score is None or 0 <= score <= 1 for score in (scores.precision, scores.recall, scores.f1))


@given(gold=st.lists(PLACE.filter(lambda place: place.start < place.end), min_size=1, max_size=5))
def test_whoever_quotes_the_gold_scores_one(gold: list[Place]) -> None:
    assert evidence_scores(gold, [[place] for place in gold]) == EvidenceScores(1, 1, 1)


@given(quotes=QUOTES, gold=GOLD.filter(bool), alternative=PLACE, at=st.integers(0, 3))
def test_an_alternative_never_hurts(quotes: list[Place], gold: list[list[Place]], alternative: Place, at: int) -> None:
    more = [[*item, alternative] if i == at % len(gold) else item for i, item in enumerate(gold)]
    before, after = evidence_scores(quotes, gold), evidence_scores(quotes, more)

    for name in ("precision", "recall", "f1"):
        score = getattr(before, name)
        assert score is None or getattr(after, name) >= score - 1e-12
