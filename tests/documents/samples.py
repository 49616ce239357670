"""Papers as the packs make them, with made-up people and places."""

from dataclasses import replace
from datetime import date

from engine.rules.papers import (
    Align,
    Annex,
    Article,
    Award,
    Capacity,
    Column,
    Facts,
    Heading,
    Items,
    Kind,
    Paper,
    Paragraph,
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


def certificate() -> Paper:
    """Certificates for three branches, one page each."""
    return replace(
        decision(3),
        id="2f6c1c1e-giay-chung-nhan-07",
        kind=Kind.CERTIFICATE,
        symbol="GCN/ĐTN",
        title="Giấy chứng nhận",
        subject="",
        decider="",
        bases=(),
        recipients=(),
        annexes=(),
        blocks=tuple(
            Award(
                holder=f"Chi đoàn Tổ dân phố số {n}",
                lines=(
                    "Đạt danh hiệu “Chi đoàn kiểu mẫu” năm 2027",
                    "Mức độ hoàn thành: Hoàn thành tốt",
                    "Số đoàn viên được công nhận: 12",
                    "Theo Quyết định số 07-QĐ/ĐTN ngày 28/11/2027 của Ban Chấp hành Đoàn phường An Biên",
                ),
                register_number=f"{n:02}/2027",
            )
            for n in (1, 2, 3)
        ),
    )


def minutes() -> Paper:
    """Minutes of the review meeting with attendance and votes; signed by secretary and chair."""
    attendance = Table(
        columns=(
            Column(title="STT", width=8, align=Align.CENTRE),
            Column(title="Họ và tên", width=40),
            Column(title="Chức vụ", width=40),
            Column(title="Có mặt", width=14, align=Align.CENTRE),
        ),
        rows=(
            ("1", "Trần Minh Đức", "Bí thư", "x"),
            ("2", "Lê Thị Hồng Thắm", "Phó Bí thư", "x"),
            ("3", "Phạm Quốc Khánh", "Ủy viên Ban Thường vụ", "vắng"),
        ),
        caption="Thành phần dự họp",
    )
    votes = Table(
        columns=(
            Column(title="STT", width=8, align=Align.CENTRE),
            Column(title="Chi đoàn", width=44),
            Column(title="Đồng ý", width=12, align=Align.RIGHT),
            Column(title="Không đồng ý", width=14, align=Align.RIGHT),
            Column(title="Ý kiến khác", width=14, align=Align.RIGHT),
            Column(title="Kết luận", width=20),
        ),
        rows=(
            ("1", "Chi đoàn Tổ dân phố số 1", "2", "0", "0", "Đạt"),
            ("2", "Chi đoàn Tổ dân phố số 2", "1", "1", "0", "Hoãn"),
        ),
        caption="Kết quả biểu quyết",
    )
    return replace(
        decision(3),
        id="2f6c1c1e-bien-ban-02",
        kind=Kind.MINUTES,
        number=2,
        symbol="BB/ĐTN",
        title="Biên bản",
        subject="Họp xét, đề nghị công nhận danh hiệu năm 2027",
        decider="",
        bases=(),
        annexes=(),
        blocks=(
            Paragraph(
                text="Hôm nay, vào hồi 14 giờ 00 ngày 26 tháng 11 năm 2027, tại trụ sở Đoàn phường An Biên, Ban Chấp hành họp xét."
            ),
            attendance,
            Heading(text="I. Nội dung"),
            Items(items=("Nghe báo cáo kết quả thẩm định của 02 chi đoàn", "Thảo luận và biểu quyết")),
            votes,
            Paragraph(text="Cuộc họp kết thúc vào hồi 16 giờ 00 cùng ngày. Biên bản đã được thông qua."),
        ),
        recipients=("Như thành phần", "Lưu: VP"),
        signatures=(
            Signature(name="Lê Thị Hồng Thắm", position="Thư ký"),
            Signature(name="Trần Minh Đức", position="Chủ trì"),
        ),
    )


def report() -> Paper:
    """A synthesis report with headings, figures and a wide annex."""
    return replace(
        decision(3),
        id="2f6c1c1e-bao-cao-11",
        kind=Kind.REPORT,
        number=11,
        symbol="BC/ĐTN",
        title="Báo cáo",
        subject="Tổng hợp kết quả thực hiện năm 2027",
        addressees=("Ban Thường vụ Thành đoàn Hải Phòng",),
        decider="",
        bases=(),
        blocks=(
            Heading(text="I. KẾT QUẢ ĐĂNG KÝ"),
            Facts(rows=(("Số chi đoàn đăng ký", "12/12"), ("Số đoàn viên đăng ký", "254"))),
            Heading(text="1. Đánh giá chung", level=2),
            Paragraph(text="Các chi đoàn triển khai đúng tiến độ."),
            Heading(text="II. KIẾN NGHỊ"),
            Paragraph(text="Không có"),
        ),
        annexes=(
            Annex(title="Biểu tổng hợp", blocks=(branch_table(4),), landscape=True),
            Annex(
                title="Danh sách chi đoàn chưa đạt",
                blocks=(branch_table(2),),
                subject="Kèm theo Báo cáo của Đoàn phường",
            ),
        ),
    )


def submission() -> Paper:
    """A branch's proposal; a branch has no seal and signs by its secretary only."""
    return replace(
        decision(3),
        id="2f6c1c1e-to-trinh",
        kind=Kind.SUBMISSION,
        number=None,
        symbol="",
        superior=(ORGANISATION,),
        organisation=("Chi đoàn Tổ dân phố số 1",),
        title="Tờ trình",
        subject="Về việc đề nghị công nhận danh hiệu năm 2027",
        addressees=("Ban Chấp hành Đoàn phường An Biên", "Văn phòng Đoàn phường An Biên"),
        decider="",
        blocks=(Paragraph(text="Chi đoàn trân trọng đề nghị Ban Chấp hành xem xét, công nhận"),),
        signatures=(Signature(name="Nguyễn Thị Ngọc Ánh", position="Bí thư"),),
        annexes=(),
        sealed=False,
    )


def letter() -> Paper:
    """An official letter that urges late branches."""
    return replace(
        administrative(),
        id="2f6c1c1e-cong-van-12",
        kind=Kind.LETTER,
        number=12,
        symbol="UBND-VX",
        title="",
        subject="đôn đốc đăng ký năm 2028",
        addressees=("Các đơn vị trực thuộc",),
        decider="",
        bases=(),
        blocks=(Paragraph(text="Đề nghị các đơn vị chưa đăng ký khẩn trương hoàn thành trước ngày 10/11"),),
        annexes=(),
    )


def receipt() -> Paper:
    """A receipt made by the office's system: nobody signs it."""
    return replace(
        decision(3),
        id="2f6c1c1e-giay-tiep-nhan",
        kind=Kind.RECEIPT,
        number=None,
        symbol="",
        title="Giấy tiếp nhận hồ sơ",
        subject="",
        decider="",
        bases=(),
        blocks=(
            Facts(
                rows=(
                    ("Mã hồ sơ", "AB-2027-0012"),
                    ("Đơn vị nộp", "Chi đoàn Tổ dân phố số 1"),
                    ("Thời điểm nộp", "09:15 ngày 05/11/2027"),
                    ("Hạn nộp", "hết ngày 09/11/2027 (trước ngày 10/11/2027)"),
                )
            ),
            Paragraph(text="Giấy này do hệ thống lập tự động."),
        ),
        recipients=(),
        signatures=(),
        annexes=(),
        sealed=False,
        test_signature=False,
    )


def monitoring() -> Paper:
    """The quarterly monitoring table of a base union over its branches."""
    return replace(
        decision(3),
        id="2f6c1c1e-bang-theo-doi-q2",
        kind=Kind.TABLE,
        number=None,
        symbol="",
        title="Bảng theo dõi quý II năm 2027",
        subject="Kết quả thực hiện nội dung đã đăng ký của các chi đoàn",
        decider="",
        bases=(),
        blocks=(branch_table(8),),
        annexes=(),
    )


ALL = (decision, administrative, certificate, minutes, report, submission, letter, receipt, monitoring)


def plan() -> Paper:
    """A yearly plan of a department, with its tasks as a wide annex."""
    tasks = Table(
        columns=(
            Column(title="TT", width=6, align=Align.CENTRE),
            Column(title="Nhiệm vụ", width=60),
            Column(title="Đơn vị chủ trì", width=30),
            Column(title="Thời hạn", width=20, align=Align.CENTRE),
            Column(title="Kinh phí (triệu đồng)", width=20, align=Align.RIGHT),
        ),
        rows=(
            ("1", "Khảo sát, lập danh mục", "Phòng Văn hóa", "Quý I/2027", "1.250,5"),
            ("2", "Tổ chức hội nghị\ntriển khai", "Văn phòng", "trước ngày 30/4/2027", "320"),
        ),
    )
    return replace(
        administrative(),
        id="2f6c1c1e-ke-hoach-03",
        kind=Kind.PLAN,
        number=3,
        symbol="KH-UBND",
        title="Kế hoạch",
        subject="Triển khai nhiệm vụ năm 2027",
        decider="",
        blocks=(
            Heading(text="I. MỤC ĐÍCH, YÊU CẦU"),
            Paragraph(text="Bảo đảm tiến độ, chất lượng."),
            Heading(text="II. NỘI DUNG"),
            Heading(text="1. Nhiệm vụ", level=2),
            Heading(text="a) Thường xuyên", level=3),
            Items(items=("Tuyên truyền", "Kiểm tra")),
            Paragraph(text="Phân công tại Phụ lục kèm theo."),
        ),
        annexes=(Annex(title="Phân công nhiệm vụ", blocks=(tasks,), landscape=True),),
    )


def ranking() -> Paper:
    """A published ranking of the Front, as a notice with its table."""
    return replace(
        administrative(),
        id="2f6c1c1e-xep-hang",
        kind=Kind.NOTICE,
        profile="front",
        superior=("Mặt trận Tổ quốc Việt Nam", "thành phố Hải Phòng"),
        organisation=("Ban Thường trực",),
        number=21,
        symbol="TB-MTTQ-BTT",
        title="Thông báo",
        subject="Kết quả xếp hạng năm 2027",
        decider="",
        bases=(),
        blocks=(Paragraph(text="Kết quả xếp hạng các phường như sau:"), branch_table(4)),
        signatures=(
            Signature(
                name="Vũ Hải Long", position="Chủ tịch", capacity=Capacity.ON_BEHALF, in_stead_of="Ban Thường trực"
            ),
        ),
        annexes=(),
    )


def party_submission() -> Paper:
    """A submission after the Party's guide: "Kính trình", dashes, no bold signature."""
    return replace(
        decision(3),
        id="2f6c1c1e-to-trinh-dang",
        kind=Kind.SUBMISSION,
        profile="party",
        superior=("Đảng bộ thành phố Hải Phòng",),
        organisation=("Đảng ủy phường An Biên",),
        number=4,
        symbol="TTr/ĐU",
        title="Tờ trình",
        subject="về việc phê duyệt kế hoạch năm 2027",
        addressees=("Ban Thường vụ Thành ủy",),
        decider="",
        blocks=(Paragraph(text="Đảng ủy phường An Biên kính trình Ban Thường vụ Thành ủy xem xét, quyết định"),),
        recipients=("Như trên", "Lưu Đảng ủy"),
        signatures=(
            Signature(name="Bùi Văn Sơn", position="Bí thư", capacity=Capacity.ON_BEHALF, in_stead_of="Ban Chấp hành"),
        ),
        annexes=(),
    )


def thanks() -> Paper:
    """A card of thanks from an office to a citizen."""
    return replace(
        administrative(),
        id="2f6c1c1e-thu-cam-on",
        kind=Kind.CARD,
        number=None,
        symbol="",
        title="Thư cảm ơn",
        subject="",
        addressees=("Bà Nguyễn Thị Hoa",),
        decider="",
        bases=(),
        blocks=(Paragraph(text="Ủy ban nhân dân phường An Biên trân trọng cảm ơn Bà đã đóng góp ý kiến."),),
        recipients=(),
        annexes=(),
    )


def survey() -> Paper:
    """A paper questionnaire: nobody signs it, boxes are ticked by hand."""
    answers = Table(
        columns=(
            Column(title="TT", width=8, align=Align.CENTRE),
            Column(title="Nội dung", width=60),
            Column(title="Hài lòng", width=14, align=Align.CENTRE),
            Column(title="Chưa hài lòng", width=14, align=Align.CENTRE),
        ),
        rows=(("1", "Thái độ phục vụ", "[  ]", "[  ]"), ("2", "Thời gian giải quyết", "[  ]", "[  ]")),
    )
    return replace(
        administrative(),
        id="2f6c1c1e-phieu-khao-sat",
        kind=Kind.SURVEY,
        number=None,
        symbol="",
        title="Phiếu khảo sát",
        subject="Mức độ hài lòng của người dân",
        decider="",
        bases=(),
        blocks=(Paragraph(text="Đánh dấu x vào ô phù hợp.", italic=True, centred=True), answers),
        recipients=(),
        signatures=(),
        annexes=(),
        sealed=False,
        verification_url="",
        test_signature=False,
    )


def commitment() -> Paper:
    """A commitment signed by two sides."""
    return replace(
        administrative(),
        id="2f6c1c1e-ban-cam-ket",
        kind=Kind.COMMITMENT,
        number=None,
        symbol="",
        title="Bản cam kết",
        subject="Không sử dụng sản phẩm nhựa dùng một lần",
        decider="",
        bases=(),
        blocks=(
            Facts(rows=(("Tên cơ sở", "Nhà hàng Biển Xanh"), ("Địa chỉ", "Phường Đồ Sơn, thành phố Hải Phòng"))),
            Paragraph(text="Chúng tôi cam kết:"),
            Items(items=("Thay thế toàn bộ sản phẩm nhựa dùng một lần", "Phân loại rác tại nguồn")),
        ),
        recipients=(),
        signatures=(
            Signature(name="Hoàng Thị Lan", position="Đại diện cơ sở"),
            Signature(name="Lê Thị Hồng Thắm", position="Đại diện Ủy ban nhân dân phường"),
        ),
        annexes=(),
    )


def dossier_index() -> Paper:
    """The table of contents of a dossier that goes to the archive."""
    return replace(
        monitoring(),
        id="2f6c1c1e-muc-luc",
        kind=Kind.INDEX,
        title="Mục lục văn bản, tài liệu trong hồ sơ",
        subject="Hồ sơ số AB-2027-0012",
        blocks=(
            Table(
                columns=(
                    Column(title="STT", width=8, align=Align.CENTRE),
                    Column(title="Số, ký hiệu", width=20),
                    Column(title="Ngày tháng", width=16, align=Align.CENTRE),
                    Column(title="Trích yếu", width=50),
                    Column(title="Trang số", width=10, align=Align.RIGHT),
                ),
                rows=(("1", "07-QĐ/ĐTN", "28/11/2027", "Công nhận danh hiệu năm 2027", "1-2"),),
            ),
        ),
        signatures=(Signature(name="Phạm Thu Hà", position="Văn thư"),),
        recipients=(),
        sealed=False,
    )


ALL = (*ALL, plan, ranking, party_submission, thanks, survey, commitment, dossier_index)
