"""The pages in the reader's language: all that they say, in its direction."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from server.pages import STATIC
from tests.browser.conftest import Visit
from tests.browser.scripted import Script, citation, events_of, reply
from tests.browser.test_accessible import QUESTION, violations

Words = dict[str, Any]
LANGUAGES = ["en", "de", "fr", "ar"]
PAGES = {"start": "", "embed": "embed", "document": "documents/none"}
TITLES = {
    "start": ["Ask your documents", "Fragen Sie Ihre Dokumente", "Interrogez vos documents", "اسأل مستنداتك"],
    "embed": [
        "Put the chat on your page",
        "Den Chat auf Ihre Seite setzen",
        "Mettre le chat sur votre page",
        "ضع المحادثة في صفحتك",
    ],
    "document": ["No such document", "Kein solches Dokument", "Ce document n’existe pas", "لا يوجد مستند كهذا"],
}
PLURALS = {"zero", "one", "two", "few", "many", "other"}
_SPARED = {"fr": {"many"}}
"""It is for whole millions only, and falls back on `other`."""


@pytest.fixture(scope="module")
def words(browser: Browser, service: str) -> dict[str, Words]:
    page = browser.new_page()
    page.goto(service)
    load = "async (lang) => (await import(`${location.origin}/static/words/${lang}.js`)).words"
    found = {lang: page.evaluate(load, lang) for lang in LANGUAGES}
    page.close()
    return found


def flat(words: Words, before: str = "") -> dict[str, str]:
    """Each text by its name; of plurals the form for most numbers."""
    found: dict[str, str] = {}
    for name, text in words.items():
        if isinstance(text, str):
            found[before + name] = text
        elif "other" in text:
            found[before + name] = text["other"]
        else:
            found |= flat(text, f"{before}{name}.")
    return found


@pytest.mark.parametrize("lang", LANGUAGES[1:])
def test_every_language_says_everything_with_the_same_values(words: dict[str, Words], lang: str) -> None:
    english, other = flat(words["en"]), flat(words[lang])
    assert other.keys() == english.keys()
    for name, text in english.items():
        assert sorted(re.findall(r"\{\w+\}", other[name])) == sorted(re.findall(r"\{\w+\}", text)), name
        assert other[name].strip(), name


def test_each_language_has_the_plurals_that_it_needs(words: dict[str, Words], browser: Browser) -> None:
    page = browser.new_page()
    needed = {
        lang: set(page.evaluate("lang => new Intl.PluralRules(lang).resolvedOptions().pluralCategories", lang))
        for lang in LANGUAGES
    }
    page.close()

    def forms(words: Words) -> list[set[str]]:
        inner = [text for text in words.values() if isinstance(text, dict)]
        own = [set(text) for text in inner if set(text) <= PLURALS]
        return own + [found for text in inner if not set(text) <= PLURALS for found in forms(text)]

    for lang, catalogue in words.items():
        assert len(forms(catalogue)) == len(forms(words["en"])) > 0
        for found in forms(catalogue):
            assert needed[lang] - found <= _SPARED.get(lang, set())


def test_the_pages_say_in_html_what_the_english_words_say(words: dict[str, Words]) -> None:
    english = flat(words["en"])
    for page in STATIC.glob("*.html"):
        html = page.read_text("utf-8")
        for name, text in re.findall(r'data-t="([\w.-]+)"[^>]*>([^<]*)<', html):
            assert text == english[name], (page.name, name)
        for name in re.findall(r'data-t-[a-z]+="([\w.-]+)"', html):
            assert english[name] in html, (page.name, name)


def test_no_word_is_left_that_nothing_says(words: dict[str, Words]) -> None:
    files = [path for path in STATIC.rglob("*") if path.suffix in {".js", ".html"} and path.parent.name != "words"]
    sources = "".join(path.read_text("utf-8") for path in files)
    for name in flat(words["en"]):
        group, _, last = name.rpartition(".")
        asked = f"{group}.${{" in sources and re.search(rf"\b{last}\b", sources)
        assert asked or f'"{name}"' in sources, name


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_in_the_language_that_the_address_names(visit: Visit, service: str, name: str, lang: str) -> None:
    page = visit(f"{service}/{PAGES[name]}?lang={lang}", reduced_motion="reduce")
    title = TITLES[name][LANGUAGES.index(lang)]
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page).to_have_title(title)
    root = page.locator("html")
    expect(root).to_have_attribute("lang", lang)
    expect(root).to_have_attribute("dir", "rtl" if lang == "ar" else "ltr")
    assert violations(page) == []
    for width in [320, 1280]:
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


@pytest.mark.parametrize(("locale", "title"), [("de-AT", TITLES["start"][1]), ("nl-NL", TITLES["start"][0])])
def test_else_it_is_in_that_of_the_browser_or_in_english(visit: Visit, service: str, locale: str, title: str) -> None:
    page = visit(service, locale=locale)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_the_widget_and_the_next_page_have_the_same_language(visit: Visit, service: str) -> None:
    page = visit(f"{service}/?lang=fr")
    expect(page.get_by_label("Votre question")).to_be_visible()
    expect(page.get_by_role("region", name="Conversation").first).to_be_visible()
    page.locator("#documents-list a").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")


def left_in_english(page: Page, english: dict[str, str], own: dict[str, str]) -> list[str]:
    """The texts of the page that are English words, which its language has others for."""
    texts = page.evaluate("""() => [...document.querySelectorAll("body *")]
      .filter((node) => node.checkVisibility() && !node.closest("[lang=en]:not(html)"))
      .flatMap((node) => [node.ariaLabel, node.title, node.placeholder, ...[...node.childNodes]
        .filter(({ nodeType }) => nodeType === Node.TEXT_NODE).map(({ data }) => data.trim())]).filter(Boolean)""")
    meant = {text for name, text in english.items() if own[name] != text}
    return [text for text in texts if text in meant]


@pytest.mark.parametrize("lang", LANGUAGES[1:])
@pytest.mark.parametrize("name", PAGES)
def test_no_english_is_left_on_it(visit: Visit, service: str, words: dict[str, Words], name: str, lang: str) -> None:
    page = visit(f"{service}/{PAGES[name]}?lang={lang}")
    expect(page.locator("h1")).to_have_text(TITLES[name][LANGUAGES.index(lang)])
    for summary in page.locator("summary:visible").all():
        if not summary.evaluate("node => node.parentNode.open"):
            summary.click()
    if name == "start":
        page.locator("#files").set_input_files({"name": "a.png", "mimeType": "", "buffer": b"x"})
        page.locator("#documents-list .icon").first.focus()
        page.keyboard.press("Enter")
    assert left_in_english(page, flat(words["en"]), flat(words[lang])) == []


def test_uploads_and_removals_are_said_in_the_language(visit: Visit, service: str, tmp_path: Path) -> None:
    page = visit(f"{service}/?lang=de")
    (tmp_path / "neu.txt").write_text("Der Storch nistet auf dem Dach der Schule.", "utf-8")
    (tmp_path / "zu-gross.txt").write_bytes(b"x" * (26 << 20))
    page.get_by_label("Dateien auswählen").set_input_files([tmp_path / "neu.txt", tmp_path / "zu-gross.txt"])
    told = page.locator("#uploads .told")
    expect(told.last).to_have_text("Nicht gesendet: Die Datei hat 26 MB, ein Upload darf 25 MB haben.")
    expect(told.first).to_have_text("Hinzugefügt, 1 Textstelle", timeout=30_000)
    document = page.locator("#documents-list a").filter(has_text="neu")
    document.hover()
    page.get_by_role("button", name="neu entfernen").click()
    dialog = page.get_by_role("dialog", name="Dieses Dokument entfernen?")
    dialog.get_by_role("button", name="Entfernen").click()
    expect(document).to_have_count(0)


@pytest.mark.parametrize(("lang", "date"), [("en", "2 Mar 2018"), ("de", "02.03.2018")])
def test_dates_are_written_as_in_the_reader_s_country(visit: Visit, scripted: str, lang: str, date: str) -> None:
    page = visit(f"{scripted}/?lang={lang}")
    page.locator("#question").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".where")).to_contain_text(date)


def test_both_lines_of_a_source_run_as_its_title_does(visit: Visit, scripted: str, script: Script) -> None:
    page = visit(f"{scripted}/?lang=ar")
    told = reply(QUESTION, ["Beds cost money.", "And time."])
    bare: dict[str, object] = {"section": [], "page": None, "date": None}
    told["citations"][1] = citation(2, "And time.", told["citations"][1]["answer_span"], **bare)
    script.answers[QUESTION] = lambda _: script.streamed(events_of(told))
    page.locator("#question").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".source")).to_have_count(2)
    first, second = page.locator(".source").all()
    lefts = [first.locator(line).evaluate(TEXT_LEFT) for line in [".title", ".where"]]
    assert lefts[0] == pytest.approx(lefts[1], abs=1)
    expect(second.locator(".where")).to_have_count(0)
    assert second.evaluate("node => node.offsetHeight") < first.evaluate("node => node.offsetHeight")


TEXT_LEFT = """(node) => {
  const range = document.createRange();
  range.selectNodeContents(node);
  return range.getBoundingClientRect().left;
}"""
