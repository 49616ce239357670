"""Every page on a phone and a desk, light and dark: sound for assistive technology, within its width, within the policy."""

from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Page

from engine.rules.decisions import Decision
from engine.use_cases import numbering
from engine.use_cases.actors import actor_of
from engine.use_cases.numbering import Wanted
from tests.browser.conftest import Enter
from tests.pages.town import Town
from tests.support.browser import DESK, PHONE, axe, follow

pytestmark = pytest.mark.browser
#: Narrowest screen that everything must fit on.
NARROW = 320
Looks = tuple[tuple[int, Literal["light", "dark"]], ...]
LOOKS: Looks = ((NARROW, "light"), (PHONE, "light"), (DESK, "dark"))
OTHER_LOOKS: Looks = ((PHONE, "dark"), (DESK, "light"))
SMALL = """() => [...document.querySelectorAll('main a.govuk-button, main button, main select, main input:not([type=hidden])')]
  .filter(e => e.offsetParent && e.type !== 'checkbox' && e.type !== 'radio' && !e.closest('.govuk-visually-hidden'))
  .filter(e => e.getBoundingClientRect().height < 24).map(e => e.outerHTML.slice(0, 80))"""


#: A deadline that is moved for everybody, looked at first.
MOVED = "han=register&doi_tuong=tat-ca&ngay=31/12/2026&cong_van=45-CV"


def young_pages(town: Town) -> Iterator[tuple[str, str]]:
    """Who looks at what while the year begins."""
    yield from _tasks(town, ("bithu", "thietke", "quantri"))
    cycle, dossier = _cycle(town), _own_dossier(town, "bithu")
    yield "bithu", "/"
    yield "bithu", "/viec"
    yield "bithu", f"/ho-so/{dossier}"
    yield "bithu", f"/chu-ky/{cycle}"
    yield "thanhdoan", "/chu-ky"
    yield "thanhdoan", f"/chu-ky/{cycle}"
    yield "thanhdoan", f"/chu-ky/{cycle}/so-do"
    yield "thanhdoan", f"/chu-ky/{cycle}/ho-so?dk=0"
    yield "thanhdoan", f"/chu-ky/{cycle}/ho-so?q=khong-co"
    yield "thanhdoan", f"/chu-ky/{cycle}/loi-nhan"
    yield "bithu", f"/chu-ky/{cycle}/loi-nhan"
    yield "thanhdoan", f"/chu-ky/{cycle}/dong"
    yield "thanhdoan", f"/chu-ky/{cycle}/doi-han?{MOVED}"
    yield "thanhdoan", f"/chu-ky/{cycle}/cach-doc"
    yield "thanhdoan", _moved(town, cycle)
    yield "doancoso", _handed_over(town)
    yield "doancoso", "/vang-mat"
    yield "doancoso", "/vang-mat/moi"
    yield "vanthu", "/viec"
    yield "bithu", "/lich"
    yield "thanhdoan", "/lich?cua=don-vi"
    yield "thanhdoan", "/lich?cua=don-vi&xem=danh-sach"
    yield "quantri", "/lich"
    yield "thanhdoan", f"/chu-ky/moi?mo_hinh={town.model.key}&nam=2028"
    yield "thanhdoan", "/viec"
    yield "vanthu", "/van-ban/so-dang-ky"
    yield "bithutruong", f"/ho-so/{dossier}"  # 403
    yield "bithu", "/kiem-tra"


def lived_pages(town: Town) -> Iterator[tuple[str, str]]:
    """Who looks at what when most of the year is over."""
    yield from _tasks(town, ("bithutruong", "doancoso", "vanthu"))
    cycle, dossier = _cycle(town), _own_dossier(town, "bithutruong")
    with town.house.read_uow() as uow:
        decision = next(d for d in uow.decisions.of_cycle(uow.cycles.all()[0].id) if d.type_code == "QĐ")
    yield "thanhdoan", "/"
    yield "doancoso", "/viec"
    yield "bithutruong", f"/ho-so/{dossier}"
    yield "thanhdoan", f"/chu-ky/{cycle}"
    yield "thanhdoan", f"/chu-ky/{cycle}/bao-cao"
    yield "thanhdoan", f"/chu-ky/{cycle}/doan-vien?dh=1"
    yield "vanthu", "/van-ban"
    yield "vanthu", "/van-ban/cho-ky"
    yield "kyso", "/viec/ky-nhieu"
    yield "vanthu", f"/van-ban/{decision.id}"
    yield "vanthu", "/van-ban/so-dang-ky"
    yield "vanthu", f"/van-ban/so-dang-ky/in?don_vi={decision.unit_id}&nam=2027"
    yield "vanthu", f"/van-ban/{decision.id}/xu-ly/thay-the"
    yield "vanthu", f"/van-ban/{decision.id}/xu-ly/dinh-chinh"
    yield "kyso", _recall(town, decision)
    yield "vanthu", "/van-ban/so"
    yield "vanthu", "/van-ban/so/moi"
    yield "vanthu", _block(town, decision)
    yield "vanthu", "/van-ban/cho-cap-so"
    yield "vanthu", f"/kiem-tra/{decision.code}"


@pytest.mark.parametrize("looks", [LOOKS, pytest.param(OTHER_LOOKS, marks=pytest.mark.long)])
@pytest.mark.parametrize("season", ["young", pytest.param("lived", marks=pytest.mark.long)])
def test_every_page_is_sound(
    request: pytest.FixtureRequest, own: Callable[[Town], Town], enter: Enter, season: str, looks: Looks
) -> None:
    town = own(request.getfixturevalue(season))
    tabs: dict[str, Page] = {}
    found: dict[str, object] = {}
    for user, path in {"young": young_pages, "lived": lived_pages}[season](town):
        tab = tabs.get(user) or tabs.setdefault(user, enter(town, user))
        tab.goto(path)
        for width, scheme in looks:
            tab.set_viewport_size({"width": width, "height": 844})
            tab.emulate_media(color_scheme=scheme)
            if faults := [*_wider(tab), *(axe(tab) + tab.evaluate(SMALL) if width != NARROW else [])]:
                found[f"{user} {path} {width} {scheme}"] = faults
    assert found == {}


def test_pages_are_light_on_the_first_visit(young: Town, enter: Enter) -> None:
    """At most 60 KB over the wire for a task's page, everything it pulls in included (compressed)."""
    page = enter(young, "bithu")
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    page.goto("/viec")
    follow(page.locator("a.ck-row__title").first)
    page.wait_for_load_state("networkidle")
    assert sum(sizes) < 60 * 1024


def _wider(tab: Page) -> list[str]:
    excess = tab.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"wider than the screen by {excess}"] if excess > 0 else []


def _tasks(town: Town, users: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """One task of each kind that these people have."""
    with town.house.read_uow() as uow:
        for user in users:
            account = uow.accounts.find_username(user)
            assert account is not None
            rows = uow.queries.inbox(actor_of(uow, account, now=town.clock()).positions)
            for item in {row.act: row.id for row in rows}.values():
                yield user, f"/viec/{item}"


def _moved(town: Town, cycle: int) -> str:
    """The page on which a deadline that was moved is taken back."""
    browser, path = town.client("thanhdoan"), f"/chu-ky/{cycle}"
    values = {"han": "register", "doi_tuong": "tat-ca", "ngay": "31/12/2026", "cong_van": "45-CV"}
    assert browser.post(f"{path}/doi-han", values).status == 303
    return next(href for href in browser.get(path).links() if href.endswith("/hoan-tac"))


def _handed_over(town: Town) -> str:
    """The page of an officer's work that a clerk does meanwhile."""
    with town.house.read_uow() as uow:
        absent, substitute = (uow.accounts.find_username(name) for name in ("doancoso", "vanthu"))
        assert absent is not None and substitute is not None
        place = uow.accounts.positions(absent.id)[0]
    values = {
        "vi_tri": f"{place.unit_id}.{absent.id}.{place.role}",
        "nguoi": str(substitute.id),
        "tu": "05/11/2026",
        "den": "20/11/2026",
        "viec": "all",
        "ky": "true",
        "hinh_thuc": "written",
        "van_ban": "07-UQ/ĐTN ngày 04/11/2026",
    }
    done = town.client("doancoso").post("/vang-mat/moi", values)
    assert done.status == 303
    return done.url.partition("?")[0]


def _recall(town: Town, decision: Decision) -> str:
    """The draft that recalls a document, before it is signed."""
    started = town.client("vanthu").post(f"/van-ban/{decision.id}/xu-ly/thu-hoi", {"ly_do": "Sai thẩm quyền"})
    assert started.status == 303
    return started.url.partition("?")[0]


def _block(town: Town, decision: Decision) -> str:
    """A book with a block that is used up, and a document that waits."""
    clerk = town.client("vanthu")
    form = {"ky_hieu": "BC", "ten": "Sổ báo cáo", "loai": ["BC"], "cach": "block", "ky": "year", "so_dau": "1"}
    with town.house.read_uow() as uow:
        code = uow.units.get(decision.unit_id).code
    book = clerk.post("/van-ban/so/moi", {**form, "don_vi": code}).url.partition("?")[0]
    assert (
        clerk.post(f"{book}/giu-so", {"so_tu": "4", "so_den": "4", "ngay": "11/11/2027", "ly_do": "Giữ"}).status == 303
    )
    wanted = Wanted(
        unit_id=decision.unit_id,
        kind="BC",
        type_code="BC",
        symbol="BC/ĐTN",
        subject="Báo cáo đột xuất về việc xây dựng mô hình",
        signer_name="",
        recipients=(),
    )
    with town.house.open_uow() as uow:
        numbering.wait(uow, wanted, now=town.clock())
    return book


def _cycle(town: Town) -> int:
    with town.house.read_uow() as uow:
        return uow.cycles.all()[0].id


def _own_dossier(town: Town, username: str) -> int:
    with town.house.read_uow() as uow:
        account = uow.accounts.find_username(username)
        assert account is not None
        return uow.dossiers.of_unit(uow.accounts.positions(account.id)[0].unit_id)[0].id
