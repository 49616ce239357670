"""The pages of a list: as draft for those who take part, for everybody once it is published; as data, drawn up again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import openpyxl
import pytest

from api.assembly import build_inline
from api.commands import weighing
from api.rehearsing import Stage
from engine.runner.clock import WalkingClock
from tests import factories, ranked
from tests.pages.town import Town, _settings, _town, text


def housed(folder: Path, live: Callable[[factories.Town], object]) -> Town:
    """A city that lived so far, with a house that answers on the web."""
    folder.mkdir()
    url = f"sqlite:///{folder / 'chuky.sqlite3'}"
    factories.founded(url)
    town = factories.Town(url)
    ranked.move_in(town)
    live(town)
    now = town.now
    town.close()
    clock = WalkingClock(now)
    house = build_inline(_settings(folder), clock)
    house.prepare()
    return _town(Stage(house, clock), ranked.model())


def appealed(town: factories.Town) -> None:
    """The draft of 2027 lies before the wards, one has answered it."""
    ranked.drafted(town)
    town.sends("W3", "Gửi kiến nghị")


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The draft of 2027 lies before the wards, one has answered it. To be read only."""
    town = housed(tmp_path_factory.mktemp("drafted") / "du-lieu", appealed)
    yield town
    town.house.close()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The list of 2026 is published. To be read only."""
    town = housed(tmp_path_factory.mktemp("published") / "du-lieu", lambda town: ranked.published(town, 2026))
    yield town
    town.house.close()


def dossier(town: Town, code: str) -> int:
    with town.house.read_uow() as uow:
        unit = uow.units.find_code(code)
        assert unit is not None
        return int(uow.dossiers.of_unit(unit.id)[0].id)


def rows(town: Town, who: str, path: str) -> list[str]:
    return [text(row) for row in town.client(who).get(path).soup.select("tbody tr")]


def test_a_draft_is_for_those_who_take_part(drafted: Town) -> None:
    seen = {who: drafted.client(who).get("/xep-hang/1") for who in ("w1.secretary", "td.officer", "p1.secretary")}
    assert {who: page.status for who, page in seen.items()} == {
        "w1.secretary": 200, "td.officer": 200, "p1.secretary": 403,
    }  # fmt: skip
    own = text(seen["w1.secretary"].soup.main)
    assert "Dự thảo, bản thứ 1 Đơn vị gửi kiến nghị từ hồ sơ của mình đến hết ngày 20/12/2027." in own
    assert "Khối phường: hạng 1 trên 4 đơn vị, 81,00 điểm" in own
    assert "Bộ tiêu chí MẪU" in own


def test_a_list_names_places_points_and_reasons(drafted: Town) -> None:
    assert rows(drafted, "w1.secretary", "/xep-hang/1") == [
        "1 Phường An Biên 81,00",
        "1 Phường Đồ Sơn đơn vị của bạn 81,00",
        "3 Phường Ấp Mới 61,00",
        "– Phường Dương Kinh Chưa được thẩm định.",
    ]
    assert rows(drafted, "td.officer", "/xep-hang/1?khoi=all&q=an+bien") == ["1 Phường An Biên 81,00"]


def test_who_has_answered_the_draft(drafted: Town) -> None:
    groups = {
        who: drafted.client(who).get("/xep-hang/1").soup.select(".ck-group li")
        for who in ("td.officer", "w1.secretary", "w3.secretary")
    }
    assert {who: [text(item) for item in items] for who, items in groups.items()} == {
        "td.officer": ["Phường Ấp Mới Đang xem xét"],
        "w1.secretary": [],
        "w3.secretary": ["Phường Ấp Mới Đang xem xét"],
    }


def test_a_published_list_is_for_everybody(published: Town) -> None:
    browser = published.client("p1.secretary")
    (row,) = browser.get("/xep-hang").soup.select("main li")
    assert text(row) == "Bảng xếp hạng hàng xóm thân thiện 2026 Hàng xóm thân thiện 3 đơn vị có hạng Đã công bố"
    seen = browser.get("/xep-hang/1")
    assert "Đã công bố theo Quyết định số 01-QĐ/ĐTN ngày 21/12/2026." in text(seen.soup.main)
    assert [link for link in seen.links() if "phieu-diem" in link] == []


def test_a_score_sheet_is_for_its_unit_and_those_above(drafted: Town) -> None:
    path = f"/xep-hang/phieu-diem/{dossier(drafted, 'W3')}"
    status = {who: drafted.client(who).get(path).status for who in ("w3.secretary", "td.officer", "w1.secretary")}
    assert status == {"w3.secretary": 200, "td.officer": 200, "w1.secretary": 403}
    assert rows(drafted, "w3.secretary", path) == [
        "Sạch",
        "1. Ngõ sạch Minh chứng: Báo cáo 12/BC Thẩm định: Đã đối chiếu. 10 8 8 8 20,00%",
        "2. Không đốt rác Minh chứng: Báo cáo 12/BC Thẩm định: Đã đối chiếu. Hội đồng: Không nộp minh chứng. 10 10 treo 0 20,00%",
        "Đẹp",
        "3. Vỉa hè thoáng Minh chứng: Báo cáo 12/BC Thẩm định: Đã đối chiếu. 20 15 15 15 60,00%",
    ]
    assert "Tiêu chí không áp dụng cho đơn vị này (1) Cầu cảng gọn" in text(
        drafted.client("w3.secretary").get(path).soup.main
    )


def test_what_the_council_settled_and_last_year_under_other_weights_are_for_the_lead(published: Town) -> None:
    for page in ("hoi-dong", "so-sanh"):
        assert published.client("w1.secretary").get(f"/xep-hang/1/{page}").status == 403
    (held,) = published.client("td.officer").get("/xep-hang/1/hoi-dong").soup.select("main li")
    assert text(held) == "Phường Ấp Mới Không đốt rác Không nộp minh chứng. Hội đồng cho 0/10 điểm"
    assert rows(published, "td.officer", "/xep-hang/1/so-sanh")[:1] == ["Phường An Biên 1 1 giữ nguyên 81,00 81,00"]


def test_excel_holds_the_whole_block(published: Town) -> None:
    seen = published.client("w1.secretary").get("/xep-hang/1/xep-hang.xlsx?khoi=all")
    sheet = openpyxl.load_workbook(io.BytesIO(seen.content)).active
    assert sheet is not None
    found = [tuple(row) for row in sheet.iter_rows(values_only=True)]
    assert (1, "W2", "Phường An Biên", 81, None, None) in found or (1, "W2", "Phường An Biên", 81.0, None, "") in found
    seen = published.client("w1.secretary").get(f"/xep-hang/phieu-diem/{dossier(published, 'W1')}/phieu-diem.xlsx")
    assert (seen.status, seen.headers["content-disposition"].partition(";")[0]) == (200, "attachment")


@pytest.mark.parametrize(("who", "lines"), [("td.officer", 3), ("w1.secretary", 0)])
def test_the_command_makes_the_same_list_of_the_data_byte_by_byte(
    published: Town, who: str, lines: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = published.client(who).get("/xep-hang/1/du-lieu.json")
    (tmp_path / "data.json").write_bytes(seen.content)
    about = json.loads(seen.content)["about"]
    capsys.readouterr()
    assert weighing.rank(type("Options", (), {"request": str(tmp_path / "data.json")})()) == 0
    printed = capsys.readouterr().out
    assert sha256(printed.rstrip("\n").encode()).hexdigest() == about["result_sha256"]
    assert [row["number"] for row in json.loads(printed)["blocks"]["ward"]] == [1, 1, 3, None]
    assert (about["criteria"]["number"], len(about["scores"]["W1"]["lines"])) == (1, lines)


def test_a_cycle_that_ranks_nobody_has_no_list(published: Town) -> None:
    browser = published.client("td.officer")
    assert [browser.get(f"/xep-hang/{path}").status for path in ("99", "1?ban=9", "1?khoi=x", "1?trang=9")] == [
        404,
        200,
        200,
        200,
    ]


def test_pages_of_the_cycle_name_its_units(drafted: Town) -> None:
    officer = drafted.client("td.officer")
    for path in ("/chu-ky/1", "/chu-ky", "/chu-ky/1/ho-so", "/chu-ky/1/bao-cao"):
        seen = officer.get(path)
        assert seen.status == 200
        assert "hi đoàn" not in text(seen.soup.main), path
        assert "oàn viên" not in text(seen.soup.main), path
    assert "Phường tham gia" in text(officer.get("/chu-ky/1").soup.main)
