"""The languages of the widget."""

from playwright.sync_api import expect

from tests.browser.conftest import Host, Visit
from tests.browser.scripted import Script, events_of, reply

CHAT = "document.querySelector('rag-chat')"


LANGUAGES = {
    "en": ("Ask a question", "1 source", "2 sources"),
    "de-AT": ("Frage stellen", "1 Quelle", "2 Quellen"),
    "fr": ("Poser une question", "1 source", "2 sources"),
    "ar": ("اطرح سؤالًا", "مصدر واحد", "مصدران"),
    "xx": ("Ask a question", "1 source", "2 sources"),
}


def test_it_speaks_each_language_with_its_plurals(visit: Visit, host: Host, scripted: str, script: Script) -> None:
    script.answers["2"] = lambda _: script.streamed(events_of(reply("2", ["One.", "Two."])))
    page = visit(host.put(scripted, "<rag-chat></rag-chat>"))
    for language, (launch, one, two) in LANGUAGES.items():
        page.evaluate(f"language => {{ {CHAT}.clear(), {CHAT}.close(), {CHAT}.language = language }}", language)
        page.get_by_role("button", name=launch).click()
        for question, sources in [("1", one), ("2", two)]:
            page.locator("textarea").fill(question)
            page.keyboard.press("Enter")
            expect(page.locator(".turn").last.locator("ol.sources")).to_have_attribute("aria-label", sources)
        assert page.locator(".root").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")


def test_the_language_is_that_of_the_page_where_none_is_given(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, '<div lang="fr"><rag-chat></rag-chat></div>'))
    expect(page.get_by_role("button", name="Poser une question")).to_be_visible()


CATALOGUES = """async (base) => {
  const shape = (object) => Object.entries(object).flatMap(([name, value]) =>
    typeof value === "object" && !("other" in value) ? shape(value).map((inner) => `${name}.${inner}`) : [name]);
  const { translator } = await import(`${base}/static/widget/messages.js`);
  const said = {};
  for (const lang of ["en", "de", "fr", "ar"]) {
    const found = await import(`${base}/static/widget/messages${lang === "en" ? "" : `-${lang}`}.js`);
    said[lang] = shape(found[lang]);
  }
  const counts = [0, 1, 2, 3, 11, 100].map((n) => translator("ar")("sources", { n }));
  return [said, counts];
}"""


def test_every_language_says_everything(visit: Visit, host: Host, scripted: str) -> None:
    page = visit(host.put(scripted, "", head=""))
    said, counts = page.evaluate(CATALOGUES, scripted)
    assert sorted(said["en"]) == sorted(said["de"]) == sorted(said["fr"]) == sorted(said["ar"])
    assert counts == ["لا مصادر", "مصدر واحد", "مصدران", "3 مصادر", "11 مصدرًا", "100 مصدر"]
