"""Lines of a head are broken between words and names, never within them."""

from dataclasses import replace

import pytest

from documents.breaking import LONGEST, NO_BREAK, ended_well, kept_together
from documents.formats import profile_for
from documents.layout import sheet_of
from documents.pdf import pdf_of
from engine.rules.papers import cleaned
from tests.documents.samples import administrative
from tests.documents.test_pdf import text_of


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("ỦY BAN NHÂN DÂN THÀNH PHỐ HẢI PHÒNG", "ỦY_BAN NHÂN_DÂN THÀNH_PHỐ_HẢI_PHÒNG"),
        ("BAN CHẤP HÀNH ĐOÀN PHƯỜNG LÊ CHÂN", "BAN CHẤP_HÀNH ĐOÀN PHƯỜNG_LÊ_CHÂN"),
        ("ĐẢNG ỦY PHƯỜNG NGUYỄN BỈNH KHIÊM", "ĐẢNG_ỦY PHƯỜNG NGUYỄN_BỈNH_KHIÊM"),
        ("Ban Thường vụ Thành đoàn", "Ban Thường_vụ Thành_đoàn"),
        ("MẶT TRẬN TỔ QUỐC VIỆT NAM", "MẶT_TRẬN TỔ_QUỐC VIỆT_NAM"),
        ("HỘI NHÂN DÂNG", "HỘI NHÂN DÂNG"),
        ("XÃ", "XÃ"),
        ("", ""),
    ],
)
def test_what_belongs_together_stays_together(line: str, kept: str) -> None:
    assert kept_together(line).replace(NO_BREAK, "_") == kept
    assert kept_together(line).replace(NO_BREAK, " ") == line
    assert max(map(len, kept_together(line).split(" "))) <= LONGEST


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("đối với Chi đoàn Tổ dân phố số 1", "đối với Chi đoàn Tổ dân phố số_1"),
        ("thay thế Quyết định số 07/QĐ-UBND ngày", "thay thế Quyết định số_07/QĐ-UBND_ngày"),
        ("năm 2027", "năm_2027"),
        ("Một", "Một"),
    ],
)
def test_a_subject_ends_well(line: str, kept: str) -> None:
    assert ended_well(line).replace(NO_BREAK, "_") == kept


def test_no_head_breaks_within_a_name(tmp_path) -> None:
    paper = replace(
        administrative(),
        superior=("Ủy ban nhân dân thành phố Hải Phòng",),
        organisation=("Trung tâm Phục vụ hành chính công thành phố Hải Phòng",),
        annexes=(),
    )
    lines = [
        line.strip()
        for line in text_of(
            pdf_of(cleaned(paper)), tmp_path, "-W", "260", "-x", "0", "-H", "400", "-y", "0"
        ).splitlines()
    ]
    assert [line for line in lines if line.isupper()][:5] == [
        "ỦY BAN NHÂN DÂN",
        "THÀNH PHỐ HẢI PHÒNG",
        "TRUNG TÂM PHỤC VỤ",
        "HÀNH CHÍNH CÔNG",
        "THÀNH PHỐ HẢI PHÒNG",
    ]


def test_a_draft_leaves_room_for_its_day() -> None:
    sheet = sheet_of(replace(administrative(), date=None, number=None), profile_for("administrative", None))
    assert sheet.place_line.replace(NO_BREAK, "_") == "Hải Phòng, ngày______tháng______năm________"
