"""A clerk writes the office's own template: with scripts the preview follows what is typed, without them it comes by a button."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.pages.test_office_templates import page_of
from tests.pages.town import Town
from tests.support.browser import DESK, PHONE, axe

pytestmark = pytest.mark.browser


def test_the_preview_follows_what_is_typed(young: Town, enter: Enter) -> None:
    clerk = enter(young, "vanthu", width=DESK)
    clerk.goto(page_of(young))
    preview = clerk.locator(".ck-beside__other section.ck-card")
    expect(preview).to_contain_text("Công nhận 03 chi đoàn")
    clerk.get_by_label("Điều 1", exact=True).fill("Biểu dương {count} chi đoàn {khong_co}.")
    expect(clerk.locator(".ck-beside__other .ck-notice--late")).to_contain_text("chỗ điền {khong_co} không có")
    clerk.get_by_label("Điều 1", exact=True).fill("Biểu dương {count} chi đoàn.")
    expect(preview).to_contain_text("Biểu dương 03 chi đoàn.")
    assert axe(clerk) == []
    with clerk.expect_download() as awaited:
        clerk.get_by_role("button", name="Xem thử bản PDF").click()
    assert awaited.value.suggested_filename == "xem-thu-quyet-dinh-cong-nhan.pdf"


def test_a_clerk_without_scripts_tries_keeps_and_goes_back(
    young: Town, own: Callable[[Town], Town], enter: Enter
) -> None:
    town = own(young)
    clerk = enter(town, "vanthu", width=PHONE, javascript=False)
    clerk.goto("/van-ban")
    clerk.get_by_role("link", name="Mẫu văn bản").press("Enter")
    clerk.get_by_role("link", name="Quyết định về việc công nhận").first.press("Enter")
    clerk.get_by_label("Điều 4 (thêm)").fill("Văn phòng theo dõi việc thực hiện.")
    clerk.get_by_role("button", name="Xem thử", exact=True).press("Enter")
    expect(clerk.locator("section.ck-card")).to_contain_text("Điều 4. Văn phòng theo dõi")
    expect(clerk.get_by_label("Điều 5 (thêm)")).to_be_visible()
    clerk.get_by_role("button", name="Lưu thành bản mới").press("Enter")
    expect(clerk.locator("main")).to_contain_text("Đã lưu bản mới của mẫu")
    expect(clerk.locator("main")).to_contain_text("Bản 1, áp dụng từ 05/11/2026")
    clerk.get_by_role("link", name="Trở về mẫu chung").press("Enter")
    clerk.get_by_role("button", name="Lưu thành bản mới").press("Enter")
    expect(clerk.locator("main")).to_contain_text("Bản 2: trở về mẫu chung")
    assert clerk.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [PHONE, pytest.param(DESK, marks=pytest.mark.long)])
def test_the_pages_are_sound_in_both_widths(young: Town, enter: Enter, width: int) -> None:
    clerk = enter(young, "vanthu", width=width)
    for path in ("/mau-van-ban", page_of(young), page_of(young, "giay-chung-nhan")):
        clerk.goto(path)
        assert (axe(clerk), clerk.evaluate("document.documentElement.scrollWidth <= innerWidth")) == ([], True), path
