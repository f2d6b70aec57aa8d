import httpx
import pytest

from rag import Library, SettingError
from rag.settings import read_settings
from server.app import create_app
from tests.server.conftest import Start

KEY = "correct-horse-battery"
ASK = {"question": "How many nests?"}


@pytest.fixture
def locked(start: Start) -> httpx.Client:
    return start(api_key=KEY)


@pytest.mark.parametrize("sent", [None, KEY, f"Basic {KEY}", "Bearer", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}"])
def test_without_the_key_nothing_below_v1_is_told(locked: httpx.Client, sent: str | None) -> None:
    headers = {"Authorization": sent} if sent else {}
    for response in (
        locked.post("/v1/ask", json=ASK, headers=headers),
        locked.get("/v1/documents", headers=headers),
        locked.get("/%761/documents", headers=headers),
        locked.get("/v1/nothing", headers=headers),
    ):
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.headers["content-type"] == "application/problem+json"
        assert KEY not in response.text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_with_the_key_all_is_answered(locked: httpx.Client, scheme: str) -> None:
    assert locked.post("/v1/ask", json=ASK, headers={"Authorization": f"{scheme} {KEY}"}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/openapi.json", "/static/start.js"])
def test_what_tells_nothing_of_the_documents_needs_no_key(locked: httpx.Client, path: str) -> None:
    assert locked.get(path).status_code == 200


def test_a_service_open_to_others_without_a_key_is_not_made(library: Library) -> None:
    with pytest.raises(SettingError, match="RAG_API_KEY"):
        create_app(library, read_settings(host="0.0.0.0"))
    create_app(library, read_settings(host="0.0.0.0", api_key=KEY))


def test_a_preflight_needs_no_key_and_only_named_origins_may_ask(start: Start) -> None:
    client = start(api_key=KEY, cors_origins="https://a.example")
    asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    allowed = client.options("/v1/ask", headers={"Origin": "https://a.example", **asking})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://a.example"
    refused = client.options("/v1/ask", headers={"Origin": "https://b.example", **asking})
    assert "access-control-allow-origin" not in refused.headers


def test_an_error_too_can_be_read_by_a_named_origin(start: Start) -> None:
    client = start(api_key=KEY, cors_origins="https://a.example")
    response = client.post("/v1/ask", json=ASK, headers={"Origin": "https://a.example"})
    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == "https://a.example"


def test_no_origin_may_ask_unless_named(client: httpx.Client) -> None:
    response = client.post("/v1/ask", json=ASK, headers={"Origin": "https://a.example"})
    assert "access-control-allow-origin" not in response.headers
