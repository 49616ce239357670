"""Does a designer find their way in a real browser? Every step of a change on a phone and a desk, without scripts as well."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from api.actor import cookie_name
from tests.pages.town import Town, copy_of
from tests.pages_admin.test_model_adding import zipped
from tests.support.browser import DESK, PHONE, Visitor, axe, follow
from tests.support.web import running_app

pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.fixture
def served(young: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, str]]:
    town = copy_of(young, tmp_path_factory.mktemp("sua") / "du-lieu")
    with running_app(town.app) as url:
        yield town, url
    town.house.close()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_change_from_the_first_look_to_the_next_version(
    served: tuple[Town, str], visit: Callable[..., Visitor], width: int
) -> None:
    town, url = served
    visitor = visit(width=width)
    page, found = enter(visitor, town, url), dict[str, Any]()
    model = f"{url}/quy-trinh/{town.model.key}"
    page.goto(model)
    follow(page.get_by_role("link", name="Sửa mô hình"))
    look(page, "chọn phần", found)
    for part in ("tieu-chi", "bieu-mau", "bieu-mau/dang-ky", "tep"):
        page.goto(f"{model}/sua/{part}")
        look(page, part, found)
    page.goto(f"{model}/sua/han")
    page.locator("summary", has_text="Đăng ký nội dung, lộ trình").first.click()
    look(page, "hạn", found)
    page.get_by_label("Trước ngày").first.fill("40/11")
    follow(page.get_by_role("button", name="Xem thay đổi"))
    expect(page.get_by_role("link", name="Đăng ký nội dung, lộ trình: Ghi")).to_have_count(0)
    look(page, "hạn sai", found)
    page.get_by_label("Trước ngày").first.fill("12/11")
    follow(page.get_by_role("button", name="Xem thay đổi"))
    look(page, "xem", found)
    page.get_by_role("button", name="Triển khai phiên bản mới").click()
    expect(page.get_by_text("Đã triển khai phiên bản mới.")).to_be_visible()
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_the_same_without_scripts(served: tuple[Town, str], visit: Callable[..., Visitor]) -> None:
    town, url = served
    page = enter(visit(width=PHONE, javascript=False), town, url)
    page.goto(f"{url}/quy-trinh/{town.model.key}/sua/bieu-mau/dang-ky")
    page.locator("input[name='dau.0.title']").fill("Đăng ký năm")
    follow(page.get_by_role("button", name="Xem thay đổi"))
    page.get_by_role("button", name="Triển khai phiên bản mới").click()
    expect(page.get_by_text("Đã triển khai phiên bản mới.")).to_be_visible()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_model_comes_in_and_an_earlier_version_comes_back(
    served: tuple[Town, str], visit: Callable[..., Visitor], width: int
) -> None:
    town, url = served
    page, found = enter(visit(width=width), town, url), dict[str, Any]()
    page.goto(f"{url}/quy-trinh")
    follow(page.get_by_role("link", name="Thêm mô hình"))
    look(page, "thêm", found)
    follow(page.get_by_role("button", name="Kiểm tra, xem mô hình"))
    look(page, "chưa chọn tệp", found)
    buffer = {"name": "a.zip", "mimeType": "application/zip", "buffer": zipped()}
    page.get_by_label("Tệp ZIP của mô hình").set_input_files(buffer)  # type: ignore[arg-type]
    follow(page.get_by_role("button", name="Kiểm tra, xem mô hình"))
    look(page, "xem mô hình", found)
    follow(page.get_by_role("button", name="Triển khai"))
    expect(page.get_by_text("Đã triển khai mô hình.")).to_be_visible()
    page.goto(f"{url}/quy-trinh/{town.model.key}/sua/han")
    page.locator("summary", has_text="Đăng ký nội dung, lộ trình").first.click()
    page.get_by_label("Trước ngày").first.fill("12/11")
    follow(page.get_by_role("button", name="Xem thay đổi"))
    follow(page.get_by_role("button", name="Triển khai phiên bản mới"))
    look(page, "các phiên bản", found)
    follow(page.get_by_role("link", name="Dùng lại"))
    look(page, "dùng lại", found)
    page.get_by_label("Lý do").fill("Văn bản rút lại")
    follow(page.get_by_role("button", name="Dùng phiên bản này cho chu kỳ mới"))
    expect(page.get_by_text("Chu kỳ mở từ nay dùng nội dung của phiên bản đã chọn")).to_be_visible()
    assert {name: problems for name, problems in found.items() if problems} == {}


def enter(visitor: Visitor, town: Town, url: str) -> Page:
    cookie = {"name": cookie_name(town.house), "value": town.token("quantri"), "url": url}
    visitor.context.add_cookies([cookie])  # type: ignore[list-item]
    return visitor.open()


def look(page: Page, name: str, found: dict[str, Any]) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    found[name] = axe(page) or (["too wide"] if wide else [])
