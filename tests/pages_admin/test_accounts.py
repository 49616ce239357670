"""How are people given accounts, positions and slips? A slip is shown once and opens the door once."""

from dataclasses import replace

import pytest

from engine.rules.units import Position
from tests.pages.town import Browser, Seen, Town, text
from tests.pages_admin.test_units import errors, newest, pasted, send, shown

BRANCH = 3


def position(town: Town, username: str) -> Position:
    with town.house.read_uow() as uow:
        account = uow.accounts.find_username(username)
        assert account is not None
        return uow.accounts.positions(account.id)[-1]


def signs_in(town: Town, username: str, code: str) -> Seen:
    """What the door says to a user name and a code."""
    browser = town.client()
    form = browser.get("/dang-nhap").form("/dang-nhap")
    return browser.post("/dang-nhap", form | {"ten": username, "mat_khau": code})


def code_on(seen: Seen) -> str:
    (code,) = shown(seen, ".ck-slip__code")
    return code


class TestLists:
    def test_the_list_holds_those_whom_one_looks_after(self, young: Town) -> None:
        rows = {role: young.client(role).get("/don-vi/tai-khoan") for role in ("thanhdoan", "doancoso", "quantri")}
        assert {role: text(seen.soup.select_one("[role=status]")) for role, seen in rows.items()} == {
            "thanhdoan": "6 người giữ chức vụ.",
            "doancoso": "12 người giữ chức vụ.",
            "quantri": "24 người giữ chức vụ.",
        }
        assert len(shown(rows["doancoso"], ".ck-row__title")) == 12

    def test_people_are_found_without_marks(self, young: Town) -> None:
        with young.house.read_uow() as uow:
            account = uow.accounts.find_username("bithu")
            assert account is not None
        browser = young.client("quantri")
        assert shown(browser.get("/don-vi/tai-khoan?tim=BITHU"), ".ck-row__title").count(account.full_name) == 1
        assert "Không có ai khớp" in text(browser.get("/don-vi/tai-khoan?tim=khongcoai").soup.main)

    def test_many_accounts_come_in_from_a_list_with_a_slip_each(self, town: Town) -> None:
        browser = town.client("doancoso")
        path = "/don-vi/tai-khoan/nhap"
        rows = pasted(
            ("Họ tên", "Tên đăng nhập", "Email", "Mã đơn vị", "Chức vụ"),
            ("Trần Thị Hoa", "tranhoa", "hoa@example.vn", "P001-01", "Phó bí thư"),
            ("Lê  Văn Biên", "levanbien", "", "P001-02", "phó bí thư"),
        )
        look = send(browser, path, path, danh_sach=rows)
        assert (look.status, shown(look, "tbody tr")) == (
            200,
            [
                "1 Trần Thị Hoa tranhoa hoa@example.vn P001-01 Phó Bí thư",
                "2 Lê Văn Biên levanbien – P001-02 Phó Bí thư",
            ],
        )
        with town.house.read_uow() as uow:
            assert uow.accounts.find_username("tranhoa") is None
        done = browser.post(path, {"danh_sach": rows, "xac_nhan": "1"})
        assert (done.status, len(shown(done, ".ck-slip")), done.headers["cache-control"]) == (200, 2, "no-store")
        assert "Trần Thị Hoa" in shown(done, ".ck-slip")[0]
        assert "Phó Bí thư, Chi đoàn Tổ dân phố số 1" in shown(done, ".ck-slip")[0]
        codes = shown(done, ".ck-slip__code")
        assert codes[0] != codes[1]
        # The slip opens the door once, and then a password has to be chosen.
        first = signs_in(town, "tranhoa", codes[0].lower())
        assert (first.status, first.url) == (303, "/")
        assert signs_in(town, "tranhoa", codes[0]).status == 422
        # Sent once more, nobody is made twice.
        again = browser.post(path, {"danh_sach": rows, "xac_nhan": "1"})
        assert (again.status, errors(again)[0]) == (422, "Dòng 1: Tên đăng nhập tranhoa đã có người dùng.")

    def test_faults_stand_in_their_cells_and_no_account_is_made(self, town: Town) -> None:
        path = "/don-vi/tai-khoan/nhap"
        rows = pasted(
            ("", "bithu", "không phải thư", "P001-01", "Bí thư"),
            ("Nguyễn A", "có cách", "", "KHONG", "Trưởng ban"),
            ("Nguyễn B", "nguyenb", "", "X001-01", "Bí thư"),
            ("Nguyễn C", "nguyenc", "", "P001-01", "Quản trị hệ thống"),
            ("Nguyễn D", "nguyenb", "", "", ""),
            ("Nguyễn E", "nguyene", "", "P001-01", "Bí thư"),
        )
        look = send(town.client("doancoso"), path, path, danh_sach=rows, xac_nhan="1")
        assert (look.status, errors(look)) == (
            422,
            [
                "Dòng 1: Nhập “Họ và tên”.",
                "Dòng 1: Tên đăng nhập bithu đã có người dùng.",
                "Dòng 1: Địa chỉ thư điện tử chưa đúng, ví dụ ten@vidu.vn.",
                "Dòng 2: Tên đăng nhập không được có dấu cách và dài nhất 60 ký tự.",
                "Dòng 2: Không có đơn vị mang mã KHONG.",
                "Dòng 2: Không có loại “Trưởng ban”: hãy dùng đúng tên trong danh sách.",
                "Dòng 3: Chỉ cán bộ của đơn vị cấp trên hoặc người quản trị mới được quản lý tài khoản này.",
                "Dòng 4: Không có loại “Quản trị hệ thống”: hãy dùng đúng tên trong danh sách.",
                "Dòng 5: Tên đăng nhập nguyenb đã có người dùng.",
                "Dòng 5: Nhập “Mã đơn vị”.",
                "Dòng 5: Nhập “Chức vụ”.",
            ],
        )
        with town.house.read_uow() as uow:
            assert uow.accounts.find_username("nguyene") is None


class TestAccount:
    def test_a_new_slip_takes_the_old_password_and_every_session(self, town: Town) -> None:
        with town.house.read_uow() as uow:
            account = uow.accounts.find_username("bithu")
            assert account is not None
        person = town.client("bithu")
        assert person.get("/toi").status == 200
        seen = town.client("kyso").post(f"/don-vi/tai-khoan/{account.id}/phieu")
        assert (seen.status, seen.title) == (200, "Phiếu đăng nhập")
        assert "Bí thư, Chi đoàn Tổ dân phố số 1" in shown(seen, ".ck-slip")[0]
        assert person.get("/toi").url.startswith("/dang-nhap")
        assert signs_in(town, "bithu", code_on(seen)).url == "/"

    def test_a_closed_account_is_out_at_once_and_can_be_opened_again(self, town: Town) -> None:
        with town.house.read_uow() as uow:
            account = uow.accounts.find_username("bithu")
            assert account is not None
        browser, person = town.client("doancoso"), town.client("bithu")
        path = f"/don-vi/tai-khoan/{account.id}"
        assert browser.post(f"{path}/khoa").url == f"{path}?tb=da-luu"
        assert person.get("/toi").url.startswith("/dang-nhap")
        assert "Đã khóa" in text(browser.get(path).soup.main)
        assert browser.post(f"{path}/mo").status == 303
        assert "Khóa tài khoản" in shown(browser.get(path), "h2")

    def test_nobody_closes_or_renews_their_own(self, town: Town) -> None:
        browser = town.client("quantri")
        with town.house.read_uow() as uow:
            account = uow.accounts.find_username("quantri")
            assert account is not None
        path = f"/don-vi/tai-khoan/{account.id}"
        assert [browser.post(f"{path}/{act}").status for act in ("khoa", "phieu")] == [403, 403]
        assert "Đây là tài khoản của bạn" in text(browser.get(path).soup.main)

    def test_name_and_address_are_corrected(self, town: Town) -> None:
        browser = town.client("doancoso")
        path = f"/don-vi/tai-khoan/{position(town, 'bithu').account_id}/sua"
        wrong = send(browser, path, path, ho_ten=" ", thu="không")
        assert (wrong.status, errors(wrong)) == (
            422,
            ["Nhập “Họ và tên”.", "Địa chỉ thư điện tử chưa đúng, ví dụ ten@vidu.vn."],
        )
        assert send(browser, path, path, ho_ten="Nguyễn  Thị Mai", thu="mai@example.vn").status == 303
        with town.house.read_uow() as uow:
            account = uow.accounts.find_username("bithu")
            assert account is not None
            assert (account.full_name, account.email) == ("Nguyễn Thị Mai", "mai@example.vn")

    def test_who_also_holds_something_elsewhere_is_out_of_reach(self, town: Town) -> None:
        """Else a base union could take an officer's account over by giving them a small position."""
        account = position(town, "thanhdoan").account_id
        give = send(
            town.client("doancoso"),
            f"/don-vi/{BRANCH}/bo-nhiem",
            f"/don-vi/{BRANCH}/bo-nhiem",
            chuc_vu="deputy_secretary",
            ai="cu",
            ten_dang_nhap="thanhdoan",
            ngay="05/11/2026",
        )
        assert give.status == 303
        browser = town.client("doancoso")
        path = f"/don-vi/tai-khoan/{account}"
        assert [browser.get(path).status, browser.post(f"{path}/phieu").status] == [403, 403]


class TestPositions:
    PATH = f"/don-vi/{BRANCH}/bo-nhiem"

    def test_a_new_person_gets_account_position_and_slip(self, town: Town) -> None:
        seen = self._appoint(town.client("kyso"), chuc_vu="deputy_secretary", ai="moi", ho_ten="Vũ An", ten_moi="vuan")
        assert (seen.status, seen.title) == (200, "Phiếu đăng nhập")
        held = position(town, "vuan")
        assert (held.unit_id, held.role, str(held.from_day), held.until_day) == (
            BRANCH,
            "deputy_secretary",
            "2026-11-05",
            None,
        )

    def test_a_known_person_gets_a_position_from_a_day(self, town: Town) -> None:
        done = self._appoint(
            town.client("kyso"), chuc_vu="deputy_secretary", ai="cu", ten_dang_nhap="BiThuTruong", ngay="1/12/2026"
        )
        held = position(town, "bithutruong")
        assert (done.url, held.unit_id, str(held.from_day)) == (f"/don-vi/{BRANCH}?tb=da-luu", BRANCH, "2026-12-01")

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({}, ["Chọn “Người giữ chức vụ”."]),
            ({"ai": "cu"}, ["Chọn “Chức vụ”."]),
            ({"ai": "cu", "chuc_vu": "administrator"}, ["Chọn “Chức vụ”."]),
            ({"ai": "cu", "chuc_vu": "secretary"}, ["Nhập “Tên đăng nhập”."]),
            ({"ai": "cu", "chuc_vu": "secretary", "ten_dang_nhap": "ai"}, ["Không có tài khoản mang tên đăng nhập ai."]),
            ({"ai": "cu", "chuc_vu": "secretary", "ten_dang_nhap": "bithu"}, ["Người này đang giữ chức vụ đó rồi."]),
            ({"ai": "cu", "chuc_vu": "secretary", "ten_dang_nhap": "kyso", "ngay": "30/2/2026"}, ["“Giữ chức vụ từ ngày” phải là ngày có thật, ví dụ 05/01/2027."]),
            ({"ai": "moi", "chuc_vu": "secretary"}, ["Nhập “Họ và tên”.", "Nhập “Tên đăng nhập”."]),
            ({"ai": "moi", "chuc_vu": "secretary", "ho_ten": "A", "ten_moi": "bithu"}, ["Tên đăng nhập bithu đã có người dùng."]),
        ],
    )  # fmt: skip
    def test_a_bad_appointment_is_refused_with_its_reason(
        self, young: Town, sent: dict[str, str], said: list[str]
    ) -> None:
        seen = self._appoint(young.client("kyso"), **sent)
        assert (seen.status, errors(seen)) == (422, said)

    def test_a_position_ends_on_its_last_day(self, town: Town) -> None:
        browser = town.client("doancoso")
        path = f"/don-vi/{BRANCH}/chuc-vu/{position(town, 'bithu').id}/ket-thuc"
        wrong = send(browser, path, path, ngay="01/01/2020")
        assert errors(wrong) == ["Ngày kết thúc không được trước ngày bắt đầu giữ chức vụ (01/01/2023)."]
        assert send(browser, path, path, ngay="04/11/2026").url == f"/don-vi/{BRANCH}?tb=da-luu"
        assert str(position(town, "bithu").until_day) == "2026-11-04"
        seen = browser.get(f"/don-vi/{BRANCH}")
        assert "Chưa có ai giữ chức vụ ở đơn vị này" in text(seen.soup.main)
        assert "Đã thôi giữ chức vụ (1)" in text(seen.soup.main)
        assert town.client("bithu").get(f"/don-vi/{BRANCH}").status == 403

    def test_handing_over_moves_the_open_work_by_itself(self, town: Town) -> None:
        waiting = shown(town.client("bithu").get("/viec"), ".ck-row__title")
        assert waiting != []
        browser = town.client("doancoso")
        path = f"/don-vi/{BRANCH}/chuc-vu/{position(town, 'bithu').id}/ban-giao"
        done = send(browser, path, path, ai="moi", ho_ten="Vũ An", ten_moi="vuan", ngay="05/11/2026")
        assert (done.status, done.title) == (200, "Phiếu đăng nhập")
        assert [str(position(town, "bithu").until_day), str(position(town, "vuan").from_day)] == [
            "2026-11-04",
            "2026-11-05",
        ]
        with town.house.open_uow() as uow:
            account = uow.accounts.find_username("vuan")
            assert account is not None
            uow.accounts.save(replace(account, must_change_password=False))
        assert shown(town.client("vuan").get("/viec"), ".ck-row__title") == waiting
        assert [line.event for line in newest(town, 4)][1:3] == ["position_ended", "account_created"]

    def test_it_is_handed_to_a_known_person_on_a_later_day(self, town: Town) -> None:
        browser = town.client("doancoso")
        path = f"/don-vi/{BRANCH}/chuc-vu/{position(town, 'bithu').id}/ban-giao"
        wrong = send(browser, path, path, ai="cu", ten_dang_nhap="bithutruong", ngay="01/01/2023")
        assert errors(wrong) == ["Ngày phải từ 02/01/2023 trở đi."]
        done = send(browser, path, path, ai="cu", ten_dang_nhap="bithutruong", ngay="01/12/2026")
        assert done.url == f"/don-vi/{BRANCH}?tb=da-luu"
        assert [str(position(town, name).from_day) for name in ("bithutruong",)] == ["2026-12-01"]
        assert str(position(town, "bithu").until_day) == "2026-11-30"

    def test_a_position_of_another_unit_is_not_found_here(self, young: Town) -> None:
        path = f"/don-vi/4/chuc-vu/{position(young, 'bithu').id}/ket-thuc"
        assert young.client("doancoso").get(path).status == 404

    def _appoint(self, browser: Browser, **values: str) -> Seen:
        return send(browser, self.PATH, self.PATH, **values)
