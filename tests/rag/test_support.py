from collections.abc import Callable

import pytest

from rag import Library, NotFoundError, check_passages, split_reply
from rag.language.facts import facts, name_words, stands_in
from rag.records import Span
from rag.support import CheckedSentence, Evidence, Passage, checked_sentences, is_checkable, score

FERRY = (
    "The Harbour Trust (HT) was founded on 1 April 2013 by Ada Holm, an engineer. It bought the ferry Merrow for"
    " £2 billion, which carries 19,800 people a year. The pier was not repaired in 2013/14. In winter the ferry may"
    " stop for ice, while the lighthouse boat sails on. Most passengers, 62 %, come from Norwich."
)
LIST = "The Trust has three duties:\n\n- keep the channel open;\n- light the pier;\n- train the pilots.\n"
LOSSES = "The pier lost £3m, £2m and £1m in 2019, 2018 and 2017, respectively."
TABLE = "| Harbour | Norwick | Sandhaven |\n|---|---|---|\n| Berths | 12 | 40 |\n| Cranes | none | three |\n"


def supported(sentence: str, *passages: str) -> bool:
    return score(sentence, Evidence([Passage(passage) for passage in passages or (FERRY,)])).supported


@pytest.mark.parametrize(
    "sentence",
    [
        "The pier was not repaired in 2013/14.",
        "Ada Holm is an engineer.",
        "The Harbour Trust was founded by Ada Holm in April 2013.",
        "The HT was founded on April 1, 2013.",
        "It bought the ferry Merrow for £2bn.",
        "It bought the ferry Merrow for 2,000 million pounds.",
        "The ferry may stop for ice in winter.",
        "Sixty-two per cent of the passengers come from Norwich.",
        "The Harbour Trust purchased the Merrow.",
    ],
)
def test_what_stands_in_the_quotes_is_supported_in_other_words_and_forms(sentence: str) -> None:
    assert supported(sentence)


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("It bought the ferry Merrow for £3 billion.", '"£3 billion" stands in no quote'),
        ("The ferry Merrow carries almost 20,000 people a year.", '"20,000" stands in no quote'),
        ("The Harbour Trust was founded on 2 April 2013.", '"2 April 2013" stands in no quote'),
        ("Most passengers, 62, come from Norwich.", '"62" stands in no quote'),
        ("The Harbour Trust was founded by Ida Holm.", '"Ida" stands in no quote'),
        ("The pier was repaired in 2013/14.", 'the quote denies "repaired"'),
        ("The lighthouse boat does not sail on.", 'the quote does not deny "sail"'),
        ("Few passengers come from Norwich.", 'the quote says "Most" where the sentence says "Few"'),
        ("The ferry stops for ice in winter.", 'the quote only says "may"'),
        ("Ada Holm, a lawyer, founded the Harbour Trust.", '"lawyer" stands in no quote'),
        ("The Harbour Trust was founded by Merrow.", '"by Merrow" stands in no quote'),
        ("The lighthouse boat may stop for ice.", 'the quote says this of something other than "boat"'),
    ],
)
def test_what_the_quotes_do_not_say_is_named(sentence: str, missing: str) -> None:
    found = score(sentence, Evidence([Passage(FERRY)]))

    assert not found.supported
    assert missing in found.missing
    assert 0 <= found.support < 0.75


def test_a_date_of_another_sentence_is_not_put_in_the_place_of_the_quotes_own() -> None:
    quotes = (
        "The pier came on line in April 1995 as part of the harbour. The pier got its first crane in February 1999."
    )
    found = score("In April 1995 the pier got its first crane.", Evidence([Passage(quotes)]))
    assert not found.supported
    assert 'the quote has "February 1999" where the sentence says "April 1995"' in found.missing
    assert supported("In February 1999 the pier got its first crane.", quotes)


@pytest.mark.parametrize(
    ("sentence", "quote", "why"),
    [
        ("All boats carry a lamp.", "Boats here carry a lamp.", '"All" stands in no quote'),
        ("The ferry already sails.", "The ferry sails.", '"already" stands in no quote'),
        ("The loss is due to ice.", "The loss is considered largely due to ice.", 'the quote only says "considered"'),
        ("The pilot saw the ice.", "The pilot, who had no lamp, saw the ice.", 'the quote has "no" among these words'),
        ("The speech was in Norwich in 2017.", "## The speech, in Norwich, in 2017", "the quote is only a heading"),
        ("The pier shut because it froze.", "The pier shut, it froze.", '"because" stands in no quote'),
        ("Paul read it.", "How Paul read it", "the quote is only a heading"),
        ("Ada Holm was first pilot.", "The first pilot was Ada Holm.", "the quote has its words in another order"),
        ("20 boats sank.", "Between 10 and 20 boats sank.", 'the quote has "20" as one end of a range'),
        ("It lies 5 km away.", "It lies 3 to 5 km away.", 'the quote has "5" as one end of a range'),
        ("Fares rose 4 %.", "Fares rose from 4 % to 9 %.", 'the quote has "4 %" as one end of a range'),
        ("The 200 boats sank.", "Half of the 200 boats sank.", 'the quote tells a share of "200"'),
        ("The mayor lied.", "Critics claim that the mayor lied.", 'the quote only says "claim"'),
        ("Fares will fall by 5 %.", "We hope that the fares will fall by 5 %.", 'the quote only says "hope"'),
        ("The law would have cut fares.", "Had it passed, the law would have cut fares.", 'the quote only says "Had"'),
        ("Fares fell by 4 % for any boat.", "Fares fell by 4 % for a boat.", '"any" stands in no quote'),
        ("The pier may close.", "It is possible that the pier may close.", 'the quote only says "possible"'),
        ("Holm was the first pilot.", "Holm was the first female pilot.", 'the quote narrows "first"'),
        ("Merrow is the largest ferry.", "Merrow is the second largest ferry.", 'the quote narrows "largest"'),
        ("Merrow is the oldest ferry here.", "Merrow is one of the oldest ferries here.", 'the quote narrows "oldest"'),
        ("Holm hired licensed crews.", "Holm hired non-licensed crews.", 'the quote says "non-licensed"'),
        ("Holm set up the Trust.", "Holm was among those who set up the Trust.", "the quote says this of several"),
        (
            "There were 5 boats of oak and 10 of pine.",
            "There were 10 boats of oak and 5 of pine.",
            '"5" and "10" do not stand so in a quote',
        ),
        (
            "Holm keeps the Norwick pier, and Bree keeps the old lighthouse.",
            "Bree keeps the Norwick pier, and Holm keeps the old lighthouse.",
            '"Holm" and "Bree" do not stand so in a quote',
        ),
        (
            "Bree keeps the Norwick pier, and Holm keeps the old lighthouse.",
            "2013:\n\n- Holm keeps the Norwick pier, and Bree keeps the old lighthouse.\n",
            '"Bree" and "Holm" do not stand so in a quote',
        ),
        (
            "In the year ended 31 March 2018 profit was £482m.",
            "Profit in the year ended 31 March 2019 was £482m, compared to £318m in the year ended 31 March 2018.",
            '"£482m" and "31 March 2018" do not stand so in a quote',
        ),
        (
            "The share was 60 % in 2004.",
            "The share fell from 90 % in 2004 to 60 % in 2005.",
            '"60 %" and "2004" do not stand so in a quote',
        ),
        ("The pier lost £3m in 2018.", LOSSES, "the quote says this of different things"),
        ("The pier lost £1m in 2019 and £3m in 2017.", LOSSES, '"£1m" and "2019" do not stand so in a quote'),
        (
            "The pier spent £5m on lamps and £3m on ropes.",
            "The pier spent £3m on lamps and £5m on ropes.",
            'the quote says "lamps" of another figure',
        ),
    ],
)
def test_a_sentence_that_says_more_than_its_quote_is_in_doubt(sentence: str, quote: str, why: str) -> None:
    found = score(sentence, Evidence([Passage(quote)]))

    assert not found.supported
    assert why in found.missing


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Between 10 and 20 boats sank.", "Between 10 and 20 boats sank."),
        ("Fares rose to 9 %.", "Fares rose from 4 % to 9 %."),
        ("Fares rose by 13 %.", "Fares rose by £2 or 13 %."),
        ("Half of the 200 boats sank.", "Half of the 200 boats sank."),
        ("Of 200 boats, half sank.", "Half of the 200 boats sank."),
        ("The pier spent £5m on ropes and £3m on lamps.", "The pier spent £3m on lamps and £5m on ropes."),
        ("Critics claim that the mayor lied.", "Critics claim that the mayor lied."),
        ("The law would have cut fares.", "The law would have cut fares, had it passed."),
        ("Holm was the first female pilot.", "Holm was the first female pilot."),
        ("Merrow is one of the oldest ferries.", "Merrow is one of the oldest ferries."),
        ("Holm hired non-licensed crews.", "Holm hired non-licensed crews."),
        ("There were 10 boats of oak and 5 of pine.", "There were 10 boats of oak and 5 of pine."),
        ("Bree keeps the pier, and Holm keeps the lamp.", "Bree keeps the pier, and Holm keeps the lamp."),
        ("In 2019 profit was £482m.", "Profit in 2019 was £482m, compared to £318m in 2018."),
        ("The share was 60 % in 2005.", "The share fell from 90 % in 2004 to 60 % in 2005."),
        ("The pier lost £2m in 2018.", LOSSES),
        ("In 2017 the pier lost £1m.", LOSSES),
        ("The pier lost £3m in 2019 and £2m in 2018.", LOSSES),
    ],
)
def test_a_sentence_that_says_as_much_as_its_quote_is_in_no_doubt(sentence: str, quote: str) -> None:
    assert supported(sentence, quote)


INQUIRY = (
    "Lindqvist accused Martin Bree of hiding the inspection report from the board. Dr. Osei believed that the"
    " pump had failed because of a blocked valve. Prosecutors alleged that Vera Holt had forged the log. The"
    " inspector said that the hull was sound. In the union's view the crane was unsafe. The service will resume"
    " only if the harbour board approves. Every ferry must carry at least two lifeboats except on inland routes."
    " Dogs are allowed on deck, provided that they are on a lead. The company paid 3.2 million pounds to the"
    " families and 1.1 million to the crew. The ferry Merrow carried 412 passengers and 38 crew on the night of"
    " the accident. The crossing takes 70 minutes in winter and 45 in summer. The line was shortened from 30 km to"
    " 12 km in 1998. Norwick has 12 berths and Sandhaven 40. The temperature fell to -4 degrees. The grant covers"
    " up to 80 % of the cost. Members must pay £20 a year. The trust plans to buy a second ferry. The court found"
    " that the captain was not responsible. The museum opened in 1951, closed in 1987 and opened again in 1999."
    " No boat may leave the pier without any pilot."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "Martin Bree hid the inspection report from the board.",
        "The pump had failed because of a blocked valve.",
        "Vera Holt had forged the log.",
        "The hull was sound.",
        "The crane was unsafe.",
    ],
)
def test_what_is_somebodys_view_is_not_supported_as_a_fact(sentence: str) -> None:
    assert not supported(sentence, INQUIRY)


@pytest.mark.parametrize(
    "sentence",
    [
        "The service will resume.",
        "The harbour service will resume soon.",
        "Every ferry must carry at least two lifeboats on inland routes.",
        "Every ferry must carry at least two lifeboats.",
        "Dogs are allowed on deck.",
        "If the company paid 3.2 million pounds to the families.",
        "Unless the company paid 3.2 million pounds to the families.",
        "Had the company paid 3.2 million pounds to the families.",
    ],
)
def test_what_holds_on_a_condition_is_not_supported_without_it(sentence: str) -> None:
    assert not supported(sentence, INQUIRY)


@pytest.mark.parametrize(
    "sentence",
    [
        "The company will pay 3.2 million pounds to the families.",
        "The company must pay 3.2 million pounds to the families.",
        "The company can pay 3.2 million pounds to the families.",
        "The company would have paid 3.2 million pounds to the families.",
        "The company wanted to pay 3.2 million pounds to the families.",
        "You should pay 3.2 million pounds to the families.",
        "Pay 3.2 million pounds to the families.",
        "Pay £20 a year.",
        "Members pay £20 a year.",
        "The trust bought a second ferry.",
        "The company paid 3.2 million pounds from the families.",
        "The ferry Merrow carried 412 passengers or 38 crew.",
        "The ferry Merrow carried 412 passengers before the accident.",
    ],
)
def test_a_small_word_that_no_quote_has_there_is_not_supported(sentence: str) -> None:
    assert not supported(sentence, INQUIRY)


@pytest.mark.parametrize(
    "sentence",
    [
        "The company paid less than 3.2 million pounds to the families.",
        "The company paid under 3.2 million pounds to the families.",
        "The company paid up to 3.2 million pounds to the families.",
        "The ferry Merrow carried over 412 passengers.",
        "The grant covers 80 % of the cost.",
        "The grant covers at least 80 % of the cost.",
        "The museum opened before 1951.",
        "The line was shortened from 12 km to 30 km.",
        "The company paid 1.1 million to the families.",
        "The crossing takes 70 minutes in summer.",
        "Norwick has 40 berths.",
        "The museum closed in 1951.",
        "The museum opened in 1987.",
        "The ferry Merrow carried 412‰ passengers.",
        "The ferry Merrow carried ¥412 passengers.",
        "The ferry Merrow carried £412 passengers.",
        "The ferry Merrow carried -412 passengers.",
        "The ferry Merrow carried 41\u0968 passengers.",
        "The company paid ¥3.2 million to the families.",
        "The temperature fell to 4 degrees.",
    ],
)
def test_a_figure_is_that_of_the_quote_with_its_bounds_its_sign_and_what_it_counts(sentence: str) -> None:
    assert not supported(sentence, INQUIRY)


@pytest.mark.parametrize(
    "sentence",
    [
        "Yes, he was, the court found.",
        "The court found that he did.",
        "The court found that the captain was.",
        "It was Martin Bree.",
        "The captain was.",
    ],
)
def test_a_sentence_that_only_the_one_before_it_completes_is_not_supported(sentence: str) -> None:
    assert not supported(sentence, INQUIRY)


@pytest.mark.parametrize(
    "sentence",
    [
        "Lindqvist accused Martin Bree of hiding the inspection report from the board.",
        "Dr. Osei believed the pump had failed because of a blocked valve.",
        "Prosecutors alleged that Vera Holt forged the log.",
        "The inspector said the hull was sound.",
        "The service resumes only if the board approves.",
        "Every ferry must carry at least two lifeboats, except on inland routes.",
        "Dogs are allowed on deck provided that they are on a lead.",
        "The company paid £3.2 million to the families.",
        "The company paid 1.1 million pounds to the crew.",
        "The ferry Merrow carried 412 passengers.",
        "The Merrow carried 38 crew on the night of the accident.",
        "The crossing takes 70 minutes in winter.",
        "The crossing takes 45 minutes in summer.",
        "The line was shortened from 30 km to 12 km.",
        "Norwick has 12 berths.",
        "The museum opened again in 1999.",
        "No boat may leave without any pilot.",
        "The temperature fell to -4 degrees.",
        "The grant covers up to 80 per cent of the cost.",
        "Members must pay 20 pounds a year.",
        "The trust plans to buy a second ferry.",
        "The court found the captain not responsible.",
        "The captain was not responsible.",
    ],
)
def test_a_sentence_that_keeps_views_conditions_and_figures_is_supported(sentence: str) -> None:
    assert supported(sentence, INQUIRY)


def test_an_item_is_read_with_its_lead_and_a_row_with_the_head_of_its_column() -> None:
    assert supported("The Trust has the duty to light the pier.", LIST)
    assert supported("Sandhaven has 40 berths.", TABLE)
    assert not supported("Norwick has three cranes.", TABLE)


def test_two_sentences_bear_a_claim_only_where_they_point_to_each_other() -> None:
    linked = "The mill stands in Alby. It burnt down in 1902."
    apart = "The mill stands in Alby. The brewery burnt down in 1902."

    assert supported("The mill in Alby burnt down in 1902.", linked)
    assert not supported("The mill in Alby burnt down in 1902.", apart)


def test_names_may_stand_in_the_title_of_the_document_that_is_quoted() -> None:
    bare, titled = Passage("The bridge opened in 1982."), Passage("The bridge opened in 1982.", None, "Orwell")

    assert not score("The Orwell bridge opened in 1982.", Evidence([bare])).supported
    assert score("The Orwell bridge opened in 1982.", Evidence([titled])).supported
    assert not score("The Orwell bridge opened in 1982.", Evidence([bare, titled]), among={0}).supported


@pytest.mark.parametrize(
    ("ours", "theirs", "held"),
    [
        ("5 %", "five per cent", True),
        ("5 %", "5", False),
        ("2bn", "£2 billion", True),
        ("£2", "$2", False),
        ("two in every five", "40 per cent", True),
        ("April 2013", "1 April 2013", True),
        ("1 April 2013", "April 1 , 2013", True),
        ("1 April 2013", "April 2013", False),
        ("2013", "1 April 2013", True),
        ("2013/14", "2013", False),
        ("2013-14", "2013/14", True),
        ("26/11/2012", "26 November 2012", True),
        ("2013-04-01", "1 Apr. 2013", True),
        ("two hundred and twenty", "220", True),
        ("1,250.5", "1250.5", True),
        ("third", "3", False),
        ("World War II", "the Second World War", True),
        ("6.15 pm", "18.15", True),
        ("19,800", "20,000", False),
    ],
)
def test_a_figure_or_date_is_the_same_in_any_form_and_never_more_exact_than_the_quote(
    ours: str, theirs: str, held: bool
) -> None:
    (fact,) = facts(ours)
    assert stands_in(fact, facts(theirs)) is held


def test_names_are_told_from_words_that_only_begin_a_sentence() -> None:
    names = [name.text for name in name_words("The NHS and Ada Holm met in May. Boats from Norwich's pier came.")]
    assert names == ["NHS", "Ada", "Holm", "Norwich"]


@pytest.mark.parametrize(
    "sentence",
    [
        "What does it cost?",
        "Hello!",
        "Sure, here is what I found:",
        "## Costs",
        "The documents do not say who paid.",
        "I could not find this in the passages.",
        "There is no information on that in the context.",
        "[1]",
        "Yes.",
    ],
)
def test_what_claims_nothing_is_not_checked(sentence: str) -> None:
    assert not is_checkable(sentence)
    assert all(not found.checkable for found in check_passages(sentence, [FERRY]))


def test_markers_after_a_full_stop_belong_to_the_sentence_before_them() -> None:
    text = "The pier is long. [1][2] The sea is cold [3]. Ice is rare."
    parts = [text[span.start : span.end] for span in split_reply(text)]
    assert parts == ["The pier is long. [1][2]", "The sea is cold [3].", "Ice is rare."]


def test_sentences_and_quotes_stand_where_they_say() -> None:
    text = "🦉 News.\n\n- **Ada Holm** is an engineer [2].\n- The ferry sank."
    passages = ["🦉 Owls.", FERRY]

    found = check_passages(text, passages)

    assert [text[one.start : one.end] for one in found] == [one.sentence for one in found]
    quotes = [quote for one in found for quote in one.quotes]
    assert quotes
    assert all(passages[quote.passage][quote.start : quote.end] == quote.quote for quote in quotes)
    assert [one.supported for one in found if one.checkable] == [True, False]


def test_characters_that_nobody_sees_change_nothing() -> None:
    hidden = FERRY.replace("engineer", "engi\u200bneer")
    (found,) = check_passages("Ada Holm is an engi\u00adneer.", [hidden])
    assert found.supported
    assert found.quotes[0].quote in hidden


def test_the_cost_grows_with_the_sentences_and_not_with_what_is_beside_them() -> None:
    crowd = " ".join(f"The boat number {n} was painted {n % 7} times by Olga Brandt." for n in range(3_000))
    (found,) = check_passages("Ada Holm is an engineer.", [crowd, FERRY])
    assert found.supported
    assert found.quotes[0].passage == 1


def test_a_library_checks_against_its_documents(stocked: Library) -> None:
    text = "Lantern oil costs four crowns a litre. Lantern oil costs five crowns a litre."

    right, wrong = stocked.check(text)

    assert (right.supported, wrong.supported) == (True, False)
    (citation,) = right.citations
    assert (citation.source, citation.n, wrong.citations) == ("lantern.txt", 1, ())
    assert stocked.text(citation.document_id)[citation.start : citation.end] == citation.quote


def test_a_library_without_documents_supports_nothing(make_library: Callable[..., Library]) -> None:
    library = make_library()
    (found,) = library.check("The moon is made of cheese.")
    assert isinstance(found, CheckedSentence)
    assert (found.checkable, found.supported, found.support) == (True, False, 0)
    with pytest.raises(NotFoundError, match="nowhere"):
        library.check("Hello!", "nowhere")


def test_an_item_is_known_by_its_mark_when_its_span_leaves_the_mark_out() -> None:
    text = "Duties:\n- keep the channel open;\nThe pier is lit."
    spans = (Span(0, 7), Span(10, 32), Span(33, len(text)))

    duties, item, after = Evidence([Passage(text, spans)]).units

    assert [unit.item for unit in (duties, item, after)] == [False, True, False]
    assert item.lead == "Duties:"


def test_sentences_are_given_as_they_are_checked_and_markers_count_among_all_passages() -> None:
    passages = ["The boat sails.", FERRY, "The Harbour Trust owns a lighthouse."]
    text = "The HT owns a lighthouse. [3] Ada Holm is an engineer. [1][3] Ada Holm is an engineer. [2]"

    found = checked_sentences(text, passages)

    first = next(found)
    assert [(quote.passage, quote.quote) for quote in first.quotes] == [(2, passages[2])]
    assert [sentence.supported for sentence in found] == [False, True]


def test_only_the_passages_that_a_marker_names_give_quotes_however_many_there_are() -> None:
    crowd = "\n\n".join(f"Ada Holm is an engineer of pier {number}." for number in range(100))
    other = "\n\n".join(f"The ferry calls at pier {number}." for number in range(100))

    named, not_named = check_passages("Ada Holm is an engineer. [1] Ada Holm is an engineer. [2]", [crowd, other])

    assert named.supported
    assert {quote.passage for quote in named.quotes} == {0}
    assert not not_named.supported
