"""How is Chromium started for tests? Without a network of its own, and with the switches a container needs."""

import shutil

from playwright.sync_api import Browser, Playwright

ARGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-domain-reliability", "--disable-sync", "--no-first-run", "--no-default-browser-check",
    "--disable-features=OptimizationHints,MediaRouter,Translate",
]  # fmt: skip


def launch(playwright: Playwright) -> Browser:
    """Start the Chromium of this machine."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return playwright.chromium.launch(executable_path=path, args=ARGS)
