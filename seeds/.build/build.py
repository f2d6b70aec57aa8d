"""Build the PDF and Word notes of the collection from their Markdown sources.

Every ``NAME.pdf.md`` beside this script becomes ``NAME.pdf`` in the parent
folder, and every ``NAME.docx.md`` becomes ``NAME.docx``.  Under its title a
source carries the lines ``Author: ...`` and ``Date: YYYY-MM-DD``; they go into
the metadata of the document.  The same source always gives the same bytes.

Run: ``python seeds/.build/build.py``
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from docx import Document
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.table import _Row
from docx.text.paragraph import Paragraph
from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

SOURCES = Path(__file__).resolve().parent
TARGET = SOURCES.parent

FONT = "Helvetica"
BODY_SIZE = 11.0
TABLE_SIZE = 9.5
LINE_HEIGHT = 5.7
MARGIN = 25.0
INDENT = 6.0
HEADING_SIZES = {1: 19.0, 2: 14.5, 3: 12.0}
HEADER_FILL = (226, 232, 238)


@dataclass(frozen=True)
class Run:
    """A stretch of text in one style."""

    text: str
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True)
class Block:
    """One block of a note.

    ``kind`` is heading, paragraph, bullet, number or table.  ``level`` is the
    level of a heading or the depth of a list (from 1); ``label`` is the number
    printed before an ordered item.  ``rows`` holds the cells of a table, the
    header row first.
    """

    kind: str
    runs: tuple[Run, ...] = ()
    level: int = 0
    label: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Note:
    """A parsed source: its metadata and its blocks, title excluded."""

    title: str
    author: str
    date: datetime
    blocks: list[Block] = field(default_factory=list)


# ---------------------------------------------------------------- parsing


def inline_runs(node: SyntaxTreeNode, bold: bool = False, italic: bool = False) -> Iterator[Run]:
    """Yield the styled text below an inline node, line breaks as spaces."""
    for child in node.children:
        if child.type in {"text", "code_inline"}:
            yield Run(child.content, bold, italic)
        elif child.type in {"softbreak", "hardbreak"}:
            yield Run(" ", bold, italic)
        elif child.type == "strong":
            yield from inline_runs(child, True, italic)
        elif child.type == "em":
            yield from inline_runs(child, bold, True)
        else:
            yield from inline_runs(child, bold, italic)


def node_runs(node: SyntaxTreeNode) -> tuple[Run, ...]:
    """Return the runs of a block node whose children are inline nodes."""
    return tuple(run for child in node.children for run in inline_runs(child) if run.text)


def plain_text(runs: tuple[Run, ...]) -> str:
    """Join runs into one string without styles."""
    return "".join(run.text for run in runs).strip()


def table_rows(node: SyntaxTreeNode) -> tuple[tuple[str, ...], ...]:
    """Return the cells of a table node as plain text, the header row first."""
    return tuple(
        tuple(plain_text(node_runs(cell)) for cell in row.children) for part in node.children for row in part.children
    )


def list_blocks(node: SyntaxTreeNode, depth: int) -> Iterator[Block]:
    """Yield the items of a list and of the lists inside it."""
    ordered = node.type == "ordered_list"
    start = int(node.attrs.get("start", 1)) if ordered else 1
    for number, item in enumerate(node.children, start):
        for child in item.children:
            if child.type in {"bullet_list", "ordered_list"}:
                yield from list_blocks(child, depth + 1)
            elif ordered:
                yield Block("number", node_runs(child), depth, f"{number}.")
            else:
                yield Block("bullet", node_runs(child), depth)


def node_blocks(node: SyntaxTreeNode) -> Iterator[Block]:
    """Turn one top-level node into blocks; refuse what cannot be drawn."""
    if node.type == "heading":
        yield Block("heading", node_runs(node), int(node.tag[1:]))
    elif node.type == "paragraph":
        yield Block("paragraph", node_runs(node))
    elif node.type in {"bullet_list", "ordered_list"}:
        yield from list_blocks(node, 1)
    elif node.type == "table":
        yield Block("table", rows=table_rows(node))
    else:
        raise ValueError(f"this kind of Markdown is not supported here: {node.type}")


def metadata(node: SyntaxTreeNode) -> dict[str, str]:
    """Read ``Key: value`` lines from the paragraph under the title."""
    lines = node.children[0].content.splitlines()
    pairs = (line.partition(":") for line in lines)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def parse_note(text: str) -> Note:
    """Parse a source; its title and the two metadata lines are required."""
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(text))
    title, head, *rest = tree.children
    if title.type != "heading" or title.tag != "h1" or head.type != "paragraph":
        raise ValueError("a source starts with '# Title' and the lines Author: and Date:")
    values = metadata(head)
    return Note(
        title=plain_text(node_runs(title)),
        author=values["author"],
        date=datetime.fromisoformat(values["date"]).replace(tzinfo=UTC),
        blocks=[block for node in rest for block in node_blocks(node)],
    )


def byline(note: Note) -> str:
    """Return the line printed under the title."""
    return f"{note.author}, {note.date.day} {note.date:%B %Y}"


# -------------------------------------------------------------------- PDF


class NotePdf(FPDF):
    """An A4 document with the note's title above and page numbers below."""

    def __init__(self, title: str) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self.running_title = title

    def header(self) -> None:
        """Draw the running header: the title, shortened to one line."""
        self.set_font(FONT, "I", 9)
        self.set_text_color(90)
        self.set_y(12)
        self.cell(0, 5, shortened(self, self.running_title), align="L")
        self.set_draw_color(160)
        self.line(MARGIN, 18, self.w - MARGIN, 18)
        self.set_text_color(0)
        self.set_y(MARGIN)

    def footer(self) -> None:
        """Draw the footer with the page number and the number of pages."""
        self.set_y(-17)
        self.set_font(FONT, "", 9)
        self.set_text_color(90)
        self.cell(0, 5, f"The notes project - page {self.page_no()} of {{nb}}", align="C")
        self.set_text_color(0)


def shortened(pdf: FPDF, text: str) -> str:
    """Cut a text at a word so that it fits on one line in the current font."""
    if pdf.get_string_width(text) <= pdf.epw - 2:
        return text
    words = text.split()
    while words and pdf.get_string_width(" ".join(words) + " ...") > pdf.epw - 2:
        words.pop()
    return " ".join(words) + " ..."


def write_runs(pdf: FPDF, runs: tuple[Run, ...], size: float = BODY_SIZE) -> None:
    """Write runs as flowing text from the current position to a new line."""
    for run in runs:
        pdf.set_font(FONT, ("B" if run.bold else "") + ("I" if run.italic else ""), size)
        pdf.write(LINE_HEIGHT, run.text)
    pdf.ln(LINE_HEIGHT)


def pdf_heading(pdf: FPDF, block: Block) -> None:
    """Draw a heading, on a new page if little would fit below it.

    A higher heading asks for more room, since a lower one may follow at once.
    """
    size = HEADING_SIZES.get(block.level, BODY_SIZE)
    height = size * 0.5
    if pdf.will_page_break(height + (5 if block.level > 2 else 7) * LINE_HEIGHT):
        pdf.add_page()
    elif pdf.get_y() > MARGIN + 1:
        pdf.ln(3)
    text = plain_text(block.runs)
    pdf.set_font(FONT, "B", size)
    pdf.start_section(text, level=max(block.level - 1, 0))
    pdf.multi_cell(0, height, text, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(1.5)


def pdf_item(pdf: FPDF, block: Block) -> None:
    """Draw one list item, its text set in from the margin."""
    if pdf.will_page_break(LINE_HEIGHT):
        pdf.add_page()
    left = MARGIN + INDENT * (block.level - 1)
    pdf.set_x(left + 1)
    pdf.set_font(FONT, "" if block.label else "B", BODY_SIZE + (0 if block.label else 5))
    pdf.cell(INDENT, LINE_HEIGHT, block.label or "\u00b7")
    pdf.set_left_margin(left + INDENT + 1)
    write_runs(pdf, block.runs)
    pdf.set_left_margin(MARGIN)
    pdf.set_x(MARGIN)
    pdf.ln(0.8)


def column_weights(rows: tuple[tuple[str, ...], ...]) -> tuple[int, ...]:
    """Weigh columns by their text, within bounds that keep each readable."""
    totals = (sum(len(cell) for cell in column) // len(rows) for column in zip(*rows, strict=True))
    return tuple(min(max(total, 14), 42) for total in totals)


def pdf_table(pdf: FPDF, block: Block) -> None:
    """Draw a table with a shaded header row that repeats after a page break."""
    pdf.ln(1)
    pdf.set_font(FONT, "", TABLE_SIZE)
    pdf.set_draw_color(140)
    with pdf.table(
        borders_layout=TableBordersLayout.ALL,
        col_widths=column_weights(block.rows),
        headings_style=FontFace(emphasis="BOLD", fill_color=HEADER_FILL),
        line_height=TABLE_SIZE * 0.5,
        padding=1.3,
        text_align="LEFT",
    ) as table:
        for cells in block.rows:
            table.row(cells)
    pdf.ln(4)


def draw_pdf(note: Note) -> bytes:
    """Return a note as the bytes of a PDF file."""
    pdf = NotePdf(note.title)
    pdf.set_margins(MARGIN, MARGIN, MARGIN)
    pdf.set_auto_page_break(True, MARGIN)
    pdf.set_title(note.title)
    pdf.set_author(note.author)
    pdf.set_lang("en-GB")
    pdf.set_creation_date(note.date)
    pdf.add_page()
    pdf_heading(pdf, Block("heading", (Run(note.title),), 1))
    write_runs(pdf, (Run(byline(note), italic=True),))
    pdf.ln(3)
    previous = ""
    for block in note.blocks:
        if previous in {"bullet", "number"} and block.kind != previous:
            pdf.ln(2)
        if block.kind == "heading":
            pdf_heading(pdf, block)
        elif block.kind == "paragraph":
            write_runs(pdf, block.runs)
            pdf.ln(2.5)
        elif block.kind == "table":
            pdf_table(pdf, block)
        else:
            pdf_item(pdf, block)
        previous = block.kind
    return bytes(pdf.output())


# ------------------------------------------------------------------- Word


def add_runs(paragraph: Paragraph, runs: tuple[Run, ...]) -> None:
    """Append styled runs to a Word paragraph."""
    for run in runs:
        part = paragraph.add_run(run.text)
        part.bold = run.bold or None
        part.italic = run.italic or None


def list_style(block: Block) -> str:
    """Name the built-in Word style of a list item."""
    name = "List Bullet" if block.kind == "bullet" else "List Number"
    return name if block.level == 1 else f"{name} {min(block.level, 3)}"


def restart_numbering(document: WordDocument, style: str) -> int:
    """Start a new numbered list in the given style and return its id."""
    numbering = document.part.numbering_part.element
    style_id = document.styles[style].element.pPr.numPr.numId.val
    abstract = next(num for num in numbering.num_lst if num.numId == style_id).abstractNumId.val
    number = numbering.add_num(abstract)
    number.add_lvlOverride(0).add_startOverride(1)
    return int(number.numId)


def repeat_header(row: _Row) -> None:
    """Mark a table row as a header that Word repeats on each page."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def word_table(document: WordDocument, block: Block) -> None:
    """Add a table with a bold header row."""
    table = document.add_table(rows=0, cols=len(block.rows[0]), style="Table Grid")
    for number, cells in enumerate(block.rows):
        row = table.add_row()
        for cell, text in zip(row.cells, cells, strict=True):
            cell.paragraphs[0].add_run(text).bold = True if number == 0 else None
    repeat_header(table.rows[0])
    document.add_paragraph()


def word_properties(document: WordDocument, note: Note) -> None:
    """Set the core properties, among them fixed dates."""
    created = note.date.replace(tzinfo=None)
    properties = document.core_properties
    properties.title = note.title
    properties.author = note.author
    properties.last_modified_by = note.author
    properties.created = created
    properties.modified = created
    properties.language = "en-GB"
    properties.comments = ""
    properties.revision = 1


def repacked(data: bytes) -> bytes:
    """Write a zip archive again with one fixed time on every member."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3
            new.writestr(member, old.read(name))
    return buffer.getvalue()


def draw_docx(note: Note) -> bytes:
    """Return a note as the bytes of a Word file."""
    document = Document()
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(11)
    word_properties(document, note)
    document.add_heading(note.title, level=1)
    add_runs(document.add_paragraph(), (Run(byline(note), italic=True),))
    previous, list_id = "", 0
    for block in note.blocks:
        if block.kind == "heading":
            document.add_heading(plain_text(block.runs), level=block.level)
        elif block.kind == "paragraph":
            add_runs(document.add_paragraph(), block.runs)
        elif block.kind == "table":
            word_table(document, block)
        else:
            paragraph = document.add_paragraph(style=list_style(block))
            add_runs(paragraph, block.runs)
            if block.kind == "number":
                if previous != "number":
                    list_id = restart_numbering(document, list_style(block))
                numbers = paragraph._p.get_or_add_pPr().get_or_add_numPr()
                numbers.get_or_add_ilvl().val = 0
                numbers.get_or_add_numId().val = list_id
        previous = block.kind
    buffer = io.BytesIO()
    document.save(buffer)
    return repacked(buffer.getvalue())


# ------------------------------------------------------------------- main


def build(source: Path) -> Path:
    """Build one source and return the path of the file it gave."""
    target = TARGET / source.name.removesuffix(".md")
    note = parse_note(source.read_text(encoding="utf-8"))
    draw = {".pdf": draw_pdf, ".docx": draw_docx}[target.suffix]
    target.write_bytes(draw(note))
    return target


def main() -> None:
    """Build every source beside this script."""
    for source in sorted([*SOURCES.glob("*.pdf.md"), *SOURCES.glob("*.docx.md")]):
        print(build(source).relative_to(TARGET.parent))


if __name__ == "__main__":
    main()
