"""What the tests of uploads do on the start page, and see there."""

import re
import threading
from pathlib import Path

from playwright.sync_api import Locator, Page, Route, expect

from rag import Library

SWAN = "The mute swan of the mill pond lays seven eggs in April.\n\nIt guards them with its wings.\n"
TERN = "The arctic tern flies seventy thousand kilometres a year.\n"
UPLOADS = re.compile(r"/v1/documents\?collection=")
LATE_MS = 30_000


def made(folder: Path, **texts: str | bytes) -> list[Path]:
    """Files of these texts; in their names `_` stands for the dot."""
    paths = [folder / name.replace("_", ".") for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return paths


def choose(page: Page, paths: list[Path]) -> None:
    """Files for the page, as if chosen in the dialog of the system."""
    expect(page.locator("#adding")).to_be_visible(timeout=LATE_MS)  # before that nobody could choose one
    page.get_by_label("Choose files").set_input_files(paths)


def line(page: Page, name: str) -> Locator:
    """The line of a file."""
    return page.locator("#uploads li").filter(has=page.get_by_text(name, exact=True))


def expect_told(page: Page, name: str, text: str) -> None:
    """Wait until the line of a file says this."""
    expect(line(page, name).locator(".told")).to_have_text(re.compile(text), timeout=LATE_MS)


def press(page: Page, name: str) -> None:
    """Choose a button."""
    page.get_by_role("button", name=name, exact=True).click()


def sources(library: Library, collection: str = "default") -> set[str]:
    """Names of the documents of a collection."""
    return {document.source for document in library.documents(collection)}


def news(page: Page) -> list[str]:
    """What a screen reader was told."""
    return page.locator("#news p").all_inner_texts()


def drag(page: Page, paths: list[Path], *kinds: str) -> None:
    """What the browser does when files are dragged from a folder of the system."""
    told = page.context.new_cdp_session(page)
    for kind in kinds:
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        told.send("Input.dispatchDragEvent", {"type": kind, "x": 150, "y": 300, "data": data})


_LEFT = """() => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(["x"], "x.txt"));
  document.body.dispatchEvent(new DragEvent("dragleave", { dataTransfer, bubbles: true }));
}"""


def leave(page: Page) -> None:
    """What a page is told when the files leave its window, which the protocol does not do."""
    page.evaluate(_LEFT)


class Held:
    """Holds the requests of a page back, until it is let go."""

    def __init__(self, page: Page, path: re.Pattern[str], method: str) -> None:
        """Hold those to a path, of a method."""
        self.go = threading.Event()
        self.routes: list[Route] = []
        self._method = method
        page.route(path, self._hold)

    def _hold(self, route: Route) -> None:
        if route.request.method == self._method and not self.go.is_set():
            self.routes.append(route)
        else:
            route.continue_()

    def release(self) -> None:
        """Let go what is held, and all that comes."""
        self.go.set()
        for route in self.routes:
            route.continue_()
