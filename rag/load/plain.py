"""Plain text: the document's text is the decoded file, unchanged."""

from rag.load.decode import decode
from rag.load.draft import Draft


def parse(data: bytes) -> Draft:
    """The text alone; sections and title show in the text."""
    text, remark = decode(data)
    return Draft(text, remarks=(remark,) if remark else ())
