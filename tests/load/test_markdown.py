from hypothesis import given
from hypothesis import strategies as st

from rag.load.draft import Draft
from rag.load.markdown import parse

NOTE = """# Title with *emphasis* and `code`

*Written from a post.*

## First [link](http://example.org) part {#first}

```
# no heading in code
```

> # no heading in a quotation

- # no heading in a list

Setext one
==========

deep
----

### Deeper ###

The end.
"""


def headings(draft: Draft) -> list[tuple[str, ...]]:
    return [section.heading for section in draft.sections]


def test_the_text_is_the_file_itself() -> None:
    data = "\ufeff# A\r\n\r\nn\u0303 \u00a0 😀\r\n".encode()
    assert parse(data).text == data.decode()


def test_sections_follow_the_headings() -> None:
    draft = parse(NOTE.encode())
    assert headings(draft) == [
        ("Title with emphasis and code",),
        ("Title with emphasis and code", "First link part"),
        ("Setext one",),
        ("Setext one", "deep"),
        ("Setext one", "deep", "Deeper"),
    ]
    assert [draft.text[section.start :].split("\n")[0] for section in draft.sections] == [
        "# Title with *emphasis* and `code`",
        "## First [link](http://example.org) part {#first}",
        "Setext one",
        "deep",
        "### Deeper ###",
    ]
    assert draft.title == "Title with emphasis and code"


def test_line_ends_of_every_kind_give_the_same_headings_at_their_own_offsets() -> None:
    for end in ("\n", "\r\n", "\r"):
        text = NOTE.replace("\n", end)
        draft = parse(text.encode())
        assert headings(draft) == headings(parse(NOTE.encode()))
        assert text[draft.sections[-1].start :].startswith("### Deeper ###")


def test_a_byte_order_mark_hides_no_heading() -> None:
    draft = parse("\ufeff# A\n\ntext\n\n# B".encode())
    assert headings(draft) == [("A",), ("B",)]
    assert (draft.sections[0].start, draft.text[draft.sections[1].start :]) == (0, "# B")


def test_front_matter_states_title_author_and_date_and_is_no_heading() -> None:
    text = '---\r\ntitle: "The title"\r\nauthor: Ann Writer\r\ndate: 2012-11-28\r\n---\r\n\r\n# Other\r\n\r\ntext\r\n'
    draft = parse(text.encode())
    assert (draft.title, draft.author, draft.date) == ("The title", "Ann Writer", "2012-11-28")
    assert headings(draft) == [(), ("Other",)]
    assert draft.sections[1].start == text.index("# Other")


def test_front_matter_in_toml_is_read_too() -> None:
    draft = parse(b"+++\ntitle = 'The title'\ndate = 2012-11-28\n+++\ntext\n")
    assert (draft.title, draft.date) == ("The title", "2012-11-28")


def test_a_rule_at_the_start_is_no_front_matter() -> None:
    assert headings(parse(b"---\n\n# A\n\ntext\n\n---\n\nmore\n\n# B\n")) == [(), ("A",), ("B",)]


def test_lines_near_the_top_state_author_and_date() -> None:
    draft = parse("# Title\n\n**Author:** Ann Écrivain  \n*Date: 28 November 2012*\n\nText.\n".encode())
    assert (draft.author, draft.date) == ("Ann Écrivain", "2012-11-28")


def test_lines_below_the_second_heading_speak_of_something_else() -> None:
    draft = parse(b"# Title\n\nText.\n\n## The report\n\n- **Author:** The committee\n- **Date:** 11 June 2018\n")
    assert (draft.author, draft.date) == (None, None)


def test_a_file_without_headings_has_no_sections_of_its_own() -> None:
    assert parse(b"Words.\n\n- item\n") == Draft("Words.\n\n- item\n")


def test_a_heading_of_markup_only_keeps_its_marks() -> None:
    assert headings(parse(b"# ![](a.png)\n\ntext")) == [("![](a.png)",)]


def test_much_nesting_and_long_headings_are_read_in_time() -> None:
    assert parse(b"> " * 100_000 + b"\n# x\n").sections
    assert parse(b"# " + b"[" * 1_000_000 + b"\n\n# x\n").sections[-1].heading == ("x",)
    assert parse(b"word " * 1_000_000).text


@given(st.lists(st.sampled_from(["# A", "## B ##", "C\n===", "---", "text", "> # q", "- # l", "", "```", "\ufeff"])))
def test_sections_ascend_and_hold_all_of_the_text(lines: list[str]) -> None:
    draft = parse("\r\n".join(lines).encode())
    ends = [0]
    for section in draft.sections:
        assert section.start == ends[-1]
        assert section.end > section.start
        ends.append(section.end)
    assert ends[-1] == (len(draft.text) if draft.sections else 0)
