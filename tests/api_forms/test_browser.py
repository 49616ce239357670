"""Do the sample pages hold what the interface promises: no axe finding, no policy violation, no sideways scrolling?"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.api_forms.browser import launch
from tests.api_forms.stylebook import PAGES, served

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "api/frontend/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served() as (url, _):
        yield url


def open_page(context: BrowserContext, url: str, problems: list[str]):
    context.add_init_script(
        "addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective))"
    )
    tab = context.new_page()
    tab.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.goto(url)
    return tab


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (390, "light"),
        pytest.param(1280, "dark", marks=pytest.mark.long),
        pytest.param(390, "dark", marks=pytest.mark.long),
        pytest.param(1280, "light", marks=pytest.mark.long),
    ],
)
def test_pages_are_accessible_and_keep_the_policy(browser: Browser, address: str, scheme: str, width: int) -> None:
    problems: list[str] = []
    context = browser.new_context(
        viewport={"width": width, "height": 860}, color_scheme=scheme, reduced_motion="reduce"
    )
    findings = {}
    tab = open_page(context, address + "/viec", problems)
    for path in PAGES:
        tab.goto(address + path)
        tab.evaluate("() => document.querySelectorAll('details.ck-more').forEach(d => d.open = true)")
        tab.evaluate(AXE.read_text("utf-8") + ";0")
        result = tab.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)
        if result["violations"]:
            findings[path] = [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in result["violations"]]
    context.close()
    assert (findings, problems) == ({}, [])


def test_nothing_scrolls_sideways(browser: Browser, address: str) -> None:
    tab = browser.new_page()
    wide = []
    for width in (320, 390, 1280):
        tab.set_viewport_size({"width": width, "height": 800})
        for path in PAGES:
            tab.goto(address + path)
            if tab.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
                wide.append((width, path))
    tab.close()
    assert wide == []


def test_targets_are_large_enough_and_boxes_do_not_zoom(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True)
    tab = context.new_page()
    small = {}
    for path in PAGES:
        tab.goto(address + path)
        found = tab.evaluate(
            """() => [...document.querySelectorAll('button, summary, input:not([type=hidden]), select, textarea, .ck-nav a')]
            .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest('.govuk-visually-hidden'))
            .filter(e => { const r = e.getBoundingClientRect(); const f = parseFloat(getComputedStyle(e).fontSize);
              return r.width > 1 && (r.height < 22 || (e.matches('.govuk-button:not(.ck-button--small)') && r.height < 44)
                || (e.matches('.govuk-input, .govuk-select, .govuk-textarea') && f < 16)); })
            .map(e => e.outerHTML.slice(0, 120))"""
        )
        if found:
            small[path] = found
    context.close()
    assert small == {}
