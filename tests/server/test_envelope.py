import httpx
import pytest

PATHS = ["/", "/healthz", "/v1/documents", "/v1/nothing", "/openapi.json", "/static/page.js"]


@pytest.mark.parametrize("path", PATHS)
def test_every_response_has_an_id_and_the_safety_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert len(headers["x-request-id"]) == 32
    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "microphone=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize(
    ("path", "policy"),
    [("/static/page.js", "cross-origin"), ("/widget.js", "cross-origin"), ("/v1/documents", "same-origin")],
)
def test_scripts_may_be_loaded_by_other_origins_and_nothing_else(client: httpx.Client, path: str, policy: str) -> None:
    assert client.get(path).headers["cross-origin-resource-policy"] == policy


def test_a_sane_id_is_kept(client: httpx.Client) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "trace:7.a_b-c"}).headers["x-request-id"] == "trace:7.a_b-c"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "a\tb"])
def test_an_id_that_could_spoil_a_log_line_is_replaced(client: httpx.Client, given: str) -> None:
    assert len(client.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"]) == 32


def test_ids_differ(client: httpx.Client) -> None:
    assert client.get("/healthz").headers["x-request-id"] != client.get("/healthz").headers["x-request-id"]
