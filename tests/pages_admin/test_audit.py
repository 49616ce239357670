"""Who did what? The log is found by person, unit, dossier, event and day, and shows when it was tampered with."""

import re
import sqlite3
from contextlib import closing

import pytest

from documents.spreadsheets import Workbooks
from tests.pages.town import Town, text
from tests.pages_admin.test_units import errors, send, shown

#: What people read in a line: its number, when, who, which unit.
META = ".ck-list li .ck-row__meta"


def events(town: Town, query: str) -> list[str]:
    """The sentences that a search finds."""
    return shown(town.client("kiemtra").get(f"/nhat-ky?{query}"), ".ck-list li .ck-person")


@pytest.fixture(scope="module")
def changed(young: Town, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The young city after a unit was renamed. To be read only."""
    from tests.pages.town import copy_of

    town = copy_of(young, tmp_path_factory.mktemp("nhat-ky") / "du-lieu")
    send(town.client("kyso"), "/don-vi/3/doi-ten", "/don-vi/3/doi-ten", ten="Chi đoàn Hoa Ban")
    return town


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sk=unit_renamed", 1),
        ("sk=unit_renamed&nguoi=kyso", 1),
        ("sk=unit_renamed&nguoi=bithu", 0),
        ("sk=unit_renamed&dv=hoa%20ban", 1),
        ("sk=unit_renamed&dv=X001", 0),
        ("sk=unit_renamed&tu=05/11/2026&den=05/11/2026", 1),
        ("sk=unit_renamed&den=04/11/2026", 0),
        ("sk=unit_renamed&tu=06/11/2026", 0),
        ("sk=khong-co", 0),
        ("nguoi=%25", 0),
    ],
)
def test_lines_are_found_by_what_is_asked(changed: Town, query: str, found: int) -> None:
    sentence = "Đổi tên đơn vị từ “Chi đoàn Tổ dân phố số 1” thành “Chi đoàn Hoa Ban”."
    assert events(changed, query) == [sentence] * found


def test_a_line_names_who_when_and_where(changed: Town) -> None:
    seen = changed.client("quantri").get("/nhat-ky?sk=unit_renamed")
    with changed.house.read_uow() as uow:
        account = uow.accounts.find_username("kyso")
    assert account is not None
    assert re.fullmatch(
        rf"số \d+ 09:00 ngày 05/11/2026 {account.full_name} Chi đoàn Hoa Ban đơn vị của dòng \d+", shown(seen, META)[0]
    )
    assert "/don-vi/3" in seen.links()


def test_lines_of_one_dossier_are_found(lived: Town) -> None:
    with lived.house.read_uow() as uow:
        title = uow.titles.held_on(lived.model.key, lived.model.titles[0].key, lived.clock().date())[0]
        lines = [e.line for e in uow.audit.of_dossier(title.dossier_id) if e.line is not None]
    seen = lived.client("kiemtra").get(f"/nhat-ky?hs={title.dossier_id}")
    assert len(shown(seen, ".ck-list li")) == len(lines)
    assert f"/ho-so/{title.dossier_id}" in seen.links()


def test_the_log_is_read_in_pages_from_the_newest_on(lived: Town) -> None:
    browser = lived.client("kiemtra")
    first = browser.get("/nhat-ky")
    numbers = [text(x).split(" ")[1] for x in first.soup.select(META)]
    assert len(numbers) == 100
    older = next(link for link in first.links() if "truoc=" in link)
    second = browser.get(older)
    after = [text(x).split(" ")[1] for x in second.soup.select(META)]
    assert int(after[0].replace(".", "")) == int(numbers[-1].replace(".", "")) - 1
    assert "/nhat-ky" in second.links()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("tu=32/01/2026", "“Từ ngày” phải là ngày có thật, ví dụ 05/01/2027."),
        ("den=hôm qua", "“Đến ngày” phải là ngày có thật, ví dụ 05/01/2027."),
        ("hs=abc", "“Số hồ sơ” phải là số nguyên, ví dụ 12."),
    ],
)
def test_what_cannot_be_asked_is_said(young: Town, query: str, said: str) -> None:
    seen = young.client("kiemtra").get(f"/nhat-ky?{query}")
    assert (seen.status, errors(seen)) == (422, [said])


def test_erased_content_is_said_to_be_erased_and_the_chain_holds(town: Town) -> None:
    send(town.client("kyso"), "/don-vi/3/doi-ten", "/don-vi/3/doi-ten", ten="Chi đoàn Hoa Ban")
    with town.house.open_uow() as uow:
        last = next(e.seq for e in reversed(uow.audit.entries(0, 9999)) if e.line and e.line.event == "unit_renamed")
        uow.audit.erase(last)
    browser = town.client("kiemtra")
    seen = browser.get("/nhat-ky")
    assert any(row.startswith("Nội dung dòng này đã được xóa theo yêu cầu") for row in shown(seen, ".ck-list li"))
    assert "Hoa Ban" not in text(browser.get("/nhat-ky?sk=unit_renamed").soup.main)
    checked = browser.post("/nhat-ky/kiem-tra")
    assert (checked.status, shown(checked, ".ck-notice__title")) == (200, ["Nhật ký còn nguyên vẹn"])


def test_the_check_counts_every_line_and_shows_the_last_hash(town: Town) -> None:
    browser = town.client("quantri")
    with town.house.read_uow() as uow:
        entries = uow.audit.entries(0, 100_000)
    seen = browser.post("/nhat-ky/kiem-tra")
    said = text(seen.soup.select_one(".ck-notice--good"))
    assert (f"Đã đọc {len(entries)} dòng" in said, entries[-1].hash in said) == (True, True)


def test_a_changed_line_is_found(town: Town) -> None:
    with closing(sqlite3.connect(town.house.settings.data / "chuky.sqlite3")) as database:
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ck_audit_content'"
        for (name,) in database.execute(guards).fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE ck_audit_content SET content = replace(content, 'opened', 'closed') WHERE seq = 1")
        database.commit()
    seen = town.client("kiemtra").post("/nhat-ky/kiem-tra")
    assert shown(seen, ".ck-notice__title") == ["Nhật ký không còn nguyên vẹn"]
    assert "entry 1 was changed" in text(seen.soup.select_one(".ck-notice--late"))


def test_what_was_found_goes_out_as_a_sheet(changed: Town) -> None:
    answer = changed.client("kiemtra").get("/nhat-ky/xuat.xlsx?sk=unit_renamed")
    rows = Workbooks().read(answer.content)
    assert (answer.headers["content-disposition"].startswith("attachment"), len(rows)) == (True, 3)
    assert rows[1][:5] == ("Số thứ tự", "Lúc", "Người thực hiện", "Đơn vị", "Nội dung")
    assert rows[2][4] == "Đổi tên đơn vị từ “Chi đoàn Tổ dân phố số 1” thành “Chi đoàn Hoa Ban”."
