"""What may be asked: the request bodies, with their limits, and the one function that reads them."""

from typing import Annotated, Literal, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.exceptions import HTTPException
from starlette.requests import Request

from rag import DEFAULT_COLLECTION, Filters

MOST_QUESTION_CHARACTERS = 2000
MOST_TURNS = 20
MOST_TOP_K = 50
MOST_CITATIONS = 200
"""Of one verification; a quote that moved costs a search through its whole document."""
_MOST_OFFSET = 2**40
"""Far beyond any text, and within what SQLite can count."""

Collection = Annotated[str, Field(min_length=1, max_length=64)]
Question = Annotated[str, Field(min_length=1, max_length=MOST_QUESTION_CHARACTERS)]
TopK = Annotated[int, Field(ge=1, le=MOST_TOP_K)]
Offset = Annotated[int, Field(ge=0, le=_MOST_OFFSET)]
Body = TypeVar("Body", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DocumentFilters(_Strict):
    """Which documents may answer."""

    document_id: list[str] | None = Field(default=None, max_length=1000)
    source: str | None = Field(default=None, max_length=1000, description="Pattern with * and ?.")

    def filters(self) -> Filters:
        """As the library takes them."""
        return Filters(None if self.document_id is None else tuple(self.document_id), self.source)


class Turn(_Strict):
    """One turn of the conversation before the question."""

    role: Literal["user", "assistant"]
    content: str


class AskRequest(_Strict):
    """A question."""

    question: Question
    collection: Collection = DEFAULT_COLLECTION
    mode: Literal["auto", "extractive", "llm"] = "auto"
    top_k: TopK = 8
    filters: DocumentFilters = DocumentFilters()
    history: list[Turn] = Field([], max_length=MOST_TURNS)
    stream: bool = False

    @field_validator("question")
    @classmethod
    def _not_blank(cls, question: str) -> str:
        return not_blank(question)


class SearchRequest(_Strict):
    """A search for passages."""

    query: Question
    collection: Collection = DEFAULT_COLLECTION
    top_k: TopK = 10
    filters: DocumentFilters = DocumentFilters()

    @field_validator("query")
    @classmethod
    def _not_blank(cls, query: str) -> str:
        return not_blank(query)


class QuotedCitation(BaseModel):
    """What of a citation is checked; whatever else a saved citation holds is passed over."""

    model_config = ConfigDict(strict=True, frozen=True)

    n: Annotated[int, Field(ge=0, le=_MOST_OFFSET)]
    document_id: str
    start: Offset
    end: Offset
    quote: str


class VerifyRequest(BaseModel):
    """A saved answer, or only its citations; whatever else a saved answer holds is passed over."""

    model_config = ConfigDict(strict=True, frozen=True)

    citations: list[QuotedCitation] = Field(max_length=MOST_CITATIONS)
    collection: Collection = DEFAULT_COLLECTION


def not_blank(text: str) -> str:
    """The text, which must hold more than white space."""
    if not text.strip():
        raise ValueError("must not be blank")
    return text


async def read_body(request: Request, model: type[Body]) -> Body:
    """The request's JSON body as the model.

    Raises:
        RequestValidationError: It is no JSON, or not of this shape.
        HTTPException: It is of another type (415).
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, f"The body is {kind[:100]!r}; send application/json.")
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        found = [{**e, "loc": ("body", *e["loc"])} for e in error.errors(include_url=False)]
        raise RequestValidationError(found) from None
