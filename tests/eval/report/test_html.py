import re
from base64 import b64encode
from dataclasses import replace
from functools import cache
from hashlib import sha256
from itertools import pairwise

import pytest
from lxml import html

from eval.metrics import METRICS
from eval.records import Curve, Excerpt, Figure, Mark, Run
from eval.report.html import QUESTIONS_SHOWN, page
from eval.report.visible import visible
from tests.eval.report.hostile import HOSTILE, with_texts
from tests.eval.report.sample import run_of, sample

RUN = sample()
FEW = run_of([*RUN.rows[:9], RUN.rows[12], *RUN.rows[44:46], *RUN.rows[-2:]])


def parsed(text: str) -> html.HtmlElement:
    return html.document_fromstring(text.encode())


@cache
def shown() -> html.HtmlElement:
    return parsed(page(RUN))


def words(element: html.HtmlElement) -> str:
    return folded(" ".join(element.itertext()))


def folded(text: str) -> str:
    return " ".join(text.split())


def section(name: str) -> str:
    return words(shown().get_element_by_id(name))


def shape(text: str) -> list[tuple[str, list[str]]]:
    """Every element with the names of its attributes."""
    return [(str(e.tag), sorted(e.attrib)) for e in parsed(text).iter()]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_changes_nothing_but_text(hostile: str) -> None:
    mild = page(with_texts(FEW, lambda text: "x" * len(hostile) + text))
    wild = page(with_texts(FEW, lambda text: hostile + text))

    assert shape(wild) == shape(mild)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_shown_in_full(hostile: str) -> None:
    row = replace(RUN.rows[1], question=hostile, excerpts=(Excerpt("a", 0, hostile, (Mark(1, 4, "gold"),)),))
    found = parsed(page(run_of([row])))

    assert folded(found.find_class("asked")[0].text_content()) == folded(visible(hostile))
    (quoted,) = (e for e in found.iter("blockquote"))
    for unseen in quoted.find_class("unseen"):
        unseen.drop_tree()
    assert folded(quoted.text_content()) == folded(visible(hostile))


def test_no_character_turns_the_direction_of_the_page() -> None:
    text = page(with_texts(FEW, lambda text: "\u202e\u2066\u200f" + text))

    assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
    assert "⟨U+202E⟩" in text


def test_the_policy_allows_the_pages_own_style_and_script_and_nothing_else() -> None:
    (policy,) = shown().xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    (script,) = shown().xpath("//script")
    (style,) = shown().xpath("//style")

    assert policy.startswith("default-src 'none'; ")
    for name, element in (("script-src", script), ("style-src", style)):
        digest = b64encode(sha256(element.text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}';" in policy
    assert "unsafe" not in policy


def test_nothing_is_fetched_from_anywhere() -> None:
    text = page(RUN)
    links = shown().xpath("//@href | //@src | //@srcset | //@action | //@data | //@poster")

    assert all(link.startswith("#") or link == "data:," for link in links)
    assert not re.search(r"url\(|@import|https?://", text)


def test_each_link_within_the_page_leads_somewhere() -> None:
    ids = shown().xpath("//@id")

    assert len(ids) == len(set(ids))
    assert {link[1:] for link in shown().xpath("//a/@href")} <= set(ids)


def test_it_can_be_read_without_its_script() -> None:
    assert shown().get_element_by_id("filter").get("hidden") is not None
    assert len(shown().find_class("question")) == len(RUN.rows)
    assert not [e for e in shown().find_class("question") if e.get("hidden") is not None]


def test_tables_have_captions_and_pictures_have_words() -> None:
    assert all(table.find("caption") is not None for table in shown().iter("table"))
    for picture in shown().xpath("//svg[not(ancestor::svg)]"):
        hidden = picture.get("aria-hidden") or picture.xpath("ancestor::*[@aria-hidden='true']")
        assert hidden or (picture.get("role") == "img" and picture.get("aria-label"))


def test_headings_leave_no_level_out() -> None:
    levels = [int(e.tag[1]) for e in shown().iter("h1", "h2", "h3", "h4")]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_it_says_what_was_asked() -> None:
    head = words(next(shown().iter("header")))

    for told in ("harbour.jsonl", "rag-cited 0.1.0", "c0ffeec0ffee", "3 documents", "64", "4c9effd0a1b2"):
        assert told in head


def test_headline_figures_have_value_interval_and_questions() -> None:
    told = "right ↑ higher is better of the answerable questions, answered rightly 0.66 [0.54, 0.78] 29 of 44"

    assert told in section("figures")


def test_warnings_stand_before_the_figures() -> None:
    text = page(RUN)

    assert text.index("The index is not of this commit.") < text.index('id="figures"')


def test_every_figure_is_defined() -> None:
    told = folded(shown().get_element_by_id("definitions").text_content())

    for name in RUN.figures:
        assert METRICS[name].definition.replace("`", "") in told


def test_every_stage_has_its_count_and_meaning() -> None:
    told = section("lost")

    assert "wrongly answered questions: 13 The documents do not hold an answer" in told
    assert "Misquotes: 1 fabricated, 2 misattributed, 1 stale, 1 stitched, 1 truncated." in told


def test_no_misquotes_is_said_only_where_quotes_were_checked() -> None:
    none = replace(RUN, misquotes=dict.fromkeys(RUN.misquotes, 0))
    unchecked = replace(none, figures={**RUN.figures, "quote_fidelity": Figure(None)})

    assert "No misquotes." in words(parsed(page(none)).get_element_by_id("lost"))
    assert "No quote could be checked." in words(parsed(page(unchecked)).get_element_by_id("lost"))


def test_speed_and_memory_are_told() -> None:
    told = section("speed")

    for figure in ("21.4 ms", "48.9 ms", "131 ms", "413 MB", "embed 9.80"):
        assert figure in told


def test_gold_quote_and_both_are_marked_and_named() -> None:
    marks = shown().xpath("//blockquote//mark")

    assert {mark.get("class") for mark in marks} == {"gold", "quote", "both"}
    assert {words(mark.find("span")) for mark in marks} == {"[gold evidence:", "[quoted:", "[gold evidence, quoted:"}


def test_failures_come_first() -> None:
    troubled = [e.get("data-troubled") is not None for e in shown().find_class("question")]

    assert troubled == sorted(troubled, reverse=True)
    assert sum(troubled) == 29


def test_a_long_set_shows_so_many_questions_and_says_what_it_left_out() -> None:
    rows = [replace(RUN.rows[n % 2], id=f"n{n}", excerpts=()) for n in range(QUESTIONS_SHOWN * 3)]
    found = parsed(page(run_of(rows)))

    assert len(found.find_class("question")) == QUESTIONS_SHOWN
    assert "1,200 are left out, 300 of them failures; they are in run.json" in words(found.find_class("left-out")[0])


def test_nothing_measured_is_said_and_not_drawn() -> None:
    row = replace(RUN.rows[1], answerable=None, type="", scores={}, confidence=None, excerpts=(), gold=(), quotes=())
    bare = replace(run_of([row]), figures={}, risk_coverage=Curve((), ()), reliability=Curve((), ()), warnings=())
    text = words(parsed(page(bare)))

    assert "No question was judged." in text
    assert text.count("Not measured") == 4


def test_a_run_without_questions_is_a_page_too() -> None:
    empty = replace(run_of([]), figures={}, by_type={}, risk_coverage=Curve((), ()), reliability=Curve((), ()))

    assert "0 of 0 shown" not in words(parsed(page(empty)))
    assert "No question was judged." in words(parsed(page(empty)))


def _colours(style: str) -> tuple[dict[str, str], dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    bright = dict(re.findall(r"--([\w-]+): (#\w{6});", light))
    return bright, bright | dict(re.findall(r"--([\w-]+): (#\w{6});", dark))


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *((ink, ground) for ink in ("ink", "soft", "accent", "red") for ground in ("paper", "card")),
        *((ink, "accent-wash") for ink in ("ink", "soft", "red", "amber")),
        *((ink, "amber-wash") for ink in ("ink", "amber")),
        *(("ink", mark) for mark in ("gold", "quote")),
        *((f"on-{end}", end) for end in ("right", "refused", "wrong", "silent", "error", "unjudged")),
    ],
)
def test_text_stands_out_from_its_ground_by_wcag_aa(ink: str, ground: str) -> None:
    (style,) = shown().xpath("//style/text()")

    for colours in _colours(style):
        light, dark = sorted((_luminance(colours[ink]), _luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_one_run_gives_one_page() -> None:
    again: Run = sample()

    assert page(again) == page(RUN)
