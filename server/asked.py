"""What may be asked: the request bodies, with their limits, and the one function that reads them."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import CoreSchema, core_schema
from starlette.exceptions import HTTPException
from starlette.requests import Request

from rag import DEFAULT_COLLECTION, Filters
from rag.settings import Settings

MOST_CITATIONS = 200
"""Of one verification; a quote that moved costs a search through its whole document."""
_MOST_OFFSET = 2**40
"""Far beyond any text, and within what SQLite can count."""

_BLANK = "\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
"""ECMA-262's white space and line ends; Python counts some control characters too."""
_SETTING = "x-setting"
"""Stands in the JSON schema of a field whose limit is a setting; `configured` puts its value beside it."""
_LIMITS = frozenset({"maxLength", "maxItems", "maximum"})


@dataclass(frozen=True, slots=True)
class AtMost:
    """What a field is annotated with whose limit is a setting."""

    setting: str
    """Its name in `Settings`."""
    keyword: Literal["maxLength", "maxItems", "maximum"]
    """What JSON Schema calls the limit."""
    unit: str = ""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema of the type, with the check after it."""
        return core_schema.with_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The JSON schema of the type, with the limit as it is when nothing is set, and the name of its setting."""
        return {**handler(schema), self.keyword: self._most(None), _SETTING: self._variable}

    @property
    def _variable(self) -> str:
        return f"RAG_{self.setting.upper()}"

    def _most(self, settings: Settings | None) -> int:
        most: int = Settings.model_fields[self.setting].default if settings is None else getattr(settings, self.setting)
        return most

    def _checked(self, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - of whatever type it annotates
        most = self._most(info.context)
        if (value if isinstance(value, int) else len(value)) > most:
            raise ValueError(f"is over the limit of {most}{self.unit} ({self._variable})")
        return value


def configured(schema: Any, settings: Settings) -> Any:  # noqa: ANN401 - JSON
    """A JSON schema, with the limits as they are set."""
    if isinstance(schema, list):
        return [configured(part, settings) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: configured(part, settings) for name, part in schema.items()}
    if _SETTING in found:
        most = getattr(settings, str(found[_SETTING]).removeprefix("RAG_").lower())
        found |= dict.fromkeys(found.keys() & _LIMITS, most)
    return found


def _whole(value: object) -> object:
    """The number, a whole one without its point: to JSON Schema 8.0 is an integer too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Comes last among what a field is annotated with: limits before it stay in the JSON schema."""
Collection = Annotated[str, Field(min_length=1, max_length=64)]
NOT_BLANK: dict[str, JsonValue] = {"pattern": r"\S"}
"""Says in a JSON schema what `not_blank` checks."""
Question = Annotated[
    str, Field(min_length=1, json_schema_extra=NOT_BLANK), AtMost("max_question", "maxLength", " characters")
]
TopK = Annotated[int, Field(ge=1), AtMost("max_top_k", "maximum"), WHOLE]
Offset = Annotated[int, Field(ge=0, le=_MOST_OFFSET), WHOLE]
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
    history: Annotated[list[Turn], AtMost("max_history", "maxItems", " turns")] = []
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

    n: Offset
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
    """The text, which must hold more than white space, as a pattern of JSON Schema has it."""
    if not text.strip(_BLANK):
        raise ValueError("must not be blank")
    return text


def settings_of(request: Request) -> Settings | None:
    """What the service that serves a request is set to."""
    found: Settings | None = getattr(request.app.state, "settings", None)
    return found


async def read_body(request: Request, model: type[Body]) -> Body:
    """The request's JSON body as the model, held to the limits that the service is set to.

    Raises:
        RequestValidationError: It is no JSON, or not of this shape.
        HTTPException: It is of another type (415).
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, f"The body is {kind[:100]!r}; send application/json.")
    try:
        return model.model_validate_json(await request.body(), context=settings_of(request))
    except ValidationError as error:
        found = [{**e, "loc": ("body", *e["loc"])} for e in error.errors(include_url=False)]
        raise RequestValidationError(found) from None
