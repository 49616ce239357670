"""The pages on which people sign by themselves: sound for assistive technology, on a phone and a desk."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.pages.test_countersigning import confirmed, signed_in_way, unit_code
from tests.pages.town import Town
from tests.support.browser import DESK, PHONE, axe

pytestmark = [pytest.mark.browser, pytest.mark.long]
__all__ = ["confirmed"]
WIDER = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.parametrize("way", ["two_step", "elsewhere", "paper"])
def test_the_pages_of_each_way_are_sound(confirmed: Town, own: Callable[[Town], Town], enter: Enter, way: str) -> None:
    town = own(confirmed)
    _, decision = signed_in_way(town, "don-vi", unit_code(town), way)
    for width in (PHONE, DESK):
        page = enter(town, "kyso", width=width)
        for path in (f"/van-ban/{decision.id}/ky", f"/van-ban/{decision.id}", "/van-ban/cho-ky", "/van-ban"):
            page.goto(path)
            expect(page.locator("h1")).to_be_visible()
            assert (axe(page), page.evaluate(WIDER)) == ([], False), path


def test_many_are_signed_without_scripts(confirmed: Town, own: Callable[[Town], Town], enter: Enter) -> None:
    town = own(confirmed)
    page = enter(town, "kyso", javascript=False)
    page.goto("/viec/ky-nhieu")
    page.get_by_role("button", name="Ký các văn bản đã đánh dấu").click()
    expect(page.get_by_text("Chờ đến lượt").first).to_be_visible()
    town.house.work_off()
    page.get_by_role("link", name="Xem lại tiến độ").click()
    expect(page.get_by_text("Đã ban hành").first).to_be_visible()
