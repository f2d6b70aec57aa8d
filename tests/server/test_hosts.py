import httpx
import pytest


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:8000", "localhost.evil.example"])
def test_without_a_key_another_sites_name_for_this_machine_gets_no_answer(client: httpx.Client, host: str) -> None:
    refused = client.get("/v1/documents", headers={"Host": host})
    assert refused.status_code == 421
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:1", "127.1.2.3", "[::1]:8000", "rag.localhost"]
)
def test_without_a_key_names_of_this_machine_are_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/v1/documents", headers={"Host": host}).status_code == 200
