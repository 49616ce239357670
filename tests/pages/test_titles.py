"""Who holds which title: open to everybody by unit, with persons only for those who read the unit, and what runs out."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from engine.rules.deadlines import local_day
from tests.pages.test_targets import rows
from tests.pages.town import ROLES, Town, text

TITLES = "/chi-tieu/danh-hieu"


@pytest.fixture
def ending(lived: Town, own: Callable[[Town], Town]) -> Town:
    """The lived city, one of whose units holds a title for ten more days."""
    town = own(lived)
    today = local_day(town.clock())
    with town.house.open_uow() as uow:
        title = next(t for t in _all(town) if not t.member_name)
        uow.titles.save(replace(title, until_day=today + timedelta(days=10)))
    return town


def _all(town: Town):
    with town.house.read_uow() as uow:
        return [t for unit in uow.units.all() for t in uow.titles.of_unit(unit.id)]


def test_everybody_sees_units_and_nobody_a_person(lived: Town) -> None:
    titles = _all(lived)
    units = {t.unit_id for t in titles if not t.member_name}
    assert units
    seen = lived.client().get("/danh-hieu")
    assert (seen.status, seen.title, len(rows(seen))) == (200, "Đơn vị đang giữ danh hiệu", len(units))
    names = {t.member_name for t in titles if t.member_name}
    assert names
    assert not [name for name in names if name in seen.soup.get_text()]
    link = next(link for link in seen.links() if link.startswith("/kiem-tra/"))
    assert lived.client().get(link).status == 200


def test_units_are_found_without_marks(lived: Town) -> None:
    found = rows(lived.client().get("/danh-hieu?q=TRUONG"))
    assert found
    assert all("Trường" in name for name in found)
    assert not rows(lived.client().get("/danh-hieu?q=%25"))
    assert "Không có đơn vị nào khớp" in text(lived.client().get("/danh-hieu?q=khongco").soup.main)


def test_persons_stand_in_the_list_of_those_who_read_their_unit(lived: Town) -> None:
    titles = _all(lived)
    seen = lived.client("thanhdoan").get(TITLES)
    found = rows(seen)
    assert any(title.member_name and any(name.startswith(title.member_name) for name in found) for title in titles)
    assert not rows(lived.client("bithu").get(TITLES))
    book = load_workbook(io.BytesIO(lived.client("thanhdoan").get(f"{TITLES}.xlsx").content)).worksheets[0]
    assert len(list(book.iter_rows(min_row=4, values_only=True))) == len(titles)
    assert "Năm sinh" not in [cell.value for cell in book[3]]


def test_what_runs_out_is_called_so_and_counted_until_then(ending: Town) -> None:
    browser = ending.client("thanhdoan")
    assert "Có 1 danh hiệu hết hạn trong 90 ngày tới." in text(browser.get(TITLES).soup.main)
    ((_, (meta, tag)),) = rows(browser.get(f"{TITLES}?tt=ending")).items()
    assert ("hết hạn sau" in meta, tag) == (True, "Sắp hết hạn")
    before = len(rows(ending.client().get("/danh-hieu")))
    ending.clock.walk_to(ending.clock() + timedelta(days=11))
    assert len(rows(ending.client().get("/danh-hieu"))) == before - 1
    ((_, (_, tag)),) = rows(ending.client("thanhdoan").get(f"{TITLES}?tt=ended")).items()
    assert tag == "Đã hết hạn"


def test_the_coverage_is_shown_against_its_target(lived: Town) -> None:
    seen = lived.client("thanhdoan").get(TITLES)
    chart = seen.soup.select_one("figure.ck-chart")
    assert chart is not None
    years = {
        text(row.select("td")[0]): [text(cell) for cell in row.select("td")][1:3] for row in chart.select("tbody tr")
    }
    assert years["2030"][0] == "ít nhất 80%"
    assert years["2027"][1].endswith("chi đoàn)")


@pytest.mark.parametrize("path", [TITLES, f"{TITLES}.xlsx"])
def test_who_reads_no_unit_reads_no_titles(lived: Town, path: str) -> None:
    assert {role: lived.client(role).get(path).status for role in ROLES} == {
        role: 403 if role == "thietke" else 200 for role in ROLES
    }
    assert lived.client().get(path).status == 303
