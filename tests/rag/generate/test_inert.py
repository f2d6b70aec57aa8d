from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.generate.inert import inert, leads_elsewhere, unread


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("The bridge cost 24 million [1].", "The bridge cost 24 million."),
        ("The bridge cost 24 million. [1][2]", "The bridge cost 24 million."),
        ("- **The bridge** cost `24` million [1]", "The bridge cost 24 million."),
        ("## The bridge cost _a lot_ [1].", "The bridge cost a lot."),
        ("1. The bridge_cost is 5 [1].", "The bridge_cost is 5."),
        ("According to passage [1], the bridge cost 24 million.", "The bridge cost 24 million."),
        ("The bridge cost 24 million (see [1]).", "The bridge cost 24 million."),
        ("The [bridge](https://evil.example/?q=secret) cost 24 million [1].", "The bridge cost 24 million."),
        ("The bridge cost 24 million [1](https://evil.example).", "The bridge cost 24 million."),
        ("It cost 5 ![x](https://evil.example/a.png)[1].", "It cost 5."),
        ("It cost 5 <img src=x onerror=alert(1)>[1].", "It cost 5."),
        ("It cost 5 <https://evil.example>[1].", "It cost 5."),
        ("It cost 5 &lt;script&gt; [1].", "It cost 5."),
        ("It c\u200bost\u202e 5\x1b[1].", "It cost 5."),
        ("It carried 412 passengers [1]–[2].", "It carried 412 passengers."),
        ("It carried 412 passengers [1], [2].", "It carried 412 passengers."),
        ("It carried 412 passengers [1](javascript:alert(1)).", "It carried 412 passengers."),
        ("[1]: It carried 412 passengers.", "It carried 412 passengers."),
        ("[1] – It carried 412 passengers.", "It carried 412 passengers."),
        ("It carried 412 passengers, [1]", "It carried 412 passengers."),
        ("He said “it carried 412.” [1]", "He said “it carried 412.”"),
        ("Did it carry 412? [1]", "Did it carry 412?"),
        ("[1][2]", ""),
        ("Ada &amp; Holm paid 5 [1].", "Ada & Holm paid 5."),
        ("It cost\t5\r\npounds\u2028[1].", "It cost 5 pounds."),
    ],
)
def test_what_is_shown_is_plain_text(written: str, shown: str) -> None:
    assert inert(written) == shown
    assert not leads_elsewhere(shown)


@pytest.mark.parametrize(
    "text",
    [
        "See https://evil.example/x.",
        "See hxxps://evil.example.",
        "See //evil.example/x.",
        "See www.evil.example.",
        "See evil.example/path?q=1.",
        "Write to me@evil.example.",
        "Use javascript:alert(1).",
        "Use data:text/html,x.",
        "Call tel:+4412345.",
        "It is &lt;b&gt;.",
        "It is <b.",
    ],
)
def test_an_address_or_markup_is_told(text: str) -> None:
    assert leads_elsewhere(text)


@pytest.mark.parametrize("text", ["It rose by 5 % in 2016/17, e.g. in A&E and/or care: p < 0.05.", "No. 5; U.S. law."])
def test_plain_prose_leads_nowhere(text: str) -> None:
    assert not leads_elsewhere(inert(text))


def test_signs_that_are_no_words_and_stand_in_no_passage_are_told() -> None:
    assert unread("It cost Ⓔⓥⓘⓛ 🦉 5 → 6.", ()) == {*"Ⓔⓥⓘⓛ🦉→"}
    assert unread("It “cost” 5 %% and/or 6!", ()) == {*'"%/!'}
    assert unread("It “cost” 🦉 5!", ("An ``owl'' 🦉, ", "it flies!")) == set()


def test_the_signs_of_any_sentence_are_not() -> None:
    assert unread("It’s 5 – 6 % (£7): 2016/17; R&D, A & E.", ()) == set()


@given(st.text(alphabet="ab <>[]()!/:.\\`*_&;#x\u200b\u202e\x1b12", max_size=60))
def test_nothing_is_left_that_could_be_a_link_an_image_or_a_tag(written: str) -> None:
    shown = inert(written)
    assert "](" not in shown
    assert not {"[", "]", "`", "\x1b", "\u200b", "\u202e"} & set(shown)
    assert leads_elsewhere(shown) or "<a" not in shown


@pytest.mark.parametrize(
    "token", ["[", "![", "[a](", "![a](", "<a ", "&#", "(", "( ", "_", "a_", "- ", "[1]", "[1]-", "](", "[a](b(", " "]
)
@pytest.mark.parametrize("led", ["", "From passage ", "a", "[a]("])
def test_a_degenerate_sentence_is_little_work(token: str, led: str) -> None:
    begin = thread_time()
    inert(led + (token * 20_000)[:20_000] + "b")
    assert thread_time() - begin < 1  # seconds; the square of the length took minutes
