"""Are the pages of administration sound in a real browser? On phones and desks, in light and dark, with and without scripts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from api.actor import cookie_name
from engine.ports.store import NEW, Delivery, Incident
from tests.pages.town import Town, copy_of
from tests.support.browser import DESK, PHONE, Visitor, axe, follow
from tests.support.web import running_app

pytestmark = pytest.mark.browser

PAGES = (
    ("quantri", "/don-vi?mo=1&mo=2"),
    ("quantri", "/don-vi?tim=to dan pho"),
    ("quantri", "/don-vi?tim=khongco"),
    ("quantri", "/don-vi/3"),
    ("quantri", "/don-vi/2"),
    ("quantri", "/don-vi/17"),
    ("quantri", "/don-vi/nhap"),
    ("quantri", "/don-vi/nhap/xong?so=12"),
    ("quantri", "/don-vi/2/them"),
    ("quantri", "/don-vi/3/doi-ten"),
    ("quantri", "/don-vi/3/chuyen"),
    ("quantri", "/don-vi/3/ket-thuc"),
    ("quantri", "/don-vi/3/bo-nhiem"),
    ("quantri", "/don-vi/3/chuc-vu/{position}/ket-thuc"),
    ("quantri", "/don-vi/3/chuc-vu/{position}/ban-giao"),
    ("quantri", "/don-vi/tai-khoan"),
    ("quantri", "/don-vi/tai-khoan/nhap"),
    ("quantri", "/don-vi/tai-khoan/{account}"),
    ("quantri", "/don-vi/tai-khoan/{account}/sua"),
    ("quantri", "/toi"),
    ("quantri", "/toi/nhac"),
    ("quantri", "/thong-bao"),
    ("bithu", "/thong-bao"),
    ("bithu", "/thong-bao?xem=tat-ca"),
    ("quantri", "/quan-tri"),
    ("quantri", "/quan-tri/lich?nam=2026"),
    ("quantri", "/quan-tri/lich?nam=2100"),
    ("quantri", "/quan-tri/lich/2026-09-02"),
    ("quantri", "/quan-tri/can-cu"),
    ("quantri", "/quan-tri/can-cu/{basis}"),
    ("quantri", "/quan-tri/su-co"),
    ("quantri", "/quan-tri/su-co/{incident}/xu-ly"),
    ("quantri", "/quan-tri/su-co?loai=da-xong"),
    ("quantri", "/quan-tri/thu"),
    ("quantri", "/quan-tri/he-thong-khac"),
    ("quantri", "/quan-tri/ky-so?loai=don-vi&ma=TD"),
    ("quantri", "/nhat-ky"),
    ("quantri", "/nhat-ky?sk=khong-co"),
    ("quantri", "/nhat-ky/kiem-tra"),
    ("quantri", "/quy-trinh"),
    ("quantri", "/quy-trinh/{model}"),
    ("quantri", "/quy-trinh/{model}/so-do"),
    ("quantri", "/quy-trinh/{model}/han"),
    ("quantri", "/quy-trinh/{model}/tieu-chi"),
    ("quantri", "/quy-trinh/{model}/bieu-mau"),
    ("vanthu", "/don-vi/3"),
    ("bithu", "/don-vi/3"),
)
LOOKS = [
    (PHONE, "light"),
    pytest.param(DESK, "dark", marks=pytest.mark.long),
    pytest.param(PHONE, "dark", marks=pytest.mark.long),
    pytest.param(DESK, "light", marks=pytest.mark.long),
]


@dataclass(frozen=True)
class Site:
    """A served town; `ids` fill the addresses of PAGES."""

    town: Town
    url: str
    ids: dict[str, object]

    def enter(self, visitor: Visitor, username: str) -> Page:
        """A tab in which this person is signed in."""
        cookie = {"name": cookie_name(self.town.house), "value": self.town.token(username), "url": self.url}
        visitor.context.add_cookies([cookie])  # type: ignore[list-item]
        return visitor.open()


@pytest.fixture(scope="module")
def site(young: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The young city with an ended unit, an incident and a mail that did not leave."""
    town = copy_of(young, tmp_path_factory.mktemp("trang") / "du-lieu")
    ids = _troubled(town)
    with running_app(town.app) as url:
        yield Site(town, url, ids)
    town.house.close()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_is_accessible_and_fits(site: Site, visit: Callable[..., Visitor], width: int, scheme: str) -> None:
    visitor = visit(width=width, scheme=scheme)
    found: dict[str, object] = {}
    who = ""
    for username, path in PAGES:
        if username != who:
            page, who = site.enter(visitor, username), username
        address = path.format(**site.ids)
        answer = page.goto(site.url + address)
        assert answer is not None
        assert answer.status == 200, address
        if problems := axe(page) + _loose(page):
            found[f"{username} {address}"] = problems
    assert found == {}


def test_a_list_comes_in_without_scripts(site: Site, visit: Callable[..., Visitor]) -> None:
    page = site.enter(visit(javascript=False), "doancoso")
    page.goto(f"{site.url}/don-vi/nhap")
    page.get_by_label("Dán danh sách vào đây").fill("P001-70\tChi đoàn A\tChi đoàn\t\tP001\nP001-71\t\tChi bộ\t\tP001")
    page.get_by_role("button", name="Kiểm tra danh sách").click()
    expect(page.get_by_role("link", name="Dòng 2: Nhập “Tên đơn vị”.")).to_be_visible()
    page.get_by_label("Dán danh sách vào đây").fill("P001-70\tChi đoàn A\tChi đoàn\t\tP001")
    page.get_by_role("button", name="Kiểm tra lại").click()
    page.get_by_role("button", name="Thêm 1 đơn vị").click()
    expect(page.get_by_role("heading", name="Đã thêm 1 đơn vị")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_faults_and_slips_are_accessible(site: Site, visit: Callable[..., Visitor], width: int, scheme: str) -> None:
    page = site.enter(visit(width=width, scheme=scheme), "doancoso")
    page.goto(f"{site.url}/don-vi/tai-khoan/nhap")
    page.get_by_label("Dán danh sách vào đây").fill("\tkhông được\tx\tP001-02\tBí thư\nAn\tan\t\tKHONG\tBí thư")
    follow(page.get_by_role("button", name="Kiểm tra danh sách"))
    assert page.title().startswith("Lỗi: Kiểm tra danh sách tài khoản")
    expect(page.get_by_role("heading", name="Có mục cần sửa").locator("..")).to_be_focused()
    assert axe(page) + _loose(page) == []
    new = f"nguyen{width}{scheme}"
    page.get_by_label("Dán danh sách vào đây").fill(f"Nguyễn An\t{new}\t\tP001-02\tPhó Bí thư")
    page.get_by_role("button", name="Kiểm tra lại").click()
    page.get_by_role("button", name="Tạo 1 tài khoản và hiện phiếu").click()
    expect(page.get_by_text(new)).to_be_visible()
    assert axe(page) + _loose(page) == []


def test_slips_alone_go_on_paper(site: Site, visit: Callable[..., Visitor], tmp_path: Path) -> None:
    page = site.enter(visit(width=DESK), "quantri")
    page.goto(f"{site.url}/don-vi/tai-khoan/{site.ids['other']}")
    follow(page.get_by_role("button", name="Cấp phiếu đăng nhập mới"))
    page.emulate_media(media="print")
    expect(page.get_by_text("Mã lần đầu")).to_be_visible()
    for hidden in ("Mã chỉ hiện một lần ở đây", "Xong, quay lại", "In trang này", "Việc của tôi"):
        assert page.get_by_text(hidden).filter(visible=True).count() == 0, hidden


def test_the_tree_opens_and_a_position_is_handed_over_without_scripts(
    site: Site, visit: Callable[..., Visitor]
) -> None:
    page = site.enter(visit(javascript=False), "doancoso")
    page.goto(f"{site.url}/don-vi")
    page.get_by_role("link", name="Chi đoàn Cơ quan số 1").click()
    page.get_by_role("link", name="Bàn giao chức vụ của").click()
    page.get_by_label("Chưa có tài khoản", exact=True).check()
    page.get_by_label("Họ và tên").fill("Trần Bình")
    page.get_by_label("Tên đăng nhập mới").fill("tranbinh")
    page.get_by_role("button", name="Bàn giao chức vụ").click()
    expect(page.get_by_role("heading", name="Phiếu đăng nhập", exact=True)).to_be_visible()
    page.get_by_role("link", name="Xong, quay lại").click()
    expect(page.get_by_text("Trần Bình", exact=True)).to_be_visible()


def test_the_log_is_checked(site: Site, visit: Callable[..., Visitor]) -> None:
    page = site.enter(visit(), "kiemtra")
    page.goto(f"{site.url}/nhat-ky")
    page.get_by_role("link", name="Kiểm tra nhật ký").click()
    page.get_by_role("button", name="Kiểm tra toàn bộ nhật ký").click()
    expect(page.get_by_text("Nhật ký còn nguyên vẹn")).to_be_visible()
    assert axe(page) + _loose(page) == []


def _loose(page: Page) -> list[str]:
    """What sticks out of the page."""
    wide: Any = page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth")
    return ["the page scrolls sideways"] if wide else []


def _troubled(town: Town) -> dict[str, object]:
    client = town.client("quantri")
    path = "/don-vi/17/ket-thuc"
    values = {"cach": "sap-nhap", "tiep_nhan": "X001-01", "ngay": "05/11/2026", "van_ban": "NQ 1", "xac_nhan": "1"}
    assert client.post(path, values).status == 303
    with town.house.open_uow() as uow:
        branch = uow.accounts.at_unit(uow.units.get(3).id)[0]  # type: ignore[arg-type]
        other = uow.accounts.find_username("bithutruong")
        assert other is not None
        incident = uow.incidents.add(
            Incident(
                id=NEW,
                kind="process",
                instance_id=None,
                decision_id=None,
                dossier_id=uow.dossiers.of_unit(uow.units.get(3).id)[0].id,  # type: ignore[arg-type]
                reason="The expression x < 3 failed: " + "a" * 90,
                payload={"timer": "i1:t"},
                opened_at=town.clock(),
                resolved_at=None,
                resolution="",
            )
        )
        for place, state in enumerate(("dead", "failed", "sent")):
            uow.outbox.add(
                Delivery(
                    id=NEW,
                    key=f"thu-{place}",
                    account_id=branch[1].id,
                    address="mot.dia.chi.rat.dai.khong.ngat@mien.rat.dai.example.vn",
                    message_id=f"m{place}",
                    subject="Nhắc việc: Đăng ký nội dung, lộ trình",
                    text="…",
                    html="",
                    state=state,
                    attempts=8,
                    error="550 no such user" if state == "dead" else "",
                    created_at=town.clock(),
                    sent_at=town.clock() if state == "sent" else None,
                    work_item_id=None,
                )
            )
        return {
            "position": branch[0].id,
            "account": branch[1].id,
            "other": other.id,
            "incident": incident.id,
            "basis": uow.decisions.bases()[0].key,
            "model": town.model.key,
        }
