"""The programme board: what is planned, by model, lead, state and year; nobody is alarmed by the past."""

from io import BytesIO

from docx import Document
from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from engine.ports.store import UnitOfWork
from engine.rules.programme import Programme, year
from engine.rules.programme import quarter as quarter_of
from engine.rules.units import UnitId
from engine.store.tables_telling import notices
from engine.use_cases.timers import fire_due_timers
from tests.pages.answers import errors_of
from tests.pages.town import Seen, Town, at, text


def labels(seen: Seen) -> dict[str, str]:
    """Milestone of the board → its state."""
    return {
        text(row.select_one(".ck-row__title")): text(row.select_one(".ck-tag")) for row in seen.soup.select(".ck-row")
    }


def test_the_board_shows_the_milestones_of_this_year_first(young: Town) -> None:
    programme = young.model.programme
    assert programme is not None
    seen = young.client("bithu").get("/chuong-trinh")
    running = [m.label for m in programme.milestones if m.period.first and m.period.first.year <= 2026]
    shown = [label for label in running if label in labels(seen)]
    assert (seen.status, seen.title) == (200, "Chương trình")
    assert set(labels(seen)) == set(shown)
    assert set(labels(seen).values()) == {"Chưa bắt đầu"}
    assert seen.soup.select_one("figure.ck-chart") is not None


def test_the_past_raises_no_alarm(young: Town) -> None:
    programme = young.model.programme
    assert programme is not None
    found = labels(young.client("thanhdoan").get("/chuong-trinh?nam="))
    assert len(found) == len(programme.milestones)
    assert set(found.values()) == {"Chưa bắt đầu", "Trước khi dùng phần mềm"}


def test_the_board_is_narrowed_by_model_lead_state_and_year(young: Town) -> None:
    browser = young.client("kiemtra")
    lead = young.model.programme.leads[0]  # type: ignore[union-attr]
    every = labels(browser.get(f"/chuong-trinh?nam=&mo_hinh={young.model.key}&chu_tri={lead}"))
    past = labels(browser.get("/chuong-trinh?nam=&tt=before"))
    assert 0 < len(past) < len(every)
    assert labels(browser.get("/chuong-trinh?nam=&chu_tri=Ai")) == {}
    assert labels(browser.get("/chuong-trinh?nam=2099")) == {}
    for wrong in ("nam=abc", "tt=x&nam=", "mo_hinh=x&nam=", "nam=1"):
        assert labels(browser.get(f"/chuong-trinh?{wrong}")) == every


def test_a_model_s_page_says_everything_with_its_source(young: Town) -> None:
    programme = young.model.programme
    assert programme is not None
    seen = young.client("bithu").get(f"/chuong-trinh/{young.model.key}")
    said = text(seen.soup.main)
    assert seen.title == young.model.name
    assert [m.key for m in programme.milestones if f"“{m.wording}” ({m.source})" not in said] == []
    assert [m.key for m in programme.milestones if m.note and m.note not in said] == []
    assert {f"moc-{m.key}" for m in programme.milestones} <= {str(tag["id"]) for tag in seen.soup.find_all(id=True)}
    table = seen.soup.select_one("table.ck-table")
    assert [money.key for money in programme.money if money.label not in text(seen.soup.main)] == []
    assert table is not None


def test_there_is_no_page_of_an_unknown_model(young: Town) -> None:
    assert young.client("thanhdoan").get("/chuong-trinh/khong-co").status == 404


def wrong(seen: Seen) -> list[str]:
    """The fields that the error summary leads to."""
    return sorted(str(a["href"])[1:] for a in seen.soup.select(".govuk-error-summary li a"))


def programme_of(town: Town) -> Programme:
    assert town.model.programme is not None
    return town.model.programme


def test_the_lead_says_that_a_milestone_is_done_and_on_what_evidence(town: Town) -> None:
    officer, milestone = town.client("thanhdoan"), programme_of(town).milestones[0]
    where = f"/chuong-trinh/{town.model.key}"
    assert f"{where}/moc/{milestone.key}" in officer.get(where).links()
    sent = officer.get(f"{where}/moc/{milestone.key}").form(f"{where}/moc/{milestone.key}")
    wanting = officer.post(f"{where}/moc/{milestone.key}", {**sent, "tt": "done"})
    assert (wanting.status, wrong(wanting)) == (422, ["ngay", "so"])
    ahead = officer.post(f"{where}/moc/{milestone.key}", {**sent, "tt": "done", "so": "1", "ngay": "01/01/2099"})
    assert errors_of(ahead.soup) == ["Ngày không được sau hôm nay."]
    good = {**sent, "tt": "done", "so": "12-KH/TĐTN", "ngay": "31/07/2025"}
    assert officer.post(f"{where}/moc/{milestone.key}", good).status == 303
    seen = town.client("bithu").get(where)
    row = seen.soup.find(id=f"moc-{milestone.key}")
    assert "Theo 12-KH/TĐTN ngày 31/07/2025." in text(row)
    assert text(row).endswith("Đã xong")
    assert labels(officer.get("/chuong-trinh?nam=&tt=done")) == {milestone.label: "Đã xong"}
    stale = officer.post(f"{where}/moc/{milestone.key}", {**good, "tt": "planned"})
    assert stale.status == 409
    history = town.client("kiemtra").get("/nhat-ky")
    assert f"Mốc “{milestone.label}”" in text(history.soup.main)
    assert "đã xong, theo 12-KH/TĐTN ngày 31/07/2025." in text(history.soup.main)


def test_a_milestone_is_dropped_with_a_reason_only(town: Town) -> None:
    officer, milestone = town.client("thanhdoan"), programme_of(town).milestones[1]
    where = f"/chuong-trinh/{town.model.key}/moc/{milestone.key}"
    sent = officer.get(where).form(where)
    assert wrong(officer.post(where, {**sent, "tt": "dropped"})) == ["ghi_chu"]
    assert wrong(officer.post(where, {**sent, "van_ban": "/van-ban/99999", "tt": "done"})) == ["van_ban"]
    assert officer.post(where, {**sent, "tt": "dropped", "ghi_chu": "Đã gộp"}).status == 303
    assert labels(officer.get("/chuong-trinh?nam=&tt=dropped")) == {milestone.label: "Không thực hiện"}


def test_money_of_a_year_is_said_in_words_and_summed(town: Town) -> None:
    officer, programme = town.client("thanhdoan"), programme_of(town)
    leaf = next(m for m in programme.money if m.part_of and m.period.years() == (2026,))
    where = f"/chuong-trinh/{town.model.key}/kinh-phi/{leaf.key}"
    assert officer.get(f"/chuong-trinh/{town.model.key}/kinh-phi/{leaf.part_of}").status == 404
    sent = officer.get(where).form(where)
    refused = officer.post(where, {**sent, "giao.2026": "nhiều", "chi.2026": "0,5"})
    assert wrong(refused) == ["chi.2026", "giao.2026"]
    assert (
        officer.post(where, {**sent, "giao.2026": "750 triệu", "chi.2026": "1.234.567", "vb.2026": "QĐ 5"}).status
        == 303
    )
    table = officer.get(f"/chuong-trinh/{town.model.key}").soup.select("table.ck-table tbody")[-1]
    said = {
        text(row.td).removesuffix(" Ghi"): [text(cell) for cell in row.select("td")[4:]] for row in table.select("tr")
    }
    totals = [cells for cells in said.values() if cells[0]]
    assert totals == [["750 triệu đồng", "1.234.567 đồng"]] * 2
    again = officer.get(where).form(where)
    assert (again["giao.2026"], again["chi.2026"], again["vb.2026"]) == (["750.000.000"], ["1.234.567"], ["QĐ 5"])


def test_the_board_goes_out_as_excel(town: Town) -> None:
    programme = programme_of(town)
    answer = town.client("bithu").get("/chuong-trinh.xlsx?nam=")
    book = load_workbook(BytesIO(answer.content))
    milestones, money = (list(sheet.iter_rows(min_row=4, values_only=True)) for sheet in book.worksheets)
    assert sorted(row[1] for row in milestones) == sorted(m.label for m in programme.milestones)
    assert {row[1].removeprefix("– "): row[4] for row in money} == {m.label: m.amount for m in programme.money}
    summed = {row[1]: row[6] for row in money if row[6] is not None}
    assert list(summed.values()) == [programme.amount(m.part_of).amount for m in programme.money if m.part_of][:1]  # type: ignore[union-attr,arg-type]


def test_units_that_lead_are_named_by_code_or_name(town: Town) -> None:
    officer, where = town.client("quantri"), f"/chuong-trinh/{town.model.key}/don-vi"
    with town.house.read_uow() as uow:
        unit = next(u for u in uow.units.all() if u.kind == "base_union")
    sent = officer.get(where).form(where)
    assert wrong(officer.post(where, {**sent, "lead": "Không có ở đây"})) == ["lead"]
    assert officer.post(where, {**sent, "lead": unit.code, "coordinating": ""}).status == 303
    assert unit.name in text(officer.get(f"/chuong-trinh/{town.model.key}").soup.select_one("dl"))
    assert officer.post(where, {**sent, "lead": "", "coordinating": ""}).status == 303
    assert unit.name not in text(officer.get(f"/chuong-trinh/{town.model.key}").soup.select_one("dl"))


def asked(town: Town, *units: str) -> str:
    """Ask these units; the address of the question."""
    officer, where = town.client("thanhdoan"), f"/chuong-trinh/{town.model.key}/y-kien/moi"
    key = programme_of(town).milestones[0].key
    sent = officer.get(f"{where}?moc={key}").form(where)
    wanting = officer.post(where, {**sent, "viec": "", "han": "01/01/2020", "don_vi": "\n".join(units)})
    assert (wanting.status, wrong(wanting)) == (422, ["han", "noi_dung", "viec"])
    answer = officer.post(
        where,
        {**sent, "viec": "Bộ tiêu chí", "noi_dung": "Đồng ý không?", "han": "20/11/2026", "don_vi": "\n".join(units)},
    )
    assert answer.status == 303, text(answer.soup.main)
    return answer.url.partition("?")[0]


def badge(town: Town, who: str) -> int:
    """How much work the menu says waits."""
    found = town.client(who).get("/").soup.select_one(".ck-nav__count")
    return int(text(found).split()[0]) if found else 0


def test_units_are_asked_answer_once_and_who_has_not_is_seen(town: Town) -> None:
    with town.house.read_uow() as uow:
        mine = {role: uow.units.get(next(iter(_units(uow, role)))).name for role in ("bithu", "doancoso")}
    counted = badge(town, "bithu")
    where = asked(town, *mine.values())
    branch, base = town.client("bithu"), town.client("doancoso")
    assert badge(town, "bithu") == counted + 1
    assert where in branch.get("/viec").links()
    assert town.client("bithutruong").get(where).status == 403
    told = text(branch.get("/thong-bao").soup.main)
    assert "Xin ý kiến: Bộ tiêu chí" in told
    form = branch.get(where).form(where)
    assert wrong(branch.post(where, {**form, "quan_diem": "disagree"})) == ["y_kien"]
    exe = {"tep": ("a.pdf", b"MZ not a pdf", "application/pdf")}
    assert wrong(branch.post(where, {**form, "quan_diem": "agree"}, files=exe)) == ["tep"]
    sheet = _a_sheet()
    good = {"tep": ("y-kien.xlsx", sheet, XLSX)}
    assert branch.post(where, {**form, "quan_diem": "disagree", "y_kien": "Cần sửa mục 2"}, files=good).status == 303
    assert branch.post(where, {**form, "quan_diem": "agree"}).status == 409
    assert where not in branch.get("/viec").links()
    assert badge(town, "bithu") == counted
    seen = town.client("thanhdoan").get(where)
    assert "Ý kiến 1/2" in text(seen.soup.main)
    assert "Chưa trả lời" in text(seen.soup.main)
    file = next(link for link in seen.links() if "/tep/" in link)
    assert town.client("thanhdoan").get(file).content == sheet
    assert base.get(file).status == 403
    assert mine["doancoso"] in text(town.client("kiemtra").get(f"/chuong-trinh/{town.model.key}/y-kien").soup.main)
    assert town.client("thanhdoan").post(f"{where}/ket-thuc").status == 303
    assert where not in base.get("/viec").links()
    assert base.post(where, {**form, "quan_diem": "agree"}).status in (403, 409)


def test_who_has_not_answered_is_reminded_before_the_last_day(town: Town) -> None:
    with town.house.read_uow() as uow:
        name = uow.units.get(next(iter(_units(uow, "bithu")))).name
    asked(town, name)
    town.clock.walk_to(at(2026, 11, 20, 9))
    with town.house.open_uow() as uow:
        while fire_due_timers(uow, now=town.clock()):
            pass
    rows = [title for title in _titles(town) if title == "Xin ý kiến: Bộ tiêu chí – hạn trả lời hết ngày 20/11/2026"]
    assert len(rows) == 3  # asked, three days before, on the last day


def test_one_report_tells_of_all_models(town: Town) -> None:
    officer, programme = town.client("thanhdoan"), programme_of(town)
    links = officer.get("/chuong-trinh").links()
    assert {"/chuong-trinh.pdf?nam=2026", "/chuong-trinh.docx?nam=2026&quy=4"} <= links
    assert not any(
        link.startswith("/chuong-trinh.")
        for link in town.client("bithu").get("/chuong-trinh").links()
        if "xlsx" not in link
    )
    word = officer.get("/chuong-trinh.docx?nam=2027")
    told = _words(word.content)
    touched = [m.label for m in programme.milestones if m.period.touches(year(2027))]
    assert "Tổng hợp tình hình thực hiện các mô hình năm 2027" in told
    assert [label for label in touched if label not in told] == []
    assert [t.label for t in town.model.targets if t.holds_in(2027) and t.label not in told] == []
    assert [m.label for m in programme.money if m.period.years() == (2027,) and m.label not in told] == []
    quarter = _words(officer.get("/chuong-trinh.docx?nam=2025&quy=3").content)
    assert [
        m.label for m in programme.milestones if (m.label in quarter) != m.period.touches(quarter_of(3, 2025))
    ] == []
    pdf = officer.get("/chuong-trinh.pdf?nam=2027&quy=1")
    assert (pdf.status, pdf.content[:5]) == (200, b"%PDF-")
    for wrong in ("", "?nam=1", "?nam=2027&quy=5", "?nam=abc"):
        assert officer.get(f"/chuong-trinh.pdf{wrong}").status == 404


def _words(content: bytes) -> str:
    document = Document(BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells]).replace("\xa0", " ")


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _a_sheet() -> bytes:
    kept = BytesIO()
    Workbook().save(kept)
    return kept.getvalue()


def _units(uow: UnitOfWork, username: str) -> frozenset[UnitId]:
    account = uow.accounts.find_username(username)
    assert account is not None
    return frozenset(position.unit_id for position in uow.accounts.positions(account.id))


def _titles(town: Town) -> list[str]:
    with town.house.read_uow() as uow:
        return [row.title for row in uow.session.execute(select(notices.c.title))]  # type: ignore[attr-defined]
