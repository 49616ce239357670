"""Targets and figures on the screen: the source's operator, what was reached and why nothing is said where nothing may be."""

import io
from collections.abc import Mapping

import pytest
from openpyxl import load_workbook

from engine.process import packs
from tests.pages.town import ROLES, Seen, Town, text

#: A second model of the same diagram, whose figures are entered.
TARGETS = """
[[indicator]]
key = "cards"
label = "Tỷ lệ người có thẻ"
measure = "percent"
unit = "người"
unit_kinds = ["branch"]
gather = "sum"
period = "quarter"

[[indicator]]
key = "waste"
label = "Rác thải nhựa"
measure = "reduction"
unit = "tấn"
note = "Nguồn ghi hai con số: 11.215,376 và 16.215,376."

[[target]]
indicator = "cards"
comparison = ">"
value = 65
first_year = 2026
last_year = 2026
wording = "Năm 2026 > 65%"
source = "Phụ lục, mục 1"

[[target]]
indicator = "cards"
comparison = ">"
value = 75
first_year = 2027
wording = "2027 > 75%"
source = "Phụ lục, mục 1"

[[target]]
indicator = "waste"
comparison = ">="
value = 50
first_year = 2026
last_year = 2027
wording = "giảm 50 %"
source = "Phụ lục, mục 2"
"""
KEY = "so-lieu-thu"
CARDS, WASTE = f"/so-lieu/{KEY}/cards", f"/so-lieu/{KEY}/waste"


@pytest.fixture
def counting(town: Town) -> Town:
    """The young city with the second model."""
    deploy(town)
    return town


def deploy(town: Town) -> None:
    """Deploy the second model: that of the city with targets whose figures are entered."""
    own = {name: data for name, data in town.model.files.items() if name not in ("targets.toml", "forms/dang-ky.json")}
    form = town.model.files["forms/dang-ky.json"].replace(b"members_registered", b"cards").replace(b"whole", b"value")
    files = own | {"targets.toml": TARGETS.encode(), "forms/dang-ky.json": form}
    with town.house.open_uow() as uow:
        uow.models.deploy(packs.read_model(packs.read_shared() | files, KEY), town.clock())


def unit_of(town: Town, username: str) -> int:
    with town.house.read_uow() as uow:
        account = uow.accounts.find_username(username)
        assert account is not None
        return uow.accounts.positions(account.id)[0].unit_id


def rows(seen: Seen) -> dict[str, tuple[str, str]]:
    """Label of a row → its second line and its tag."""
    return {
        text(row.select_one(".ck-row__title")): (text(row.select_one(".ck-row__meta")), text(row.select_one(".ck-tag")))
        for row in seen.soup.select(".ck-row")
    }


def stated(town: Town, path: str, **fields: str) -> Seen:
    browser = town.client(fields.pop("by", "thanhdoan"))
    plain: Mapping[str, str] = {"nam": "2026", "nguon": "Báo cáo năm", "so_van_ban": "12/BC"}
    return browser.post(path, plain | fields)


def test_what_a_cycle_counts_is_held_against_its_targets(lived: Town) -> None:
    browser = lived.client("thanhdoan")
    with lived.house.read_uow() as uow:
        row = uow.queries.cycles([unit_of(lived, "thanhdoan")])[0]
    said = rows(browser.get("/chi-tieu?nam=2027"))["Tỷ lệ chi đoàn đăng ký thi đua"]
    assert said[0].startswith(f"Mức: ít nhất 100% Thực hiện: {_percent(row.registered, row.units)}")
    assert f"({row.registered}/{row.units} chi đoàn)" in said[0]
    assert said[1] == ("Đạt" if row.registered == row.units else "Chưa hết năm")
    assert browser.get("/chi-tieu").status == 200


def _percent(part: int, whole: int) -> str:
    from decimal import Decimal

    from api.texts.words import number

    return number(round(Decimal(part) * 100 / whole, 2).normalize() + 0) + "%"


def test_figures_are_entered_corrected_and_taken_back(counting: Town) -> None:
    town, lead = counting, unit_of(counting, "thanhdoan")
    path = f"{WASTE}/{lead}"
    assert stated(town, path, gia_tri="40", so_goc="100").status == 303
    assert rows(town.client("thanhdoan").get("/chi-tieu?nam=2026"))["Rác thải nhựa"] == (
        "Mức: giảm ít nhất 50% Thực hiện: giảm 60% Ghi chú: Nguồn ghi hai con số: 11.215,376 và 16.215,376.",
        "Đạt",
    )
    assert stated(town, path, gia_tri="60", so_goc="100", nguon="Đếm lại").status == 303
    assert rows(town.client("thanhdoan").get("/chi-tieu?nam=2026"))["Rác thải nhựa"][1] == "Chưa hết năm"
    assert stated(town, path, bo="true", nguon="Nhập nhầm năm").status == 303
    seen = town.client("thanhdoan").get(f"{path}?nam=2026")
    past = [[text(cell) for cell in row.select("td")][:4] for row in seen.soup.select("tbody tr")]
    assert past == [
        ["3 Đang dùng", "đã bỏ", "Nhập nhầm năm", "12/BC"],
        ["2", "giảm 40%", "Đếm lại", "12/BC"],
        ["1", "giảm 60%", "Báo cáo năm", "12/BC"],
    ]
    with town.house.read_uow() as uow:
        events = {e.line.event for e in uow.audit.entries(0, 10_000) if e.line is not None}
    assert {"figure_stated", "figure_corrected", "figure_taken_back"} <= events


def test_a_baseline_holds_for_later_years_and_without_one_nothing_is_computed(counting: Town) -> None:
    town, lead = counting, unit_of(counting, "thanhdoan")
    stated(town, f"{WASTE}/{lead}", nam="2027", gia_tri="30")
    assert rows(town.client("thanhdoan").get("/chi-tieu?nam=2027"))["Rác thải nhựa"][1] == "Thiếu số gốc"
    stated(town, f"{WASTE}/{lead}", nam="2026", gia_tri="80", so_goc="100")
    said = rows(town.client("thanhdoan").get("/chi-tieu?nam=2027"))["Rác thải nhựa"]
    assert ("Thực hiện: giảm 70%" in said[0], said[1]) == (True, "Đạt")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"gia_tri": "751,408"}, "Số 751,408 đọc được hai cách"),
        ({"gia_tri": "bốn mươi"}, "phải là số"),
        ({"gia_tri": "40", "nguon": ""}, "Ghi số liệu lấy từ đâu"),
        ({"gia_tri": ""}, "Số thực hiện"),
    ],
)
def test_what_is_not_clear_is_asked_again(counting: Town, fields: dict[str, str], said: str) -> None:
    seen = stated(counting, f"{WASTE}/{unit_of(counting, 'thanhdoan')}", **fields)
    assert (seen.status, said in text(seen.soup.select_one(".govuk-error-summary"))) == (422, True)
    assert not seen.soup.select("tbody tr")


def test_units_state_their_own_and_the_city_is_their_sum(counting: Town) -> None:
    town = counting
    own = unit_of(town, "bithu")
    assert stated(town, f"{CARDS}/{own}", by="bithu", quy="3", gia_tri="1.300", tong_so="2.000").status == 303
    assert stated(town, f"{CARDS}/{own}", by="bithutruong", quy="3", gia_tri="1", tong_so="2").status == 403
    said = rows(town.client("thanhdoan").get("/chi-tieu?nam=2026"))["Tỷ lệ người có thẻ"]
    assert said[0].startswith("Mức: trên 65% Thực hiện: 65% (1.300/2.000 người) 1/14 đơn vị có số liệu, đến quý III")
    assert said[1] == "Chưa đủ số liệu"
    cells = [text(cell) for cell in town.client("bithu").get(f"{CARDS}?nam=2026").soup.select("tbody td")]
    assert len(cells) == 6
    assert cells[3].startswith("65% (1.300/2.000 người)")
    assert len(town.client("thanhdoan").get(f"{CARDS}?nam=2026").soup.select("tbody tr")) == 15


def test_a_model_shows_its_path_with_a_table(counting: Town) -> None:
    town, lead = counting, unit_of(counting, "thanhdoan")
    stated(town, f"{CARDS}/{lead}", gia_tri="65", tong_so="100")
    seen = town.client("thanhdoan").get(f"/chi-tieu/mo-hinh/{KEY}")
    (chart,) = seen.soup.select("#cards figure")
    years = [[text(cell) for cell in row.select("td")] for row in chart.select("tbody tr")]
    assert years[0] == ["2026", "trên 65%", "65% (65/100 người)", "Chưa hết năm"]
    assert years[1] == ["2027", "trên 75%", "–", "Chưa có số liệu"]
    assert len(chart.select("svg.c-wide circle")) == 1
    assert "Nguồn ghi hai con số" in text(seen.soup.select_one("#waste"))
    assert "Phụ lục, mục 1: “Năm 2026 > 65%” (trên 65%, 2026)" in text(seen.soup.select_one("#cards"))


def test_targets_leave_as_excel(counting: Town) -> None:
    town, lead = counting, unit_of(counting, "thanhdoan")
    stated(town, f"{WASTE}/{lead}", gia_tri="40,5", so_goc="100")
    browser = town.client("thanhdoan")
    one = list(
        load_workbook(io.BytesIO(browser.get("/chi-tieu.xlsx?nam=2026").content))
        .worksheets[0]
        .iter_rows(min_row=4, values_only=True)
    )
    waste = next(row for row in one if row[1] == "Rác thải nhựa")
    assert (waste[2], waste[3], waste[4], float(waste[5]), float(waste[7]), waste[9]) == (
        2026, "giảm ít nhất 50%", "giảm 59,5%", 40.5, 100, "Đạt",
    )  # fmt: skip
    every = load_workbook(io.BytesIO(browser.get("/chi-tieu.xlsx").content)).worksheets[0]
    assert {row[2] for row in every.iter_rows(min_row=4, values_only=True)} >= {2026, 2027, 2030}


OPEN_FOR: Mapping[str, frozenset[str]] = {
    "/chi-tieu": frozenset(ROLES) - {"thietke"},
    "/chi-tieu.xlsx?nam=2026": frozenset(ROLES) - {"thietke"},
    f"/chi-tieu/mo-hinh/{KEY}": frozenset(ROLES) - {"thietke"},
    "/so-lieu": frozenset(ROLES) - {"thietke"},
    CARDS: frozenset({"thanhdoan", "bithu", "bithutruong"}),
    WASTE: frozenset({"thanhdoan"}),
    "{waste}": frozenset({"thanhdoan"}),
    "{cards}": frozenset({"thanhdoan", "bithu"}),
}


def test_pages_open_for_those_who_may_only(counting: Town) -> None:
    town = counting
    named = {"{waste}": f"{WASTE}/{unit_of(town, 'thanhdoan')}", "{cards}": f"{CARDS}/{unit_of(town, 'bithu')}"}
    for role in ROLES:
        browser = town.client(role)
        got = {path: browser.get(named.get(path, path)).status for path in OPEN_FOR}
        assert got == {path: 200 if role in who else 403 for path, who in OPEN_FOR.items()}, role
        sent = {
            name: browser.post(path, {"csrf": browser.csrf(), "gia_tri": "x"}).status for name, path in named.items()
        }
        assert sent == {name: 422 if role in OPEN_FOR[name] else 403 for name in named}, role
    assert town.client().get("/chi-tieu").status == 303


def test_what_nobody_enters_and_what_is_not_there_is_not_found(counting: Town) -> None:
    browser = counting.client("thanhdoan")
    key = counting.model.key
    counted = counting.model.indicators[0].key
    for path in (
        f"/so-lieu/{key}/{counted}",
        f"/so-lieu/{KEY}/bees",
        "/so-lieu/x/y",
        "/chi-tieu/mo-hinh/x",
        f"{CARDS}/999999",
    ):
        assert browser.get(path).status == 404, path
