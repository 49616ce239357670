"""How does a test look at a page as people do? In a real Chromium that reports every violation the page commits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Response,
    expect,
    sync_playwright,
)

from tests.support.tools import find_tool

PHONE, DESK = 390, 1280
expect.set_options(timeout=20_000)  # a busy machine answers late; what is right is still seen at once
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
AXE = Path(__file__).parents[2] / "api/frontend/node_modules/axe-core/axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """The machine's Chromium; closed, and the driver's event loop with it, at the end of the block."""
    path = find_tool("chromium", "chromium-browser", "google-chrome", package="chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS, env={**os.environ, "TZ": "Asia/Ho_Chi_Minh"})
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visitor:
    """One person with a browser window of their own: cookies, and every fault that their pages showed."""

    context: BrowserContext
    faults: list[str] = field(default_factory=list)

    def open(self) -> Page:
        """Open an empty tab whose faults are written down."""
        page = self.context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("response", self._see)
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        # A failed load is judged in _see, which can tell the page asked for from what it pulls in.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text}")

    def _see(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.faults.append(f"{response.status}: {response.url}")


def new_visitor(
    browser: Browser,
    *,
    width: int = PHONE,
    javascript: bool = True,
    scheme: Literal["light", "dark"] = "light",
    base_url: str | None = None,
) -> Visitor:
    """A visitor from Vietnam, on a phone unless `width` says otherwise, who likes little motion.

    Addresses without a host are taken from `base_url`.
    """
    return Visitor(
        browser.new_context(
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
            reduced_motion="reduce",
            color_scheme=scheme,
            viewport={"width": width, "height": 844 if width < 700 else 900},
            java_script_enabled=javascript,
            accept_downloads=True,
            base_url=base_url,
        )
    )


#: Is a page that runs no script open? Such a page parses what stands inside <noscript>.
SCRIPTLESS = """() => { const box = document.createElement('div'); box.innerHTML = '<noscript><i></i></noscript>';
  return box.querySelector('i') !== null }"""


def follow(target: Locator, key: str = "") -> None:
    """Click a link or a button, or press a key on it, and wait until the page that it leads to is loaded.

    A bare `click()` may return while the old page is still there: what is looked at next would be the old one.
    """
    with target.page.expect_navigation():
        target.press(key) if key else target.click()


def axe(page: Page) -> list[str]:
    """Accessibility violations of the page as it stands: one line "rule: selector" each, none when it is sound.

    Raises ValueError on a page without scripts, where axe would wait for ever: look at the same address with scripts.
    """
    if page.evaluate(SCRIPTLESS):
        raise ValueError("axe needs a page that runs scripts")
    if not AXE.is_file():
        raise FileNotFoundError(f"axe-core is missing ({AXE}): ./chuky test builds the front end and brings it")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", AXE_TAGS)
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
