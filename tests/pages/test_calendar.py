"""The deadline calendar: one's own work and that of the units below, rest days, working days left, load, the limit."""

from collections.abc import Callable

from tests.pages.answers import errors_of
from tests.pages.town import Seen, Town, text


def cells(seen: Seen) -> dict[str, str]:
    """Day of the month that is shown → what its cell says."""
    found = seen.soup.select("table.ck-cal td:not(.ck-cal__other)")
    return {text(cell.select_one(".ck-cal__day")): text(cell) for cell in found}


def groups(seen: Seen) -> dict[str, str]:
    """Heading of a day → everything that stands below it."""
    return {text(group.h3): text(group) for group in seen.soup.select("section.ck-group") if group.h3}


def test_a_secretary_sees_what_is_due_and_how_many_working_days_are_left(young: Town) -> None:
    seen = young.client("bithu").get("/lich")
    month = cells(seen)
    assert (seen.status, len(month), "1 việc" in month["9"]) == (200, 30, True)
    assert month["24"].startswith("24 Ngày Văn hóa Việt Nam")
    heading = "Thứ Hai, 09/11/2026 còn 3 ngày làm việc"  # Thursday, Friday, Monday
    assert "Đăng ký nội dung, lộ trình" in groups(seen)[heading]
    listed = young.client("bithu").get("/lich?xem=danh-sach")
    assert heading in groups(listed)
    assert listed.soup.select("table.ck-cal") == []
    assert {href for href in seen.links() if href.startswith("/viec/")} == {
        href for href in young.client("bithu").get("/viec").links() if href.startswith("/viec/")
    }


def test_other_months_are_a_step_away(young: Town) -> None:
    secretary = young.client("bithu")
    seen = secretary.get("/lich?thang=2027-02")
    assert len(cells(seen)) == 28
    assert "Tết" in cells(seen)["5"]
    assert {"/lich?thang=2027-01", "/lich?thang=2027-03", "/lich?thang=2026-11"} <= seen.links()
    for wrong in ("", "2027-13", "0-1", "khong", "9999999999-1"):
        assert len(cells(secretary.get(f"/lich?thang={wrong}"))) == 30


def test_a_superior_sees_the_units_and_who_has_how_much(young: Town) -> None:
    officer = young.client("thanhdoan")
    with young.house.read_uow() as uow:
        cycle = uow.cycles.all()[0]
        waiting = len([i for i in uow.work.open_due(cycle.id, "register") if str(i.last_day) == "2026-11-09"])
    seen = officer.get("/lich?cua=don-vi")
    day = next(body for heading, body in groups(seen).items() if heading.startswith("Thứ Hai, 09/11/2026"))
    assert f"Đăng ký nội dung, lộ trình: {waiting} việc" in day
    assert "Hạn: " in text(seen.soup.main)
    assert f"/chu-ky/{cycle.id}" in seen.links()
    names = [text(cell) for cell in seen.soup.select("table.ck-table tbody th")]
    assert 0 < len(names) <= 30
    assert "Đơn vị tôi phụ trách" not in text(young.client("bithu").get("/lich?cua=don-vi").soup.main)


def test_the_limit_is_the_software_s_until_an_administrator_sets_it(young: Town, own: Callable[[Town], Town]) -> None:
    town = own(young)
    officer, keeper = town.client("thanhdoan"), town.client("quantri")
    assert "Trên 60 việc một tuần của một người là quá mức (mặc định của phần mềm)" in text(
        officer.get("/lich").soup.main
    )
    assert officer.post("/lich/muc", {"muc": "5"}).status == 403
    refused = keeper.post("/lich/muc", {"muc": "0"})
    assert (refused.status, errors_of(refused.soup)) == (422, ["Mức quá tải phải là số từ 1 đến 10.000."])
    assert keeper.post("/lich/muc", {"muc": "1"}).status == 303
    new = officer.get(f"/chu-ky/moi?mo_hinh={town.model.key}&nam=2028")
    assert "Mở chu kỳ này thì có người không kịp làm trong tuần" in text(new.soup.main)
    assert "đặt ngày 05/11/2026" in text(new.soup.main)
    assert "không kịp làm" not in text(
        young.client("thanhdoan").get(f"/chu-ky/moi?mo_hinh={young.model.key}&nam=2028").soup.main
    )
