"""The programme as people see it: sound in both widths, a milestone and an opinion entered by keyboard without scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.pages.town import Town
from tests.support.browser import DESK, PHONE, axe

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [PHONE, pytest.param(DESK, marks=pytest.mark.long)])
def test_the_pages_are_sound_in_both_widths(young: Town, enter: Enter, width: int) -> None:
    officer, programme, where = enter(young, "thanhdoan", width=width), young.model.programme, young.model.key
    assert programme is not None
    leaf = next(money.key for money in programme.money if not programme.parts(money.key))
    for path in (
        "/chuong-trinh?nam=",
        f"/chuong-trinh/{where}",
        f"/chuong-trinh/{where}/moc/{programme.milestones[0].key}",
        f"/chuong-trinh/{where}/kinh-phi/{leaf}",
        f"/chuong-trinh/{where}/don-vi",
        f"/chuong-trinh/{where}/y-kien/moi",
        "/don-vi/len-lop",
    ):
        officer.goto(path)
        for summary in officer.locator("main details.ck-more > summary").all()[:2]:
            summary.press("Enter")
        assert (axe(officer), officer.evaluate("document.documentElement.scrollWidth <= innerWidth")) == ([], True), (
            path
        )


def test_a_milestone_is_done_and_a_unit_gives_its_opinion_without_scripts(
    young: Town, own: Callable[[Town], Town], enter: Enter
) -> None:
    town = own(young)
    officer, secretary = (enter(town, name, width=PHONE, javascript=False) for name in ("thanhdoan", "bithu"))
    officer.goto(f"/chuong-trinh/{town.model.key}")
    officer.get_by_role("link", name="Ghi kết quả").first.press("Enter")
    officer.get_by_label("Đã xong").check()
    officer.get_by_role("button", name="Lưu").press("Enter")
    expect(officer.locator(".govuk-error-summary")).to_contain_text("số, ký hiệu của văn bản")
    officer.get_by_label("Số, ký hiệu văn bản").fill("12-KH/TĐTN")
    officer.get_by_label("Ngày văn bản").fill("31/07/2025")
    officer.get_by_role("button", name="Lưu").press("Enter")
    expect(officer.locator("main")).to_contain_text("Theo 12-KH/TĐTN ngày 31/07/2025.")
    officer.get_by_role("link", name="Xin ý kiến về mốc").first.press("Enter")
    officer.get_by_label("Nội dung cần cho ý kiến").fill("Có nhất trí không?")
    officer.get_by_label("Hạn trả lời").fill("20/11/2026")
    officer.get_by_label("Hỏi những đơn vị nào").fill("Chi đoàn Tổ dân phố số 1")
    officer.get_by_role("button", name="Gửi câu hỏi").press("Enter")
    expect(officer.locator("main")).to_contain_text("Chưa trả lời")
    secretary.goto("/viec")
    secretary.locator("#xin-y-kien a").first.press("Enter")
    secretary.get_by_label("Nhất trí", exact=True).check()
    secretary.get_by_role("button", name="Gửi ý kiến").press("Enter")
    expect(secretary.locator("main")).to_contain_text("Đã gửi ý kiến của đơn vị.")
    officer.reload()
    expect(officer.locator("main")).to_contain_text("Nhất trí")
