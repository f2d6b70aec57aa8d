from math import log2
from random import Random

import pytest
import pytrec_eval
from sklearn.metrics import ndcg_score  # type: ignore[import-untyped]

from eval.metrics.evidence import Place
from eval.metrics.ranking import distinct, evidence_recall_at, ndcg_at, recall_at, reciprocal_rank

# The gains of the worked example of Järvelin and Kekäläinen (2002), section 2.1, of documents ranked d1 to d10.
GAINS = (3, 2, 3, 0, 0, 1, 2, 2, 3, 0)
RANKING = [f"d{n}" for n in range(1, 11)]


def test_the_ranking_of_documents_keeps_first_occurrences() -> None:
    assert distinct(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]


def test_ndcg_of_the_gains_of_jarvelin_and_kekalainen_with_the_discount_of_trec_eval() -> None:
    relevant = dict(zip(RANKING, map(float, GAINS), strict=True))
    gained = 3 + 2 / log2(3) + 3 / log2(4) + 1 / log2(7) + 2 / log2(8) + 2 / log2(9) + 3 / log2(10)
    best = 3 + 3 / log2(3) + 3 / log2(4) + 2 / log2(5) + 2 / log2(6) + 2 / log2(7) + 1 / log2(8)

    assert ndcg_at(RANKING, relevant, 10) == pytest.approx(gained / best)


def test_ndcg_of_the_example_that_textbooks_give() -> None:
    # Gains 3, 2, 3, 0, 1, 2: DCG 6.861, of the best order 7.141, so 0.961.
    relevant = {"d1": 3.0, "d2": 2.0, "d3": 3.0, "d4": 0.0, "d5": 1.0, "d6": 2.0}

    assert ndcg_at(RANKING[:6], relevant, 6) == pytest.approx(6.861 / 7.141, abs=5e-5)


def test_reciprocal_rank_of_the_first_relevant_document() -> None:
    assert reciprocal_rank(["a", "b", "c"], {"b": 1, "c": 2}) == 0.5
    assert reciprocal_rank(["a", "b", "c"], {"a": 1}) == 1
    assert reciprocal_rank(["a", "b"], {"z": 1}) == 0


def test_recall_is_of_all_that_is_relevant() -> None:
    relevant = {"a": 1.0, "c": 2.0, "z": 1.0, "b": 0.0}

    assert [recall_at(["a", "b", "c"], relevant, k) for k in (1, 2, 3, 10)] == pytest.approx(
        [1 / 3, 1 / 3, 2 / 3, 2 / 3]
    )


def test_an_empty_ranking_finds_nothing() -> None:
    assert recall_at([], {"a": 1}, 5) == 0
    assert reciprocal_rank([], {"a": 1}) == 0
    assert ndcg_at([], {"a": 1}) == 0


@pytest.mark.parametrize("relevant", [{}, {"a": 0.0}, {"a": -1.0}])
def test_without_relevant_documents_nothing_is_measured(relevant: dict[str, float]) -> None:
    assert recall_at(["a"], relevant, 5) is None
    assert reciprocal_rank(["a"], relevant) is None
    assert ndcg_at(["a"], relevant) is None


def test_an_id_ranked_twice_is_refused() -> None:
    for metric in (reciprocal_rank, ndcg_at):
        with pytest.raises(ValueError, match="ranked twice"):
            metric(["a", "a"], {"a": 1})
    with pytest.raises(ValueError, match="ranked twice"):
        recall_at(["a", "a"], {"a": 1}, 2)


def test_all_are_what_trec_eval_gives_for_random_judgements() -> None:
    chance = Random(7)
    measures = {"recall.1,5,10", "recip_rank", "ndcg_cut.1,5,10"}
    for _ in range(300):
        pool = [f"d{n}" for n in range(chance.randint(1, 30))]
        grades = {
            id_: chance.choice((-1, 0, 0, 1, 1, 2, 3)) for id_ in chance.sample(pool, chance.randint(1, len(pool)))
        }
        if max(grades.values()) <= 0:
            continue
        ranking = chance.sample(pool, chance.randint(1, len(pool)))
        scored = {id_: float(-rank) for rank, id_ in enumerate(ranking)}
        theirs = pytrec_eval.RelevanceEvaluator({"q": grades}, measures).evaluate({"q": scored})["q"]

        assert reciprocal_rank(ranking, grades) == pytest.approx(theirs["recip_rank"])
        for k in (1, 5, 10):
            assert recall_at(ranking, grades, k) == pytest.approx(theirs[f"recall_{k}"])
            assert ndcg_at(ranking, grades, k) == pytest.approx(theirs[f"ndcg_cut_{k}"])


def test_ndcg_of_grades_that_are_no_whole_numbers_is_what_scikit_learn_gives() -> None:
    chance = Random(8)
    for _ in range(50):
        ranking = [f"d{n}" for n in range(chance.randint(2, 20))]
        grades = {id_: chance.choice((0.0, chance.random() + 0.01)) for id_ in ranking} | {ranking[0]: 0.3}
        theirs = ndcg_score([[grades[id_] for id_ in ranking]], [[-n for n in range(len(ranking))]], k=10)

        assert ndcg_at(ranking, grades, 10) == pytest.approx(theirs)


def test_evidence_is_found_when_the_first_passages_together_hold_half_of_it() -> None:
    gold = [[Place("a", 100, 200), Place("b", 0, 10)], [Place("c", 0, 50)]]
    passages = [Place("a", 0, 130), Place("a", 130, 150), Place("c", 0, 24), Place("c", 25, 26), Place("c", 24, 30)]

    assert [evidence_recall_at(passages, gold, k) for k in range(1, 6)] == [0, 0.5, 0.5, 1, 1]
    assert evidence_recall_at([], gold, 5) == 0
    assert evidence_recall_at(passages, [], 5) is None
