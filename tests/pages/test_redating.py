"""Moving a deadline on its page: looked at first, carried out by a dispatch, taken back; the reading confirmed."""

from collections.abc import Callable
from datetime import date
from urllib.parse import urlencode

from tests.pages.town import Browser, Town, text

MOVE = {
    "han": "register",
    "doi_tuong": "nhom:others",
    "don_vi": "",
    "ngay": "20/11/2026",
    "cong_van": "45-CV/TĐTN",
    "ly_do": "Mưa bão",
}


def cycle(town: Town) -> str:
    with town.house.read_uow() as uow:
        return f"/chu-ky/{uow.cycles.all()[0].id}"


def last_days(town: Town) -> set[date | None]:
    """The last days of every open registration of the group that is moved."""
    with town.house.read_uow() as uow:
        found = uow.work.open_due(uow.cycles.all()[0].id, "register")
        return {item.last_day for item in found if uow.dossiers.get(item.dossier_id).group == "others"}


def facts(browser: Browser, path: str, values: dict[str, str]) -> dict[str, str]:
    seen = browser.get(f"{path}/doi-han?{urlencode(values)}")
    assert seen.status == 200
    rows = seen.soup.select("section dl.ck-summary > div")
    return {text(row.dt): text(row.dd) for row in rows}


def test_a_move_is_seen_first_then_made_then_taken_back(young: Town, own: Callable[[Town], Town]) -> None:
    town = own(young)
    browser, path = town.client("thanhdoan"), cycle(town)
    before = last_days(town)
    shown = facts(browser, path, MOVE)
    with town.house.read_uow() as uow:
        count = sum(
            uow.dossiers.get(i.dossier_id).group == "others"
            for i in uow.work.open_due(uow.cycles.all()[0].id, "register")
        )
    assert (shown["Việc đang mở"], last_days(town)) == (str(count), before)
    done = browser.post(f"{path}/doi-han", MOVE)
    assert (done.status, done.headers["location"], last_days(town)) == (
        303,
        f"{path}?tb=da-doi-han",
        {date(2026, 11, 20)},
    )
    seen = browser.get(path)
    assert "45-CV/TĐTN" in text(seen.soup.main)
    (link,) = (href for href in seen.links() if href.endswith("/hoan-tac"))
    assert browser.post(link, {"ly_do": ""}).status == 422
    assert browser.post(link, {"ly_do": "Nhầm số ngày"}).status == 303
    assert last_days(town) == before
    assert browser.post(link, {"ly_do": "Lần nữa"}).status == 409


def test_what_is_missing_is_said_beside_its_field(young: Town) -> None:
    browser, path = young.client("thanhdoan"), cycle(young)
    seen = browser.get(f"{path}/doi-han?{urlencode({**MOVE, 'ngay': '31/02/2027', 'cong_van': ''})}")
    assert (seen.status, text(seen.soup.select_one("#ngay-error"))) == (
        422,
        "Lỗi: “Hạn mới” phải là ngày có thật, ví dụ 05/01/2027.",
    )
    seen = browser.get(f"{path}/doi-han?{urlencode({**MOVE, 'ngay': '01/08/2026', 'cong_van': ''})}")
    assert seen.status == 422
    assert {str(a["href"]) for a in seen.soup.select(".govuk-error-summary a")} == {"#ngay", "#cong_van"}


def test_the_dates_of_the_cycle_say_what_holds(young: Town, own: Callable[[Town], Town]) -> None:
    town = own(young)
    browser, path = town.client("thanhdoan"), cycle(town)
    browser.post(f"{path}/doi-han", {**MOVE, "doi_tuong": "tat-ca"})
    table = text(browser.get(path).soup.main)
    assert "đến hết ngày 20/11/2026" in table
    assert "45-CV/TĐTN; trước khi đổi: trước ngày 10/11/2026" in table
