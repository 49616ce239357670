"""Figures come in as a list: the template knows what stands, every cell is looked at, nothing is overwritten unseen, all is undone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal

import pytest
from openpyxl import Workbook, load_workbook

from engine.rules.units import UnitId
from tests.pages.test_targets import CARDS, KEY, WASTE, deploy, stated, unit_of
from tests.pages.town import Browser, Seen, Town, text

D = Decimal
LIST = f"/nhap-so-lieu/{KEY}/2026"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADS = (
    "Mã đơn vị", "Đơn vị", "Chỉ số", "Kỳ", "Số thực hiện", "Tổng số", "Số gốc", "Nguồn số liệu", "Số văn bản",
    "Lần nhập",
)  # fmt: skip
LABEL = "Tỷ lệ người có thẻ"


@pytest.fixture
def counting(town: Town) -> Town:
    """The young city with the model whose figures are entered."""
    deploy(town)
    return town


def sheet(rows: Sequence[Sequence[object]], *, second: bool = False, merged: str = "") -> tuple[str, bytes, str]:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in (HEADS, *rows):
        page.append(list(row))
    if merged:
        page.merge_cells(merged)
    if second:
        book.create_sheet("Ghi chú").append(["P9-9", "", LABEL, "Quý I", 99])
    kept = io.BytesIO()
    book.save(kept)
    return "so-lieu.xlsx", kept.getvalue(), XLSX


def template(browser: Browser) -> list[tuple[object, ...]]:
    page = load_workbook(io.BytesIO(browser.get(f"{LIST}/mau.xlsx").content)).active
    assert page is not None
    return [tuple(row) for row in page.iter_rows(min_row=3, values_only=True)]


def row(code: str, value: object, **more: object) -> tuple[object, ...]:
    plain = {"kỳ": "Quý I", "tổng": 50, "nguồn": "Báo cáo quý", "số": "5/BC", "lần": "", "tên": LABEL} | more
    return (code, "", plain["tên"], plain["kỳ"], value, plain["tổng"], "", plain["nguồn"], plain["số"], plain["lần"])


def looked_at(browser: Browser, file: tuple[str, bytes, str]) -> Seen:
    return browser.post(LIST, {}, files={"tep": file})


def carried_out(browser: Browser, seen: Seen, path: str = LIST) -> Seen:
    form = next(f for f in seen.soup.select("form") if f.select_one("input[name=xac_nhan]"))
    sent = {str(i["name"]): str(i.get("value", "")) for i in form.select("input") if i.get("name")}
    return browser.post(path, sent)


def errors(seen: Seen) -> dict[str, str]:
    """Cell → what is said to be wrong with it."""
    return {
        str(cell["id"]): text(cell.select_one(".govuk-error-message")).removeprefix("Lỗi: ")
        for cell in seen.soup.select("td.ck-cell--wrong")
    }


def standing(town: Town) -> dict[tuple[str, str, int], tuple[object, ...]]:
    with town.house.read_uow() as uow:
        rows = uow.figures.standing([KEY], 2026, 2026)
        return {
            (uow.units.get(e.unit_id).code, e.indicator, e.quarter): (e.number, e.value, e.whole, e.source)
            for e in rows
        }


def codes(town: Town, count: int) -> list[str]:
    with town.house.read_uow() as uow:
        return [unit.code for unit in uow.figures.units_of(["branch"])][:count]


def events(town: Town) -> list[tuple[str, dict[str, object]]]:
    with town.house.read_uow() as uow:
        lines = [e.line for e in uow.audit.entries(0, 10_000) if e.line is not None and "_list" in e.line.event]
        return [(l.event, {k: v for k, v in l.facts.items() if k != "sha256"}) for l in lines]


def test_the_template_holds_what_may_be_stated_and_what_stands(counting: Town) -> None:
    town, lead = counting, counting.client("thanhdoan")
    stated(town, f"{WASTE}/{unit_of(town, 'thanhdoan')}", gia_tri="40", so_goc="1.234,5")
    head, *lines = template(lead)
    branches = len([1 for _ in codes(town, 100_000)])
    assert head == HEADS
    assert len(lines) == (branches + 1) * 5 + 1
    assert [line[2:] for line in lines if line[2] == "Rác thải nhựa"] == [
        ("Rác thải nhựa", "Cả năm", 40, None, 1234.5, "Báo cáo năm", "12/BC", 1)
    ]
    own = template(town.client("bithu"))[1:]
    assert {line[2] for line in own} == {LABEL}
    assert [line[3] for line in own] == ["Quý I", "Quý II", "Quý III", "Quý IV", "Cả năm"]


def test_a_list_is_looked_at_carried_out_and_undone(counting: Town) -> None:
    town, browser = counting, counting.client("thanhdoan")
    one, two, three = codes(town, 3)
    stated(town, f"{CARDS}/{_id(town, two)}", quy="1", gia_tri="10", tong_so="20")
    file = sheet([row(one, "1.234,5", tổng="2.000"), row(two, 12.5), row(three, None, tổng=None, nguồn=None, số=None)])
    seen = looked_at(browser, file)
    assert (seen.status, "2 dòng sẽ được ghi, 1 dòng không khác" in text(seen.soup)) == (200, True)
    assert "hiện nay: 10" in text(seen.soup)
    before = standing(town)
    done = carried_out(browser, seen)
    assert done.status == 303
    assert standing(town) == before | {
        (one, "cards", 1): (1, D("1234.5"), D(2000), "Báo cáo quý"),
        (two, "cards", 1): (2, D("12.5"), D(50), "Báo cáo quý"),
    }
    kept = browser.get(done.url)
    assert [[text(cell) for cell in line.select("td")][1:] for line in kept.soup.select("tbody tr")] == [
        ["–", "1.234,5; tổng số 2.000"],
        ["10; tổng số 20", "12,5; tổng số 50"],
    ]
    undo = done.url.partition("?")[0] + "/hoan-tac"
    assert browser.post(undo, {}).status == 303
    assert standing(town) == before | {
        (one, "cards", 1): (2, None, None, "Hoàn tác danh sách đã nhập"),
        (two, "cards", 1): (3, D(10), D(20), "Báo cáo năm"),
    }
    assert browser.post(undo, {}).status == 409
    facts = {"count": 2, "model": KEY, "period_year": 2026}
    assert events(town) == [("figures_list", facts), ("figures_list_undone", facts)]


def test_every_cell_says_what_is_wrong_and_nothing_is_kept(counting: Town) -> None:
    town, browser = counting, counting.client("thanhdoan")
    one, two = codes(town, 2)
    file = sheet(
        [
            row(one, "mười"),
            row(one, "1,5", kỳ="Quý V"),
            row("P9-99", 3),
            row(two, 1.234),
            row(two, 3, kỳ="Quý II", nguồn=""),
            row(two, "", kỳ="Quý III"),
            row(two, 4, tên="Không có chỉ số này"),
            row(one, "1,5"),
            row(one, 2, kỳ="Quý IV", tổng="#DIV/0!"),
        ]
    )
    seen = looked_at(browser, file)
    assert seen.status == 422
    assert errors(seen) == {
        "o-1-value": "“Số thực hiện” phải là số, ví dụ 1.234,5.",
        "o-2-period": f"“{LABEL}” không tính theo quý này.",
        "o-3-code": "Không có đơn vị mang mã P9-99.",
        "o-4-value": "Số 1,234 đọc được hai cách: dấu phẩy ở đây là hàng nghìn hay phần thập phân? Viết lại cho rõ, ví dụ 751.408 hoặc 751,4080.",
        "o-5-source": "Ghi số liệu lấy từ đâu, ví dụ: báo cáo nào, của ai.",
        "o-6-value": "Ghi số thực hiện, hoặc để trống cả dòng.",
        "o-7-indicator": "Không có chỉ số “Không có chỉ số này” trong mô hình này.",
        "o-8-code": "Danh sách có hai dòng về cùng đơn vị, chỉ số và kỳ này.",
        "o-9-whole": "“Tổng số” phải là số, ví dụ 1.234,5.",
    }
    sent = {"danh_sach": "\t".join(HEADS) + f"\n{one}\t\t{LABEL}\tQuý I\tmười", "xac_nhan": "1"}
    assert browser.post(LIST, sent).status == 422
    assert standing(town) == {}


def test_what_somebody_else_changed_meanwhile_is_named_and_not_overwritten(counting: Town) -> None:
    town, browser = counting, counting.client("thanhdoan")
    one, two = codes(town, 2)
    rows = [line for line in template(browser)[1:] if line[0] in (one, two) and line[2:4] == (LABEL, "Quý I")]
    filled = [(*line[:4], 7, 10, None, "Báo cáo", None, line[9]) for line in rows]
    seen = looked_at(browser, sheet(filled))
    stated(town, f"{CARDS}/{_id(town, one)}", quy="1", gia_tri="3", tong_so="4")
    late = carried_out(browser, seen)
    assert late.status == 422
    assert list(errors(late)) == ["o-1-seen"]
    assert "đã nhập 3" in errors(late)["o-1-seen"]
    form = next(f for f in late.soup.select("form") if f.select_one("input[name=bo_qua]"))
    again = browser.post(LIST, {str(i["name"]): str(i["value"]) for i in form.select("input") if i.get("name")})
    assert again.status == 200
    assert carried_out(browser, again).status == 303
    assert standing(town) == {
        (one, "cards", 1): (1, D(3), D(4), "Báo cáo năm"),
        (two, "cards", 1): (1, D(7), D(10), "Báo cáo"),
    }


@pytest.mark.long
def test_a_list_that_was_corrected_since_stays(counting: Town) -> None:
    town, browser = counting, counting.client("thanhdoan")
    (one,) = codes(town, 1)
    done = carried_out(browser, looked_at(browser, sheet([row(one, 3)])))
    place = done.url.partition("?")[0]
    stated(town, f"{CARDS}/{_id(town, one)}", quy="1", gia_tri="4", tong_so="5")
    assert "đã được nhập lại sau danh sách này" in text(browser.get(place).soup)
    assert browser.post(place + "/hoan-tac", {}).status == 409
    assert standing(town) == {(one, "cards", 1): (2, D(4), D(5), "Báo cáo năm")}


@pytest.mark.long
def test_a_figure_is_taken_back_by_word_and_empty_cells_leave_it(counting: Town) -> None:
    town, browser = counting, counting.client("thanhdoan")
    one, two = codes(town, 2)
    for code in (one, two):
        stated(town, f"{CARDS}/{_id(town, code)}", quy="1", gia_tri="3", tong_so="4")
    bare = {"tổng": None, "nguồn": None, "số": None}
    seen = looked_at(browser, sheet([row(one, "Bỏ", **bare), row(two, None, **bare)]))
    carried_out(browser, seen)
    assert standing(town) == {
        (one, "cards", 1): (2, None, None, "Báo cáo năm"),
        (two, "cards", 1): (1, D(3), D(4), "Báo cáo năm"),
    }


def test_only_the_first_sheet_merged_cells_and_formulas_without_result(counting: Town) -> None:
    town, browser = counting, counting.client("thanhdoan")
    one, two = codes(town, 2)
    assert looked_at(browser, sheet([row(one, 3)], second=True)).status == 200
    merged = looked_at(browser, sheet([row(one, 3), row(one, 4, kỳ="Quý II")], merged="A2:A3"))
    assert errors(merged) == {"o-2-code": "Ghi mã đơn vị. Ô gộp nhiều dòng chỉ tính cho dòng đầu."}
    formula = looked_at(browser, sheet([row(one, "=1+2"), row(two, 4)]))
    assert (formula.status, "ô công thức chưa được tính" in text(formula.soup)) == (422, True)
    assert standing(town) == {}


def test_a_unit_fills_in_its_own_and_sees_no_list_of_others(counting: Town) -> None:
    town = counting
    with town.house.read_uow() as uow:
        own = uow.units.get(UnitId(unit_of(town, "bithu"))).code
    other = next(code for code in codes(town, 5) if code != own)
    seen = looked_at(town.client("bithu"), sheet([row(own, 3), row(other, 3)]))
    assert errors(seen) == {
        "o-2-code": "Chỉ cán bộ của cơ quan chủ trì, hoặc người của chính đơn vị đó, mới nhập được số liệu này."
    }
    lead = town.client("thanhdoan")
    place = carried_out(lead, looked_at(lead, sheet([row(other, 3)]))).url.partition("?")[0]
    bithu = town.client("bithu")
    assert "Các danh sách đã nhập" not in text(bithu.get(LIST).soup)
    assert (bithu.get(place).status, bithu.post(place + "/hoan-tac", {}).status) == (403, 403)
    assert town.client("thietke").get(LIST).status == 403
    assert lead.get(LIST.replace(KEY, "khong-co")).status == 404


def _id(town: Town, code: str) -> int:
    with town.house.read_uow() as uow:
        found = uow.units.find_code(code)
        assert found is not None
        return found.id
