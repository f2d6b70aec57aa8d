import re
from html.parser import HTMLParser

import httpx
import pytest

from rag.hidden import without_hidden
from server.pages import STATIC
from server.widget import assembled

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}
SCRIPTS = sorted(STATIC.rglob("*.js"))


class _Tags(HTMLParser):
    """Every tag of a page with its attributes, and the text within scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag not in {"script", "style"}

    def handle_data(self, data: str) -> None:
        self.inline += data if self._inside else ""


@pytest.fixture
def page(client: httpx.Client) -> _Tags:
    return _Tags(client.get("/").text)


def test_the_page_comes_with_a_strict_policy(client: httpx.Client) -> None:
    response = client.get("/")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert {part.strip() for part in response.headers["content-security-policy"].split(";")} == POLICY


def test_all_that_the_page_loads_is_served_from_here(client: httpx.Client, page: _Tags) -> None:
    loaded = [a.get("src") or a.get("href") for tag, a in page.tags if tag in {"script", "link", "img"}]
    own = ["static/icon.svg", "static/icon.svg", "static/page.css", "static/page.js", "static/shelf.css", "widget.js"]
    assert sorted(str(path) for path in loaded) == own
    for path in (*own, *(str(script.relative_to(STATIC.parent)) for script in SCRIPTS)):
        assert client.get(f"/{path}").status_code == 200


def test_modules_import_only_what_is_served() -> None:
    for script in SCRIPTS:
        for name in re.findall(r'(?:from|import) "([^"]+)"', script.read_text("utf-8")):
            assert (script.parent / name).resolve() in SCRIPTS
            assert name.startswith("./")


def test_the_page_holds_no_inline_script_style_or_handler(page: _Tags) -> None:
    assert not page.inline.strip()
    assert not [name for _, attributes in page.tags for name in attributes if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_put_text_on_the_page_and_never_markup(script: object) -> None:
    (found,) = [path for path in SCRIPTS if path == script]
    source = found.read_text("utf-8")
    banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setHTML|DOMParser|srcdoc"
    assert not re.findall(banned, source)


def test_every_control_has_a_label_and_news_is_announced(page: _Tags) -> None:
    labels = {a.get("for") for tag, a in page.tags if tag == "label"}
    controls = {a.get("id") for tag, a in page.tags if tag in {"input", "textarea", "select"}}
    assert controls <= labels
    assert "status" in {a.get("role") for _, a in page.tags}
    assert page.tags[0] == ("html", {"lang": "en"})


def test_assets_are_checked_anew_and_not_sent_twice(client: httpx.Client) -> None:
    first = client.get("/static/page.js")
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-type"].startswith("text/javascript")
    assert client.get("/static/page.js", headers={"If-None-Match": first.headers["etag"]}).status_code == 304


def test_scripts_are_open_to_pages_of_every_origin_and_nothing_else_is(client: httpx.Client) -> None:
    for path in ("/widget.js", "/static/page.js", "/static/widget/dom.js"):
        headers = client.get(path, headers={"Origin": "https://example.org"}).headers
        assert headers["access-control-allow-origin"] == "*"
        assert headers["cross-origin-resource-policy"] == "cross-origin"
    for path in ("/", "/v1/documents"):
        assert "access-control-allow-origin" not in client.get(path).headers


def test_scripts_are_sent_packed_to_whoever_takes_it(client: httpx.Client) -> None:
    packed = client.get("/widget.js", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/widget.js", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content == assembled()
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["/static/none.js", "/static/..%2fapp.py", "/static/../app.py", "/static/"])
def test_nothing_else_is_served(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_head_is_answered(client: httpx.Client) -> None:
    response = client.head("/")
    assert (response.status_code, response.content) == (200, b"")


def test_the_page_hides_the_same_characters_as_the_ranking() -> None:
    (pattern,) = re.findall(r"/\[(.*)\]/gu", (STATIC / "widget" / "text.js").read_text("utf-8"))
    pattern = re.sub(r"\\u\{([0-9a-f]+)\}", lambda match: chr(int(match[1], 16)), pattern)
    shown = re.compile(f"[{pattern}]")
    differing = [hex(n) for n in range(0x110000) if bool(shown.match(chr(n))) == bool(without_hidden(chr(n)))]
    assert differing == []
