"""A clerk sends back what waits for a number; the list of templates warns: sound in both widths, with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from engine.rules.units import UnitId
from tests.browser.conftest import Enter
from tests.pages.test_books import a_book, decision_of
from tests.pages.test_office_templates import dossier_issuer, kept, page_of
from tests.pages.town import Town
from tests.support.browser import DESK, PHONE, axe

pytestmark = [pytest.mark.browser, pytest.mark.long]


def sound(page: Page) -> bool:
    return axe(page) == [] and page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_clerk_sends_a_document_back(lived: Town, own: Callable[[Town], Town], enter: Enter, width: int) -> None:
    town = own(lived)
    clerk, head = town.client("vanthu"), town.client("kyso")
    clerk.post("/van-ban/so/moi", a_book(clerk, ky_hieu="CV", ten="Sổ công văn", loai=["CV"]))
    words = {"cho_sai": "Điều 2", "da_ghi": "ba", "sua_lai": "bốn", "ly_do": "Ghi nhầm"}
    draft = clerk.post(f"/van-ban/{decision_of(town).id}/xu-ly/dinh-chinh", words).url.partition("?")[0]
    assert head.post(f"{draft}/xu-ly/ky").status == 303
    page = enter(town, "vanthu", width=width)
    page.goto("/van-ban/cho-cap-so")
    assert sound(page)
    page.get_by_role("link", name="Trả lại").press("Enter")
    page.get_by_role("button", name="Trả lại").press("Enter")
    expect(page.locator(".govuk-error-summary")).to_contain_text("Nhập lý do")
    assert sound(page)
    page.get_by_label("Lý do trả lại").fill("Thiếu nơi nhận ở cuối văn bản")
    page.get_by_role("button", name="Trả lại").press("Enter")
    expect(page.locator("main")).to_contain_text("Đã trả lại văn bản kèm lý do")
    page = enter(town, "kyso", width=width)
    page.goto(draft)
    expect(page.locator("main")).to_contain_text("Thiếu nơi nhận ở cuối văn bản")
    assert sound(page)


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_list_of_templates_warns(young: Town, own: Callable[[Town], Town], enter: Enter, width: int) -> None:
    town = own(young)
    clerk, page_address = town.client("vanthu"), page_of(town)
    assert kept(clerk, page_address, "05/11/2026", document__place="Lê Chân").status == 303
    with town.house.open_uow() as uow:
        (made,) = uow.office_templates.of_unit(UnitId(dossier_issuer(page_address)))
        uow.office_templates.add(replace(made, id=0, number=2, content={"document": {"subject": "Về {diem_cong}"}}))
        uow.office_templates.add(replace(made, id=0, number=1, document="khong-con"))
    page = enter(town, "vanthu", width=width)
    page.goto("/mau-van-ban")
    expect(page.locator(".ck-notice--late")).to_contain_text("chỗ điền {diem_cong} không có")
    assert sound(page)
