"""A cycle: every number leads to as many rows, exports hold the same, opening shows every date first."""

import io
import re

import pytest
from bs4 import Tag
from openpyxl import load_workbook

from tests.pages.town import Browser, Seen, Town, text


def cycle(town: Town) -> str:
    """The address of the one cycle."""
    with town.house.read_uow() as uow:
        return f"/chu-ky/{uow.cycles.all()[0].id}"


@pytest.mark.parametrize("role", ["thanhdoan", "doancoso"])
def test_every_number_leads_to_as_many_rows(young: Town, lived: Town, role: str) -> None:
    for town in (young, lived):
        browser = town.client(role)
        seen = browser.get(cycle(town))
        counted = list(_numbers(seen))
        assert len(counted) > 4
        for number, href in counted:
            assert (href, _rows(browser, href)) == (href, number)


def test_cohorts_and_superiors_add_up(young: Town) -> None:
    seen = young.client("thanhdoan").get(cycle(young))
    for table in seen.soup.select("main table.ck-table"):
        total = table.select_one("tfoot tr")
        if total is None:
            continue
        rows = [[text(cell) for cell in row.select("td")][1:] for row in table.select("tbody tr")]
        assert [str(sum(int(row[n]) for row in rows)) for n in range(len(rows[0]))] == [
            text(cell) for cell in total.select("td")
        ][1:]


def test_who_has_not_registered_is_one_press_away(young: Town) -> None:
    browser = young.client("doancoso")
    link = browser.get(cycle(young)).soup.find("a", string=re.compile("chưa đăng ký"))
    assert isinstance(link, Tag)
    assert text(link) == "Xem 12 chi đoàn chưa đăng ký"
    assert len(browser.get(str(link["href"])).soup.select(".ck-row")) == 12


def test_a_list_is_found_without_marks_and_exported_as_filtered(lived: Town) -> None:
    browser = lived.client("thanhdoan")
    path = f"{cycle(lived)}/ho-so?q=truong"
    names = [text(row) for row in browser.get(path).soup.select(".ck-row__title")]
    assert names
    assert all("Trường" in name for name in names)
    book = load_workbook(io.BytesIO(browser.get(path.replace("/ho-so?", "/ho-so.xlsx?")).content))
    cells = list(book.worksheets[0].iter_rows(min_row=4, values_only=True))
    assert [row[2] for row in cells] == names


def test_reports_are_read_and_exported_unit_by_unit(lived: Town) -> None:
    browser = lived.client("thanhdoan")
    seen = browser.get(f"{cycle(lived)}/bao-cao?loai=report")
    assert len(seen.soup.select("main details")) == 1
    rows = len(seen.soup.select("main details tbody tr"))
    book = load_workbook(io.BytesIO(browser.get(f"{cycle(lived)}/bao-cao.xlsx?loai=report").content))
    assert book.worksheets[0].max_row - 3 == rows == 6


def test_the_diagram_says_where_work_stands_and_leads_to_it(young: Town) -> None:
    browser = young.client("thanhdoan")
    seen = browser.get(f"{cycle(young)}/so-do")
    steps = seen.soup.select(".ck-steplist a")
    step = next(a for a in steps if "12 đang chờ" in text(a.parent))
    waiting = browser.get(str(step["href"]))
    assert str(len(waiting.soup.select(".ck-row"))) in text(step.parent)


def test_opening_shows_every_date_and_asks_for_the_reading(town: Town) -> None:
    officer = town.client("thanhdoan")
    key = town.model.key
    preview = officer.get(f"/chu-ky/moi?mo_hinh={key}&nam=2028")
    words = text(preview.soup.main)
    assert "09/11/2027" in words
    assert "29/09/2027" in words or "29/9/2027" in words
    assert "Đăng ký nội dung, lộ trình 01/10/2027; đợt chính từ 01/11/2027 09/11/2027" in words
    assert "Đăng ký nội dung, lộ trình 01/09/2027 29/09/2027" in words
    form = preview.form("/chu-ky/moi")
    refused = officer.post("/chu-ky/moi", form)
    assert (refused.status, "Chọn cách đọc" in text(refused.soup.main)) == (422, True)
    refused = officer.post("/chu-ky/moi", {**form, "cach_doc": "1"})
    assert (refused.status, "Nhập số công văn" in text(refused.soup.main)) == (422, True)
    opened = officer.post("/chu-ky/moi", {**form, "cach_doc": "1", "cong_van": "12-CV/TĐTN"})
    assert opened.status == 303
    seen = officer.get(opened.url)
    assert "Đã mở chu kỳ." in text(seen.soup.main)
    assert "theo công văn 12-CV/TĐTN" in text(seen.soup.main)
    again = officer.get(f"/chu-ky/moi?mo_hinh={key}&nam=2028")
    assert "Chu kỳ này đã được mở." in text(again.soup.main)


def test_a_cycle_that_runs_is_not_closed(town: Town) -> None:
    officer = town.client("thanhdoan")
    path = f"{cycle(town)}/dong"
    seen = officer.post(path)
    assert (seen.status, "chưa kết thúc" in text(seen.soup.main)) == (409, True)
    with town.house.read_uow() as uow:
        assert uow.cycles.all()[0].state.value == "open"


def test_an_unconfirmed_reading_stays_visible(town: Town) -> None:
    officer = town.client("thanhdoan")
    form = officer.get(f"/chu-ky/moi?mo_hinh={town.model.key}&nam=2028").form("/chu-ky/moi")
    opened = officer.post("/chu-ky/moi", {**form, "cach_doc": "0"})
    assert "chưa được cơ quan có thẩm quyền xác nhận" in text(officer.get(opened.url).soup.main)


def _numbers(seen: Seen) -> list[tuple[int, str]]:
    """Every number that is a link, or stands in a card with one, with its address."""
    found = []
    for link in seen.soup.select("main table.ck-table a"):
        if text(link).isdigit():
            found.append((int(text(link)), str(link["href"])))
    for card in seen.soup.select(".ck-stat"):
        link, number = card.find("a"), text(card.select_one(".ck-stat__number"))
        if isinstance(link, Tag) and number.isdigit():
            found.append((int(number), str(link["href"])))
    return found


def _rows(browser: Browser, href: str) -> int:
    return int(text(browser.get(href).soup.select_one("main p > strong")))
