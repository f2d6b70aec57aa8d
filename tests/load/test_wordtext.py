import pytest
from lxml import etree

from rag.load.wordtext import Reader, Style, styles_of

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def text_of(*elements: str, styles: dict[str, Style] | None = None) -> str:
    reader = Reader(styles or {})
    for element in etree.fromstring(f"<w:body {W} {MC}>{''.join(elements)}</w:body>"):
        reader.read(element)
    return reader.blocks.text()


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def cell(*content: str) -> str:
    return f"<w:tc>{''.join(content)}</w:tc>"


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>", "a\tb\nc"),
        ("<w:r><w:t>non</w:t><w:noBreakHyphen/><w:t>stop</w:t><w:softHyphen/></w:r>", "non\u2011stop\u00ad"),
        ("<w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink>", "link"),
        ("<w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>", "new"),
        ("<w:moveFrom><w:r><w:t>from</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>to</w:t></w:r></w:moveTo>", "to"),
        ("<w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>7</w:t></w:r>", "7"),
        ("<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:t>seen</w:t></w:r>", "seen"),
        ("<w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>seen</w:t></w:r>", "seen"),
        ("<w:sdt><w:sdtContent><w:r><w:t>in</w:t></w:r></w:sdtContent></w:sdt>", "in"),
        ("<w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>a</w:t></w:r>", "a"),
        ("<w:r/>", ""),
    ],
)
def test_the_runs_of_a_paragraph(runs: str, text: str) -> None:
    assert text_of(f"<w:p>{runs}</w:p>") == text


def test_list_items_are_told_by_style_or_by_their_own_properties() -> None:
    listed, plain = "<w:numPr><w:numId w:val='3'/></w:numPr>", "<w:numPr><w:numId w:val='0'/></w:numPr>"
    style = "<w:pStyle w:val='Bullets'/>"
    text = text_of(
        *(paragraph("a", listed), paragraph("b", style), paragraph("c", style + plain), paragraph("d")),
        styles={"Bullets": Style(listed=True)},
    )
    assert text == "• a\n• b\n\nc\n\nd"


def test_a_table_of_contents_is_left_out() -> None:
    assert text_of(paragraph("Intro 3", "<w:pStyle w:val='TOC1'/>"), styles={"TOC1": Style(contents=True)}) == ""


def test_the_cells_of_a_row_stand_on_one_line() -> None:
    two = paragraph("a") + paragraph("b")
    assert text_of(table(cell(two) + cell(), cell(paragraph(" c  d ")) + cell(paragraph("e")))) == "a b | \nc d | e"


def test_a_row_of_one_cell_is_a_frame_around_blocks() -> None:
    listed = "<w:numPr><w:numId w:val='3'/></w:numPr>"
    assert text_of(table(cell(paragraph("a"), paragraph("b", listed)))) == "a\n\n• b"


def test_a_table_in_a_cell_is_part_of_the_cell() -> None:
    inner = table(cell(paragraph("b")) + cell(paragraph("c")))
    assert text_of(table(cell(paragraph("a"), inner) + cell(paragraph("d")))) == "a b c | d"


def test_rows_and_cells_in_content_controls_are_found_and_deleted_rows_are_not() -> None:
    row = f"<w:tr>{cell(paragraph('a'))}<w:sdt><w:sdtContent>{cell(paragraph('b'))}</w:sdtContent></w:sdt></w:tr>"
    deleted = f"<w:tr><w:trPr><w:del/></w:trPr>{cell(paragraph('x'))}{cell(paragraph('y'))}</w:tr>"
    assert text_of(f"<w:tbl><w:sdt><w:sdtContent>{row}</w:sdtContent></w:sdt>{deleted}</w:tbl>") == "a | b"


def test_a_text_box_follows_its_paragraph_once() -> None:
    box = f"<w:txbxContent>{paragraph('box')}</w:txbxContent>"
    alternatives = (
        f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    )
    framed = f"<w:p><w:r><w:t>before</w:t></w:r><w:r>{alternatives}</w:r><w:r><w:t> after</w:t></w:r></w:p>"
    assert text_of(framed) == "before after\n\nbox"
    assert text_of(table(cell(framed) + cell(paragraph("b")))) == "before after box | b"


def test_styles_inherit_their_level_and_circles_end() -> None:
    names = {"H1": "heading 1", "Titel": "Title", "T": "toc 1", "Outlined": "Own", "A": "a", "B": "b", "Bullet": "List"}
    inside = {
        "Outlined": "<w:pPr><w:outlineLvl w:val='2'/></w:pPr>",
        "A": "<w:basedOn w:val='B'/>",
        "B": "<w:basedOn w:val='A'/>",
        "Bullet": "<w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr>",
    }
    styles = "".join(
        f"<w:style w:styleId='{key}'><w:name w:val='{name}'/>{inside.get(key, '')}</w:style>"
        for key, name in names.items()
    )
    child = "<w:style w:styleId='Mine'><w:name w:val='Mine'/><w:basedOn w:val='H1'/></w:style>"
    found = styles_of(etree.fromstring(f"<w:styles {W}>{styles}{child}</w:styles>"))
    levels = {key: style.level for key, style in found.items() if style.level is not None}
    assert levels == dict(H1=1, Titel=0, Outlined=3, Mine=1)  # noqa: C408 - one line
    assert [key for key, style in found.items() if style.listed] == ["Bullet"]
    assert [key for key, style in found.items() if style.contents] == ["T"]
