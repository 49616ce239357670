"""Are the pages of a list sound, and does a person without scripts find their own place, the reasons, and the way to answer?"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.test_pages import LOOKS, NARROW, SMALL, _wider
from tests.pages.test_rankings import appealed, housed
from tests.support.browser import axe

pytestmark = pytest.mark.browser


def faults(tab: Page, name: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for width, scheme in LOOKS[:2]:
        tab.set_viewport_size({"width": width, "height": 844})
        tab.emulate_media(color_scheme=scheme)
        if seen := [*_wider(tab), *(axe(tab) + tab.evaluate(SMALL) if width != NARROW else [])]:
            found[f"{name} {width} {scheme}"] = seen
    return found


def test_a_unit_finds_its_place_and_why_and_the_lead_what_the_council_settled(tmp_path: Path, enter: Enter) -> None:
    town = housed(tmp_path / "du-lieu", appealed)
    ward, lead = enter(town, "w1.secretary"), enter(town, "td.officer")
    found: dict[str, object] = {}
    ward.goto("/xep-hang")
    found |= faults(ward, "lists")
    ward.get_by_role("link", name="Bảng xếp hạng hàng xóm thân thiện 2027").click()
    expect(ward.get_by_text("Khối phường: hạng 1 trên 4 đơn vị, 81,00 điểm")).to_be_visible()
    found |= faults(ward, "draft")
    ward.get_by_role("link", name="Phiếu điểm theo tiêu chí").press("Enter")
    expect(ward.get_by_role("heading", name="Phiếu điểm: Phường Đồ Sơn")).to_be_visible()
    found |= faults(ward, "sheet")
    lead.goto("/xep-hang/1?khoi=all")
    found |= faults(lead, "all")
    lead.get_by_role("link", name="Tiêu chí chưa có điểm").click()
    expect(lead.get_by_text("Hội đồng cho 0/10 điểm")).to_be_visible()
    found |= faults(lead, "council")
    lead.goto("/xep-hang/1/so-sanh")
    found |= faults(lead, "comparison")
    town.house.close()
    assert found == {}
