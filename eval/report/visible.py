"""Shows the characters that a reader would not see, or that would change the order of what is seen."""

_HIDDEN = (
    *(code for code in range(0x20) if chr(code) not in "\t\n\r"),
    *range(0x7F, 0xA0),
    0x200B,  # zero width space; joiners (U+200C, U+200D) are part of words and emoji
    *range(0x200E, 0x2010),  # marks of direction
    0x061C,
    *range(0x202A, 0x202F),  # embeddings and overrides of direction
    *range(0x2060, 0x2070),  # invisible operators, isolates
    0xFEFF,
    *range(0xFFF9, 0xFFFC),  # interlinear annotation
    *range(0xE0000, 0xE0080),  # tags
    *range(0xD800, 0xE000),  # surrogates without a partner, which no UTF-8 holds
)
_NAMED = {code: f"⟨U+{code:04X}⟩" for code in _HIDDEN}


def visible(text: str) -> str:
    """The text with each control, direction and zero-width character written out, such as `⟨U+202E⟩`."""
    return text.translate(_NAMED)
