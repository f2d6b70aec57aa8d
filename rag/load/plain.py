"""Plain text: the document's text is the decoded file, unchanged."""

from rag.load.decode import decode
from rag.load.draft import Draft
from rag.load.limits import check_text_characters


def parse(data: bytes) -> Draft:
    """The text alone; sections and title show in the text."""
    text, remark = decode(data)
    check_text_characters(len(text))
    return Draft(text, remarks=(remark,) if remark else ())
