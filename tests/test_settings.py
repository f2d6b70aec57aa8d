from pathlib import Path

import pytest

from rag import SettingError
from rag.settings import (
    Settings,
    is_loopback,
    llm_headers,
    origins_of,
    read_settings,
    require_key_off_loopback,
    unknown_variables,
)


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_nothing_has_to_be_set() -> None:
    settings = read_settings()
    assert (settings.index_dir, settings.host, settings.port) == (Path(".rag"), "127.0.0.1", 8000)
    assert (settings.queue, settings.log_level, settings.model, settings.rate_limit) == (64, "info", None, None)
    assert settings.max_concurrency >= 1


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_PORT", "9000")
    monkeypatch.setenv("RAG_CORS_ORIGINS", "https://a.example, http://localhost:3000/")
    monkeypatch.setenv("RAG_LOG_LEVEL", "WARNING")
    settings = read_settings()
    assert settings.port == 9000
    assert settings.cors_origins == ("https://a.example", "http://localhost:3000")
    assert settings.log_level == "warning"


def test_the_env_file_is_read_after_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("RAG_PORT=9001\nRAG_QUEUE=7\nOTHER=x\n")
    monkeypatch.setenv("RAG_PORT", "9000")
    settings = read_settings()
    assert (settings.port, settings.queue) == (9000, 7)


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_PORT", "")
    assert read_settings().port == 8000


def test_what_is_given_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_PORT", "9000")
    assert read_settings(port="9002", host=None).port == 9002


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("RAG_PORT", "99999", "a whole number from 0 to 65535"),
        ("RAG_PORT", "http", "a whole number from 0 to 65535"),
        ("RAG_HOST", "no host", "a host name or IP address"),
        ("RAG_MAX_CONCURRENCY", "0", "a whole number from 1 to 1024"),
        ("RAG_QUEUE", "-1", "a whole number from 0 to 100000"),
        ("RAG_LOG_LEVEL", "loud", "debug, info, warning or error"),
        ("RAG_CORS_ORIGINS", "*", "origins such as https://example.org"),
        ("RAG_CORS_ORIGINS", "https://a.example/path", "origins such as https://example.org"),
        ("RAG_RATE_LIMIT", "60", "a number per second, minute, hour or day, such as 60/minute, or off"),
        ("RAG_RATE_LIMIT", "0/minute", "a number per second"),
        ("RAG_TRUSTED_PROXIES", "proxy", "IP addresses or networks"),
        ("RAG_MAX_TOP_K", "9", "a whole number of passages from 10 to 1000"),
        ("RAG_MAX_BODY_BYTES", "0", "a whole number from 1000"),
        ("RAG_REQUEST_TIMEOUT_S", "0", "a number of seconds up to 3600"),
        ("RAG_LLM_BASE_URL", "localhost:11434", "the address of an OpenAI-compatible API"),
        ("RAG_LLM_TIMEOUT_S", "0", "a number of seconds up to 600"),
        ("RAG_LLM_PROMPT_TOKENS", "499", "a whole number from 500"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(
    name: str, value: str, allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError) as caught:
        read_settings()
    assert str(caught.value).startswith(f"{name} is {value!r}; allowed is {allowed}")


def test_a_secret_is_not_shown_with_the_settings_nor_when_it_is_wrong() -> None:
    assert "s3cret" not in repr(read_settings(eval_key="s3cret"))
    with pytest.raises(SettingError, match=r"^RAG_EVAL_KEY is set to something else; allowed is a key") as caught:
        read_settings(eval_key=["s3cret"])
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("value", ["{not json s3cret", '{"X-A": 1}', "[]"])
def test_headers_for_the_llm_are_texts_by_name_and_as_secret(value: str) -> None:
    with pytest.raises(SettingError, match=r"^RAG_LLM_HEADERS is set to something else; allowed is headers") as caught:
        read_settings(llm_headers=value)
    assert value not in str(caught.value)
    assert llm_headers(read_settings(llm_headers='{"X-A": "s3cret"}')) == {"X-A": "s3cret"}
    assert "s3cret" not in repr(read_settings(llm_headers='{"X-A": "s3cret"}', llm_api_key="s3cret"))


@pytest.mark.parametrize("given", ["llm_base_url", "llm_model"])
def test_an_llm_needs_its_address_and_its_model(given: str) -> None:
    with pytest.raises(SettingError, match=r"^RAG_LLM_(MODEL|BASE_URL) is not set, but RAG_LLM_"):
        read_settings(**{given: "http://127.0.0.1:9/v1"})
    assert read_settings(llm_base_url="http://127.0.0.1:9/v1", llm_model="any").llm_timeout_s == 30


def test_an_origin_is_kept_as_browsers_send_it() -> None:
    assert origins_of("HTTPS://A.example:443/, http://b.example:80 http://[::1]:3000") == (
        "https://a.example",
        "http://b.example",
        "http://[::1]:3000",
    )


def test_an_unreadable_env_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"RAG_HOST=\xff\xfe\n")
    with pytest.raises(SettingError, match=r"\.env cannot be read"):
        read_settings()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_key(host: str) -> None:
    require_key_off_loopback(read_settings(host=host), locked=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "rag.example"])
def test_another_host_needs_a_key(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(SettingError, match=r"RAG_HOST.*rag keys create"):
        require_key_off_loopback(read_settings(host=host), locked=False)
    require_key_off_loopback(read_settings(host=host), locked=True)


def test_a_variable_that_is_no_setting_is_remarked_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_CORS_ORIGIN", "https://a.example")
    monkeypatch.setenv("RAG_PORT", "9000")
    (tmp_path / ".env").write_text("rag_frobnicate=1\nRAG_QUEUE=5\nOTHER=1\n")

    told = [remark for remark in unknown_variables() if "FROBNICATE" in remark or "CORS" in remark]
    assert told == [
        "RAG_CORS_ORIGIN is no setting and is passed over; did you mean RAG_CORS_ORIGINS?",
        "RAG_FROBNICATE is no setting and is passed over.",
    ]
    assert not any("RAG_PORT is" in remark or "RAG_QUEUE is" in remark for remark in unknown_variables())


def test_every_setting_says_what_is_allowed() -> None:
    assert all(field.description for field in Settings.model_fields.values())
