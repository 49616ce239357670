"""The superiors' year: quarterly tables, meeting, decision, reports; slips, cancellation, the city's own work."""

from datetime import date

import pytest

from engine.ports.process import Data
from tests.models.m11.walking import Walk, definition

QUARTERS = {
    "others": {
        "bang_quy_1": date(2027, 4, 1),
        "bang_quy_2": date(2027, 7, 1),
        "bang_quy_3": date(2027, 10, 1),
        "bang_quy_4": date(2027, 11, 1),
    },
    "school": {"bang_quy_4": date(2027, 1, 1), "bang_quy_1": date(2027, 4, 1), "bang_quy_2": date(2027, 5, 1)},
}
MEETING = {"others": date(2027, 11, 12), "school": date(2027, 5, 12)}
LIST_CLOSES = {"others": date(2027, 11, 20), "school": date(2027, 5, 18)}
MET: dict[str, Data] = {"count_met": {"met": 7}, "draft_decision": {"decision_id": 1, "listed": 7}}


def monitored(group: str) -> Walk:
    walk = Walk("nhom_han", group=group, answers=MET)
    for node, day in QUARTERS[group].items():
        walk.until(day).does(node)
    return walk


@pytest.mark.parametrize("group", ["others", "school"])
def test_quarterly_tables_open_by_the_quarters_of_the_group(group: str) -> None:
    walk = Walk("nhom_han", group=group)
    opened: dict[str, date] = {}
    for day in sorted(QUARTERS[group].values()):
        before = set(walk.until(date.fromordinal(day.toordinal() - 1)).open)
        opened |= dict.fromkeys(set(walk.until(day).open) - before, day)
    assert opened == QUARTERS[group]


@pytest.mark.parametrize("group", ["others", "school"])
def test_meeting_list_decision_and_archive(group: str) -> None:
    walk = monitored(group).until(MEETING[group])
    seen = [walk.open, walk.does("hop_xet").open]
    seen.append(walk.until(date.fromordinal(LIST_CLOSES[group].toordinal() - 1)).open)
    seen.append(walk.until(LIST_CLOSES[group]).open)
    seen.append(walk.does("chot_danh_sach").open)
    seen.append(walk.does("ky_quyet_dinh.ky", outcome="sign").open)
    assert seen == [["hop_xet"], [], [], ["chot_danh_sach"], ["ky_quyet_dinh.ky"], ["luu_ho_so"]]
    assert walk.does("luu_ho_so").finished == ("ket_thuc_nhom",)
    assert walk.asked == [
        "publish_results",
        "count_met",
        "draft_decision",
        "issue_decision",
        "grant_titles",
        "issue_certificates",
        "close",
    ]


def test_the_meeting_and_the_decision_name_their_documents() -> None:
    nodes = definition().processes["nhom_han"].nodes
    assert {n.properties["document"] for n in nodes.values() if "document" in n.properties} == {
        "bien-ban-hop-xet",
        "quyet-dinh-cong-nhan",
        "giay-chung-nhan",
    }


def test_a_returned_draft_goes_back_to_the_list() -> None:
    walk = monitored("others").until(MEETING["others"]).does("hop_xet").until(LIST_CLOSES["others"])
    walk.does("chot_danh_sach").does("ky_quyet_dinh.ky", outcome="return", reason="Sai tên một chi đoàn.")
    assert walk.open == ["chot_danh_sach"]
    walk.does("chot_danh_sach").does("ky_quyet_dinh.ky", outcome="sign").does("luu_ho_so")
    assert (walk.finished, walk.asked.count("draft_decision")) == (("ket_thuc_nhom",), 2)


def test_without_a_branch_that_met_there_is_no_decision() -> None:
    walk = Walk("nhom_han", group="school", answers={"count_met": {"met": 0}})
    for node, day in QUARTERS["school"].items():
        walk.until(day).does(node)
    walk.until(MEETING["school"]).does("hop_xet").until(LIST_CLOSES["school"]).does("chot_danh_sach")
    assert (walk.finished, walk.asked) == (("ket_thuc_nhom",), ["publish_results", "count_met", "close"])


def test_missing_tables_hold_up_neither_meeting_nor_decision_and_are_dropped_at_the_last_door() -> None:
    walk = Walk("nhom_han", answers=MET).until(MEETING["others"])
    assert walk.open == ["bang_quy_1", "bang_quy_2", "bang_quy_3", "bang_quy_4", "hop_xet"]
    walk.does("hop_xet").until(LIST_CLOSES["others"]).does("chot_danh_sach")
    walk.does("ky_quyet_dinh.ky", outcome="sign").does("luu_ho_so")
    assert walk.open == ["bang_quy_1", "bang_quy_2", "bang_quy_3", "bang_quy_4"]
    assert walk.until(date(2028, 1, 1)).finished == ("ket_thuc_nhom",)


@pytest.mark.parametrize(
    ("process", "end"), [("nhom_han", "ket_thuc_nhom_giai_the"), ("doan_co_so", "ket_thuc_bao_cao_giai_the")]
)
def test_a_base_union_that_ends_ends_its_files(process: str, end: str) -> None:
    walk = Walk(process).until(date(2026, 11, 12)).hears("unit_ended")
    assert (walk.finished, walk.asked) == ((end,), ["mark dissolved"])


def test_reports_to_the_city_with_a_return_each() -> None:
    walk = Walk("doan_co_so")
    seen = [walk.until(date(2026, 11, 10)).open, walk.does("bao_cao_dang_ky").open]
    seen.append(walk.does("ghi_nhan_bao_cao", outcome="return", reason="Thiếu khối trường học.").open)
    seen.append(walk.does("bao_cao_dang_ky").does("ghi_nhan_bao_cao", outcome="accept").open)
    seen.append(walk.until(date(2027, 10, 15)).open)
    seen.append(walk.does("tong_hop").does("ghi_nhan_tong_hop", outcome="return", reason="Thiếu một chi đoàn.").open)
    assert seen == [["bao_cao_dang_ky"], ["ghi_nhan_bao_cao"], ["bao_cao_dang_ky"], [], ["tong_hop"], ["tong_hop"]]
    assert walk.does("tong_hop").does("ghi_nhan_tong_hop", outcome="accept").finished == ("ket_thuc_bao_cao",)
    assert walk.asked == ["close"]


SLIPS = {
    "others": ["phieu_ch_1", "phieu_ch_2", "phieu_ch_3", "phieu_ch_4"],
    "school": ["phieu_th_4", "phieu_th_1", "phieu_th_2"],
}


@pytest.mark.parametrize("group", ["others", "school"])
def test_a_slip_is_dropped_when_the_next_opens(group: str) -> None:
    walk = Walk("phieu_chi_doan", group=group)
    seen = []
    for day in sorted(QUARTERS[group].values()):
        seen.append(walk.until(day).open)
    assert seen == [[slip] for slip in SLIPS[group]]
    assert walk.until(date(2027, 11, 10)).finished == ("ket_thuc_phieu",)


def test_slips_handed_in_and_a_branch_that_ends() -> None:
    walk = Walk("phieu_chi_doan").until(date(2027, 4, 3)).does("phieu_ch_1")
    assert (walk.open, walk.until(date(2027, 7, 1)).open) == ([], ["phieu_ch_2"])
    assert walk.hears("unit_ended").finished == ("ket_thuc_phieu_giai_the",)


def test_a_recognition_is_taken_back() -> None:
    walk = Walk("huy_bo_cong_nhan", answers=MET, day=date(2027, 12, 6))
    seen = [walk.open, walk.does("xac_minh", outcome="proceed").open, walk.does("giai_trinh").open]
    seen.append(walk.does("quyet_dinh_huy_bo", outcome="cancel", reason="Kê khai sai.").open)
    seen.append(walk.does("ky_huy_bo.ky", outcome="return", reason="Thiếu căn cứ.").open)
    assert seen == [["xac_minh"], ["giai_trinh"], ["quyet_dinh_huy_bo"], ["ky_huy_bo.ky"], ["quyet_dinh_huy_bo"]]
    walk.does("quyet_dinh_huy_bo", outcome="cancel", reason="Kê khai sai.").does("ky_huy_bo.ky", outcome="sign")
    assert (walk.finished, walk.asked) == (
        ("ket_thuc_huy_bo",),
        ["draft_decision", "draft_decision", "issue_decision", "cancel_title", "mark cancelled"],
    )


def test_without_explanation_the_decision_goes_on() -> None:
    walk = Walk("huy_bo_cong_nhan", day=date(2027, 12, 6)).does("xac_minh", outcome="proceed")
    assert walk.until(date(2027, 12, 13)).open == ["giai_trinh"]
    assert walk.until(date(2027, 12, 14)).open == ["quyet_dinh_huy_bo"]
    assert walk.does("quyet_dinh_huy_bo", outcome="keep", reason="Không đủ căn cứ.").finished == (
        "ket_thuc_giu_cong_nhan",
    )


def test_without_ground_the_request_is_dropped() -> None:
    walk = Walk("huy_bo_cong_nhan").does("xac_minh", outcome="drop")
    assert (walk.finished, walk.asked) == (("ket_thuc_khong_xem_xet",), [])


def test_the_city_has_three_things_to_do() -> None:
    walk = Walk("dieu_hanh")
    assert walk.open == ["kiem_tra_nhat_ky", "nhap_lich_nghi", "ra_soat_bo_tieu_chi"]
    for node in walk.open:
        walk.does(node)
    assert walk.finished == ("ket_thuc_dieu_hanh",)
