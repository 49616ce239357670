"""How is the tree seen and changed? Branches on demand, search without marks, lists with faults in their cells."""

from io import BytesIO

import pytest
from bs4 import Tag

from documents.spreadsheets import Workbooks
from engine.rules.audit import AuditLine
from engine.rules.units import Unit
from tests.pages.town import Browser, Seen, Town, text

HEADS = ("Mã đơn vị", "Tên đơn vị", "Loại", "Khối đối tượng", "Mã đơn vị cấp trên", "Ký hiệu văn bản", "Địa danh")


def unit(town: Town, code: str) -> Unit:
    with town.house.read_uow() as uow:
        found = uow.units.find_code(code)
    assert found is not None, code
    return found


def newest(town: Town, count: int) -> list[AuditLine]:
    """The newest lines of the log, the oldest of them first."""
    with town.house.read_uow() as uow:
        entries = uow.audit.entries(0, 100_000)
    return [entry.line for entry in entries if entry.line is not None][-count:]


def pasted(*rows: tuple[str, ...]) -> str:
    return "\n".join("\t".join(row) for row in rows)


def errors(seen: Seen) -> list[str]:
    return [text(item) for item in seen.soup.select(".govuk-error-summary li")]


def shown(seen: Seen, selector: str) -> list[str]:
    return [text(item) for item in seen.soup.select(selector)]


def send(browser: Browser, page: str, action: str, **changed: object) -> Seen:
    """Fill the form of a page and send it."""
    values: dict[str, object] = dict(browser.get(page).form(action))
    return browser.post(action, values | changed)


class TestTree:
    def test_the_top_stands_open_and_each_branch_opens_on_demand(self, young: Town) -> None:
        browser = young.client("quantri")
        closed = browser.get("/don-vi")
        assert shown(closed, ".ck-tree .ck-row__main > a") == [
            "Đoàn TNCS Hồ Chí Minh thành phố Hải Phòng",
            "Đoàn phường Sao Mai",
            "Đoàn xã Đồng Lúa",
        ]
        link = closed.soup.select_one("#dv-15 .ck-tree__toggle")
        assert isinstance(link, Tag)
        assert (text(link), link["aria-expanded"]) == ("+ Mở Đoàn xã Đồng Lúa", "false")
        opened = browser.get(str(link["href"]))
        assert shown(opened, "#dv-15 li .ck-row__main > a") == ["Chi đoàn Thôn Đoài 1", "Chi đoàn Thôn Đông 1"]
        # And back again, the rest staying as it was.
        again = opened.soup.select_one("#dv-15 .ck-tree__toggle")
        assert isinstance(again, Tag)
        assert shown(browser.get(str(again["href"])), ".ck-tree a") == shown(closed, ".ck-tree a")

    def test_the_tree_begins_at_ones_own_units(self, young: Town) -> None:
        for role, top in (("doancoso", "Đoàn phường Sao Mai"), ("bithu", "Chi đoàn Tổ dân phố số 1")):
            assert shown(young.client(role).get("/don-vi"), ".ck-tree .ck-row__main > a")[0] == top

    def test_nothing_outside_ones_scope_opens(self, young: Town) -> None:
        seen = young.client("doancoso").get("/don-vi?mo=2&mo=1&mo=15&mo=x&mo=99999999999999999999")
        assert len(seen.soup.select(".ck-tree li[id]")) == 13

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("tim=thon dong", ["Chi đoàn Thôn Đông 1"]),
            ("tim=THÔN ĐÔNG", ["Chi đoàn Thôn Đông 1"]),
            ("tim=x001", ["Chi đoàn Thôn Đoài 1", "Chi đoàn Thôn Đông 1", "Đoàn xã Đồng Lúa"]),
            ("khoi=school", ["Chi đoàn Trường Trung học cơ sở số 1", "Chi đoàn Trường Trung học cơ sở số 2"]),
            ("loai=base_union", ["Đoàn phường Sao Mai", "Đoàn xã Đồng Lúa"]),
            ("tt=het", []),
            ("tim=100%25_", []),
        ],
    )
    def test_search_needs_no_marks(self, young: Town, query: str, names: list[str]) -> None:
        seen = young.client("quantri").get(f"/don-vi?{query}")
        assert (seen.status, shown(seen, ".ck-row__title")) == (200, names)
        if not names:
            assert "Không có đơn vị nào khớp" in text(seen.soup.main)

    def test_search_finds_ones_own_units_only(self, young: Town) -> None:
        assert shown(young.client("doancoso").get("/don-vi?tim=thon"), ".ck-row__title") == []


class TestUnitPage:
    def test_it_says_who_what_and_how_it_went(self, lived: Town) -> None:
        with lived.house.read_uow() as uow:
            title = uow.titles.held_on(lived.model.key, lived.model.titles[0].key, lived.clock().date())[0]
            branch = uow.units.get(title.unit_id)
            decision = uow.decisions.get(title.decision_id)
        seen = lived.client("kiemtra").get(f"/don-vi/{branch.id}")
        facts = dict(zip(shown(seen, "aside dt"), shown(seen, "aside dd"), strict=True))
        assert (seen.title, facts["Mã đơn vị"], facts["Loại"], facts["Khối đối tượng"]) == (
            branch.name,
            branch.code,
            "Chi đoàn",
            "Khối trường học",
        )
        assert f"năm 2027, từ ngày 19/05/2027; Quyết định số {decision.symbol}" in text(seen.soup.main)
        assert f"/van-ban/{decision.id}" in seen.links()
        assert shown(seen, "main .ck-row__title")[:1] == [f"Năm 2027 – {lived.model.name}"]
        assert "Được công nhận" in shown(seen, "main .ck-tag")

    def test_a_superiors_dossiers_are_told_apart(self, lived: Town) -> None:
        seen = lived.client("quantri").get("/don-vi/2")
        groups = [group.label for group in lived.model.groups]
        section = seen.soup.select_one("ul[aria-label='Kết quả theo năm']")
        assert isinstance(section, Tag)
        rows = [text(row) for row in section.select(".ck-row__meta")]
        assert rows[:2] == [f"Theo dõi, họp xét và công nhận {group}" for group in groups]
        assert rows[2:] == ["Báo cáo của Đoàn cơ sở"]
        assert "Danh hiệu" not in shown(seen, "h2")

    def test_readers_see_no_buttons_and_no_accounts(self, young: Town) -> None:
        seen = young.client("vanthu").get("/don-vi/3")
        assert not [link for link in seen.links() if link.endswith(("/doi-ten", "/bo-nhiem", "/ban-giao"))]
        assert "chưa đặt mật khẩu" not in text(seen.soup.main)

    def test_an_unknown_unit_is_not_found(self, young: Town) -> None:
        assert young.client("quantri").get("/don-vi/999").status == 404


class TestList:
    def test_a_pasted_list_is_looked_at_first_and_then_comes_in(self, town: Town) -> None:
        browser = town.client("doancoso")
        rows = pasted(
            ("Tên", "Mã", "Loại", "Cấp trên", "Khối"),
            ("Chi đoàn  Tổ dân phố số 7", "P001-77", "chi đoàn", "P001", "Dia ban dan cu"),
            ("Chi đoàn Trường Mầm non", "P001-78", "CHI ĐOÀN", "P001", "Khối trường học"),
        )
        look = send(browser, "/don-vi/nhap", "/don-vi/nhap", danh_sach=rows)
        assert (look.status, errors(look), text(look.soup.select_one("main > p"))) == (
            200,
            [],
            "2 đơn vị sẽ được thêm và tham gia các chu kỳ đang mở.",
        )
        assert shown(look, "tbody tr")[0] == "1 P001-77 Chi đoàn Tổ dân phố số 7 Chi đoàn Địa bàn dân cư P001 – –"
        with town.house.read_uow() as uow:
            assert uow.units.find_code("P001-77") is None
        confirm = look.soup.find("input", attrs={"name": "xac_nhan"})
        assert isinstance(confirm, Tag)
        kept = look.soup.find("input", attrs={"name": "danh_sach"})
        assert isinstance(kept, Tag)
        done = browser.post("/don-vi/nhap", {"danh_sach": str(kept["value"]), "xac_nhan": "1"})
        assert (done.status, done.url) == (303, "/don-vi/nhap/xong?so=2&ds=1")
        added = unit(town, "P001-78")
        assert (added.name, added.kind, added.cohort, added.symbol, added.place) == (
            "Chi đoàn Trường Mầm non",
            "branch",
            "school",
            unit(town, "P001").symbol,
            "Hải Phòng",
        )
        # The new branches take part in the cycle that is open.
        with town.house.read_uow() as uow:
            assert len(uow.dossiers.of_unit(added.id)) == 1

    def test_an_excel_file_comes_in_the_same_way(self, town: Town) -> None:
        browser = town.client("quantri")
        row = ["X001-09", "Chi đoàn Thôn Trung", "Chi đoàn", "Địa bàn dân cư", "X001", "", ""]
        sheet = Workbooks().write("Danh sách", HEADS, [row])
        files = {"tep": ("danh sách.xlsx", BytesIO(sheet), "application/octet-stream")}
        look = browser.post("/don-vi/nhap", {"danh_sach": ""}, files=files)
        assert (look.status, shown(look, "tbody tr")) == (
            200,
            ["1 X001-09 Chi đoàn Thôn Trung Chi đoàn Địa bàn dân cư X001 – –"],
        )

    def test_the_sample_file_can_be_read_back(self, young: Town) -> None:
        answer = young.client("quantri").get("/don-vi/nhap/mau.xlsx")
        rows = Workbooks().read(answer.content)
        assert (rows[0][0], rows[1], rows[2][0]) == ("Danh sách đơn vị", HEADS, "P1-01")

    def test_faults_stand_in_their_cells_and_nothing_comes_in(self, town: Town) -> None:
        browser = town.client("doancoso")
        rows = pasted(
            ("P001-01", "Chi đoàn A", "Chi đoàn", "Địa bàn dân cư", "P001"),
            ("P001-80", "", "Chi bộ", "Khối nông dân", "P999"),
            ("P001-81", "Chi đoàn B", "Chi đoàn", "", "X001"),
            ("P001-81", "Chi đoàn C", "Chi đoàn", "", ""),
            ("", "Chi đoàn D", "Chi đoàn", "", "P001"),
            ("P001-82", "Chi đoàn E", "Chi đoàn", "", "P001"),
        )
        look = send(browser, "/don-vi/nhap", "/don-vi/nhap", danh_sach=rows, xac_nhan="1")
        assert (look.status, errors(look)) == (
            422,
            [
                "Dòng 1: Mã P001-01 đã dùng cho đơn vị khác.",
                "Dòng 2: Nhập “Tên đơn vị”.",
                "Dòng 2: Không có loại “Chi bộ”: hãy dùng đúng tên trong danh sách.",
                "Dòng 2: Không có loại “Khối nông dân”: hãy dùng đúng tên trong danh sách.",
                "Dòng 2: Không có đơn vị mang mã P999.",
                "Dòng 3: Chỉ cán bộ của đơn vị này hoặc đơn vị cấp trên mới được sắp xếp đơn vị và con người.",
                "Dòng 4: Mã P001-81 có hai lần trong danh sách.",
                "Dòng 4: Nhập “Mã đơn vị cấp trên”.",
                "Dòng 5: Nhập “Mã đơn vị”.",
            ],
        )
        assert text(look.soup.select_one("#o-2-kind")).startswith("Chi bộ Lỗi: Không có loại")
        assert "5 trên 6 dòng cần sửa" in text(look.soup.main)
        area = look.soup.find("textarea")
        assert isinstance(area, Tag)
        assert "P001-82\tChi đoàn E" in area.get_text()
        with town.house.read_uow() as uow:
            assert uow.units.find_code("P001-82") is None

    @pytest.mark.parametrize(
        ("data", "files", "said"),
        [
            ("", None, "Chưa có dòng nào: hãy dán danh sách hoặc chọn tệp Excel."),
            ("Mã đơn vị\tTên đơn vị\tLoại\tMã đơn vị cấp trên", None, "Chưa có dòng nào: hãy dán danh sách hoặc chọn tệp Excel."),
            ("x", ("a.xlsx", b"not a sheet"), None),
        ],
    )  # fmt: skip
    def test_what_is_no_list_is_refused(
        self, young: Town, data: str, files: tuple[str, bytes] | None, said: str | None
    ) -> None:
        sent = {"tep": (files[0], BytesIO(files[1]))} if files else None
        look = young.client("quantri").post("/don-vi/nhap", {"danh_sach": data}, files=sent)
        assert look.status == 422
        assert errors(look) == [said] if said else len(errors(look)) == 1


class TestChanges:
    def test_one_unit_is_added_below(self, town: Town) -> None:
        browser = town.client("doancoso")
        wrong = send(browser, "/don-vi/2/them", "/don-vi/2/them", ma="P001-01", ten=" ", loai="", khoi="")
        assert (wrong.status, errors(wrong)) == (
            422,
            [
                "Mã P001-01 đã dùng cho đơn vị khác.",
                "Nhập “Tên đơn vị”.",
                "Nhập “Loại”.",
            ],
        )
        done = send(
            browser, "/don-vi/2/them", "/don-vi/2/them", ma="P001-90", ten="Chi đoàn Hoa Phượng", loai="branch", khoi="residential"
        )  # fmt: skip
        added = unit(town, "P001-90")
        assert (done.status, done.url, added.name, added.parent_id) == (
            303,
            f"/don-vi/{added.id}?tb=da-luu",
            "Chi đoàn Hoa Phượng",
            2,
        )
        assert "Đã lưu." in text(browser.get(done.url).soup.main)

    def test_a_renamed_unit_remembers_its_name(self, town: Town) -> None:
        browser = town.client("doancoso")
        assert errors(send(browser, "/don-vi/3/doi-ten", "/don-vi/3/doi-ten", ten=" ")) == ["Nhập “Tên mới”."]
        done = send(browser, "/don-vi/3/doi-ten", "/don-vi/3/doi-ten", ten="Chi đoàn Tổ dân phố Hoa Ban")
        seen = browser.get(done.url)
        assert (done.status, seen.title) == (303, "Chi đoàn Tổ dân phố Hoa Ban")
        assert "Tên trước đây Chi đoàn Tổ dân phố số 1 (đến ngày 05/11/2026)" in text(seen.soup.aside)

    def test_a_moved_unit_takes_its_open_work_along(self, town: Town) -> None:
        browser = town.client("thanhdoan")
        wrong = send(browser, "/don-vi/3/chuyen", "/don-vi/3/chuyen", cap_tren="P001-02", van_ban="")
        assert errors(wrong) == ["Nhập “Số, ngày văn bản”."]
        wrong = send(browser, "/don-vi/3/chuyen", "/don-vi/3/chuyen", cap_tren="P001-02", van_ban="1")
        assert errors(wrong) == [
            "Chi đoàn Trường Trung học cơ sở số 1 không làm cấp trên của đơn vị này được: phải cùng loại với đơn vị cấp "
            "trên hiện nay."
        ]
        done = send(browser, "/don-vi/3/chuyen", "/don-vi/3/chuyen", cap_tren="X001", van_ban="15-QĐ/ĐTN")
        assert (done.status, unit(town, "P001-01").parent_id) == (303, 15)
        line = newest(town, 1)[0]
        assert (line.event, line.facts) == (
            "unit_moved",
            {
                "name": "Chi đoàn Tổ dân phố số 1",
                "old": "Đoàn phường Sao Mai",
                "superior": "Đoàn xã Đồng Lúa",
                "dispatch": "15-QĐ/ĐTN",
            },
        )

    def test_an_officer_moves_nothing_into_a_foreign_branch_of_the_tree(self, town: Town) -> None:
        seen = send(town.client("doancoso"), "/don-vi/3/chuyen", "/don-vi/3/chuyen", cap_tren="X001", van_ban="1")
        assert (seen.status, unit(town, "P001-01").parent_id) == (403, 2)

    def test_dissolving_shows_first_what_ends(self, town: Town) -> None:
        browser = town.client("thanhdoan")
        path = "/don-vi/3/ket-thuc"
        assert errors(send(browser, path, path)) == ["Chọn “Đơn vị kết thúc thế nào”."]
        look = send(browser, path, path, cach="giai-the", ngay="05/11/2026", van_ban="15-QĐ/ĐTN ngày 01/11/2026")
        assert (look.status, look.title, shown(look, "h2")) == (
            200,
            "Giải thể Chi đoàn Tổ dân phố số 1?",
            ["Hồ sơ kết thúc theo 1", "Người thôi giữ chức vụ 1"],
        )
        assert unit(town, "P001-01").until_day is None
        done = browser.post(path, look.form(path))
        assert (done.status, done.url) == (303, "/don-vi/3?tb=da-luu")
        after = browser.get(done.url)
        assert "Đơn vị đã kết thúc hoạt động, hết ngày 05/11/2026." in text(after.soup.main)
        assert "Đơn vị đã sáp nhập, giải thể" in shown(after, "main .ck-tag")
        assert [line.event for line in newest(town, 3)] == ["unit_dissolved", "dissolved", "position_ended"]
        # Who led it signs in, but has nothing more to do there.
        assert town.client("bithu").get("/viec").soup.select(".ck-row__title") == []

    def test_a_base_union_is_merged_with_all_below_it(self, town: Town) -> None:
        browser = town.client("thanhdoan")
        path = "/don-vi/15/ket-thuc"
        alone = send(browser, path, path, cach="giai-the", ngay="05/11/2026", van_ban="1")
        assert (alone.status, shown(alone, ".ck-notice--late")) == (
            409,
            ["Đoàn xã Đồng Lúa còn đơn vị trực thuộc: hãy chuyển các đơn vị đó trước."],
        )
        look = send(browser, path, path, cach="sap-nhap", tiep_nhan="P001", ngay="05/11/2026", van_ban="NQ 1")
        assert shown(look, "main li") [-2:] == ["Chi đoàn Thôn Đông 1", "Chi đoàn Thôn Đoài 1"]  # fmt: skip
        assert browser.post(path, look.form(path)).status == 303
        assert [unit(town, code).parent_id for code in ("X001-01", "X001-02")] == [2, 2]
        ended = unit(town, "X001")
        assert (ended.successor_id, str(ended.until_day)) == (2, "2026-11-05")
        with town.house.read_uow() as uow:
            assert {d.state.value for d in uow.dossiers.of_unit(ended.id)} == {"dissolved"}
            assert uow.work.open_at(ended.id) == []

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({"cach": "sap-nhap", "tiep_nhan": ""}, "Nhập “Mã đơn vị tiếp nhận”."),
            ({"cach": "sap-nhap", "tiep_nhan": "KHONG"}, "Không có đơn vị mang mã KHONG."),
            ({"cach": "sap-nhap", "tiep_nhan": "P001-01"}, "Không có đơn vị mang mã P001-01."),
            ({"cach": "sap-nhap", "tiep_nhan": "X001"}, "Đoàn xã Đồng Lúa không tiếp nhận đơn vị này được: phải cùng loại và không trực thuộc đơn vị kết thúc."),
            ({"cach": "giai-the", "ngay": "06/11/2026"}, "Ngày không được sau hôm nay."),
            ({"cach": "giai-the", "ngay": "31/02/2026"}, "“Ngày hoạt động cuối cùng” phải là ngày có thật, ví dụ 05/01/2027."),
            ({"cach": "giai-the", "ngay": "01/01/1999"}, "Ngày kết thúc không được trước ngày thành lập (01/01/2023)."),
            ({"cach": "giai-the", "van_ban": ""}, "Nhập “Số, ngày văn bản”."),
        ],
    )  # fmt: skip
    def test_a_bad_end_is_refused_with_its_reason(self, young: Town, sent: dict[str, str], said: str) -> None:
        path = "/don-vi/3/ket-thuc"
        values = {"ngay": "05/11/2026", "van_ban": "15-QĐ/ĐTN", "xac_nhan": "1"} | sent
        seen = send(young.client("thanhdoan"), path, path, **values)
        assert (seen.status, errors(seen)) == (422, [said])

    def test_the_top_of_the_tree_stays(self, young: Town) -> None:
        path = "/don-vi/1/ket-thuc"
        values = {"cach": "giai-the", "ngay": "05/11/2026", "van_ban": "1"}
        seen = send(young.client("quantri"), path, path, **values)
        assert (
            seen.status,
            shown(seen, ".ck-notice--late")[0].endswith("không chuyển, sáp nhập hay giải thể được."),
        ) == (
            409,
            True,
        )
