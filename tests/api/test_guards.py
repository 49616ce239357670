"""What stands before every page: headers, size, origin, the form's token?"""

import gzip
import re

import pytest
from starlette.routing import Mount

from api.templating import CONTENT_SECURITY_POLICY
from tests.api.houses import PASSWORD, SITE, Browser, Installation, token_of

FIXED = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}


#: Pages and routes for everybody.
OPEN = (
    "/dang-nhap",
    "/dang-xuat",
    "/quen-mat-khau",
    "/dat-lai-mat-khau",
    "/suc-khoe/",
    "/kiem-tra",
    "/danh-hieu",
    "/lich/{secret}.ics",
    "/khao-sat/{token}",
)


@pytest.mark.parametrize("path", ["/dang-nhap", "/khong-co-trang-nay", "/suc-khoe/live", "/doi-mat-khau"])
def test_every_answer_carries_the_headers(browser: Browser, path: str) -> None:
    headers = browser.open(path).headers
    assert {name: headers.get(name) for name in FIXED} == FIXED
    assert "server" not in headers
    assert "strict-transport-security" not in headers  # over http it would mean nothing


def test_every_answer_has_an_id_of_its_own(browser: Browser) -> None:
    ids = {browser.open("/suc-khoe/live").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


def test_a_form_without_its_token_is_refused(browser: Browser, installation: Installation) -> None:
    browser.open("/dang-nhap")
    fields = {"ten": "bithu", "mat_khau": PASSWORD}
    answers = [
        browser.client.post("/dang-nhap", data={**fields, **token}, headers={"accept": "text/html"})
        for token in ({}, {"csrf": ""}, {"csrf": "x"}, {"csrf": "é"}, {"csrf": "QUJD"}, {"csrf": "A" * 172})
    ]
    assert [answer.status_code for answer in answers] == [403] * 6
    assert "Trang này đã mở quá lâu" in answers[0].text
    assert "signed_in" not in installation.events()


def test_the_token_of_another_browser_is_refused(browser: Browser, installation: Installation) -> None:
    with installation.browser() as other:
        token = token_of(other.open("/dang-nhap").text)
    browser.open("/dang-nhap")
    answer = browser.client.post("/dang-nhap", data={"csrf": token, "ten": "bithu", "mat_khau": PASSWORD})
    assert answer.status_code == 403


def test_the_token_from_before_signing_in_is_not_the_sessions(browser: Browser) -> None:
    before = token_of(browser.open("/dang-nhap").text)
    browser.sign_in("bithu")
    assert browser.client.post("/dang-xuat", data={"csrf": before}).status_code == 403


def test_the_token_looks_different_on_every_page(browser: Browser) -> None:
    assert len({token_of(browser.open("/dang-nhap").text) for _ in range(5)}) == 5


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 422),
        ({"sec-fetch-site": "none"}, 422),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"origin": SITE}, 422),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 422),
    ],
)
def test_what_comes_from_another_site_is_refused(browser: Browser, headers: dict[str, str], status: int) -> None:
    token = token_of(browser.open("/dang-nhap").text)
    answer = browser.client.post("/dang-nhap", data={"csrf": token, "ten": "a", "mat_khau": "b"}, headers=headers)
    assert answer.status_code == status


def test_what_is_too_large_is_refused_announced_or_not(browser: Browser) -> None:
    announced = browser.client.post("/dang-nhap", content=b"x", headers={"content-length": str(26 * 1024 * 1024)})

    def pieces():
        for _ in range(26):
            yield b"a=" + b"x" * (1024 * 1024)

    creeping = browser.client.post(
        "/dang-nhap",
        content=pieces(),
        headers={"content-type": "multipart/form-data; boundary=b", "accept": "text/html"},
    )
    assert [announced.status_code, creeping.status_code] == [413, 413]
    assert creeping.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


def test_pages_are_compressed(browser: Browser) -> None:
    with browser.client.stream("GET", "/dang-nhap", headers={"accept-encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert "Đăng nhập" in gzip.decompress(raw).decode()


def test_built_files_may_be_kept_for_ever(installation: Installation, tmp_path) -> None:
    from starlette.testclient import TestClient

    from api.app import create_app
    from tests.api.houses import templates

    (tmp_path / "main-1a2b.css").write_text("body{}")
    app = create_app(installation.house, templates=templates(), dist=tmp_path)
    with TestClient(app, base_url=SITE) as client:
        there, gone = client.get("/static/main-1a2b.css"), client.get("/static/../chuky.sqlite3")
    assert [there.status_code, there.headers["cache-control"], gone.status_code] == [
        200,
        "public, max-age=31536000, immutable",
        404,
    ]


def test_every_page_but_the_open_ones_is_for_people_who_are_signed_in(browser: Browser) -> None:
    """Default deny: walk the route table as a stranger."""
    answers = {
        (method, path): browser.client.request(method, example_of(path), headers={"accept": "text/html"})
        for path, method in routes_of(browser)
        if not path.startswith(OPEN)
    }
    shown = {asked: answer.status_code for asked, answer in answers.items()}
    # A person is led to the sign-in page, a program is told that it is a stranger.
    assert shown == {(method, path): 401 if path.startswith("/api/") else 303 for method, path in shown}
    assert ("GET", "/doi-mat-khau") in answers


def example_of(path: str) -> str:
    return re.sub(r"\{\w+\}", "x", re.sub(r"\{\w+:int\}", "1", path))


def routes_of(browser: Browser) -> list[tuple[str, str]]:
    """Path and method of every route."""
    found: list[tuple[str, str]] = []

    def walk(routes, prefix: str = "") -> None:
        for route in routes:
            if isinstance(route, Mount):
                continue
            methods = getattr(route, "methods", None)
            if methods:
                found.extend((prefix + route.path, method) for method in methods if method in {"GET", "POST"})
            elif hasattr(route, "original_router"):
                walk(route.original_router.routes, prefix)

    walk(browser.client.app.routes)
    return found
