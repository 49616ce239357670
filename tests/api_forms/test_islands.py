"""Does every form work without a script, and do the scripts only add: drafts kept, fields hidden, nothing sent twice?"""

import re
from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.api_forms.browser import launch
from tests.api_forms.stylebook import served

pytestmark = pytest.mark.browser
Drafts = list[Mapping[str, list[str]]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture
def site() -> Iterator[tuple[str, Drafts]]:
    with served() as found:
        yield found


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="vi-VN")
    yield context.new_page()
    context.close()


def test_without_a_script_rows_are_added_and_mistakes_are_shown(browser: Browser, site: tuple[str, Drafts]) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    tab = context.new_page()
    tab.goto(f"{site[0]}/bieu-mau")
    tab.get_by_label("Họ và tên, Dòng 1").fill("Trần Thị Ánh")
    tab.get_by_role("button", name="Thêm đoàn viên").click()
    expect(tab.get_by_label("Họ và tên, Dòng 1")).to_have_value("Trần Thị Ánh")
    tab.get_by_label("Họ và tên, Dòng 2").fill("Lê Văn Bình")
    tab.get_by_role("button", name="Bỏ Dòng 1").click()
    expect(tab.get_by_label("Họ và tên, Dòng 1")).to_have_value("Lê Văn Bình")
    tab.get_by_role("button", name="Kiểm tra lại", exact=True).last.click()
    expect(tab).to_have_title("Lỗi: Đăng ký xây dựng mô hình – Chuky")
    tab.get_by_role("link", name="Chọn “Loại chi đoàn”.").click()
    expect(tab).to_have_url(re.compile(r"#f\.loai\.0$"))
    context.close()


def test_enter_sends_the_form_and_does_not_add_or_remove_a_row(tab: Page, site: tuple[str, Drafts]) -> None:
    tab.goto(f"{site[0]}/bieu-mau")
    tab.get_by_label("Họ và tên, Dòng 1").press("Enter")
    expect(tab.locator(".govuk-error-summary")).to_be_focused()


def test_a_draft_is_saved_while_typing_without_files(tab: Page, site: tuple[str, Drafts]) -> None:
    address, drafts = site
    tab.goto(f"{address}/bieu-mau")
    tab.get_by_label("Nội dung đăng ký").fill("Trồng 200 cây xanh")
    expect(tab.locator("[data-draft-status]")).to_have_text("Đã lưu nháp.")
    assert [(d["csrf"], d["f.noi_dung"], "f.bien_ban" in d) for d in drafts] == [(["t"], ["Trồng 200 cây xanh"], False)]
    assert tab.evaluate("() => localStorage.length") == 0


def test_what_is_typed_before_the_scripts_are_there_is_saved_too(tab: Page, site: tuple[str, Drafts]) -> None:
    address, drafts = site
    waiting: list[Route] = []
    typed = False

    def late(route: Route) -> None:
        if typed:
            route.continue_()
        else:
            waiting.append(route)

    tab.route("**/*.js", late)
    tab.goto(f"{address}/bieu-mau", wait_until="commit")
    tab.get_by_label("Nội dung đăng ký").fill("Gõ trên mạng chậm")
    typed = True
    assert waiting
    for route in waiting:
        route.continue_()
    expect(tab.locator("[data-draft-status]")).to_have_text("Đã lưu nháp.")
    assert [d["f.noi_dung"] for d in drafts] == [["Gõ trên mạng chậm"]]


def test_text_typed_without_a_network_is_kept_and_saved_later(tab: Page, site: tuple[str, Drafts]) -> None:
    address, drafts = site
    tab.goto(f"{address}/bieu-mau")
    tab.context.set_offline(True)
    tab.get_by_label("Nội dung đăng ký").fill("Viết trên tàu")
    tab.get_by_label("Trường học").check()
    expect(tab.locator("[data-draft-status]")).to_contain_text("Không có mạng")
    tab.get_by_role("button", name="Kiểm tra lại", exact=True).last.click()
    expect(tab.get_by_label("Nội dung đăng ký")).to_have_value("Viết trên tàu")
    assert (tab.url, drafts) == (f"{address}/bieu-mau", [])
    context = tab.context
    tab.close()  # the browser is closed before the network is back
    context.set_offline(False)
    later = context.new_page()
    later.goto(f"{address}/bieu-mau")
    expect(later.get_by_label("Nội dung đăng ký")).to_have_value("Viết trên tàu")
    expect(later.get_by_label("Trường học")).to_be_checked()
    expect(later.locator("[data-draft-status]")).to_have_text("Đã lưu nháp.")
    assert [d["f.noi_dung"] for d in drafts] == [["Viết trên tàu"]]


def test_unsaved_text_reaches_the_server_before_the_form(tab: Page, site: tuple[str, Drafts]) -> None:
    address, drafts = site
    tab.goto(f"{address}/bieu-mau")
    tab.get_by_label("Nội dung đăng ký").fill("ngắn")
    tab.get_by_role("button", name="Kiểm tra lại", exact=True).last.click()
    expect(tab.get_by_text("phải có ít nhất 10 ký tự").first).to_be_visible()
    assert ([d["f.noi_dung"] for d in drafts], tab.evaluate("() => localStorage.length")) == ([["ngắn"]], 0)


def test_fields_appear_when_they_matter(tab: Page, site: tuple[str, Drafts]) -> None:
    tab.goto(f"{site[0]}/bieu-mau")
    expect(tab.get_by_label("Năm học")).to_be_hidden()
    tab.get_by_label("Trường học").check()
    expect(tab.get_by_label("Năm học")).to_be_visible()
    tab.get_by_label("Địa bàn dân cư").check()
    expect(tab.get_by_label("Năm học")).to_be_hidden()


def test_a_form_is_not_sent_twice(tab: Page, site: tuple[str, Drafts]) -> None:
    posts: list[str] = []
    tab.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    tab.goto(f"{site[0]}/kiem-tra")
    tab.evaluate("() => { const b = [...document.querySelectorAll('main .govuk-button')][0]; b.click(); b.click(); }")
    tab.wait_for_url("**/gui")
    assert posts == [f"{site[0]}/gui"]


def test_the_theme_is_switched_and_remembered(tab: Page, site: tuple[str, Drafts]) -> None:
    tab.goto(f"{site[0]}/viec")
    tab.get_by_role("button", name="Đổi nền sáng/tối").click()
    assert tab.evaluate("() => getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert [(c["name"], c["value"], c["sameSite"]) for c in tab.context.cookies()] == [("ck_theme", "dark", "Lax")]


def test_a_whole_group_is_ticked_at_once(tab: Page, site: tuple[str, Drafts]) -> None:
    tab.goto(f"{site[0]}/viec")
    tab.get_by_label("Chọn tất cả").nth(1).check()
    assert tab.locator("input[name=viec]:checked").evaluate_all("boxes => boxes.map(b => b.value)") == ["2", "3"]


def test_the_menu_opens_without_a_script_on_a_phone(browser: Browser, site: tuple[str, Drafts]) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    tab = context.new_page()
    tab.goto(f"{site[0]}/viec")
    expect(tab.get_by_role("navigation", name="Menu chính")).to_have_count(0)
    tab.get_by_text("Menu", exact=True).click()
    expect(tab.get_by_role("navigation", name="Menu chính").get_by_role("link", name="Hồ sơ")).to_be_visible()
    context.close()
