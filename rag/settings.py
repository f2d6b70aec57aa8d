"""Reads the settings of the program from the environment and `.env`: the one place that does."""

import ipaddress
import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import ConfigDict, Field, SecretStr, TypeAdapter, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from rag.errors import SettingError

_PREFIX = "RAG_"
OTLP_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
"""The variable that programs that send traces have in common."""
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?")
_PORT_UNSAID = re.compile(r"^(http(?=.*:80$)|https(?=.*:443$))(://.*):\d+$")
"""The port that a browser leaves out of an origin."""


_HEADERS = TypeAdapter(dict[str, str], config=ConfigDict(hide_input_in_errors=True))


class Settings(BaseSettings):
    """What an operator decides; each field is the variable `RAG_` + its name, its description says what is allowed."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    index_dir: Path = Field(Path(".rag"), description="the folder where the index lives")
    model: str | None = Field(None, description="a sentence-transformers model, by path or name")
    host: str = Field("127.0.0.1", pattern=r"^[A-Za-z0-9.:_-]+$", description="a host name or IP address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="a whole number from 0 to 65535; 0 takes any free port")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="origins such as https://example.org, separated by commas"
    )
    max_concurrency: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, le=1024, description="a whole number from 1 to 1024"
    )
    queue: int = Field(64, ge=0, le=100_000, description="a whole number from 0 to 100000")
    rate_limit: str | None = Field(
        None,
        pattern=r"^([1-9]\d{0,8}/(second|minute|hour|day)|off)$",
        description="a number per second, minute, hour or day, such as 60/minute, or off",
    )
    max_question: int = Field(2_000, ge=1, le=100_000, description="a whole number of characters from 1 to 100000")
    max_history: int = Field(20, ge=0, le=1_000, description="a whole number of turns from 0 to 1000")
    max_top_k: int = Field(50, ge=10, le=1_000, description="a whole number of passages from 10 to 1000")
    max_body_bytes: int = Field(1 << 20, ge=1_000, le=1 << 30, description="a whole number from 1000 to 1073741824")
    max_upload_bytes: int = Field(25 << 20, ge=1_000, le=1 << 30, description="a whole number from 1000 to 1073741824")
    request_timeout_s: float = Field(30, gt=0, le=3_600, description="a number of seconds up to 3600")
    workers: int = Field(1, ge=1, le=64, description="a whole number from 1 to 64")
    watch: Path | None = Field(None, description="a folder that the index is kept in step with")
    report: Path | None = Field(
        None, description="a report.html of `rag eval --out`, or a folder where the newest one is looked for"
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="IP addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas"
    )
    llm_base_url: str | None = Field(
        None,
        pattern=r"^https?://\S+$",
        description="the address of an OpenAI-compatible API, such as http://127.0.0.1:11434/v1",
    )
    llm_model: str | None = Field(None, description="the name of a model of that API")
    llm_api_key: SecretStr | None = Field(None, description="a key of that API")
    llm_timeout_s: float = Field(30, gt=0, le=600, description="a number of seconds up to 600")
    llm_prompt_tokens: int = Field(3_000, ge=500, le=1_000_000, description="a whole number from 500 to 1000000")
    llm_reply_tokens: int = Field(500, ge=16, le=100_000, description="a whole number from 16 to 100000")
    llm_connections: int = Field(8, ge=1, le=1_000, description="a whole number from 1 to 1000")
    llm_headers: SecretStr | None = Field(
        None, description='headers as a JSON object of texts, such as {"X-Title": "rag"}'
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="debug, info, warning or error")
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="json, text, or auto: text on a terminal, else json"
    )
    log_questions: bool = Field(False, description="true or false")
    otlp_endpoint: str | None = Field(
        None,
        pattern=r"^https?://[^\s?#]+$",
        validation_alias=OTLP_ENDPOINT,
        description="the base address of an OpenTelemetry collector, such as http://127.0.0.1:4318",
    )
    eval_key: SecretStr | None = Field(None, description="a key of the service that `rag eval --url` asks")

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _origins(cls, value: object) -> object:
        return origins_of(value) if isinstance(value, str) else value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(str(ipaddress.ip_network(network)) for network in re.split(r"[,\s]+", value) if network)

    @field_validator("llm_headers")
    @classmethod
    def _texts_by_name(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _HEADERS.validate_json(value.get_secret_value())
        return value

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value


def read_settings(**given: object) -> Settings:
    """The settings as the environment and `.env` say; what is given, and not `None`, goes first.

    Raises:
        SettingError: A value is wrong, or `.env` cannot be read.
    """
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingError(" ".join(_wrong(e["loc"], e.get("input")) for e in error.errors())) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"The file .env cannot be read ({error}); allowed is UTF-8 text, NAME=value a line."
        ) from None
    _require_both(settings)
    return settings


def llm_headers(settings: Settings) -> dict[str, str]:
    """The headers that are sent to the LLM beside the usual ones, by name."""
    return {} if settings.llm_headers is None else _HEADERS.validate_json(settings.llm_headers.get_secret_value())


def origins_of(text: str) -> tuple[str, ...]:
    """The origins named in a text, separated by commas or blanks, as browsers send them.

    Raises:
        ValueError: One is no origin.
    """
    origins = tuple(origin.rstrip("/").lower() for origin in re.split(r"[,\s]+", text) if origin)
    wrong = next((origin for origin in origins if not _ORIGIN.fullmatch(origin)), None)
    if wrong is not None:
        raise ValueError(f"{wrong!r} is no origin such as https://example.org.")
    return tuple(_PORT_UNSAID.sub(r"\1\2", origin) for origin in origins)


def require_key_off_loopback(settings: Settings, locked: bool) -> None:
    """Passes settings that listen where only this machine can ask, and any where the index is `locked` by keys.

    Raises:
        SettingError: Others could read the documents.
    """
    if not locked and not is_loopback(settings.host):
        raise SettingError(
            f"RAG_HOST is {settings.host!r}, where other machines can ask, and the index has no key: make one with "
            "`rag keys create NAME`, or allow only this machine with RAG_HOST=127.0.0.1."
        )


def _require_both(settings: Settings) -> None:
    names = ("llm_base_url", "llm_model")
    unset = [variable(name) for name in names if getattr(settings, name) is None]
    if len(unset) == 1:
        other = next(variable(name) for name in names if variable(name) != unset[0])
        raise SettingError(f"{unset[0]} is not set, but {other} is; an LLM needs both, and without one neither is set.")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _wrong(where: tuple[Any, ...], value: object) -> str:
    name = "otlp_endpoint" if where[0] == OTLP_ENDPOINT else str(where[0])
    field = Settings.model_fields[name]
    shown = "set to something else" if field.annotation == SecretStr | None else repr(str(value))
    return f"{variable(name)} is {shown}; allowed is {field.description}."


def unknown_variables() -> list[str]:
    """A remark on each variable, set or in `.env`, that begins like a setting of this program and is none."""
    known = sorted(map(variable, Settings.model_fields))
    named = {name.upper() for name in (*os.environ, *dotenv_values(".env"))}
    return [_unknown(name, known) for name in sorted(named) if name.startswith(_PREFIX) and name not in known]


def _unknown(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"{name} is no setting and is passed over{f'; did you mean {near[0]}?' if near else '.'}"


def variable(name: str) -> str:
    """The environment variable that a field of the settings is read from."""
    return str(Settings.model_fields[name].validation_alias or f"{_PREFIX}{name.upper()}")
