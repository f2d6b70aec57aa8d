import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.records import Hit
from rag.sentences import sentences
from rag.widen import MOST_CHARACTERS, widened
from tests.rag.hits import hit


def placed(text: str) -> Hit:
    return hit(text, "a.txt")


def wide(text: str, beginning: str, several: bool = False) -> str:
    """What the sentence that begins so is widened to."""
    found = placed(text)
    index = next(n for n, s in enumerate(found.passage.sentences) if text[s.start : s.end].startswith(beginning))
    span = widened(found, index, several)
    return text[span.start : span.end]


LIST = "A plan.\n\nThe four parts are:\n\n- a healthier town;\n- better care;\n- staff who stay;\n\nIt cost 3 crowns."


def test_a_lead_line_takes_the_items_under_it() -> None:
    assert wide(LIST, "The four parts") == LIST[LIST.index("The four") : LIST.index("\n\nIt cost")]


def test_an_item_takes_its_whole_list_where_several_things_are_asked_for() -> None:
    assert wide(LIST, "- better", several=True) == wide(LIST, "The four parts")


def test_an_item_stays_alone_where_one_thing_is_asked_for() -> None:
    assert wide(LIST, "- better") == "- better care;"


def test_a_list_without_a_lead_line_begins_with_its_first_item() -> None:
    text = "The ferry is red.\n\n1. Nine in summer.\n2. Ten in winter.\n"

    assert wide(text, "2. Ten", several=True) == "1. Nine in summer.\n2. Ten in winter."


@pytest.mark.parametrize(
    "leaning", ["They say why.", "This came late.", "But it was late.", "His plan failed.", "Both left."]
)
def test_a_sentence_that_leans_takes_the_one_before(leaning: str) -> None:
    text = f"The councils would not sign. {leaning} Nobody asked."

    assert wide(text, leaning) == f"The councils would not sign. {leaning}"


@pytest.mark.parametrize(
    "standing", ["The plan failed.", "Thistles grow there.", "Theirs won.", "Itself it was nothing."]
)
def test_a_sentence_that_stands_by_itself_stays_as_it_is(standing: str) -> None:
    assert wide(f"The councils would not sign. {standing}", standing) == standing


def test_what_stands_before_a_blank_line_is_not_leant_on() -> None:
    assert wide("The councils would not sign.\n\nThey say why.", "They") == "They say why."


def test_the_first_sentence_has_none_to_lean_on() -> None:
    assert wide("They say why. Nobody asked.", "They") == "They say why."


def test_a_long_list_is_cut_at_whole_items_and_keeps_the_sentence_itself() -> None:
    text = "The parts are:\n" + "\n".join(f"- part {n} {'of the long list ' * 6}" for n in range(12))

    lead, last = wide(text, "The parts"), wide(text, "- part 11", several=True)

    assert lead.startswith("The parts are:\n- part 0")
    assert last.endswith(text[text.index("- part 11") :].rstrip())
    assert max(len(lead), len(last)) <= MOST_CHARACTERS


@given(
    st.lists(st.sampled_from(["They left.", "The end:", "- one;", "2) two", "\n\n", "A plan. ", "x" * 300]), min_size=1)
)
def test_what_comes_out_holds_the_sentence_and_is_whole_sentences_of_the_passage(parts: list[str]) -> None:
    text = "\n".join(parts)
    if not list(sentences(text, 0, len(text))):
        return
    found = placed(text)
    spans = found.passage.sentences
    for several in (False, True):
        for index, own in enumerate(spans):
            span = widened(found, index, several)
            assert span.start in {s.start for s in spans[: index + 1]}
            assert span.end in {s.end for s in spans[index:]}
            assert span.end - span.start <= max(MOST_CHARACTERS, own.end - own.start)
