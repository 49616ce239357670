"""The browser fixtures see pages as a Vietnamese visitor does, and hear every fault."""

from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from tests.support.browser import Visitor, axe, new_visitor
from tests.support.web import running_app

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Việc của tôi</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"></head>
<body><main><h1>Việc của tôi</h1>{body}</main></body></html>"""
SAYS = "() => [innerWidth, navigator.language, new Date().getTimezoneOffset()]"


@pytest.fixture
def site() -> Iterator[str]:
    app = FastAPI()

    def answer(body: str, status: int = 200) -> HTMLResponse:
        policy = {"Content-Security-Policy": "default-src 'none'; img-src 'self' data:"}
        return HTMLResponse(PAGE.format(body=body), status, headers=policy)

    app.get("/")(lambda: answer("<p>Không có việc.</p>"))
    app.get("/loi")(lambda: answer("<p>Thiếu ngày.</p>", 422))
    app.get("/xau")(lambda: answer("<script>throw 1</script><img src='/khong-co.png' alt=''>"))
    app.get("/kho-doc")(lambda: answer("<img src='data:,'>"))
    with running_app(app) as address:
        yield address


def test_a_sound_page_is_seen_on_a_phone_in_vietnam(site: str, page) -> None:
    page.goto(site)
    assert page.evaluate(SAYS) == [390, "vi-VN", -7 * 60]
    assert axe(page) == []


def test_an_answer_with_an_error_status_is_no_fault_of_the_page(site: str, visit: Callable[..., Visitor]) -> None:
    visitor = visit(width=1280, scheme="dark")
    response = visitor.open().goto(f"{site}/loi")
    assert (response.status, visitor.faults) == (422, [])


def test_violations_of_the_policy_and_lost_resources_are_faults(site: str, chromium) -> None:
    visitor = new_visitor(chromium)
    visitor.open().goto(f"{site}/xau", wait_until="networkidle")
    visitor.context.close()
    console, lost = sorted(visitor.faults, key=lambda fault: not fault.startswith("console"))
    assert "Content Security Policy" in console
    assert lost == f"404: {site}/khong-co.png"


def test_pages_can_be_visited_without_javascript(site: str, chromium) -> None:
    visitor = new_visitor(chromium, javascript=False)
    tab = visitor.open()
    tab.goto(site)
    assert tab.inner_text("h1") == "Việc của tôi"
    with pytest.raises(ValueError, match="scripts"):
        axe(tab)
    visitor.context.close()


def test_axe_names_what_is_wrong(site: str, page) -> None:
    page.goto(f"{site}/kho-doc")
    assert axe(page) == ["image-alt: img"]
