"""The pages of targets, figures and titles as people see them: sound in both widths, a figure entered without scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.pages.test_targets import CARDS, KEY, WASTE, deploy, stated, unit_of
from tests.pages.town import Town
from tests.support.browser import DESK, PHONE, axe

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [PHONE, pytest.param(DESK, marks=pytest.mark.long)])
def test_the_pages_are_sound_in_both_widths(young: Town, own: Callable[[Town], Town], enter: Enter, width: int) -> None:
    town = own(young)
    deploy(town)
    lead = unit_of(town, "thanhdoan")
    stated(town, f"{CARDS}/{lead}", gia_tri="65", tong_so="100")
    stated(town, f"{CARDS}/{unit_of(town, 'bithu')}", by="bithu", quy="3", gia_tri="1.300", tong_so="2.000")
    stated(town, f"{WASTE}/{lead}", gia_tri="40", so_goc="100")
    officer = enter(town, "thanhdoan", width=width)
    for path in (
        "/chi-tieu?nam=2026",
        f"/chi-tieu/mo-hinh/{KEY}",
        "/so-lieu",
        f"{CARDS}?nam=2026",
        f"{WASTE}/{lead}?nam=2026",
    ):
        officer.goto(path)
        for summary in officer.locator("main details.ck-more > summary").all()[:2]:
            summary.press("Enter")
        assert (axe(officer), officer.evaluate("document.documentElement.scrollWidth <= innerWidth")) == ([], True), (
            path
        )


def test_a_figure_is_entered_by_keyboard_without_scripts(
    young: Town, own: Callable[[Town], Town], enter: Enter
) -> None:
    town = own(young)
    deploy(town)
    officer = enter(town, "thanhdoan", width=PHONE, javascript=False)
    officer.goto(f"{WASTE}?nam=2026")
    officer.locator("main tbody a").first.press("Enter")
    officer.get_by_label("Số thực hiện").fill("751,408")
    officer.get_by_label("Nguồn số liệu").fill("Báo cáo năm")
    officer.get_by_role("button", name="Lưu").press("Enter")
    expect(officer.locator(".govuk-error-summary")).to_contain_text("đọc được hai cách")
    officer.get_by_label("Số thực hiện").fill("751.408")
    officer.get_by_role("button", name="Lưu").press("Enter")
    expect(officer.locator("main tbody")).to_contain_text("751.408")


@pytest.mark.parametrize("width", [PHONE, pytest.param(DESK, marks=pytest.mark.long)])
def test_the_lists_of_titles_are_sound_in_both_widths(lived: Town, enter: Enter, width: int) -> None:
    officer = enter(lived, "thanhdoan", width=width)
    for path in ("/chi-tieu/danh-hieu", "/chi-tieu/danh-hieu?tt=ended", "/danh-hieu", "/danh-hieu?q=truong"):
        officer.goto(path)
        assert (axe(officer), officer.evaluate("document.documentElement.scrollWidth <= innerWidth")) == ([], True), (
            path
        )
