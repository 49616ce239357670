"""The turn of a school year in one upload: looked at, done at once, undone as long as nothing rests on it."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from documents.spreadsheets import Workbooks
from engine.rules.dossiers import DossierState
from engine.rules.unit_lists import Act, suggested
from engine.rules.units import Unit
from tests.pages.town import Browser, Seen, Town, text

HEADS = ("Mã đơn vị", "Tên hiện nay", "Việc", "Tên mới", "Mã đơn vị cấp trên")
UNIT_HEADS = "Mã đơn vị\tTên đơn vị\tLoại\tKhối đối tượng\tMã đơn vị cấp trên"


@pytest.mark.parametrize(
    ("name", "act", "new"),
    [
        ("Chi đoàn 10A1", Act.UP, "Chi đoàn 11A1"),
        ("Chi đoàn lớp 11Đ2 - THPT Số 1", Act.UP, "Chi đoàn lớp 12Đ2 - THPT Số 1"),
        ("Chi đoàn 12A1", Act.END, ""),
        ("Chi đoàn 9B", Act.END, ""),
        ("Chi đoàn 8B", Act.UP, "Chi đoàn 9B"),
        ("Chi đoàn Tổ dân phố số 1", Act.KEEP, ""),
        ("Chi đoàn 13A1", Act.KEEP, ""),
        ("Chi đoàn K10A1", Act.KEEP, ""),
        ("Chi đoàn 10Abcdef", Act.KEEP, ""),
    ],
)
def test_what_becomes_of_a_class_is_read_from_its_name(name: str, act: Act, new: str) -> None:
    assert suggested(name) == (act, new)


@pytest.fixture
def classes(town: Town) -> Town:
    """The young city with a school of three classes that were added yesterday."""
    officer, above = town.client("quantri"), unit(town, 2).code
    rows = [f"L{n}\tChi đoàn {n}A1\tChi đoàn\tKhối trường học\t{above}" for n in (10, 11, 12)]
    sent = {"danh_sach": "\n".join([UNIT_HEADS, *rows]), "xac_nhan": "1"}
    answer = officer.post("/don-vi/nhap", sent)
    assert answer.status == 303, text(answer.soup.main)
    town.clock.walk_to(town.clock() + timedelta(days=1))
    return town


def unit(town: Town, wanted: int | str) -> Unit:
    with town.house.read_uow() as uow:
        return next(u for u in uow.units.all() if wanted in (u.id, u.code))


def names(town: Town) -> dict[str, tuple[str, bool]]:
    """Code of a class → its name, and whether it goes on."""
    with town.house.read_uow() as uow:
        return {u.code: (u.name, u.until_day is None) for u in uow.units.all() if u.code.startswith("L")}


def sent(browser: Browser, listed: str, **more: str) -> Seen:
    return browser.post("/don-vi/len-lop", {"danh_sach": listed, **more})


def proposed(browser: Browser) -> str:
    area = browser.get("/don-vi/len-lop").soup.select_one("textarea")
    assert area is not None
    return area.get_text().lstrip("\n")


def undo_of(browser: Browser, done: Seen) -> tuple[str, Seen]:
    where = done.url.partition("?")[0]
    return where, browser.get(where)


def test_a_year_turns_in_one_upload_and_the_classes_keep_their_history(classes: Town) -> None:
    officer, above = classes.client("quantri"), unit(classes, 2).code
    before = {code: unit(classes, code).id for code in ("L10", "L11", "L12")}
    rows = [tuple(line.split("\t")) for line in proposed(officer).splitlines()]
    assert rows == [
        HEADS,
        ("L10", "Chi đoàn 10A1", "Lên lớp", "Chi đoàn 11A1", above),
        ("L11", "Chi đoàn 11A1", "Lên lớp", "Chi đoàn 12A1", above),
        ("L12", "Chi đoàn 12A1", "Kết thúc", "", above),
        ("L10~2026", "", "Thêm mới", "Chi đoàn 10A1", above),
    ]
    looked = sent(officer, proposed(officer))
    assert looked.status == 200
    assert "Sẽ thực hiện từ hôm nay: lên lớp 2, kết thúc 1, thêm mới 1." in text(looked.soup.main)
    assert names(classes)["L10"] == ("Chi đoàn 10A1", True)
    assert sent(officer, proposed(officer), xac_nhan="1").status == 422
    done = sent(officer, proposed(officer), xac_nhan="1", van_ban="15-QĐ/ĐTN ngày 01/9/2026")
    assert done.status == 303
    assert names(classes) == {
        "L10": ("Chi đoàn 11A1", True),
        "L11": ("Chi đoàn 12A1", True),
        "L12": ("Chi đoàn 12A1", False),
        "L10~2026": ("Chi đoàn 10A1", True),
    }
    assert {code: unit(classes, code).id for code in before} == before
    assert (unit(classes, "L10~2026").kind, unit(classes, "L10~2026").cohort) == ("branch", "school")
    # Its last class had an open dossier, which stopped: that is not made up for.
    where, seen = undo_of(officer, done)
    assert "Không hoàn tác được nữa. Hồ sơ đang mở của Chi đoàn 12A1 đã dừng" in text(seen.soup.main)
    assert officer.post(f"{where}/hoan-tac").status == 409
    assert "1 đơn vị" not in text(classes.client("kiemtra").get("/nhat-ky").soup.h1)


def test_a_list_is_undone_as_long_as_nothing_rests_on_it(classes: Town) -> None:
    officer = classes.client("quantri")
    before = names(classes)
    part = "\n".join(line for line in proposed(officer).splitlines() if "Kết thúc" not in line and "L11" not in line)
    done = sent(officer, part, xac_nhan="1", van_ban="QĐ 1")
    assert done.status == 422, "two classes of one name"
    part = part.replace("Chi đoàn 11A1", "Chi đoàn 11A2")
    done = sent(officer, part, xac_nhan="1", van_ban="QĐ 1")
    where, seen = undo_of(officer, done)
    assert "Hoàn tác" in text(seen.soup.main)
    assert officer.post(f"{where}/hoan-tac").status == 303
    assert {code: found for code, found in names(classes).items() if found[1]} == before
    again = sent(officer, part, xac_nhan="1", van_ban="QĐ 1")
    assert again.status == 303, "the code of the class that never was is free"
    where, _ = undo_of(officer, again)
    with classes.house.open_uow() as uow:
        renamed = uow.units.find_code("L10")
        assert renamed is not None
        uow.units.save(replace(renamed, name="Chi đoàn khác"))
    refused = officer.post(f"{where}/hoan-tac")
    assert refused.status == 409
    assert "đã được đổi tên lần nữa" in text(officer.get(where).soup.main)


def test_units_that_came_in_by_a_list_go_out_again(classes: Town) -> None:
    officer = classes.client("quantri")
    where = next(
        link for link in officer.get("/don-vi/nhap/lich-su").links() if link.startswith("/don-vi/nhap/lich-su/")
    )
    assert officer.post(f"{where}/hoan-tac").status == 303
    assert [found for found in names(classes).values() if found[1]] == []
    assert officer.post(f"{where}/hoan-tac").status == 409
    assert classes.client("doancoso").get(where).status == 403


def test_every_fault_is_named_in_its_cell(classes: Town) -> None:
    officer, above = classes.client("quantri"), unit(classes, 2).code
    with classes.house.open_uow() as uow:
        dossier = uow.dossiers.of_unit(unit(classes, "L12").id)[0]
        uow.dossiers.save(replace(dossier, state=DossierState.SUBMITTED))
    rows = [
        ("L10", "Chi đoàn 10A9", "Lên lớp", "Chi đoàn 11A1", ""),
        ("L11", "", "Lên lớp", "", ""),
        ("L12", "", "Kết thúc", "", ""),
        ("L12", "", "Giữ nguyên", "", ""),
        ("KHONG", "", "Kết thúc", "", ""),
        ("L11", "", "Bay", "", ""),
        ("L10", "", "Thêm mới", "Chi đoàn 10A1", above),
        ("M1", "", "Thêm mới", "Chi đoàn 10A1", "XX"),
    ]
    seen = sent(officer, "\n".join("\t".join(row) for row in [HEADS, *rows]))
    cells = [str(a["href"])[1:] for a in seen.soup.select(".govuk-error-summary a")]
    assert seen.status == 422
    assert cells == [
        "o-1-name", "o-2-new_name", "o-3-act", "o-4-code", "o-5-code", "o-6-code", "o-7-code", "o-8-parent_code",
    ]  # fmt: skip
    assert "Hồ sơ của chu kỳ năm 2027 chưa xét công nhận xong" in text(seen.soup.main)


def test_the_proposal_goes_out_as_excel_and_comes_back(classes: Town) -> None:
    officer = classes.client("quantri")
    answer = officer.get("/don-vi/len-lop/mau.xlsx")
    rows = list(load_workbook(BytesIO(answer.content)).worksheets[0].iter_rows(min_row=3, values_only=True))
    assert rows[0] == HEADS
    assert [row[2] for row in rows[1:]] == ["Lên lớp", "Lên lớp", "Kết thúc", "Thêm mới"]
    files = {"tep": ("len-lop.xlsx", answer.content, "application/octet-stream")}
    looked = officer.post("/don-vi/len-lop", {"danh_sach": ""}, files=files)
    assert (looked.status, "lên lớp 2" in text(looked.soup.main)) == (200, True)
    rubbish = {"tep": ("len-lop.xlsx", Workbooks().write("x", ["a"], [["b"]])[:200], "application/octet-stream")}
    assert officer.post("/don-vi/len-lop", {"danh_sach": ""}, files=rubbish).status == 422
