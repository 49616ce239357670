"""To whom a document went, on its pages: confirmed by those inside, mailed or ticked off outside, listed while it waits."""

from collections.abc import Callable

import pytest

from tests.pages.test_documents import decision_of
from tests.pages.town import Browser, Town, text


@pytest.fixture
def recent(lived: Town, own: Callable[[Town], Town]) -> Town:
    return own(lived)


def rows(clerk: Browser, page: str) -> dict[str, str]:
    """Recipient → its state."""
    found = clerk.get(page).soup.select("li.ck-row")
    return {text(row.select_one(".ck-row__title")): text(row.select_one(".ck-tag")) for row in found}


def head_of(town: Town, unit_name: str) -> str:
    """The user name of a person of the unit who receives its documents."""
    with town.house.read_uow() as uow:
        (unit,) = uow.units.alike([unit_name])
        return next(a.username for p, a in uow.accounts.at_unit(unit.id) if p.role in ("secretary", "clerk"))


def test_a_clerk_sees_who_has_it_sends_it_on_and_ticks_it_off(recent: Town) -> None:
    clerk, decision = recent.client("vanthu"), decision_of(recent)
    page = f"/van-ban/{decision.id}/noi-nhan"
    assert page in clerk.get(f"/van-ban/{decision.id}").links()
    before = rows(clerk, page)
    assert list(before.values())[-2:] == ["Chưa gửi", "Chưa gửi"]
    number = len(before)
    refused = clerk.post(f"{page}/{number}", {"viec": "gui", "cach": "mail", "dia_chi": "x"})
    assert (refused.status, [str(a["href"]) for a in refused.soup.select(".govuk-error-summary a")]) == (
        422,
        ["#dia_chi"],
    )
    assert refused.soup.select_one("#dia_chi")["value"] == "x"  # type: ignore[index]  # it is there
    assert clerk.post(f"{page}/{number}", {"viec": "gui", "cach": "mail", "dia_chi": "vp@dang.vn"}).status == 303
    assert rows(clerk, page)["Cấp ủy cùng cấp"] == "Đang gửi"
    recent.house.work_off()
    assert rows(clerk, page)["Cấp ủy cùng cấp"] == "Đã gửi, chưa nhận"
    (mail,) = [m for m in (recent.house.settings.data / "mail").glob("*.eml") if b"vp@dang.vn" in m.read_bytes()]
    assert b"application/pdf" in mail.read_bytes()
    handed = {"viec": "nhan", "nguoi_nhan": "Bà Lan", "ngay_nhan": "12/11/2027"}
    assert clerk.post(f"{page}/{number - 1}", handed).status == 303
    assert clerk.post(f"{page}/{number - 1}", handed).status == 409
    assert rows(clerk, page)["Ban Thường vụ Thành đoàn"] == "Đã nhận"
    assert "Bà Lan nhận ngày 12/11/2027" in text(clerk.get(page).soup.main)
    assert clerk.post(f"{page}/nhac").status == 303
    assert "nhắc" in text(clerk.get(page).soup.main)
    waiting = clerk.get("/van-ban/chua-nhan?ngay=0")
    assert page in waiting.links()
    assert "Cấp ủy cùng cấp" in text(clerk.get("/van-ban/chua-nhan").soup.main) or waiting.status == 200


def test_a_unit_confirms_what_came(recent: Town) -> None:
    decision = decision_of(recent)
    page = f"/van-ban/{decision.id}"
    first = next(iter(rows(recent.client("vanthu"), f"{page}/noi-nhan")))
    secretary = recent.client(head_of(recent, first))
    listed = secretary.get("/van-ban/den")
    assert page in listed.links()
    assert "Xác nhận đã nhận" in text(secretary.get(page).soup.main)
    assert secretary.post("/van-ban/den", {"van_ban": [str(decision.id), "x", ""]}).status == 303
    assert page not in secretary.get("/van-ban/den").links()
    assert page in secretary.get("/van-ban/den?xem=tat-ca").links()
    assert "đã nhận ngày 12/11/2027" in text(secretary.get(page).soup.main)
    assert rows(recent.client("vanthu"), f"{page}/noi-nhan")[first] == "Đã nhận"
    assert secretary.post(f"{page}/da-nhan").status == 303  # again: nothing happens
    history = text(recent.client("quantri").get("/nhat-ky").soup.main)
    assert f"{first} xác nhận đã nhận {decision.symbol}" in history


def test_others_neither_confirm_nor_look_who_has_it(lived: Town) -> None:
    decision = decision_of(lived)
    page = f"/van-ban/{decision.id}"
    stranger = lived.client("thietke")
    assert stranger.get(f"{page}/noi-nhan").status == 403
    assert stranger.get("/van-ban/chua-nhan").status == 403
    for path in (f"{page}/da-nhan", f"{page}/noi-nhan", f"{page}/noi-nhan/nhac", f"{page}/noi-nhan/1"):
        assert stranger.post(path).status == 403, path
    assert lived.client("vanthu").post(f"{page}/noi-nhan/99", {"viec": "nhan", "ngay_nhan": "12/11/2027"}).status == 404
    assert stranger.get("/van-ban/den").status == 200
