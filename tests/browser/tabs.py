"""Tabs that tests use one after the other: to open one takes more than twice what a page in it takes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Frame, Page

TIMEOUT_MS = 10_000
_CLEARED = "self.origin !== 'null' && (sessionStorage.clear(), true)"
_SIZE: Any = {"width": 1280, "height": 720}


@dataclass
class Tab:
    """A tab while a test has it: it hears of faults, and knows where it was."""

    page: Page
    heard: Callable[[str], None]
    origins: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin to listen."""
        self.page.set_default_timeout(TIMEOUT_MS)
        self._listeners: dict[str, Callable[[Any], None]] = {
            "pageerror": self._failed,
            "console": self._said,
            "framenavigated": self._went,
        }
        for name, listener in self._listeners.items():
            self.page.on(name, listener)  # type: ignore[call-overload]

    def emptied(self) -> Page | None:
        """The page as if new; `None` where it has to be closed, since it may hold more than can be cleared."""
        for name, listener in self._listeners.items():
            self.page.remove_listener(name, listener)
        if self.page.is_closed() or len(self.origins) != 1 or not self.page.evaluate(_CLEARED):
            return None
        self.page.goto("about:blank")
        self.page.unroute_all()
        self.page.mouse.move(0, 0)
        self.page.set_viewport_size(_SIZE)
        self.page.emulate_media(
            media="null", color_scheme="null", reduced_motion="null", forced_colors="null", contrast="null"
        )
        return self.page

    def _failed(self, error: Error) -> None:
        self.heard(str(error))

    def _said(self, said: ConsoleMessage) -> None:
        # What the network log says of a refusal that a test asked for is no fault of the page.
        if said.type in {"error", "warning"} and "Failed to load resource" not in said.text:
            self.heard(said.text)

    def _went(self, frame: Frame) -> None:
        if frame is self.page.main_frame and frame.url.startswith("http"):
            self.origins.add(urlsplit(frame.url).netloc)


class Tabs:
    """The tabs of a context; those that tests are done with are used again."""

    def __init__(self, context: BrowserContext) -> None:
        """Open tabs in a context."""
        self._context = context
        self._free: list[Page] = []

    def take(self, heard: Callable[[str], None]) -> Tab:
        """A tab for a test; what is wrong in it is `heard`."""
        return Tab(self._free.pop() if self._free else self._context.new_page(), heard)

    def give_back(self, tab: Tab) -> None:
        """End what a test did with a tab."""
        page = tab.emptied()
        if page is None:
            tab.page.close()
        else:
            self._free.append(page)
