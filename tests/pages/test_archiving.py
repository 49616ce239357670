"""Closed dossiers on their way into the archive: told in time, proposed, refused, corrected, accepted, printed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from documents.lint import remarks_on
from engine.rules.archiving import Handover, HandoverState, HandoverTerm, due_day
from engine.rules.cycles import CycleState
from engine.rules.papers import Table, all_blocks, paper_from_plain
from engine.rules.units import UnitId
from engine.use_cases import archiving
from tests.pages.town import Browser, Seen, Town, at, form_values, pass_time, text


@pytest.fixture
def closed(lived: Town, own: Callable[[Town], Town]) -> Town:
    """The lived city, its cycle closed by hand on 12 November 2027."""
    town = own(lived)
    with town.house.open_uow() as uow:
        cycle = uow.cycles.all()[0]
        closed = uow.cycles.save(replace(cycle, state=CycleState.CLOSED, closed_at=town.clock()))
        archiving.plan_notice(uow, closed)
    return town


def unit_of(town: Town, username: str) -> UnitId:
    with town.house.read_uow() as uow:
        account = uow.accounts.find_username(username)
        assert account is not None
        return uow.accounts.positions(account.id)[0].unit_id


def handover_of(town: Town, unit: UnitId) -> Handover:
    with town.house.read_uow() as uow:
        return uow.handovers.of_unit(unit)[-1]


def proposed(browser: Browser) -> Seen:
    """Propose the first that is due."""
    return browser.post("/luu-tru", browser.get("/luu-tru").form("/luu-tru"))


def test_dossiers_are_refused_corrected_and_accepted_by_another_person(closed: Town) -> None:
    officer, clerk, unit = closed.client("doancoso"), closed.client("vanthu"), unit_of(closed, "doancoso")
    with closed.house.read_uow() as uow:
        (due,) = archiving.due_of(uow, unit)
    assert due.last_day == date(2028, 11, 12)
    assert f"{len(due.dossiers)} hồ sơ, hạn cuối hết ngày 12/11/2028" in text(officer.get("/luu-tru").soup.main)
    assert clerk.get("/luu-tru").soup.select("main form") == []  # who receives does not give
    path = proposed(officer).url.partition("?")[0]
    assert "Không có hồ sơ nào phải nộp lưu." in text(officer.get("/luu-tru").soup.main)
    assert [officer.post(f"{path}/nhan").status, officer.post(f"{path}/tu-choi", {"ly_do": "x"}).status] == [403, 403]
    assert clerk.post(f"{path}/tu-choi", {"ly_do": " "}).status == 422
    assert clerk.post(f"{path}/tu-choi", {"ly_do": "Thiếu biên bản họp xét"}).status == 303
    assert clerk.post(f"{path}/nhan").status == 409
    seen = officer.get(path)
    assert "Thiếu biên bản họp xét" in text(seen.soup.main)
    sent = seen.form(f"{path}/sua")
    left = sent["ho_so"].pop()
    assert officer.post(f"{path}/sua", {**sent, "ghi_chu": ""}).status == 422
    assert officer.post(f"{path}/sua", {**sent, "ho_so": [], "ghi_chu": "x"}).status == 422
    assert officer.post(f"{path}/sua", {**sent, "ghi_chu": "Để lại một hồ sơ"}).status == 303
    assert "1 hồ sơ" in text(officer.get("/luu-tru").soup.main)  # the one that was left out is due again
    assert clerk.post(f"{path}/nhan").status == 303
    handover = handover_of(closed, unit)
    assert (handover.state, list(handover.left_out), len(handover.items)) == (
        HandoverState.ACCEPTED,
        [int(left)],
        len(due.dossiers) - 1,
    )
    assert officer.post(f"{path}/sua", {**sent, "ghi_chu": "x"}).status == 409
    with closed.house.read_uow() as uow:
        events = [e.line.event for e in uow.audit.of_cycle(handover.cycle_id) if e.line]
    assert events[-4:] == ["handover_proposed", "handover_refused", "handover_corrected", "handover_accepted"]


def test_nobody_receives_what_they_gave(closed: Town) -> None:
    secretary = closed.client("kyso")  # both gives and receives
    path = proposed(secretary).url.partition("?")[0]
    refused = secretary.post(f"{path}/nhan")
    assert refused.status == 403
    assert secretary.get(path).soup.select(f"form[action='{path}/nhan']") == []
    assert closed.client("vanthu").post(f"{path}/nhan").status == 303


def test_index_and_minutes_are_printed_as_they_stood_when_they_were_accepted(closed: Town) -> None:
    officer, clerk, unit = closed.client("doancoso"), closed.client("vanthu"), unit_of(closed, "doancoso")
    path = proposed(officer).url.partition("?")[0]
    clerk.post(f"{path}/nhan")
    handover = handover_of(closed, unit)
    index, minutes = (paper_from_plain(handover.papers[name]) for name in ("index", "minutes"))
    (table,) = [block for block in all_blocks(index) if isinstance(block, Table)]
    assert [row[2] for row in table.rows] == [item["title"] for item in handover.items]
    assert {row[4] for row in table.rows} <= {"10 năm", "20 năm"}
    assert [s.name for s in minutes.signatures] == [handover.proposed_by_name, handover.decided_by_name]
    assert [remarks_on(paper) for paper in (index, minutes)] == [(), ()]
    with closed.house.open_uow() as uow:
        old = uow.units.get(unit)
        uow.units.save(replace(old, name="Tên mới"))
    for kind in ("muc-luc", "bien-ban"):
        pdf, docx = clerk.get(f"{path}/{kind}/pdf"), clerk.get(f"{path}/{kind}/docx")
        assert (pdf.content[:5], docx.content[:2]) == (b"%PDF-", b"PK")
    assert paper_from_plain(handover_of(closed, unit).papers["index"]).organisation == (old.name,)
    assert clerk.get(f"{path}/khac/pdf").status == 404


def test_only_the_units_own_people_and_those_above_see_it(closed: Town) -> None:
    path = proposed(closed.client("doancoso")).url.partition("?")[0]
    answers = {
        name: (closed.client(name).get(path).status, closed.client(name).post(f"{path}/nhan").status)
        for name in ("bithu", "thanhdoan", "vanthu")
    }
    assert answers == {"bithu": (403, 403), "thanhdoan": (200, 403), "vanthu": (200, 303)}


def test_clerk_and_officer_are_told_a_month_before_the_last_day_while_something_is_left(closed: Town) -> None:
    unit = unit_of(closed, "doancoso")

    def told(name: str) -> list[tuple[str, date | None]]:
        with closed.house.read_uow() as uow:
            account = uow.accounts.find_username(name)
            assert account is not None
            rows, _ = uow.notices.page(account.id, limit=500)
            return [(row.title, row.last_day) for row in rows if row.kind == "handover"]

    pass_time(closed.house, closed.clock, at(2028, 10, 13, 7))
    assert told("vanthu") == []
    pass_time(closed.house, closed.clock, at(2028, 10, 13, 9))
    with closed.house.read_uow() as uow:
        title = f"Nộp lưu hồ sơ: {uow.units.get(unit).name} – hạn cuối hết ngày 12/11/2028"
    assert told("vanthu") == told("doancoso") == [(title, date(2028, 11, 12))]
    assert told("kyso") == told("bithu") == []


def test_terms_say_their_source_and_an_administrator_changes_them(closed: Town) -> None:
    administrator, officer = closed.client("quantri"), closed.client("doancoso")
    assert text(officer.get("/luu-tru/thoi-han").soup.main).count("mặc định của phần mềm") >= 3
    assert officer.post("/luu-tru/thoi-han", {"loai": "registering", "so_nam": "5", "can_cu": "x"}).status == 403
    form = form_values(administrator.get("/luu-tru/thoi-han").soup.find("form", action="/luu-tru/thoi-han"))
    for years, basis in (("0", "x"), ("101", "x"), ("năm", "x"), ("5", "")):
        sent = {**form, "loai": "registering", "so_nam": years, "can_cu": basis}
        assert administrator.post("/luu-tru/thoi-han", sent).status == 422, (years, basis)
    for kind, years in (("registering", "5"), ("governing", "")):
        sent = {**form, "loai": kind, "so_nam": years, "can_cu": "Quyết định 12-QĐ/TĐ"}
        assert administrator.post("/luu-tru/thoi-han", sent).status == 303
    proposed(officer)
    with closed.house.read_uow() as uow:
        kept = {str(item["retention"]) for item in uow.handovers.of_unit(unit_of(closed, "doancoso"))[0].items}
    assert kept <= {"5 năm", "20 năm", "Vĩnh viễn"}
    assert {"5 năm", "Vĩnh viễn"} <= kept


@pytest.mark.parametrize(
    ("closed_on", "last"),
    [
        (date(2027, 11, 30), date(2028, 11, 30)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2027, 12, 31), date(2028, 12, 31)),
    ],
)
def test_the_last_day_is_the_same_day_a_year_later(closed_on: date, last: date) -> None:
    assert due_day(closed_on, HandoverTerm(months=12, notice_days=30, source="x")) == last
