"""Recognises the remark that the passages do not hold the answer, and nothing that only sounds like it."""

import re

_GIVEN = (
    r"(?:passages?|documents?|sources?|(?:provided |given |numbered )(?:texts?|information|context|material)|context)"
)
_HOLDS = (
    r"(?:answer|say|mention|hold|contain|provide|specify|state|cover|include|address|discuss|give|tell|describe|"
    r"indicate|reveal|explain|name|list|have|offer|report|identify|support)"
)
_NOT = r"(?:do|does|did|is|are|was|were|can|could)(?: not|n['’]t)|cannot|fail(?:s|ed)? to"
_CANNOT = r"(?:cannot|can['’]t|could not|couldn['’]t|did not|didn['’]t|(?:was |am )?unable to|not possible to)"
_FIND = r"(?:answer|find|determine|say|tell|found|answered|determined|know)"
_NEWS = r"(?:information|mention|answer|evidence|details?|data|reference)"
_TOLD = r"(?:given|found|known|available|provided|mentioned|stated|contained|specified|answered|covered|there|in)"
_NONE = re.compile(
    "|".join(
        (
            # The passages do not say who. None of the passages mentions it. Nothing in the passages answers this.
            rf"\b{_GIVEN}\b[^.]{{0,40}}\b(?:{_NOT})\b[^.]{{0,20}}\b{_HOLDS}",
            rf"\b(?:none|neither) of the (?:\w+ ){{0,2}}{_GIVEN}\b[^.]{{0,20}}\b{_HOLDS}",
            rf"\bnothing in (?:the|these|any of the) (?:\w+ ){{0,2}}{_GIVEN}\b",
            # There is no information on it in the passages.
            rf"\bno (?:\w+ ){{0,2}}{_NEWS}\b[^.]{{0,80}}\b{_GIVEN}\b",
            # The answer is not in the passages. It cannot be answered from the passages. I cannot find it in them.
            rf"\b(?:{_NOT})(?: be)? (?:\w+ ){{0,2}}(?:in|from|by|based on|using|with)\b[^.]{{0,30}}\b{_GIVEN}\b",
            rf"\b{_CANNOT}(?: be)? (?:\w+ ){{0,2}}{_FIND}\b[^.]{{0,60}}\b{_GIVEN}\b",
            rf"\b{_GIVEN}\b[^.]{{0,40}}\b{_CANNOT}(?: be)? {_FIND}\b",
            # I could not find an answer. I don't know.
            rf"\b(?:I|we) {_CANNOT} find\b[^.]{{0,30}}\b{_NEWS}\b",
            r"^\W*(?:sorry,? |unfortunately,? )?I (?:do not|don['’]t) know\b[^.]{0,30}\W*$",
            # The answer is not given. This is not stated in the text. Not mentioned. No answer found.
            rf"^\W*(?:the|an) {_NEWS}(?: to (?:this|the|your) question)? (?:is|was) not\b[^.]{{0,20}}\b{_TOLD}\b",
            rf"^\W*(?:this|that|it) is not {_TOLD}\b[^.]{{0,20}}\W*$",
            rf"^\W*not {_TOLD}\W*$",
            rf"^\W*(?:there is )?no (?:answer|information)(?: (?:is )?{_TOLD})?\W*$",
            # German and French, in which questions may be asked
            r"\b(?:Passagen|Dokumente|Auszüge|Quellen|Texte)\b[^.]{0,40}\b(?:nicht|keine?n?)\b",
            r"\b(?:passages|documents|extraits|sources|textes)\b[^.]{0,30}\bne\b[^.]{0,40}\b(?:pas|aucune?|rien)\b",
        )
    ),
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:that|dass|que|qu(?=['’]))\b(.*)", re.IGNORECASE | re.DOTALL)
_FIGURE_OR_NAME = re.compile(r"\d[\d.,]*\d|\d|\b[^\W\d_a-z]\w+")
_MOST_WORDS = 60
"""Of a remark; a longer sentence says more than that."""


def says_none(sentence: str) -> bool:
    """Whether a sentence says that the passages do not hold the answer."""
    return len(sentence.split()) <= _MOST_WORDS and bool(_NONE.search(sentence))


def denied(sentence: str) -> set[str]:
    """The figures and names of which such a sentence says more: what it is "that" the passages do not say."""
    remark = _NONE.search(sentence)
    clause = remark and _DENIED.search(sentence, remark.start())
    return figures_and_names(clause[1]) if clause else set()


def figures_and_names(text: str) -> set[str]:
    """The figures of a text, and its words with a capital letter."""
    return set(_FIGURE_OR_NAME.findall(text))
