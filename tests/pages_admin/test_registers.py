"""What does the administrator keep? Working days, legal bases, incidents, mails that did not leave."""

from dataclasses import replace
from datetime import date
from typing import ClassVar

import pytest
from bs4 import Tag

from engine.ports.store import NEW, CalendarDay, Delivery, Incident
from engine.use_cases import registers
from tests.pages.town import Town, text
from tests.pages_admin.test_units import errors, newest, send, shown


def calendar(town: Town, year: int) -> dict[str, tuple[str, str, str]]:
    with town.house.read_uow() as uow:
        rows = uow.calendar.days(date(year, 1, 1), date(year, 12, 31))
    return {row.day.isoformat(): (row.kind, row.reason, row.source) for row in rows}


class TestCalendar:
    NEW: ClassVar = {"ngay": "30/04/2026", "loai": "off", "ly_do": "Nghỉ thêm", "can_cu": "Công văn 1/2026"}

    def test_a_year_is_shown_with_the_source_of_each_day(self, young: Town) -> None:
        browser = young.client("quantri")
        seen = browser.get("/quan-tri/lich?nam=2026")
        assert (seen.title, len(shown(seen, ".ck-list li"))) == ("Lịch làm việc năm 2026", len(calendar(young, 2026)))
        assert any(row.startswith("Thứ Tư, 02/09/2026 : Quốc khánh") for row in shown(seen, ".ck-list li"))
        assert browser.get("/quan-tri/lich").title == "Lịch làm việc năm 2026"

    def test_an_empty_year_says_what_to_do(self, young: Town) -> None:
        for role, said in (
            ("quantri", "Hãy nạp các ngày nghỉ lễ theo luật"),
            ("thanhdoan", "Người quản trị nhập ngày nghỉ lễ"),
        ):
            assert said in text(young.client(role).get("/quan-tri/lich?nam=2100").soup.main)

    def test_an_empty_year_begins_with_what_the_law_names(self, town: Town) -> None:
        browser = town.client("quantri")
        page = "/quan-tri/lich?nam=2031"
        assert calendar(town, 2031) == {}
        done = send(browser, page, "/quan-tri/lich/nap")
        assert done.url == f"{page}&tb=da-luu"
        assert calendar(town, 2031)["2031-09-02"][:2] == ("off", "Quốc khánh")
        assert newest(town, 1)[0].facts == {"year": 2031, "count": len(calendar(town, 2031))}
        again = browser.post("/quan-tri/lich/nap", {"nam": "2031"})
        assert (again.status, "Lịch năm 2031 đã có dòng" in text(again.soup.main)) == (409, True)
        assert [browser.post("/quan-tri/lich/nap", {"nam": year}).status for year in ("", "1999", "x")] == [404] * 3

    def test_those_who_only_look_find_nothing_to_press(self, young: Town) -> None:
        seen = young.client("thanhdoan").get("/quan-tri/lich?nam=2026")
        assert [seen.soup.select("main form"), [x for x in seen.links() if x.startswith("/quan-tri/lich/")]] == [[], []]

    def test_a_day_is_added_changed_and_taken_out(self, town: Town) -> None:
        browser = town.client("quantri")
        page = "/quan-tri/lich?nam=2026"
        assert send(browser, page, page, **(self.NEW | {"ngay": "24/12/2026"})).url == f"{page}&tb=da-luu"
        assert calendar(town, 2026)["2026-12-24"] == ("off", "Nghỉ thêm", "Công văn 1/2026")
        path = "/quan-tri/lich/2026-12-24"
        assert send(browser, path, path, ngay="26/12/2026", loai="work").status == 303
        after = calendar(town, 2026)
        assert ("2026-12-24" in after, after["2026-12-26"]) == (False, ("work", "Nghỉ thêm", "Công văn 1/2026"))
        assert browser.post("/quan-tri/lich/2026-12-26/xoa").url == f"{page}&tb=da-xoa"
        assert "2026-12-26" not in calendar(town, 2026)
        assert [line.event for line in newest(town, 3)] == ["calendar_changed", "calendar_changed", "calendar_removed"]
        assert newest(town, 2)[0].facts == {
            "day": date(2026, 12, 26),
            "kind": "work",
            "reason": "Nghỉ thêm",
            "source": "Công văn 1/2026",
            "old_day": date(2026, 12, 24),
            "old_kind": "off",
            "old_reason": "Nghỉ thêm",
        }

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({"ngay": ""}, ["Nhập “Ngày”."]),
            ({"ngay": "31/04/2026"}, ["“Ngày” phải là ngày có thật, ví dụ 05/01/2027."]),
            ({"ngay": "02/09/2026"}, ["Ngày 02/09/2026 đã có dòng trong lịch: hãy sửa dòng đó."]),
            ({"ngay": "24/12/2026", "loai": "nửa ngày"}, ["“Loại ngày”: chọn một mục trong danh sách."]),
            ({"ngay": "24/12/2026", "ly_do": " ", "can_cu": ""}, ["Nhập “Lý do”.", "Nhập “Văn bản quy định”."]),
        ],
    )
    def test_a_bad_day_is_refused_with_its_reason(self, young: Town, sent: dict[str, str], said: list[str]) -> None:
        page = "/quan-tri/lich?nam=2026"
        seen = send(young.client("quantri"), page, page, **(self.NEW | sent))
        assert (seen.status, errors(seen)) == (422, said)

    @pytest.mark.parametrize("day", ["2026-12-31", "hom-nay", "2026-02-30"])
    def test_a_day_without_a_row_is_not_found(self, young: Town, day: str) -> None:
        assert young.client("quantri").get(f"/quan-tri/lich/{day}").status == 404

    def test_changing_a_day_does_not_overwrite_another(self, town: Town) -> None:
        with town.house.open_uow() as uow:
            uow.calendar.put([CalendarDay(day=date(2026, 12, 24), kind="off", reason="A", source="B")])
        path = "/quan-tri/lich/2026-12-24"
        seen = send(town.client("quantri"), path, path, ngay="02/09/2026")
        assert errors(seen) == ["Ngày 02/09/2026 đã có dòng trong lịch: hãy sửa dòng đó."]

    def test_a_day_belongs_to_a_unit_and_all_below_it(self, town: Town) -> None:
        browser = town.client("quantri")
        page = "/quan-tri/lich?nam=2026"
        with town.house.read_uow() as uow:
            unit = next(u for u in uow.units.all() if u.parent_id is not None)
        sent = self.NEW | {"ngay": "24/12/2026"}
        assert errors(send(browser, page, page, **(sent | {"don_vi": "khong-co"}))) == [
            "Không có đơn vị mang mã khong-co."
        ]
        assert send(browser, page, page, **(sent | {"don_vi": unit.code})).status == 303
        assert send(browser, page, page, **sent).status == 303  # the same day for all is another row
        assert errors(send(browser, page, page, **(sent | {"don_vi": unit.code}))) == [
            "Ngày 24/12/2026 đã có dòng trong lịch: hãy sửa dòng đó."
        ]
        (row,) = shown(browser.get(page), ".ck-of-units li")
        assert f"{unit.name} và đơn vị trực thuộc" in row
        path = f"/quan-tri/lich/2026-12-24?don_vi={unit.code}"
        assert path in browser.get(page).links()
        assert send(browser, path, path, ly_do="Đại hội").status == 303
        assert newest(town, 1)[0].facts == {
            "day": date(2026, 12, 24), "kind": "off", "reason": "Đại hội", "source": "Công văn 1/2026", "unit": unit.name,
            "old_day": date(2026, 12, 24), "old_kind": "off", "old_reason": "Nghỉ thêm",
        }  # fmt: skip
        assert browser.post(f"/quan-tri/lich/2026-12-24/xoa?don_vi={unit.code}").status == 303
        assert (browser.get(path).status, "2026-12-24" in calendar(town, 2026)) == (404, True)
        assert town.client("thanhdoan").post(page, sent | {"don_vi": unit.code}).status == 403

    def test_a_day_that_law_is_not_sure_of_is_switched_off_and_on(self, town: Town) -> None:
        browser = town.client("quantri")
        page = "/quan-tri/lich?nam=2026"
        before = calendar(town, 2026)

        def marked() -> list[str]:
            return [row for row in shown(browser.get(page), ".ck-list li") if "Bật, tắt được" in row]

        assert [row.partition(" : ")[0] for row in marked()] == ["Thứ Ba, 24/11/2026"]
        assert "Ngày nghỉ" in marked()[0]
        switch = {"ngay": "2026-11-24"}
        assert town.client("thanhdoan").post("/quan-tri/lich/bat-tat", switch).status == 403
        assert browser.post("/quan-tri/lich/bat-tat", switch).status == 303
        assert ("2026-11-24" in calendar(town, 2026), "Đang tắt" in marked()[0]) == (False, True)
        assert browser.post("/quan-tri/lich/bat-tat", switch).status == 303
        assert calendar(town, 2026) == before
        for wrong in ("2026-09-02", "2025-11-24", "", "khong"):
            assert browser.post("/quan-tri/lich/bat-tat", {"ngay": wrong}).status == 404


class TestLegalBases:
    def key(self, town: Town) -> str:
        with town.house.read_uow() as uow:
            return uow.decisions.bases()[0].key

    def test_samples_are_marked_and_cited_documents_named(self, young: Town) -> None:
        rows = shown(young.client("vanthu").get("/quan-tri/can-cu"), ".ck-list li")
        assert (len(rows), all("MẪU" in row and "Đủ số, ngày" in row for row in rows)) == (2, True)
        assert all(f"Quyết định về việc công nhận Chi đoàn xã hội chủ nghĩa, Đoàn viên xã hội chủ nghĩa – {young.model.name}" in row for row in rows)  # fmt: skip

    def test_number_and_date_are_entered_and_the_mark_taken_off(self, town: Town) -> None:
        browser = town.client("thanhdoan")
        path = f"/quan-tri/can-cu/{self.key(town)}"
        values = dict(browser.get(path).form(path))
        assert values["mau"] == ["true"]
        del values["mau"]
        done = browser.post(path, values | {"so": "15-ĐA/TU", "ngay": "1/8/2025"})
        assert done.url == "/quan-tri/can-cu?tb=da-luu"
        with town.house.read_uow() as uow:
            basis = uow.decisions.basis(self.key(town))
        assert basis is not None
        assert (basis.number, basis.dated, basis.sample) == ("15-ĐA/TU", date(2025, 8, 1), False)
        assert newest(town, 1)[0].event == "basis_changed"

    def test_a_basis_without_number_is_said_to_be_missing_everywhere(self, town: Town) -> None:
        browser = town.client("quantri")
        path = f"/quan-tri/can-cu/{self.key(town)}"
        assert send(browser, path, path, so="", ngay="").status == 303
        assert "Còn thiếu" in text(browser.get("/quan-tri/can-cu").soup.main)
        assert "1 căn cứ còn thiếu" in text(browser.get("/quan-tri").soup.main)

    def test_a_cited_basis_that_nobody_entered_can_be_entered(self, town: Town) -> None:
        """The first day of a real installation: the register is empty, the models cite."""
        with town.house.open_uow() as uow:
            for basis in uow.decisions.bases():
                town.house.session(uow).connection().exec_driver_sql(
                    "DELETE FROM ck_legal_basis WHERE key = ?", (basis.key,)
                )
        browser = town.client("quantri")
        links = sorted(link for link in browser.get("/quan-tri/can-cu").links() if link.startswith("/quan-tri/can-cu/"))
        assert len(links) == 2
        done = send(browser, links[0], links[0], ten="Đề án", so="1-ĐA/TU", ngay="01/08/2025", co_quan="Thành ủy")
        assert done.status == 303
        with town.house.read_uow() as uow:
            assert [(b.name, b.complete, b.sample) for b in uow.decisions.bases()] == [("Đề án", True, False)]

    def test_what_is_wrong_is_said(self, young: Town) -> None:
        path = f"/quan-tri/can-cu/{self.key(young)}"
        browser = young.client("quantri")
        assert errors(send(browser, path, path, ten="", co_quan=" ")) == [
            "Nhập “Tên văn bản”.",
            "Nhập “Cơ quan ban hành”.",
        ]
        assert errors(send(browser, path, path, ngay="32/01/2025")) == [
            "“Ngày ban hành” phải là ngày có thật, ví dụ 05/01/2027."
        ]

    def test_an_unknown_basis_is_not_found(self, young: Town) -> None:
        assert young.client("quantri").get("/quan-tri/can-cu/khong-co").status == 404


class TestIncidents:
    def opened(self, town: Town) -> tuple[int, str]:
        """An incident about a timer that waits no more."""
        with town.house.open_uow() as uow:
            dossier = uow.dossiers.of_cycle(uow.cycles.all()[0].id)[0]
            incident = uow.incidents.add(
                Incident(
                    id=NEW,
                    kind="process",
                    instance_id=None,
                    decision_id=None,
                    dossier_id=dossier.id,
                    reason="x < 3: nothing named <b>x</b>",
                    payload={"timer": "i1:t"},
                    opened_at=town.clock(),
                    resolved_at=None,
                    resolution="",
                )
            )
            return incident.id, f"/ho-so/{dossier.id}"

    def test_it_says_what_failed_and_leads_there(self, town: Town) -> None:
        number, dossier = self.opened(town)
        browser = town.client("quantri")
        seen = browser.get("/quan-tri/su-co")
        assert "x < 3: nothing named <b>x</b>" in text(seen.soup.main)
        assert dossier in seen.links()
        assert "1 đang chờ" in text(browser.get("/quan-tri").soup.main)
        done = browser.post(f"/quan-tri/su-co/{number}/lam-lai")
        assert done.url == "/quan-tri/su-co?tb=lam-lai"
        after = text(browser.get("/quan-tri/su-co").soup.main)
        assert "Không có sự cố nào." in after
        assert "Đã cho làm lại" in text(browser.get("/quan-tri/su-co?loai=da-xong").soup.main)

    def test_it_is_settled_by_hand_with_a_reason(self, town: Town) -> None:
        number, _ = self.opened(town)
        browser = town.client("quantri")
        path = f"/quan-tri/su-co/{number}/xu-ly"
        wrong = send(browser, path, path, cach=" ")
        assert (wrong.status, errors(wrong)) == (422, ["Nhập “Cách xử lý”."])
        assert send(browser, path, path, cach="Đã gọi điện cho chi đoàn.").url == "/quan-tri/su-co?tb=da-giai-quyet"
        assert "Đã gọi điện cho chi đoàn." in text(browser.get("/quan-tri/su-co?loai=da-xong").soup.main)
        assert newest(town, 1)[0].event == "incident_resolved"
        again = browser.post(path, {"cach": "Lần nữa"})
        assert (again.status, "Sự cố này đã được giải quyết." in text(again.soup.main)) == (409, True)


class TestOutbox:
    def queued(self, town: Town, *states: str) -> list[int]:
        made = []
        with town.house.open_uow() as uow:
            account = uow.accounts.find_username("bithu")
            assert account is not None
            for place, state in enumerate(states):
                delivery = uow.outbox.add(
                    Delivery(
                        id=NEW,
                        key=f"thu-{place}",
                        account_id=account.id,
                        address="an@example.vn",
                        message_id=f"m{place}",
                        subject=f"Thư {place}",
                        text="…",
                        html="",
                        state=state,
                        attempts=8,
                        error="550 no such user" if state == "dead" else "",
                        created_at=town.clock(),
                        sent_at=None,
                        work_item_id=None,
                    )
                )
                assert delivery is not None
                made.append(delivery.id)
        return made

    def states(self, town: Town) -> list[str]:
        with town.house.read_uow() as uow:
            return [row.state for row in sorted(uow.queries.deliveries([], limit=100)[0], key=lambda row: row.id)]

    def test_an_empty_outbox_says_so(self, young: Town) -> None:
        assert "Chưa có thư nào." in text(young.client("quantri").get("/quan-tri/thu").soup.main)

    def test_mails_are_listed_by_state_with_their_error(self, town: Town) -> None:
        self.queued(town, "sent", "dead", "failed")
        browser = town.client("quantri")
        seen = browser.get("/quan-tri/thu")
        assert [row.split(" Người")[0].split(" ")[:2] for row in shown(seen, ".ck-list li")] == [
            ["Thư", "2"],
            ["Thư", "1"],
            ["Thư", "0"],
        ]
        dead = browser.get("/quan-tri/thu?tt=dead")
        assert (len(shown(dead, ".ck-list li")), "550 no such user" in text(dead.soup.main)) == (1, True)
        assert shown(seen, ".ck-chips a") == ["Tất cả 3", "Không gửi được 1", "Gửi lỗi, sẽ thử lại 1", "Đã gửi 1"]
        assert "Không có thư nào ở tình trạng này." in text(browser.get("/quan-tri/thu?tt=queued").soup.main)
        assert "2 chưa gửi được" in text(browser.get("/quan-tri").soup.main)

    def test_one_is_sent_again_and_leaves(self, town: Town) -> None:
        sent, dead = self.queued(town, "sent", "dead")
        browser = town.client("quantri")
        assert browser.post(f"/quan-tri/thu/{dead}/gui-lai").url == "/quan-tri/thu?tb=gui-lai"
        assert self.states(town) == ["sent", "queued"]
        town.house.work_off()
        assert self.states(town) == ["sent", "sent"]
        again = browser.post(f"/quan-tri/thu/{sent}/gui-lai")
        assert (again.status, "không bị vướng" in text(again.soup.main)) == (409, True)

    def test_what_came_back_is_seen_by_its_person_and_sent_again_to_the_corrected_address(self, town: Town) -> None:
        with town.house.open_uow() as uow:
            account = uow.accounts.find_username("bithu")
            assert account is not None
            uow.accounts.save(replace(account, email="nham@example.vn"))
        [dead] = self.queued(town, "dead")
        with town.house.open_uow() as uow:
            uow.outbox.save(replace(uow.outbox.get(dead), account_id=account.id, address="nham@example.vn"))
        own = text(town.client("bithu").get("/toi/nhac").soup.main)
        assert "không đến được nham@example.vn: 550 no such user" in own
        seen = text(town.client("doancoso").get(f"/don-vi/tai-khoan/{account.id}").soup.main)
        assert "không đến được người này. Máy chủ thư trả lời: 550 no such user" in seen
        with town.house.open_uow() as uow:
            uow.accounts.save(replace(uow.accounts.get(account.id), email="dung@example.vn"))
        assert town.client("quantri").post(f"/quan-tri/thu/{dead}/gui-lai").status == 303
        town.house.work_off()
        with town.house.read_uow() as uow:
            again = uow.outbox.get(dead)
        assert (again.state, again.address) == ("sent", "dung@example.vn")
        assert "không đến được" not in text(town.client("bithu").get("/toi/nhac").soup.main)

    def test_a_mail_that_a_later_server_returned_is_no_longer_among_the_sent(self, town: Town) -> None:
        self.queued(town, "sent")

        def noted(message_id: str) -> bool:
            with town.house.open_uow() as uow:
                return registers.came_back(uow, message_id, "552 hộp thư đầy", now=town.clock()) is not None

        assert [noted("khong-phai-cua-ta"), noted("m0"), noted("m0")] == [False, True, False]
        assert "552 hộp thư đầy" in text(town.client("quantri").get("/quan-tri/thu?tt=dead").soup.main)
        assert "Thư “Thư 0” gửi đến" in text(town.client("quantri").get("/nhat-ky").soup.main)
        assert self.states(town) == ["dead"]

    def test_all_that_were_given_up_are_sent_again(self, town: Town) -> None:
        self.queued(town, "dead", "sent", "dead", "failed")
        assert town.client("quantri").post("/quan-tri/thu/gui-lai-tat-ca").status == 303
        assert self.states(town) == ["queued", "sent", "queued", "failed"]


def test_a_mailed_reset_that_failed_for_good_can_be_tried_again(town: Town) -> None:
    """A retried incident promises the job that failed, whichever it was."""
    with town.house.open_uow() as uow:
        account = uow.accounts.find_username("bithu")
        assert account is not None
        uow.accounts.save(replace(account, email="an@example.vn"))
        incident = uow.incidents.add(
            Incident(
                id=NEW,
                kind="reset",
                instance_id=None,
                decision_id=None,
                dossier_id=None,
                reason="the mail server is away",
                payload={"account_id": account.id, "key": "reset:1", "asked_at": town.clock().isoformat()},
                opened_at=town.clock(),
                resolved_at=None,
                resolution="",
            )
        )
    browser = town.client("quantri")
    heading = browser.get("/quan-tri/su-co").soup.select_one(".ck-card__title")
    assert isinstance(heading, Tag)
    assert text(heading) == "Thư đặt lại mật khẩu"
    assert browser.post(f"/quan-tri/su-co/{incident.id}/lam-lai").status == 303
    town.house.work_off()
    mails = list((town.house.settings.data / "mail").glob("*.eml"))
    assert ["an@example.vn" in mail.read_text() for mail in mails] == [True]
