import httpx
import pytest


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/documents", "/v1/collections", "/openapi.json"])
def test_head_tells_what_get_would_without_the_body(client: httpx.Client, path: str) -> None:
    got, headed = client.get(path), client.head(path)
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["content-length"] == got.headers["content-length"]
    assert headed.headers["content-type"] == got.headers["content-type"]


def test_head_of_what_takes_no_get_is_refused(client: httpx.Client) -> None:
    response = client.head("/v1/ask")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
