import pytest

from server.accept import accepted, welcome


@pytest.mark.parametrize(
    ("header", "plain", "json"),
    [
        ("", 0, 0),
        ("*/*", 1, 1),
        ("text/plain", 1, 0),
        ("Text/Plain ; Q=0.5 , application/json", 0.5, 1),
        ("text/plain;q=0, */*;q=0.1", 0, 0.1),
        ("text/*;q=0.3, text/plain;format=flowed;q=0.7", 0.7, 0),
        ("application/*, text/*;q=0", 0, 1),
        ("text/plain;q=much, application/json;q=7, */*;q=nan", 1, 1),
        (",;,text/html", 0, 0),
    ],
)
def test_the_narrowest_range_says_how_welcome_a_type_is(header: str, plain: float, json: float) -> None:
    accepts = accepted(header)
    assert (welcome(accepts, "text/plain"), welcome(accepts, "application/json")) == (plain, json)
