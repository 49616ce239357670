"""What do all pages for people share? Rendering with the count of waiting work, scope, small notices, paging."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse

from api.actor import Visitor
from api.templating import NavItem, Notice, Templates
from api.view import go, page_of
from engine.errors import NotFound
from engine.ports.store import UnitOfWork
from engine.rules.deadlines import local_day
from engine.rules.permissions import READERS
from engine.rules.units import Actor, UnitId
from engine.use_cases import opinions
from engine.use_cases.standing_in import waits_for

#: Rows on one page of a list.
PAGE_SIZE = 100
INBOX = "/viec"
#: What an address may ask to say after something was done: `?tb=<key>`.
SAID: Mapping[str, Notice] = {
    "nhap": Notice(kind="good", text="Đã lưu nháp. Nháp chưa được gửi đi."),
    "nam-truoc": Notice(
        kind="info", text="Đã đưa nội dung năm trước vào biểu mẫu. Hãy đọc lại và sửa cho đúng năm nay."
    ),
    "khong-co-nam-truoc": Notice(kind="info", text="Chưa có bản nào của năm trước để dùng lại."),
    "da-gui": Notice(kind="good", text="Đã gửi."),
    "da-luu": Notice(kind="good", text="Đã lưu."),
    "da-nhan": Notice(kind="good", text="Đã xác nhận đã nhận văn bản."),
    "da-nhac": Notice(kind="good", text="Đã nhắc những nơi chưa nhận; mỗi nơi được nhắc nhiều nhất một lần một ngày."),
    "da-luu-mau": Notice(
        kind="good", text="Đã lưu bản mới của mẫu. Bản này được dùng từ ngày áp dụng; văn bản đã lập giữ nguyên."
    ),
    "da-huy-mau": Notice(kind="good", text="Đã hủy bản chưa dùng của mẫu."),
    "da-xoa": Notice(kind="good", text="Đã xóa."),
    "da-mo": Notice(kind="good", text="Đã mở chu kỳ. Mọi đơn vị tham gia đã có hồ sơ."),
    "dang-ky-lai": Notice(kind="info", text="Hồ sơ đã mở lại: hãy đăng ký lại trong mục việc của bạn."),
    "da-doi-han": Notice(kind="good", text="Đã đổi hạn. Người có việc bị ảnh hưởng được báo qua thư."),
    "da-hoan-tac": Notice(kind="good", text="Đã hoàn tác việc đổi hạn."),
    "da-xac-nhan": Notice(kind="good", text="Đã ghi cách đọc “trước ngày”; các bản đã nộp được xét theo cách đọc này."),
    "de-nghi-nop": Notice(kind="good", text="Đã đề nghị nộp lưu. Văn thư tiếp nhận hoặc trả lời lý do."),
    "da-nhan-luu": Notice(kind="good", text="Đã nhận hồ sơ vào lưu trữ."),
    "tu-choi-luu": Notice(kind="good", text="Đã từ chối; bên giao sẽ sửa và đề nghị lại."),
    "lap-goi": Notice(kind="good", text="Đã nhận yêu cầu. Gói đang được lập."),
    "mo-khao-sat": Notice(kind="good", text="Đã mở khảo sát. Mỗi đơn vị có liên kết riêng để gửi cho người được hỏi."),
    "gia-han-khao-sat": Notice(kind="good", text="Đã lưu thời gian nhận phiếu."),
    "lap-phieu": Notice(kind="good", text="Đã lập phiếu. Tải phiếu giấy hoặc thẻ mã QR của đợt này để in."),
    "doi-lien-ket": Notice(kind="good", text="Đã đổi liên kết chung. Liên kết và mã QR cũ không còn dùng được."),
    "nhan-excel": Notice(kind="good", text="Đã nhận các phiếu trong danh sách."),
    "bo-tep": Notice(kind="good", text="Đã bỏ các phiếu của danh sách đó."),
    "xu-ly-phieu": Notice(kind="good", text="Đã xử lý. Phiếu được tính theo bản đã chọn."),
    "khep-khao-sat": Notice(kind="good", text="Đã khép khảo sát. Kết quả giữ nguyên từ đây."),
    "da-dong": Notice(kind="good", text="Đã đóng chu kỳ."),
    "da-giao-viec": Notice(kind="good", text="Đã giao việc. Từ ngày bắt đầu, việc hiện ngay ở người làm thay."),
    "da-lay-lai": Notice(kind="good", text="Đã lấy lại việc. Người làm thay không làm các việc này được nữa."),
    "lam-lai": Notice(kind="good", text="Đã cho làm lại. Nếu còn vướng, một sự cố mới sẽ hiện ở đây."),
    "da-giai-quyet": Notice(kind="good", text="Đã ghi cách xử lý và khép sự cố."),
    "gui-lai": Notice(kind="good", text="Đã xếp thư vào hàng chờ gửi lại."),
    "goi-thu": Notice(kind="good", text="Đã xếp một lần báo thử vào hàng chờ."),
    "tat-he-thong": Notice(kind="good", text="Đã tắt: hệ thống này không được báo nữa."),
    "da-soan": Notice(kind="good", text="Đã soạn dự thảo. Đọc lại, sửa lời nếu cần, rồi chờ người có thẩm quyền ký."),
    "da-ky": Notice(kind="good", text="Đã ký. Văn bản được cấp số và ban hành."),
    "da-bo": Notice(kind="good", text="Đã bỏ dự thảo."),
    "da-cap-so": Notice(kind="good", text="Đã ghi số và ngày. Văn bản được chuyển ký."),
    "da-tra-lai-so": Notice(kind="good", text="Đã trả lại văn bản kèm lý do; việc ký duyệt được mở lại."),
    "da-huy-so": Notice(kind="good", text="Đã hủy số. Lý do được ghi trong sổ đăng ký."),
    "da-doc": Notice(kind="good", text="Đã đánh dấu là đã đọc."),
    "cach-bao": Notice(kind="good", text="Đã lưu cách nhận thông báo."),
    "lich-tat": Notice(kind="good", text="Đã tắt địa chỉ lịch. Địa chỉ cũ không còn dùng được."),
    "da-chuan-bi": Notice(kind="good", text="Đã chuẩn bị dữ liệu để ký."),
    "da-nhan-chu-ky": Notice(kind="good", text="Đã kiểm tra và nhận chữ ký. Văn bản đi tiếp ngay."),
    "da-nhan-ban-quet": Notice(kind="good", text="Đã nhận bản quét. Văn bản được ban hành ngay."),
    "khong-doi": Notice(kind="info", text="Danh sách không thay đổi đơn vị nào."),
    "danh-sach-khong-doi": Notice(kind="info", text="Danh sách không khác những gì đang có: không ghi gì."),
    "da-hoan-tac-ds": Notice(kind="good", text="Đã hoàn tác danh sách."),
    "da-hoi": Notice(kind="good", text="Đã gửi câu hỏi. Các đơn vị được báo ngay và được nhắc trước hạn trả lời."),
    "da-tra-loi": Notice(kind="good", text="Đã gửi ý kiến của đơn vị."),
    "da-ket-thuc": Notice(kind="good", text="Đã kết thúc việc lấy ý kiến."),
    "da-trien-khai": Notice(
        kind="good",
        text="Đã triển khai phiên bản mới. Chu kỳ mở từ nay dùng bản này; chu kỳ đang chạy giữ bản của mình.",
    ),
    "da-them-mo-hinh": Notice(
        kind="good", text="Đã triển khai mô hình. Cán bộ của cấp chủ trì mở chu kỳ của nó ở mục Chu kỳ."
    ),
    "da-dung-lai": Notice(
        kind="good",
        text="Chu kỳ mở từ nay dùng nội dung của phiên bản đã chọn; chu kỳ đang chạy giữ phiên bản của mình.",
    ),
    "da-thu-hoi": Notice(kind="good", text="Đã kết thúc phiên đăng nhập."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Which page of a list is shown."""

    page: int
    pages: int
    first: int  #: of the page, from 0
    total: int


def page(
    request: Request,
    template: str,
    me: Visitor,
    uow: UnitOfWork,
    *,
    status: int = 200,
    notices: Sequence[Notice] = (),
    **values: object,
) -> HTMLResponse:
    """Fill a template; the menu says how much work waits, questions to one's units among it, and `?tb=` says what was just done."""
    said = SAID.get(request.query_params.get("tb", "")) if status == 200 else None
    base = page_of(request, me, [*notices, *([said] if said else [])])
    waiting, _ = waits_for(uow, me.actor, local_day(base.now))
    asked = opinions.waiting_count(uow, me.actor)
    nav = tuple(_counted(item, waiting + asked) for item in base.nav)
    unread = uow.notices.unread(me.account.id)
    templates: Templates = request.app.state.templates
    return HTMLResponse(templates.render(template, replace(base, nav=nav, unread=unread), **values), status)


def said(path: str, key: str) -> RedirectResponse:
    """Go to a page (303) that then says what was done."""
    return go(f"{path}{'&' if '?' in path else '?'}tb={key}")


def scope_of(actor: Actor) -> frozenset[UnitId]:
    """The units at or below which the actor may read."""
    return frozenset(unit for unit, role in actor.positions if role in READERS)


def today_of(now: datetime) -> date:
    """The day in Vietnam."""
    return local_day(now)


def sliced(total: int, wanted: str | None, size: int = PAGE_SIZE) -> Slice:
    """The page that an address asks for, within what there is."""
    pages = max(1, -(-total // size))
    number = int(wanted) if wanted and wanted.isdecimal() and len(wanted) < 7 else 1
    number = min(max(1, number), pages)
    return Slice(page=number, pages=pages, first=(number - 1) * size, total=total)


def address(path: str, **values: object) -> str:
    """A path with those query values that are not empty."""
    query = urlencode({name: value for name, value in values.items() if value not in (None, "", ())}, doseq=True)
    return f"{path}?{query}" if query else path


def page_address(path: str, **values: object) -> str:
    """The same with `{page}` where the pager puts a number."""
    plain = address(path, **values)
    return f"{plain}{'&' if '?' in plain else '?'}trang={{page}}"


def number_in(text: str) -> int | None:
    """A whole number from an address or form; None when it is none."""
    return int(text) if text.isdecimal() and len(text) < 16 else None


def wanted_id(text: str, kind: str) -> int:
    """An id from an address; `NotFound` when it is none."""
    number = number_in(text)
    if number is None:
        raise NotFound(kind, text)
    return number


def _counted(item: NavItem, waiting: int) -> NavItem:
    return replace(item, count=waiting) if item.href == INBOX else item
