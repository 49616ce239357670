"""Lists of points on a phone and on a desk: asked for, with faults in their cells, carried out, each free of faults of access."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.pages import test_score_lists as lists
from tests.pages.test_rankings import housed
from tests.pages.town import Town
from tests.support.browser import DESK, PHONE, axe, follow


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Two wards wait for their appraisal. To be read only."""
    town = housed(tmp_path_factory.mktemp("judged") / "du-lieu", lists.judging)
    yield town
    town.house.close()


pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_list_is_filled_in_by_hand_and_undone(
    judged: Town, own: Callable[[Town], Town], enter: Enter, width: int
) -> None:
    town = own(judged)
    tab = enter(town, "td.officer", width=width, javascript=True)
    tab.goto(lists.LIST)
    assert faults(tab) == []
    tab.fill("#danh_sach", "Mã đơn vị\tMã tiêu chí\tĐiểm\tLý do\tViệc\tĐơn vị\nW1\t1\ttám\t\t\t\nW1\t2\t9\t\t\t")
    follow(tab.get_by_role("button", name="Kiểm tra danh sách"))
    assert tab.inner_text(".ck-cell--wrong .govuk-error-message").endswith("phải là số, ví dụ 1.234,5.")
    assert faults(tab) == []
    tab.fill("#danh_sach", "Mã đơn vị\tMã tiêu chí\tĐiểm\tLý do\tViệc\tĐơn vị\nW1\t1\t8,5\tĐã xem\t\t\nW1\t2\t9\t\t\t")
    follow(tab.get_by_role("button", name="Kiểm tra lại"))
    assert faults(tab) == []
    follow(tab.get_by_role("button", name="Ghi 2 dòng"))
    assert faults(tab) == []
    follow(tab.get_by_role("button", name="Hoàn tác", exact=True))
    expect(tab.locator("main")).to_contain_text("Đã hoàn tác")
    assert lists.drafted(town, "W1") == []


def faults(tab: Page) -> list[object]:
    """What axe finds, and whether the page is wider than the screen."""
    wide = tab.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [*axe(tab), *(["wide"] if wide else [])]
