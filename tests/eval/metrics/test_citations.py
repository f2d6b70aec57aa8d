import pytest

from eval.metrics.citations import CitationScores, Statement, citation_scores, quoted_spans, statements, supports

HARBOUR = "The ferry leaves the harbour at nine every morning."
PRICE = "A ticket for the crossing costs 4.50 pounds."
CREW = "Tickets are sold on board by the crew."


def test_each_sentence_is_a_statement_with_its_markers() -> None:
    answer = "The ferry leaves at nine [1]. A ticket costs 4.50 pounds.[2][3] It is blue. [4] Nobody knows why."

    assert statements(answer) == [
        Statement("The ferry leaves at nine.", (1,)),
        Statement("A ticket costs 4.50 pounds.", (2, 3)),
        Statement("It is blue.", (4,)),
        Statement("Nobody knows why.", ()),
    ]


def test_markers_amid_a_sentence_are_its_own() -> None:
    assert statements("The ferry [1] and the bus [2] [1] leave at nine.") == [
        Statement("The ferry and the bus leave at nine.", (1, 2))
    ]


def test_a_marker_before_everything_belongs_to_the_first_sentence() -> None:
    assert statements("[2] The ferry leaves.\n\n[1]\n\nThe bus waits [3].") == [
        Statement("The ferry leaves.", (2, 1)),
        Statement("The bus waits.", (3,)),
    ]


@pytest.mark.parametrize("answer", ["", "  \n", "[1]", "… [1]"])
def test_what_says_nothing_is_no_statement(answer: str) -> None:
    assert statements(answer) == []
    assert citation_scores(answer, {1: HARBOUR}) == CitationScores(None, None, 0)


def test_other_brackets_are_no_markers() -> None:
    assert statements("The ferry [sic] leaves at [09:00] in [a] rush.")[0].markers == ()


def test_an_extract_is_one_statement_and_the_brackets_in_it_are_the_documents() -> None:
    first = "The ferry is old [3]. It was built in 1961 [12]."
    second = "Opening hours"
    answer = f"{first} [1] {second} [2]"
    spans = {1: (0, len(first)), 2: (answer.index(second), answer.index(second) + len(second))}

    assert statements(answer, spans) == [Statement(first, (1,)), Statement(second, (2,))]
    assert quoted_spans(answer, {1: first, 2: second, 3: "not there"}) == spans
    assert citation_scores(answer, {1: first, 2: second}) == CitationScores(1, 1, 0)
    assert citation_scores(answer, {1: first, 2: second}, spans) == CitationScores(1, 1, 0)
    assert citation_scores(answer, {1: first, 2: second}, {}).dangling == 2


def test_extracts_without_a_full_stop_end_at_their_markers() -> None:
    answer = "Opening hours [1] Ticket prices [2] for a crossing"

    assert statements(answer, {1: (0, 13), 2: (18, 31)}) == [
        Statement("Opening hours", (1,)),
        Statement("Ticket prices", (2,)),
        Statement("for a crossing", ()),
    ]


def test_two_citations_of_one_claim_share_its_span() -> None:
    claim = "The ferry leaves at nine. It costs 4.50 pounds."

    assert statements(f"{claim} [1][2]", {1: (0, len(claim)), 2: (0, len(claim))}) == [Statement(claim, (1, 2))]


def test_a_quote_is_looked_for_where_its_marker_follows() -> None:
    answer = "Nine is early. [1] The ferry leaves at nine. Nine [2]"

    assert quoted_spans(answer, {2: "Nine", 1: ""}) == {2: (len(answer) - 8, len(answer) - 4)}


def test_a_statement_is_supported_by_its_own_words() -> None:
    assert supports("leaves the  HARBOUR at nine", [HARBOUR])
    assert supports("every morning. A ticket", [HARBOUR, PRICE])
    assert supports("Cafe\u0301 Ho\u0308he", ["Das Café Höhe"])


def test_a_statement_is_supported_by_four_of_five_content_words() -> None:
    assert supports("Every morning the ferry leaves at nine from Oban.", [HARBOUR])
    assert not supports("Every morning the ferry sails at nine from Oban.", [HARBOUR])


def test_every_number_of_a_statement_has_to_stand_in_the_quotes() -> None:
    assert supports("The ticket for the crossing costs 4.50 pounds.", [PRICE])
    assert not supports("The ticket for the crossing costs 4.60 pounds.", [PRICE])
    assert not supports("The ticket for the crossing costs 4 pounds.", [PRICE])


def test_nothing_supports_and_is_supported_by_nothing() -> None:
    assert not supports(HARBOUR, [])
    assert not supports(HARBOUR, [""])
    assert not supports("", [HARBOUR])
    assert not supports("It is what it was.", [HARBOUR])
    assert not supports("1984", [HARBOUR])


# The cases of section 3.3 of ALCE: a citation is irrelevant when it does not support alone and is not missed.


def test_a_statement_supported_by_its_one_citation_scores_one() -> None:
    assert citation_scores("The ferry leaves the harbour at nine. [1]", {1: HARBOUR}) == CitationScores(1, 1, 0)


def test_a_statement_without_citations_lowers_recall_alone() -> None:
    answer = "The ferry leaves the harbour at nine. [1] The captain is rather fond of tea."

    assert citation_scores(answer, {1: HARBOUR}) == CitationScores(1, 0.5, 0)


def test_of_two_citations_the_one_that_is_not_needed_is_not_precise() -> None:
    answer = "The ferry leaves the harbour at nine. [1][2]"

    assert citation_scores(answer, {1: HARBOUR, 2: PRICE}) == CitationScores(0.5, 1, 0)


def test_two_citations_that_support_only_together_are_both_precise() -> None:
    answer = "The ferry leaves the harbour at nine and a ticket costs 4.50 pounds. [1][2]"

    assert citation_scores(answer, {1: HARBOUR, 2: PRICE}) == CitationScores(1, 1, 0)


def test_two_citations_that_each_support_alone_are_both_precise() -> None:
    answer = "The ferry leaves the harbour at nine. [1][2]"

    assert citation_scores(answer, {1: HARBOUR, 2: f"{HARBOUR} {CREW}"}) == CitationScores(1, 1, 0)


def test_no_citation_of_an_unsupported_statement_is_precise() -> None:
    assert citation_scores("The captain is rather fond of tea. [1][2]", {1: HARBOUR, 2: PRICE}) == CitationScores(
        0, 0, 0
    )


def test_a_citation_that_leads_nowhere_dangles_and_is_not_precise() -> None:
    answer = "The ferry leaves the harbour at nine. [1][7] Tickets are sold on board. [8]"

    assert citation_scores(answer, {1: HARBOUR, 3: CREW}) == CitationScores(1 / 3, 0.5, 2)


def test_an_answer_that_cites_nothing_has_no_precision() -> None:
    assert citation_scores("The ferry leaves at nine.", {}) == CitationScores(None, 0, 0)
