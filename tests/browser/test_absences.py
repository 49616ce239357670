"""An officer hands work over on a phone without scripts; the clerk does it in their stead; the officer takes it back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.test_stories import fill_registration
from tests.pages.town import Town

pytestmark = pytest.mark.browser


def test_work_is_handed_over_done_and_taken_back(young: Town, own: Callable[[Town], Town], enter: Enter) -> None:
    town = own(young)
    _register(enter(town, "bithu", javascript=False))
    officer, clerk = (enter(town, name, javascript=False) for name in ("doancoso", "vanthu"))
    officer.goto("/")
    officer.locator(".ck-user summary").press("Enter")
    officer.get_by_role("link", name="Vắng mặt, làm thay").press("Enter")
    officer.get_by_role("link", name="Giao việc cho người khác").press("Enter")
    officer.get_by_role("button", name="Giao việc").press("Enter")
    expect(officer.locator(".govuk-error-summary")).to_contain_text("Người làm thay")
    option = officer.get_by_label("Người làm thay").locator("option", has_text="Văn thư").first
    officer.get_by_label("Người làm thay").select_option(value=option.get_attribute("value"))
    officer.get_by_label("Đến hết ngày").fill("20/11/2026")
    officer.get_by_role("button", name="Giao việc").press("Enter")
    expect(officer.locator("main")).to_contain_text("Đã giao việc.")
    clerk.goto("/viec")
    row = clerk.locator(".ck-row", has_text="Làm thay")
    expect(row).to_have_count(1)
    row.get_by_role("link").click()
    expect(clerk.locator(".ck-notice", has_text="Làm thay")).to_be_visible()
    clerk.get_by_label("Chấp nhận").first.check()
    clerk.locator("main [data-main]").click()
    expect(clerk.get_by_role("heading", level=1)).to_contain_text("Đã xong")
    officer.reload()
    expect(officer.locator("main")).to_contain_text("Tiếp nhận đăng ký")
    officer.get_by_role("button", name="Lấy lại việc").press("Enter")
    expect(officer.locator("main")).to_contain_text("Đã lấy lại")


def _register(page: Page) -> None:
    page.goto("/viec")
    page.locator("a.ck-row__title").first.click()
    fill_registration(page)
    page.locator("main [data-main]").click()
    page.get_by_role("button", name="Gửi", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Đã xong")
