import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from server.access import EVERYTHING, Access, access_of, as_allowed, check_access, grant
from server.wire import Json

REPLY: Json = {
    "confidence": 0.9,
    "citations": [{"quote": "q", "score": 0.5}],
    "passages": [{"text": "t", "score": 0.4, "scores": {"dense": 0.1, "lexical": None}}],
}


def request(access: Access | None = None) -> Request:
    found = Request({"type": "http", "headers": []})
    if access is not None:
        grant(found.scope, access)
    return found


def test_without_keys_everything_is_allowed() -> None:
    check_access(request(), "any", write=True)
    assert access_of(request()) == EVERYTHING


def test_a_key_for_collections_opens_those_alone() -> None:
    asked = request(Access("k", ("birds",)))
    check_access(asked, "birds", write=True)
    for collection in ("bird", "birds2", "default", ""):
        with pytest.raises(HTTPException) as refused:
            check_access(asked, collection)
        assert refused.value.status_code == 403


def test_a_key_for_no_collection_opens_none() -> None:
    with pytest.raises(HTTPException):
        check_access(request(Access("k", ())), "default")


def test_a_key_that_reads_may_not_write() -> None:
    asked = request(Access("k", write=False))
    check_access(asked, "default")
    with pytest.raises(HTTPException, match="may read, not change"):
        check_access(asked, "default", write=True)


def test_scores_are_kept_from_browser_keys_only() -> None:
    assert as_allowed(request(Access("k")), REPLY) == REPLY
    assert as_allowed(request(Access("k", browser=True)), REPLY) == {
        "confidence": 0.9,
        "citations": [{"quote": "q", "score": None}],
        "passages": [{"text": "t", "score": None, "scores": None}],
    }
    assert REPLY["citations"] == [{"quote": "q", "score": 0.5}]
