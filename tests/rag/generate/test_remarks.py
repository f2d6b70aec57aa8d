import pytest

from rag.generate.remarks import denied, says_none


@pytest.mark.parametrize(
    "remark",
    [
        "The passages do not hold the answer.",
        "The passages do not say who won the match.",
        "The provided passages don't contain any information about the cost.",
        "None of the passages mentions a price.",
        "The given documents do not specify this.",
        "There is no information about the cost in the passages.",
        "There is no mention of herons in any of the documents provided.",
        "Based on the provided context, I cannot answer this question.",
        "I could not find an answer to this question.",
        "I cannot find the answer in the passages.",
        "The question cannot be answered from the passages.",
        "The answer is not given.",
        "The answer to this question is not in the passages.",
        "Unfortunately, the context does not provide details on that.",
        "I don't know.",
        "Not mentioned.",
        "No answer found.",
        "This is not stated in the text.",
        "It is not possible to answer this from the passages.",
        "Nothing in the passages answers this.",
        "Die Passagen enthalten die Antwort nicht.",
        "Les passages ne contiennent pas la réponse.",
    ],
)
def test_saying_that_the_passages_hold_no_answer_is_recognised(remark: str) -> None:
    assert says_none(remark)


@pytest.mark.parametrize(
    "sentence",
    [
        "I can't help with that.",
        "I'm sorry, but I cannot assist with this request.",
        "As an AI language model, I do not have opinions.",
        "I won't answer that.",
        "I cannot answer questions about politics.",
        "The bridge cost 24 million pounds to build.",
        "The Act does not cover social care.",
        "The trust did not have enough beds.",
        "The documents were lost in a fire.",
        "The report says that the plan contains no costs.",
        "It was not clear who would pay.",
        "The passage between the towers is 190 metres long.",
    ],
)
def test_what_only_sounds_like_it_is_not(sentence: str) -> None:
    assert not says_none(sentence)


@pytest.mark.parametrize(
    ("remark", "more"),
    [
        ("The passages do not say that the ferry carried 412 passengers.", {"412"}),
        ("There is no evidence in the passages that Anna Lindqvist accused anybody.", {"Anna", "Lindqvist"}),
        ("There is no information that it cost 24 million pounds in the passages.", {"24"}),
        ("The passages do not say that.", set()),
        ("The passages do not say who won in 1972.", set()),
        ("The passages do not say what Anna Lindqvist earned.", set()),
        ("That is not stated in the passages.", set()),
        ("It rained.", set()),
    ],
)
def test_what_such_a_remark_denies_is_told(remark: str, more: set[str]) -> None:
    assert denied(remark) == more
