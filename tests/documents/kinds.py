"""The kinds of document beside those of `samples`: every kind that there is has one, with made-up people and places."""

from dataclasses import replace
from datetime import date

from engine.rules.papers import (
    Align,
    Annex,
    Article,
    Award,
    Block,
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
from tests.documents import samples
from tests.documents.samples import administrative, branch_table, decision, minutes, party_submission, ranking

CHAIR = Signature(name="Phạm Quốc Khánh", position="Chủ tịch")


def _plain(
    name: str, kind: Kind, title: str, subject: str, *blocks: Block, base: Paper | None = None, **more: object
) -> Paper:
    """A paper of the people's committee without bases, decider and annexes."""
    made = replace(
        base or administrative(),
        id=f"2f6c1c1e-{name}",
        kind=kind,
        title=title,
        subject=subject,
        decider="",
        bases=(),
        blocks=blocks,
        annexes=(),
    )
    return replace(made, **more)  # type: ignore[arg-type]  # fields of a paper


def _decided(name: str, subject: str, *articles: str, **more: object) -> Paper:
    """A decision of the committee's chair with these articles."""
    made = replace(
        administrative(),
        id=f"2f6c1c1e-{name}",
        subject=subject,
        blocks=tuple(Article(number=n, paragraphs=(text,)) for n, text in enumerate(articles, 1)),
        annexes=(),
    )
    return replace(made, **more)  # type: ignore[arg-type]  # fields of a paper


def publication() -> Paper:
    """A decision that publishes a ranking with its table as an annex."""
    return _decided(
        "quyet-dinh-cong-bo",
        "Về việc công bố kết quả xếp hạng năm 2027",
        "Công bố kết quả xếp hạng năm 2027 của 04 đơn vị trực thuộc (có bảng xếp hạng tại Phụ lục kèm theo).",
        "Văn phòng, các đơn vị có tên tại Điều 1 chịu trách nhiệm thi hành Quyết định này.",
        annexes=(Annex(title="Bảng xếp hạng năm 2027", blocks=(branch_table(4),), landscape=True),),
    )


def support() -> Paper:
    """A decision that grants money, in figures and in words."""
    return _decided(
        "quyet-dinh-ho-tro",
        "Về việc hỗ trợ kinh phí thực hiện mô hình năm 2027",
        "Hỗ trợ Hợp tác xã Biển Xanh 50.000.000 đồng (năm mươi triệu đồng) từ nguồn kinh phí sự nghiệp năm 2027.",
        "Phòng Kinh tế hướng dẫn sử dụng, thanh toán, quyết toán theo quy định.",
    )


def replacement() -> Paper:
    """A decision that takes the place of another."""
    return _decided(
        "quyet-dinh-thay-the",
        "Về việc thay thế Quyết định số 07/QĐ-UBND ngày 28/11/2027",
        "Thay thế Quyết định số 07/QĐ-UBND ngày 28/11/2027 của Chủ tịch Ủy ban nhân dân phường An Biên.",
        "Quyết định này có hiệu lực kể từ ngày ký.",
        number=9,
    )


def cancellation() -> Paper:
    """A decision that takes a recognition back."""
    return _decided(
        "quyet-dinh-huy-bo",
        "Về việc hủy bỏ công nhận danh hiệu năm 2027 đối với Chi đoàn Tổ dân phố số 1",
        "Hủy bỏ việc công nhận danh hiệu “Chi đoàn kiểu mẫu” năm 2027 đối với Chi đoàn Tổ dân phố số 1.",
        "Thu hồi giấy chứng nhận đã cấp.",
        number=10,
    )


def separate_list() -> Paper:
    """A list as a document of its own, kept with a decision."""
    return replace(decision(3), id="2f6c1c1e-danh-sach", kind=Kind.LIST, symbol="DS/ĐTN", title="Danh sách",
                   subject="Chi đoàn được công nhận năm 2027", decider="", bases=(), blocks=(branch_table(6),), annexes=())  # fmt: skip


def commendation() -> Paper:
    """Commendations (giấy khen), one page each."""
    awards = tuple(
        Award(holder=holder, lead="TẶNG", lines=("Đã có thành tích xuất sắc trong phong trào năm 2027",), register_number=f"{n:02}")
        for n, holder in enumerate(("Tập thể Chi đoàn Tổ dân phố số 1", "Bà Nguyễn Thị Hoa"), 1)
    )  # fmt: skip
    return _plain("giay-khen", Kind.COMMENDATION, "Giấy khen", "", *awards, recipients=(), symbol="GK-UBND")


def annual_report() -> Paper:
    """The report on a whole year, longer than a page."""
    parts = [
        block
        for n, head in enumerate(("I. TÌNH HÌNH CHUNG", "II. KẾT QUẢ", "III. HẠN CHẾ", "IV. PHƯƠNG HƯỚNG"), 1)
        for block in (
            Heading(text=head),
            *(Paragraph(text=f"Nội dung thứ {n}.{m}. " + "Các đơn vị triển khai đúng kế hoạch, kịp thời báo cáo. " * 4) for m in (1, 2, 3)),
        )
    ]  # fmt: skip
    return _plain("bao-cao-nam", Kind.REPORT, "Báo cáo", "Kết quả thực hiện năm 2027, phương hướng năm 2028", *parts,
                  number=120, symbol="BC-UBND", addressees=("Ủy ban nhân dân thành phố Hải Phòng",))  # fmt: skip


def inspection() -> Paper:
    """Minutes of an inspection, signed by both sides."""
    return _plain(
        "bien-ban-kiem-tra", Kind.MINUTES, "Biên bản", "Kiểm tra việc thực hiện cam kết tại Nhà hàng Biển Xanh",
        Paragraph(text="Hôm nay, hồi 09 giờ 00 ngày 28 tháng 11 năm 2027, tại Nhà hàng Biển Xanh, Đoàn kiểm tra lập biên bản như sau:"),
        Facts(rows=(("Trưởng đoàn", "Bà Lê Thị Hồng Thắm"), ("Đại diện cơ sở", "Bà Hoàng Thị Lan"))),
        Heading(text="1. Kết quả kiểm tra", level=2),
        Items(items=("Không sử dụng túi ni lông dùng một lần", "Có phân loại rác tại nguồn")),
        base=minutes(), profile="administrative", superior=administrative().superior,
        organisation=administrative().organisation, number=None, symbol="", recipients=(),
        signatures=(Signature(name="Hoàng Thị Lan", position="Đại diện cơ sở"), Signature(name="Lê Thị Hồng Thắm", position="Trưởng đoàn")),
    )  # fmt: skip


def slip() -> Paper:
    """A follow-up slip of one case."""
    return _plain("phieu-theo-doi", Kind.SLIP, "Phiếu theo dõi", "Việc thực hiện nội dung đã đăng ký",
                  Facts(rows=(("Đơn vị", "Chi đoàn Tổ dân phố số 1"), ("Quý", "II/2027"), ("Tiến độ", "Đúng hạn"))),
                  number=None, symbol="", recipients=(), signatures=(Signature(name="Phạm Thu Hà", position="Người theo dõi"),), sealed=False)  # fmt: skip


def guidance() -> Paper:
    """Guidance to the units below."""
    return _plain("huong-dan", Kind.GUIDANCE, "Hướng dẫn", "Thực hiện mô hình năm 2027",
                  Heading(text="I. NỘI DUNG"), Paragraph(text="Các đơn vị đăng ký trước ngày 10/11."),
                  Heading(text="II. TỔ CHỨC THỰC HIỆN"), Items(items=("Văn phòng theo dõi", "Các đơn vị báo cáo trước ngày 15/12")),
                  base=decision(3), number=5, symbol="HD/ĐTN", recipients=("Các chi đoàn", "Lưu: VP"))  # fmt: skip


def programme() -> Paper:
    """A programme by months."""
    months = Table(columns=(Column(title="Tháng", width=10, align=Align.CENTRE), Column(title="Nội dung", width=60), Column(title="Chủ trì", width=30)),
                   rows=(("01", "Hội nghị triển khai", "Văn phòng"), ("6", "Sơ kết", "Ban Thường vụ")))  # fmt: skip
    return _plain("chuong-trinh", Kind.PROGRAMME, "Chương trình", "Công tác năm 2028", Paragraph(text="Chương trình công tác năm 2028:"), months,
                  number=2, symbol="CTr-UBND")  # fmt: skip


def handover() -> Paper:
    """Minutes of a hand-over to the archive, signed by both sides."""
    dossiers = Table(columns=(Column(title="STT", width=8, align=Align.CENTRE), Column(title="Hồ sơ", width=60), Column(title="Số tệp", width=12, align=Align.RIGHT)),
                     rows=(("1", "Hồ sơ công nhận năm 2027", "14"),))  # fmt: skip
    return _plain("bien-ban-giao-nhan", Kind.HANDOVER, "Biên bản", "Giao nhận hồ sơ, tài liệu năm 2027",
                  Paragraph(text="Hai bên thống nhất giao nhận hồ sơ, tài liệu sau:"), dossiers, number=None, symbol="", recipients=(),
                  signatures=(Signature(name="Phạm Thu Hà", position="Bên giao"), Signature(name="Đỗ Minh Tâm", position="Bên nhận")))  # fmt: skip


def apology() -> Paper:
    """A card of apology."""
    return _card(
        "xin-loi",
        "Thư xin lỗi",
        "Ủy ban nhân dân phường An Biên xin lỗi Bà vì đã trả kết quả chậm 02 ngày so với giấy hẹn.",
    )


def congratulation() -> Paper:
    """A card of congratulation."""
    return _card("chuc-mung", "Thư chúc mừng", "Ủy ban nhân dân phường An Biên chúc mừng Bà nhân ngày 20/11.")


def condolence() -> Paper:
    """A card of condolence."""
    return _card(
        "chia-buon", "Thư chia buồn", "Ủy ban nhân dân phường An Biên xin gửi tới Bà và gia đình lời chia buồn sâu sắc."
    )


def praise() -> Paper:
    """A card of praise."""
    return _card(
        "bieu-duong", "Thư biểu dương", "Ủy ban nhân dân phường An Biên biểu dương Bà đã tích cực tham gia phong trào."
    )


def _card(name: str, title: str, text: str) -> Paper:
    return replace(
        samples.thanks(), id=f"2f6c1c1e-thu-{name}", title=title, blocks=(Paragraph(text=text),), signatures=(CHAIR,)
    )


def old_party_submission() -> Paper:
    """The Party's submission on the last day of its older profile."""
    return replace(party_submission(), id="2f6c1c1e-to-trinh-dang-cu", date=date(2026, 5, 26))


def front_plan() -> Paper:
    """A plan of the Front."""
    return replace(ranking(), id="2f6c1c1e-ke-hoach-mttq", kind=Kind.PLAN, number=12, symbol="KH-MTTQ-BTT", title="Kế hoạch",
                   subject="Giám sát, phản biện năm 2028", blocks=(Heading(text="I. MỤC ĐÍCH"), Paragraph(text="Bảo đảm dân chủ, công khai.")))  # fmt: skip


def deputy_below_collective() -> Paper:
    """A report that a deputy signs for the head of a collective."""
    signature = Signature(name="Lê Thị Hồng Thắm", position="Phó Bí thư", capacity=Capacity.DEPUTY, in_stead_of="Bí thư", collective="Ban Chấp hành")  # fmt: skip
    return replace(samples.report(), id="2f6c1c1e-bao-cao-kt", signatures=(signature,))


MORE = (
    publication, support, replacement, cancellation, separate_list, commendation, annual_report, inspection, slip, guidance, programme,
    handover, apology, congratulation, condolence, praise, old_party_submission, front_plan, deputy_below_collective,
)  # fmt: skip
ALL = (*samples.ALL, *MORE)
