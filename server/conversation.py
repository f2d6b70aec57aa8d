"""What chat programs send. Unknown fields are passed over, here only: they are meant for a language model."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator

from rag import Turn
from server.asked import NOT_BLANK, not_blank


class _Open(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


def _form(content: object) -> str:
    return "parts" if isinstance(content, list) else "text"


Words = Annotated[str, AfterValidator(not_blank), Field(json_schema_extra=NOT_BLANK)]


class WordsPart(_Open):
    """A part of what the user says."""

    type: Literal["text"]
    text: Words


class UserMessage(_Open):
    """What the user says, in words."""

    role: Literal["user"]
    content: Annotated[
        Annotated[Words, Tag("text")] | Annotated[list[WordsPart], Field(min_length=1), Tag("parts")],
        Discriminator(_form),
    ]

    @field_validator("content", mode="before")
    @classmethod
    def _words_only(cls, content: object) -> object:
        for part in content if isinstance(content, list) else ():
            kind = part.get("type") if isinstance(part, dict) else None
            if kind != "text":
                raise ValueError(f"holds a part of type {str(kind)[:50]!r}; only parts of type 'text' are read")
        return content

    def text(self) -> str:
        """The words of all its parts."""
        return self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content)


class SaidPart(_Open):
    """A part of what the assistant said."""

    type: str
    text: str | None = None


class AssistantMessage(_Open):
    """What the assistant said before; where it only used tools, nothing."""

    role: Literal["assistant"]
    content: Annotated[
        Annotated[str | None, Tag("text")] | Annotated[list[SaidPart], Tag("parts")], Discriminator(_form)
    ] = None

    def text(self) -> str:
        """The words of all its parts."""
        return (
            "\n".join(part.text or "" for part in self.content)
            if isinstance(self.content, list)
            else self.content or ""
        )


class OtherMessage(_Open):
    """What the system, a developer or a tool says, which is meant for a language model and passed over."""

    role: Literal["system", "developer", "tool", "function"]


class StreamOptions(_Open):
    """What a stream holds beside the answer."""

    include_usage: bool | None = None


MOST_MESSAGES = 1_000
"""Of one conversation; the newest are read, see RAG_MAX_HISTORY."""


class ChatRequest(_Open):
    """A conversation, whose last user message is the question."""

    model: str = Field(description="`rag` for the default collection, `rag/NAME` for another.", examples=["rag"])
    messages: list[Annotated[UserMessage | AssistantMessage | OtherMessage, Field(discriminator="role")]] = Field(
        max_length=MOST_MESSAGES, json_schema_extra={"contains": {"properties": {"role": {"const": "user"}}}}
    )
    n: Literal[1] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    @field_validator("messages")
    @classmethod
    def _asks(cls, messages: list[UserMessage | AssistantMessage | OtherMessage]) -> object:
        if not any(isinstance(message, UserMessage) for message in messages):
            raise ValueError("must hold a message of the user")
        return messages

    def question(self) -> str:
        """The last user message."""
        return next(message.text() for message in reversed(self.messages) if isinstance(message, UserMessage))

    def history(self, most: int) -> list[Turn]:
        """What user and assistant said before the question: the newest turns, `most` at most."""
        last = max(number for number, message in enumerate(self.messages) if message.role == "user")
        said = [message for message in self.messages[:last] if not isinstance(message, OtherMessage)]
        turns = [Turn(message.role, message.text()) for message in said if message.text().strip()]
        return turns[max(0, len(turns) - most) :]
