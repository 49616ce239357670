"""Papers as the packs make them, with made-up people and places."""

from dataclasses import replace
from datetime import date

from engine.rules.papers import (
    Align,
    Annex,
    Article,
    Capacity,
    Column,
    Kind,
    Paper,
    Signature,
    Table,
)

ORGANISATION = "Đoàn phường An Biên"


def branch_table(rows: int) -> Table:
    """A list of recognised branches with `rows` rows."""
    return Table(
        columns=(
            Column(title="STT", width=6, align=Align.CENTRE),
            Column(title="Tên chi đoàn", width=40),
            Column(title="Bí thư chi đoàn", width=28),
            Column(title="Số đoàn viên", width=12, align=Align.RIGHT),
            Column(title="Điểm", width=10, align=Align.RIGHT),
            Column(title="Mức độ hoàn thành", width=22),
        ),
        rows=tuple(
            (
                str(n),
                f"Chi đoàn Tổ dân phố số {n}",
                f"Nguyễn Thị Ngọc Ánh {n}",
                str(12 + n % 9),
                f"{80 + n % 20},5",
                "Hoàn thành tốt",
            )
            for n in range(1, rows + 1)
        ),
    )


def decision(rows: int = 12) -> Paper:
    """A recognition decision of a base union with its list."""
    return Paper(
        id="2f6c1c1e-quyet-dinh-07",
        kind=Kind.DECISION,
        profile="youth-union",
        superior=("Đoàn TNCS Hồ Chí Minh", "thành phố Hải Phòng"),
        organisation=("Ban Chấp hành", ORGANISATION),
        number=7,
        symbol="QĐ/ĐTN",
        place="Hải Phòng",
        date=date(2027, 11, 28),
        title="Quyết định",
        subject="Về việc công nhận danh hiệu “Chi đoàn kiểu mẫu” năm 2027",
        decider="Ban Chấp hành Đoàn phường An Biên",
        bases=(
            "Căn cứ Điều lệ Đoàn Thanh niên Cộng sản Hồ Chí Minh (MẪU)",
            "Căn cứ Hướng dẫn số 01-HD/TĐTN ngày 05/01/2027 về đánh giá, xếp loại chi đoàn (MẪU)",
            "Xét Biên bản họp xét ngày 26/11/2027 và đề nghị của các chi đoàn trực thuộc",
        ),
        blocks=(
            Article(
                number=1,
                paragraphs=(
                    f"Công nhận danh hiệu “Chi đoàn kiểu mẫu” năm 2027 đối với {rows:02} chi đoàn trực thuộc Đoàn phường An Biên "
                    "đạt từ ≥ 80% số điểm (có danh sách kèm theo).",
                ),
            ),
            Article(
                number=2,
                paragraphs=(
                    "Các chi đoàn được công nhận có trách nhiệm phát huy kết quả đạt được, tiếp tục thực hiện các nội dung đã đăng ký.",
                    "Danh hiệu được giữ cho đến khi có quyết định công nhận lại hoặc hủy bỏ.",
                ),
            ),
            Article(
                number=3,
                paragraphs=(
                    "Văn phòng Đoàn phường, bí thư các chi đoàn có tên tại Điều 1 chịu trách nhiệm thi hành Quyết định này.",
                ),
            ),
        ),
        recipients=("Như Điều 3", "Ban Thường vụ Thành đoàn (để báo cáo)", "Lưu: VP"),
        signatures=(
            Signature(
                name="Trần Minh Đức", position="Bí thư", capacity=Capacity.ON_BEHALF, in_stead_of="Ban Chấp hành"
            ),
        ),
        annexes=(
            Annex(
                title="Danh sách chi đoàn được công nhận",
                subject="Kèm theo Quyết định của Ban Chấp hành Đoàn phường An Biên",
                blocks=(branch_table(rows),),
            ),
        ),
        verification_url="http://127.0.0.1:8000/xac-minh/k7Qm2xTf",
        sample=True,
        test_signature=True,
    )


def administrative() -> Paper:
    """The same decision as a people's committee would write it, signed by a deputy."""
    return replace(
        decision(3),
        id="2f6c1c1e-quyet-dinh-08",
        profile="administrative",
        superior=("Ủy ban nhân dân", "thành phố Hải Phòng"),
        organisation=("Ủy ban nhân dân", "phường An Biên"),
        symbol="QĐ-UBND",
        decider="Chủ tịch Ủy ban nhân dân phường An Biên",
        signatures=(
            Signature(
                name="Lê Thị Hồng Thắm", position="Phó Chủ tịch", capacity=Capacity.DEPUTY, in_stead_of="Chủ tịch"
            ),
        ),
    )
