"""The LLM that the settings name."""

from rag.generate.chat import ChatBackend
from rag.settings import Settings, llm_headers


def configured(settings: Settings) -> ChatBackend | None:
    """The LLM, or nothing where none is set; whoever takes it closes it.

    Raises:
        SettingError: The URL, the key or a header cannot be sent.
    """
    if settings.llm_base_url is None or settings.llm_model is None:
        return None
    key = settings.llm_api_key
    return ChatBackend(
        settings.llm_base_url,
        settings.llm_model,
        None if key is None else key.get_secret_value(),
        settings.llm_reply_tokens,
        llm_headers(settings),
        settings.llm_connections,
        timeout_s=settings.llm_timeout_s,
    )
