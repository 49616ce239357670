"""Are the pages of the archive sound, and can a person who uses no mouse and no scripts hand dossiers over and check a file?"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from engine.rules.cycles import CycleState
from tests.browser.conftest import Enter
from tests.browser.test_pages import LOOKS, NARROW, SMALL, _wider
from tests.pages.town import Town
from tests.support.browser import axe, follow

pytestmark = pytest.mark.browser


@pytest.fixture
def closed(lived: Town, own: Callable[[Town], Town]) -> Town:
    """The lived city, its cycle closed by hand."""
    town = own(lived)
    with town.house.open_uow() as uow:
        cycle = uow.cycles.all()[0]
        uow.cycles.save(replace(cycle, state=CycleState.CLOSED, closed_at=town.clock()))
    return town


def faults(tab: Page, name: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for width, scheme in LOOKS[:2]:
        tab.set_viewport_size({"width": width, "height": 844})
        tab.emulate_media(color_scheme=scheme)
        if seen := [*_wider(tab), *(axe(tab) + tab.evaluate(SMALL) if width != NARROW else [])]:
            found[f"{name} {width} {scheme}"] = seen
    return found


def test_dossiers_are_handed_over_and_packed_on_sound_pages(closed: Town, enter: Enter) -> None:
    officer, clerk = enter(closed, "doancoso"), enter(closed, "vanthu")
    found: dict[str, object] = {}
    officer.goto("/luu-tru")
    found |= faults(officer, "due")
    follow(officer.get_by_role("button", name="Đề nghị nộp lưu"))
    clerk.goto(officer.url.partition("?")[0])
    found |= faults(clerk, "to receive")
    clerk.get_by_label("Lý do từ chối").fill("Thiếu biên bản họp xét")
    follow(clerk.get_by_role("button", name="Từ chối"))
    officer.reload()
    found |= faults(officer, "to correct")
    officer.get_by_label("Đã sửa những gì").fill("Đã bổ sung")
    follow(officer.get_by_role("button", name="Đề nghị lại"))
    clerk.reload()
    follow(clerk.get_by_role("button", name="Nhận vào lưu trữ"))
    expect(clerk.get_by_text("Đã nhận hồ sơ vào lưu trữ.")).to_be_visible()
    found |= faults(clerk, "accepted")
    administrator = enter(closed, "quantri")
    administrator.goto("/luu-tru/thoi-han")
    found |= faults(administrator, "terms")
    lead = enter(closed, "thanhdoan")
    lead.goto("/chu-ky/1/goi")
    follow(lead.get_by_role("button", name="Lập gói lưu trữ"))
    closed.house.work_off()
    lead.goto("/chu-ky/1/goi")
    found |= faults(lead, "package")
    with lead.expect_download() as taken:
        lead.get_by_role("link", name="Tải ").click()
    assert taken.value.suggested_filename.endswith(".zip")
    assert found == {}


def test_a_file_is_checked_without_scripts_and_each_answer_is_readable(closed: Town, enter: Enter) -> None:
    with closed.house.read_uow() as uow:
        decision = next(d for d in uow.decisions.of_cycle(uow.cycles.all()[0].id) if d.type_code == "QĐ")
    pdf = closed.house.archive.get(decision.pdf_sha256)
    tab = enter(closed, "vanthu")
    tab.goto("/kiem-tra")
    tab.get_by_label("Tệp PDF").set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": pdf})
    tab.get_by_role("button", name="Kiểm tra tệp").press("Enter")
    tab.get_by_text("không sai một byte").first.wait_for()
    assert faults(tab, "checked") == {}
    plain = enter(closed, "vanthu", javascript=False)
    plain.goto("/kiem-tra")
    plain.get_by_label("Tệp PDF").set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": pdf[:-9]})
    plain.get_by_role("button", name="Kiểm tra tệp").press("Enter")
    plain.get_by_text("Không xác nhận được tệp này").or_(plain.get_by_text("Tệp KHÔNG khớp")).first.wait_for()
