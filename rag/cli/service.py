"""The command `rag serve`, with every setting of the service as an option."""

from pathlib import Path
from typing import Annotated

import typer

from rag.cli.screen import note
from rag.settings import Settings, read_settings, unknown_variables, variable

_DEFAULTS = {
    "model": "the packaged all-MiniLM-L6-v2",
    "max_concurrency": "one per core",
    "rate_limit": "60/minute where there are keys, else off",
    "log_questions": "false",
}
"""Where the setting's own default does not say it."""


def _option(name: str, remark: str = "") -> typer.models.OptionInfo:
    """An option that stands for a setting; its value is checked as the environment's is."""
    field = Settings.model_fields[name]
    default = _DEFAULTS.get(name) or field.default or "none"
    told = f"{variable(name)}: {field.description} (default {default}).{remark}"
    option: typer.models.OptionInfo = typer.Option(f"--{name.replace('_', '-')}", metavar="VALUE", help=told)
    return option


def serve(
    index_dir: Annotated[Path | None, _option("index_dir")] = None,
    model: Annotated[str | None, _option("model")] = None,
    host: Annotated[str | None, _option("host", " Others than this machine need a key.")] = None,
    port: Annotated[str | None, _option("port")] = None,
    workers: Annotated[str | None, _option("workers", " Processes that serve the one index.")] = None,
    watch: Annotated[Path | None, _option("watch")] = None,
    report: Annotated[Path | None, _option("report", " Shown at /report.")] = None,
    cors_origins: Annotated[str | None, _option("cors_origins")] = None,
    trusted_proxies: Annotated[str | None, _option("trusted_proxies")] = None,
    rate_limit: Annotated[str | None, _option("rate_limit", " Requests of a key or an address.")] = None,
    max_concurrency: Annotated[str | None, _option("max_concurrency", " Answers at once.")] = None,
    queue: Annotated[str | None, _option("queue", " Requests that may wait.")] = None,
    request_timeout_s: Annotated[str | None, _option("request_timeout_s")] = None,
    max_question: Annotated[str | None, _option("max_question")] = None,
    max_history: Annotated[str | None, _option("max_history")] = None,
    max_top_k: Annotated[str | None, _option("max_top_k")] = None,
    max_body_bytes: Annotated[str | None, _option("max_body_bytes")] = None,
    max_upload_bytes: Annotated[str | None, _option("max_upload_bytes")] = None,
    llm_base_url: Annotated[
        str | None, _option("llm_base_url", " A key comes from RAG_LLM_API_KEY, more headers from RAG_LLM_HEADERS.")
    ] = None,
    llm_model: Annotated[str | None, _option("llm_model")] = None,
    llm_timeout_s: Annotated[str | None, _option("llm_timeout_s", " For the whole answer.")] = None,
    llm_prompt_tokens: Annotated[str | None, _option("llm_prompt_tokens", " Of a prompt.")] = None,
    llm_reply_tokens: Annotated[str | None, _option("llm_reply_tokens", " Of a reply.")] = None,
    llm_connections: Annotated[str | None, _option("llm_connections", " Replies at once.")] = None,
    log_level: Annotated[str | None, _option("log_level")] = None,
    log_format: Annotated[str | None, _option("log_format")] = None,
    log_questions: Annotated[str | None, _option("log_questions", " Whether questions may stand in the log.")] = None,
    otlp_endpoint: Annotated[str | None, _option("otlp_endpoint", " Where traces go.")] = None,
) -> None:
    """Serve the HTTP API and the start page; options go before the environment."""
    given = dict(locals())
    from rag.cli.serving import serve as run  # noqa: PLC0415

    settings = read_settings(**given)
    for remark in unknown_variables():
        note(f"note: {remark}")
    run(settings)
