"""Finds the browser for the tests; run as a program, it brings one where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def found() -> str | None:
    """The Chromium to use: that of the variable CHROMIUM, of the machine, or of playwright, in this order."""
    if named := os.environ.get("CHROMIUM"):
        return named
    if there := next(filter(None, map(shutil.which, _NAMES)), None):
        return there
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def bring() -> None:
    """Install one: from the system's packages where that needs no password, else playwright's own."""
    before = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    packages = [[*before, "apt-get", "update"], [*before, "apt-get", "install", "--yes", "chromium"]]
    if shutil.which("apt-get") and shutil.which([*before, "apt-get"][0]) and all(map(_runs, packages)):
        return
    libraries = ["--with-deps"] if shutil.which("apt-get") and not before else []
    subprocess.run([sys.executable, "-m", "playwright", "install", *libraries, "chromium"], check=True)


def _runs(command: list[str]) -> bool:
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    if found() is None:
        bring()
    if (browser := found()) is None:
        sys.exit("There is no Chromium for the tests: install one, or name it in CHROMIUM.")
    print(f"Browser for the tests: {browser}")
