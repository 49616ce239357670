"""A registration from the secretary's phone to the superior's desk, and back."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.pages.town import Town
from tests.support.browser import axe, follow

pytestmark = pytest.mark.browser


def fill_registration(page: Page, *, members: int = 2) -> None:
    """Answer every question of the form as a person would, top to bottom."""
    expect(page.locator("main textarea[name^='f.']").first).to_be_visible()
    for group in page.locator("main fieldset").all():
        group.locator("input").first.check()
    for box in page.locator("main textarea[name^='f.'], main input[type=text][name^='f.']").all():
        name = str(box.get_attribute("name"))
        if not box.is_visible() or name.endswith("._paste"):
            continue
        row = int(name.split(".")[2]) if name.startswith("f.members.") else -1
        if row >= members:
            continue
        words = {"birth_year": "2004", "full_name": f"Đoàn viên thứ {row + 1}"}
        asked = next((words[key] for key in words if name.endswith(key)), "")
        tel = box.get_attribute("inputmode")
        box.fill(asked or ("0912345678" if tel == "tel" else "9" if tel == "numeric" else "Nội dung của chi đoàn"))
    for tick in page.locator("main input[type=checkbox][value=true]").all():
        tick.check()


def test_a_secretary_registers_on_a_phone_without_scripts(
    young: Town, own: Callable[[Town], Town], enter: Enter
) -> None:
    town = own(young)
    page, looked_at = enter(town, "bithu", javascript=False), enter(town, "bithu")
    page.goto("/")
    page.get_by_role("link", name="Đăng ký nội dung, lộ trình").first.click()
    fill_registration(page)
    page.locator("main [data-main]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kiểm tra lại trước khi gửi")
    page.get_by_role("link", name="Sửa").first.click()
    expect(page.locator("[name='f.members.1.full_name']")).to_have_value("Đoàn viên thứ 2")
    page.locator("main [data-main]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kiểm tra lại trước khi gửi")
    assert _faults_at(page.url, looked_at) == []
    page.get_by_role("button", name="Gửi", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Đã xong")
    assert _faults_at(page.url, looked_at) == []
    expect(page.locator(".ck-panel")).to_contain_text("Mã tiếp nhận")
    page.get_by_role("link", name="Xem hồ sơ").click()
    expect(page.locator(".ck-timeline__title").first).to_contain_text("Gửi bản đăng ký, 2 người")


def test_mistakes_lead_to_their_questions(young: Town, own: Callable[[Town], Town], enter: Enter) -> None:
    page = enter(own(young), "bithu", javascript=False)
    page.goto("/viec")
    page.locator("a.ck-row__title").first.click()
    fill_registration(page)
    page.get_by_label("Số điện thoại").fill("12")
    page.locator("main [data-main]").click()
    summary = page.locator(".govuk-error-summary")
    expect(summary).to_contain_text("10 chữ số")
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("Số điện thoại")).to_be_focused()
    expect(page.get_by_label("Số điện thoại")).to_have_value("12")


def test_a_superior_returns_one_and_accepts_the_corrected_one(
    young: Town, own: Callable[[Town], Town], enter: Enter
) -> None:
    town = own(young)
    secretary, superior = enter(town, "bithu"), enter(town, "doancoso")
    _register(secretary)
    superior.goto("/viec")
    superior.get_by_role("link", name="Tiếp nhận đăng ký").first.click()
    superior.locator("main [data-main]").click()
    expect(superior.locator(".govuk-error-summary")).to_be_visible()
    assert axe(superior) == []
    superior.get_by_label("Trả lại để bổ sung").check()
    superior.get_by_label("Lý do").fill("Thiếu việc làm của quý III, hãy bổ sung.")
    superior.locator("main [data-main]").click()
    expect(superior.get_by_role("heading", level=1)).to_contain_text("Đã xong")
    secretary.goto("/viec")
    secretary.locator("a.ck-row__title").first.click()
    expect(secretary.locator("main")).to_contain_text("Thiếu việc làm của quý III, hãy bổ sung.")
    secretary.locator("main [data-main]").click()
    secretary.get_by_role("button", name="Gửi", exact=True).click()
    expect(secretary.get_by_role("heading", level=1)).to_contain_text("Đã xong")
    superior.goto("/viec?chon=tat-ca")
    follow(superior.get_by_role("button", name="Tiếp nhận, ghi nhận"))
    assert axe(superior) == []
    superior.get_by_role("button", name="Chấp nhận các việc đã đánh dấu").click()
    expect(superior.get_by_role("heading", level=1)).to_have_text("Đã làm 1 việc")
    assert axe(superior) == []
    secretary.goto("/")
    expect(secretary.locator("main")).to_contain_text("Đã tiếp nhận")


def test_what_is_typed_survives_a_closed_tab(young: Town, own: Callable[[Town], Town], enter: Enter) -> None:
    page = enter(own(young), "bithu")
    page.goto("/viec")
    page.locator("a.ck-row__title").first.click()
    contact = page.get_by_label("Người liên hệ")
    contact.fill("Nguyễn Thị Ánh")
    expect(page.locator("[data-draft-status]")).to_have_text("Đã lưu nháp.", timeout=30_000)
    page.goto("/viec")
    page.locator("a.ck-row__title").first.click()
    expect(page.get_by_label("Người liên hệ")).to_have_value("Nguyễn Thị Ánh")


def test_a_document_is_downloaded_and_found_genuine(lived: Town, own: Callable[[Town], Town], enter: Enter) -> None:
    page = enter(own(lived), "vanthu")
    page.goto("/van-ban")
    page.get_by_role("link", name="Về việc công nhận").first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải PDF đã ký").click()
    path = download.value.path()
    page.get_by_role("link", name="Trang kiểm tra công khai").click()
    page.get_by_label("Tệp PDF").set_input_files(path)
    page.get_by_role("button", name="So sánh").click()
    expect(page.locator("main")).to_contain_text("Đúng là tệp đã ban hành, không sai một byte")
    assert axe(page) == []


def test_counts_lead_to_their_rows(lived: Town, enter: Enter) -> None:
    page = enter(lived, "thanhdoan")
    page.goto("/chu-ky")
    page.locator("a.ck-row__title").first.click()
    card = page.locator(".ck-stat", has_text="Đã đăng ký")
    number = card.locator(".ck-stat__number").inner_text()
    card.get_by_role("link").click()
    expect(page.locator(".ck-row")).to_have_count(int(number))


def _faults_at(address: str, page: Page) -> list[str]:
    page.goto(address)
    return axe(page)


def _register(page: Page) -> None:
    page.goto("/viec")
    page.locator("a.ck-row__title").first.click()
    fill_registration(page)
    page.locator("main [data-main]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kiểm tra lại trước khi gửi")
    assert axe(page) == []
    page.get_by_role("button", name="Gửi", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Đã xong")
    assert axe(page) == []


def test_a_notice_is_followed_with_the_keyboard_alone_and_without_scripts(
    young: Town, own: Callable[[Town], Town], enter: Enter
) -> None:
    page = enter(own(young), "bithu", javascript=False)
    page.goto("/viec")
    bell = page.get_by_role("link", name="Thông báo")
    expect(bell).to_contain_text("3")
    bell.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thông báo")
    first = page.locator("main li button.ck-row__title").first
    for _ in range(40):
        page.keyboard.press("Tab")
        if first.evaluate("e => e === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Đăng ký nội dung, lộ trình")
    expect(page.get_by_role("link", name="Thông báo")).to_contain_text("2")


def test_a_calendars_address_is_made_renewed_and_ended(young: Town, own: Callable[[Town], Town], enter: Enter) -> None:
    page = enter(own(young), "bithu")
    page.goto("/toi/nhac")
    follow(page.get_by_role("button", name="Tạo địa chỉ lịch"))
    assert axe(page) == []
    first = _path(page)
    assert page.request.get(first).status == 200
    page.get_by_role("link", name="Về cách nhận thông báo").click()
    follow(page.get_by_role("button", name="Tạo địa chỉ mới, bỏ địa chỉ cũ"))
    second = _path(page)
    assert [page.request.get(address).status for address in (first, second)] == [404, 200]
    page.get_by_role("link", name="Về cách nhận thông báo").click()
    page.get_by_role("button", name="Tắt địa chỉ lịch").click()
    expect(page.locator("main [role=status]")).to_contain_text("Đã tắt địa chỉ lịch.")
    assert page.request.get(second).status == 404


def _path(page: Page) -> str:
    return urlsplit(page.get_by_label("Địa chỉ lịch").input_value()).path
