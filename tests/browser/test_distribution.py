"""The pages of recipients as people see them: sound in both widths, and done without scripts."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.pages.test_documents import decision_of
from tests.pages.town import Town
from tests.support.browser import DESK, PHONE, axe

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [PHONE, pytest.param(DESK, marks=pytest.mark.long)])
def test_the_pages_are_sound_in_both_widths(lived: Town, enter: Enter, width: int) -> None:
    clerk, page = enter(lived, "vanthu", width=width), f"/van-ban/{decision_of(lived).id}/noi-nhan"
    for path in (page, "/van-ban/den", "/van-ban/chua-nhan?ngay=0", "/van-ban"):
        clerk.goto(path)
        for summary in clerk.locator("main details.ck-more > summary").all()[:2]:
            summary.press("Enter")
        assert (axe(clerk), clerk.evaluate("document.documentElement.scrollWidth <= innerWidth")) == ([], True), path


def test_a_recipient_is_ticked_off_without_scripts(lived: Town, enter: Enter) -> None:
    clerk = enter(lived, "vanthu", width=PHONE, javascript=False)
    clerk.goto(f"/van-ban/{decision_of(lived).id}/noi-nhan")
    row = clerk.locator("li.ck-row", has_text="Ban Thường vụ Thành đoàn")
    row.locator("summary").press("Enter")
    row.get_by_role("button", name="Ghi đã nhận").press("Enter")
    expect(clerk.locator(".govuk-error-summary")).to_contain_text("Người nhận")
    row.get_by_label("Người nhận").fill("Bà Lan, văn thư")
    row.get_by_role("button", name="Ghi đã nhận").press("Enter")
    expect(row).to_contain_text("Bà Lan, văn thư nhận ngày 12/11/2027")
