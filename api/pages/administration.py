"""What does the administrator look after, and what waits? Calendar, legal bases, incidents, mails that did not leave."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.actor import Me, TheHouse, Uow, Visitor
from api.assembly import House
from api.pages.books import keeps_books
from api.pages.legal_bases import missing_bases
from api.pages.shell import page, today_of
from api.texts.words import number
from engine.errors import NotPermitted
from engine.ports.store import UnitOfWork
from engine.rules.permissions import ADMINISTRATOR, AUDITOR, OFFICER

router = APIRouter()
ADMINISTRATION = "/quan-tri"
#: Who may look at the calendar and the legal bases.
LOOKERS = (ADMINISTRATOR, AUDITOR, OFFICER)


@router.get(ADMINISTRATION)
def index(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show what there is to look after, with what waits."""
    if not me.actor.holds_anywhere(*LOOKERS):
        raise NotPermitted("not_administrator")
    return page(
        request,
        "quan_tri/index.html",
        me,
        uow,
        page_title="Quản trị",
        entries=_entries(uow, me, house),
    )


def _entries(uow: UnitOfWork, me: Visitor, house: House) -> list[tuple[str, str, str, tuple[str, str] | None]]:
    """Title, address, what it is for, tag."""
    bases, day, waits = missing_bases(uow), today_of(house.clock()), len(uow.books.waiting(None))
    rows = uow.calendar.days(day.replace(month=1, day=1), day.replace(month=12, day=31))
    found = [
        (
            "Lịch làm việc",
            f"{ADMINISTRATION}/lich",
            "Ngày nghỉ, ngày làm bù theo văn bản của từng năm; dùng để tính hạn theo ngày làm việc.",
            None if rows else ("Năm nay chưa có ngày nghỉ nào", "warn"),
        ),
        (
            "Căn cứ pháp lý",
            f"{ADMINISTRATION}/can-cu",
            "Văn bản mà quyết định dẫn làm căn cứ; thiếu số hoặc ngày thì chưa ban hành được.",
            (f"{number(bases)} căn cứ còn thiếu", "warn") if bases else None,
        ),
        (
            "Sổ và số văn bản",
            "/van-ban/so",
            "Văn bản lấy số ở đâu: phần mềm cấp, sổ của đơn vị, hay khoảng số giữ sẵn; theo năm hay nhiệm kỳ.",
            (f"{number(waits)} văn bản chờ số", "warn") if waits else None,
        ),
    ]
    found = found if keeps_books(me) else found[:-1]
    return found + (_technical(uow) if me.actor.holds_anywhere(ADMINISTRATOR) else [])


def _technical(uow: UnitOfWork) -> list[tuple[str, str, str, tuple[str, str] | None]]:
    incidents, mails = uow.admin.incidents(resolved=False, limit=1)[1], uow.queries.delivery_counts()
    dead, failed = mails.get("dead", 0), mails.get("failed", 0)
    return [
        (
            "Sự cố",
            f"{ADMINISTRATION}/su-co",
            "Việc hệ thống không tự làm tiếp được: cho làm lại hoặc ghi cách xử lý.",
            (f"{number(incidents)} đang chờ", "late") if incidents else None,
        ),
        (
            "Thư gửi đi",
            f"{ADMINISTRATION}/thu",
            "Thư nhắc việc và thông báo: thư nào chưa đi, vì sao, gửi lại.",
            (f"{number(dead + failed)} chưa gửi được", "late" if dead else "warn") if dead + failed else None,
        ),
        (
            "Hệ thống khác",
            f"{ADMINISTRATION}/he-thong-khac",
            "Hệ thống của đơn vị được báo khi có việc đến kỳ nhắc hoặc quá hạn.",
            None,
        ),
        (
            "Cách ký văn bản",
            f"{ADMINISTRATION}/ky-so",
            "Máy chủ ký, ký hai bước, ký bằng công cụ riêng hay ký giấy; ảnh chữ ký và ảnh dấu.",
            None,
        ),
        ("Tài khoản", "/don-vi/tai-khoan", "Tìm người, cấp phiếu đăng nhập mới, khóa tài khoản.", None),
        ("Nhật ký", "/nhat-ky", "Ai đã làm gì, lúc nào; kiểm tra nhật ký còn nguyên vẹn.", None),
    ]
