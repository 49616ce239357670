"""What is pasted into a group chat? Who has still to do what, whole and true, in parts that fit; units, never people."""

import re
from dataclasses import fields
from datetime import date

from api.pages.group_texts import LONGEST, messages
from engine.ports.queries import WorkRow
from engine.rules.dossiers import DossierState
from tests.pages.town import Town, text

TODAY = date(2026, 11, 5)


def a_row(unit: str, last_day: date | None) -> WorkRow:
    known = {"unit": unit, "last_day": last_day, "lenient_until": None}
    return WorkRow(**{field.name: known.get(field.name) for field in fields(WorkRow)})  # type: ignore[arg-type]


def test_units_stand_under_their_last_day() -> None:
    rows = [
        a_row("Chi đoàn A", date(2026, 11, 2)),
        a_row("Chi đoàn B", date(2026, 11, 5)),
        a_row("Chi đoàn C", date(2026, 11, 9)),
        a_row("Chi đoàn D", date(2026, 11, 9)),
        a_row("Chi đoàn E", None),
    ]
    assert messages("Mô hình, năm 2027: Đăng ký", rows, "https://chuky.test/viec", TODAY) == [
        "Mô hình, năm 2027: Đăng ký\n"
        "Đã quá hạn 3 ngày (hạn cuối hết ngày 02/11/2026), còn 1 đơn vị chưa làm:\n"
        "- Chi đoàn A\n"
        "Hạn cuối hết ngày 05/11/2026 (hôm nay), còn 1 đơn vị chưa làm:\n"
        "- Chi đoàn B\n"
        "Hạn cuối hết ngày 09/11/2026 (còn 4 ngày), còn 2 đơn vị chưa làm:\n"
        "- Chi đoàn C\n"
        "- Chi đoàn D\n"
        "Chưa ấn định hạn, còn 1 đơn vị chưa làm:\n"
        "- Chi đoàn E\n"
        "Vào việc tại: https://chuky.test/viec"
    ]


def test_a_long_text_comes_in_parts_that_lose_nobody() -> None:
    names = [f"Chi đoàn Tổ dân phố số {place}, phường Lê Chân" for place in range(300)]
    parts = messages("Đầu", [a_row(name, TODAY) for name in names], "https://chuky.test/viec", TODAY)
    assert [part.splitlines()[0] for part in parts] == [
        f"Đầu ({place}/{len(parts)})" for place in range(1, len(parts) + 1)
    ]
    assert max(len(part) for part in parts) <= LONGEST
    assert [line[2:] for part in parts for line in part.splitlines() if line.startswith("- ")] == names


def test_the_page_tells_of_the_units_below_and_of_nobody_elses(young: Town) -> None:
    with young.house.read_uow() as uow:
        cycle = uow.cycles.all()[0].id
    seen = {user: young.client(user).get(f"/chu-ky/{cycle}/loi-nhan") for user in ("thanhdoan", "doancoso", "bithu")}
    named = {
        user: [
            line[2:]
            for box in page.soup.find_all("textarea")
            for line in box.get_text().splitlines()
            if line[:2] == "- "
        ]
        for user, page in seen.items()
    }
    with young.house.read_uow() as uow:
        below = {
            uow.units.get(d.unit_id).name
            for d in uow.dossiers.of_cycle(cycle)
            if d.state is DossierState.DRAFT and uow.units.path(d.unit_id)[1].code == _base(young)
        }
        every = {
            uow.units.get(d.unit_id).name
            for d in uow.dossiers.of_cycle(cycle)
            if d.state is DossierState.DRAFT  # schools had their time in September
        }
    assert set(named["thanhdoan"]) == every
    assert set(named["doancoso"]) == below < every
    assert named["bithu"] == []
    assert "Không có đơn vị trực thuộc nào" in text(seen["bithu"].soup.main)
    said = "".join(box.get_text() for box in seen["thanhdoan"].soup.find_all("textarea"))
    assert re.findall(r"Vào việc tại: (\S+)", said) == ["http://127.0.0.1:8000/viec"]
    assert "đăng ký nội dung" in said.lower()


def _base(town: Town) -> str:
    with town.house.read_uow() as uow:
        account = uow.accounts.find_username("doancoso")
        assert account is not None
        return uow.units.get(uow.accounts.positions(account.id)[0].unit_id).code


def test_the_progress_page_leads_to_it(young: Town) -> None:
    with young.house.read_uow() as uow:
        cycle = uow.cycles.all()[0].id
    assert f"/chu-ky/{cycle}/loi-nhan" in young.client("thanhdoan").get(f"/chu-ky/{cycle}").links()
