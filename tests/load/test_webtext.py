import pytest

from rag.load.html import parse


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>a</p><p>b<p>c", "a\n\nb\n\nc"),
        ("text <i>in</i>line<br>next<br><br>apart", "text inline\nnext\n\napart"),
        ("<div>a<div>b</div>c</div>", "a\n\nb\n\nc"),
        ("<p> \n much \t white   space\r\n </p>", "much white space"),
        ("<p>kept\u00a0\u00a0non-breaking&nbsp;</p>", "kept\u00a0\u00a0non-breaking\u00a0"),
        ("<p>&nbsp;</p><p>a</p>", "a"),
        ("<pre>  def f():\n\n      return  1\n</pre><p>a", "  def f():\n\n      return  1\n\na"),
        ("<ol><li>a<li>b</ol><p>c", "• a\n• b\n\nc"),
        ("<ul><li>a<ul><li>b</li></ul>c</li></ul>", "• a\n• b\nc"),
        ("<ul><li><p>a</p><p>b</p></li><li></li><li>c</li></ul>", "• a\nb\n• c"),
        ("<dl><dt>a<dd>b</dl>", "a\n\nb"),
        ("<h2><span>A</span>\n<span>b</span></h2>c", "A b\n\nc"),
        ("<p>a<img alt=picture>b<wbr>c</p>", "abc"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt></ruby>", "漢"),
        ("<details><summary>Q</summary>A</details>", "Q\n\nA"),
    ],
)
def test_blocks_and_white_space(page: str, text: str) -> None:
    assert parse(page.encode()).text == text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<table><caption>C</caption><thead><tr><th>a<th>b</thead><tr><td>1<td>2</table>", "C\n\na | b\n1 | 2"),
        ("<table><tr><td>a<td><td>c<tr><td> <td></table>", "a |  | c"),
        ("<table><tr><td><p>a</p><p>b</p><td>c<br>d<td><ul><li>e<li>f</ul></table>", "a b | c d | • e • f"),
        ("<table><tr><td>a</table><table><tr><td>b</table>", "a\n\nb"),
        ("<p>a<table><tr><td>b</table>c", "a\n\nb\n\nc"),
        ("<table><tr><td>a<table><tr><td>b<td>c</table><td>d</table>", "a\n\nb | c\n\nd"),
        ("<table><tr><td><h2>A</h2>a<td>b</table>", "A\n\na\n\nb"),
        ("<table role=presentation><tr><td>a<td>b</table>", "a\n\nb"),
        ("<ul><li>a<table><tr><td>b<td>c</table></ul>", "• a\n\nb | c"),
    ],
)
def test_tables_of_data_become_rows_and_tables_of_layout_blocks(page: str, text: str) -> None:
    assert parse(page.encode()).text == text


def test_a_heading_in_a_layout_table_opens_a_section() -> None:
    assert parse(b"<table><tr><td><h2>A</h2>a</table>").sections[0].heading == ("A",)
