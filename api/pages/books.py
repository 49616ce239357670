"""By which books does an office number its documents? Books, reserved blocks, documents that wait, voided numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.assembly import House
from api.pages.asking import asked_day, day_in, day_text, refused
from api.pages.shell import number_in, page, said, today_of
from api.texts import label
from api.texts.words import day, instant, number
from engine.errors import FieldError, Invalid, NotFound, NotPermitted, WrongState
from engine.ports.store import NEW, UnitOfWork
from engine.rules.books import HIGHEST, AwaitedNumber, Book, BookMode, BookPeriod, NumberBlock, period_on
from engine.rules.decisions import RegisterRow, RegisterState
from engine.rules.permissions import ADMINISTRATOR, CLERK
from engine.rules.units import Unit, UnitId
from engine.use_cases import books, numbering, sending_back
from engine.use_cases.drafting import document_title

router = APIRouter()
BOOKS, WAITING, ROWS = "/van-ban/so", "/van-ban/cho-cap-so", "/van-ban/so-dang-ky/dong"
BookPath = Annotated[int, Path(ge=1)]
_FIELDS = {
    "code": "ky_hieu", "name": "ten", "types": "loai", "mode": "cach", "period": "ky", "first_day": "tu_ngay",
    "last_day": "den_ngay", "first_number": "so_dau", "unit": "don_vi", "first": "so_tu", "last": "so_den", "on": "ngay",
    "reason": "ly_do", "number": "so", "dated": "ngay", "sure": "chac",
}  # fmt: skip
_SENT = ("don_vi", "ky_hieu", "ten", "cach", "ky", "tu_ngay", "den_ngay", "so_dau")
_WAYS = tuple((mode.value, label("book_mode", mode.value), label("book_mode_hint", mode.value)) for mode in BookMode)
_PERIODS = tuple(
    (period.value, label("book_period", period.value), label("book_period_hint", period.value)) for period in BookPeriod
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookLine:
    """One book as the list shows it."""

    book: Book
    unit: str
    period: str
    waiting: int
    left: int | None  #: numbers left in its blocks; None: it has none


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine:
    """One document that waits for its number."""

    id: int
    subject: str
    href: str  #: where it is read; may be empty
    meta: tuple[str, ...]
    why: str
    entered: bool  #: a person enters the number, else more numbers must be reserved
    returns: bool  #: it can be sent back
    book_id: int


@router.get(BOOKS)
def listing(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show the books that the person keeps."""
    scope = _check_keeps(me)
    found = uow.books.of_units({u.id for u in uow.units.all()} if scope is None else scope)
    mine = [book for book in found if books.may_keep(me.actor, book.unit_id)]
    return page(
        request,
        "van_ban/books.html",
        me,
        uow,
        page_title="Sổ và số văn bản",
        breadcrumbs=[("Văn bản", "/van-ban"), ("Sổ và số văn bản", None)],
        lines=[_line(uow, house, book) for book in mine],
        waiting=number(len(uow.books.waiting(scope))),
        waits=bool(uow.books.waiting(scope)),
    )


@router.get(BOOKS + "/moi")
def ask_new(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Ask for a new book."""
    _check_keeps(me)
    values = {"cach": BookMode.OFFICE.value, "ky": BookPeriod.YEAR.value, "so_dau": "1"}
    return _book_page(request, me, uow, None, values, frozenset(), {})


@router.post(BOOKS + "/moi")
def add(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Make a book."""
    _check_keeps(me)
    try:
        kept = books.put_book(uow, _sent(me, uow, form, None), actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _refused_book(request, me, uow, None, form, refusal)
    return said(f"{BOOKS}/{kept.id}", "da-luu")


@router.get(BOOKS + "/{book_id:int}")
def ask(request: Request, book_id: BookPath, me: Me, uow: Uow) -> HTMLResponse:
    """Show a book with its blocks, to be changed."""
    book = _kept(uow, me, book_id)
    values = {
        "ky_hieu": book.code,
        "ten": book.name,
        "cach": book.mode.value,
        "ky": book.period.value,
        "tu_ngay": day_text(book.first_day),
        "den_ngay": day_text(book.last_day),
        "so_dau": str(book.first_number),
    }
    return _book_page(request, me, uow, book, values, frozenset(book.types), {})


@router.post(BOOKS + "/{book_id:int}")
def change(request: Request, book_id: BookPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Change a book."""
    book = _kept(uow, me, book_id)
    try:
        books.put_book(uow, _sent(me, uow, form, book), actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _refused_book(request, me, uow, book, form, refusal)
    return said(f"{BOOKS}/{book.id}", "da-luu")


@router.post(BOOKS + "/{book_id:int}/xoa")
def remove(book_id: BookPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Take a book out: its documents are numbered here by year again."""
    books.remove_book(uow, _kept(uow, me, book_id).id, actor=me.actor, now=house.clock())
    return said(BOOKS, "da-xoa")


@router.post(BOOKS + "/{book_id:int}/giu-so")
def reserve(request: Request, book_id: BookPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Note a block of reserved numbers."""
    book = _kept(uow, me, book_id)
    values = {name: form.text(name) for name in ("so_tu", "so_den", "ngay", "ly_do")}
    try:
        books.reserve(
            uow,
            book.id,
            _asked_number(form, "so_tu"),
            _asked_number(form, "so_den"),
            on=asked_day(form, "ngay", "Ngày giữ số"),
            reason=form.text("ly_do")[:300],
            actor=me.actor,
            now=house.clock(),
        )
    except Invalid as refusal:
        shown = refused(refusal, _FIELDS)
        return _book_page(request, me, uow, book, values, frozenset(book.types), shown, block=True, status=422)
    return said(f"{BOOKS}/{book.id}", "da-luu")


@router.get(WAITING)
def waiting(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show the documents that wait for their number."""
    scope = _check_keeps(me)
    return page(
        request,
        "van_ban/waiting.html",
        me,
        uow,
        page_title="Văn bản chờ cấp số",
        breadcrumbs=[("Văn bản", "/van-ban"), ("Sổ và số văn bản", BOOKS), ("Chờ cấp số", None)],
        lines=[_waiting_line(uow, house, awaited) for awaited in uow.books.waiting(scope)],
    )


@router.get(WAITING + "/{awaited_id:int}")
def ask_number(request: Request, awaited_id: BookPath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Ask for the number and day that the office's own register gives."""
    awaited = uow.books.awaited(awaited_id)
    books.check_may_keep(me.actor, awaited.unit_id)
    return _number_page(request, me, uow, house, awaited, {"ngay": day_text(today_of(house.clock()))}, {})


@router.post(WAITING + "/{awaited_id:int}")
def enter(request: Request, awaited_id: BookPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Enter the number and day of the office's own register."""
    awaited = uow.books.awaited(awaited_id)
    books.check_may_keep(me.actor, awaited.unit_id)
    values = {name: form.text(name) for name in ("so", "ngay", "chac")}
    try:
        books.enter(
            uow,
            awaited.id,
            _asked_number(form, "so"),
            asked_day(form, "ngay", "Ngày văn bản"),
            sure=form.text("chac") == "true",
            actor=me.actor,
            now=house.clock(),
        )
    except Invalid as refusal:
        return _number_page(request, me, uow, house, awaited, values, refused(refusal, _FIELDS), status=422)
    return said(WAITING, "da-cap-so")


@router.get(WAITING + "/{awaited_id:int}/tra-lai")
def ask_send_back(request: Request, awaited_id: BookPath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Ask why a document is sent back without a number."""
    awaited = uow.books.awaited(awaited_id)
    books.check_may_keep(me.actor, awaited.unit_id)
    return _send_back_page(request, me, uow, house, awaited, "", {})


@router.post(WAITING + "/{awaited_id:int}/tra-lai")
def send_back(request: Request, awaited_id: BookPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Send a document back to the task by which it was approved."""
    awaited = uow.books.awaited(awaited_id)
    books.check_may_keep(me.actor, awaited.unit_id)
    reason = form.text("ly_do")[:1000]
    try:
        sending_back.send_back(uow, awaited.id, reason, actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _send_back_page(request, me, uow, house, awaited, reason, refused(refusal, _FIELDS), status=422)
    return said(WAITING, "da-tra-lai-so")


@router.get(ROWS + "/{row_id:int}/huy")
def ask_void(request: Request, row_id: BookPath, me: Me, uow: Uow) -> HTMLResponse:
    """Ask why a number is voided."""
    row = _row(uow, me, row_id)
    if not may_void(me, row):
        raise WrongState("number_not_voidable", symbol=row.symbol)
    return _void_page(request, me, uow, row, {})


@router.post(ROWS + "/{row_id:int}/huy")
def void(request: Request, row_id: BookPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Void a number with a reason."""
    row = _row(uow, me, row_id)
    try:
        books.void(uow, row.id, form.text("ly_do")[:500], actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _void_page(request, me, uow, row, refused(refusal, _FIELDS), status=422)
    return said(_register_of(row), "da-huy-so")


def keeps_books(me: Visitor) -> bool:
    """Whether the person keeps any unit's books."""
    return me.actor.holds_anywhere(ADMINISTRATOR, CLERK)


def period_text(row: RegisterRow) -> str:
    """How a period of the register is called."""
    return f"nhiệm kỳ {row.term}" if row.term else f"năm {row.year}"


def may_void(me: Visitor, row: RegisterRow) -> bool:
    """Whether the person may void this number now: its document is not out."""
    return row.state is RegisterState.NUMBERED and books.may_keep(me.actor, row.unit_id)


def _check_keeps(me: Visitor) -> frozenset[UnitId] | None:
    """The units whose books the person keeps; None: all of them."""
    if me.actor.holds_anywhere(ADMINISTRATOR):
        return None
    scope = frozenset(unit for unit, role in me.actor.positions if role == CLERK)
    if not scope:
        raise NotPermitted("not_book_keeper")
    return scope


def _kept(uow: UnitOfWork, me: Visitor, book_id: int) -> Book:
    book = uow.books.get(book_id)
    books.check_may_keep(me.actor, book.unit_id)
    return book


def _row(uow: UnitOfWork, me: Visitor, row_id: int) -> RegisterRow:
    row = uow.books.row(row_id)
    books.check_may_keep(me.actor, row.unit_id)
    return row


def _register_of(row: RegisterRow) -> str:
    return f"/van-ban/so-dang-ky?don_vi={row.unit_id}&nam={row.year}"


def _line(uow: UnitOfWork, house: House, book: Book) -> BookLine:
    period = period_on(book, today_of(house.clock()))
    blocks = [b for b in uow.books.blocks(book.id) if period is not None and b.year == period.year]
    term = f"nhiệm kỳ {day(book.first_day)} – {day(book.last_day)}" if book.period is BookPeriod.TERM else "theo năm"
    return BookLine(
        book=book,
        unit=uow.units.get(book.unit_id).name,
        period=term if period is not None else f"{term} (đã hết: hãy ghi nhiệm kỳ mới)",
        waiting=sum(a.kind in book.types for a in uow.books.waiting({book.unit_id})),
        left=sum(b.left for b in blocks) if book.mode is BookMode.BLOCK else None,
    )


def _waiting_line(uow: UnitOfWork, house: House, awaited: AwaitedNumber) -> WaitingLine:
    book = numbering.book_of(uow, awaited.unit_id, awaited.kind)
    over = period_on(book, today_of(house.clock())) is None
    entered = book.mode is BookMode.OFFICE
    why = "Chờ ghi số và ngày theo sổ của đơn vị." if entered else "Khoảng số đã giữ đã dùng hết: hãy giữ thêm số."
    return WaitingLine(
        id=awaited.id,
        subject=awaited.subject,
        href=f"/van-ban/{awaited.decision_id}" if awaited.decision_id is not None else _paper_of(uow, awaited),
        meta=(uow.units.get(awaited.unit_id).name, f"sổ {book.code}", f"từ {instant(awaited.asked_at)}"),
        why="Ngày hôm nay ngoài nhiệm kỳ của sổ: hãy ghi nhiệm kỳ mới." if over and not entered else why,
        entered=entered,
        returns=sending_back.may_go_back(uow, awaited),
        book_id=book.id,
    )


def _paper_of(uow: UnitOfWork, awaited: AwaitedNumber) -> str:
    dossier = uow.books.dossier_of(awaited.submission_id) if awaited.submission_id is not None else None
    return f"/ho-so/{dossier}" if dossier is not None else ""


def _sent(me: Visitor, uow: UnitOfWork, form: Posted, book: Book | None) -> Book:
    errors: dict[str, FieldError] = {}
    modes, periods = {m.value: m for m in BookMode}, {p.value: p for p in BookPeriod}
    unit = uow.units.get(book.unit_id) if book else _unit_of(me, uow, form.text("don_vi"))
    if unit is None:
        errors["unit"] = FieldError("unknown_unit", {"code": form.text("don_vi")})
    for field, known, title in (("cach", modes, "Cách cấp số"), ("ky", periods, "Đánh số lại từ 01")):
        if form.text(field) not in known:
            errors[field] = FieldError("choice", {"title": title})
    days = {name: day_in(form.text(name)) for name in ("tu_ngay", "den_ngay")}
    for name, found in days.items():
        if form.text(name) and found is None:
            errors[name] = FieldError("bad_day", {"title": "Ngày của nhiệm kỳ"})
    first = number_in(form.text("so_dau") or "1")
    if first is None:
        errors["so_dau"] = FieldError("number_range", {"most": HIGHEST})
    if errors or unit is None or first is None:
        raise Invalid(errors)
    return Book(
        id=book.id if book else NEW,
        unit_id=unit.id,
        code=form.text("ky_hieu")[:40],
        name=form.text("ten")[:200],
        types=tuple(dict.fromkeys(kind for kind in form.all("loai") if kind)),
        mode=modes[form.text("cach")],
        period=periods[form.text("ky")],
        first_day=days["tu_ngay"],
        last_day=days["den_ngay"],
        first_number=first,
        first_year=book.first_year if book else None,
        row_version=book.row_version if book else 0,
    )


def _unit_of(me: Visitor, uow: UnitOfWork, code: str) -> Unit | None:
    found = uow.units.find_code(code)
    return found if found is not None and books.may_keep(me.actor, found.id) else None


def _asked_number(form: Posted, name: str) -> int:
    found = number_in(form.text(name))
    if found is None:
        raise Invalid({name: FieldError("number_range", {"most": HIGHEST})})
    return found


def _kinds(uow: UnitOfWork, chosen: frozenset[str]) -> list[tuple[str, str]]:
    """Types of document that templates name, with what they are called."""
    found: dict[str, list[str]] = {kind: [] for kind in chosen}
    for model in filter(None, (uow.models.latest(key) for key in uow.models.keys())):  # noqa: SIM118  # not a mapping
        for document in model.documents.values():
            head = document.get("document")
            kind = str(head.get("book", "")) if isinstance(head, Mapping) else ""
            if kind:
                found.setdefault(kind, []).append(document_title(document))
    return [(kind, f"{kind}: {'; '.join(dict.fromkeys(names))}" if names else kind) for kind, names in found.items()]


def _own_units(me: Visitor, uow: UnitOfWork) -> list[tuple[str, str]]:
    if me.actor.holds_anywhere(ADMINISTRATOR):
        return []
    units = [uow.units.get(unit) for unit, role in sorted(me.actor.positions) if role == CLERK]
    return [(unit.code, unit.name) for unit in units]


def _refused_book(
    request: Request, me: Visitor, uow: UnitOfWork, book: Book | None, form: Posted, refusal: Invalid
) -> HTMLResponse:
    values = {name: form.text(name) for name in _SENT}
    return _book_page(
        request, me, uow, book, values, frozenset(form.all("loai")), refused(refusal, _FIELDS), status=422
    )


def _book_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    book: Book | None,
    values: Mapping[str, str],
    chosen: frozenset[str],
    errors: Mapping[str, str],
    *,
    block: bool = False,
    status: int = 200,
) -> HTMLResponse:
    if block and book is not None:
        values = {
            "ky_hieu": book.code, "ten": book.name, "cach": book.mode.value, "ky": book.period.value,
            "tu_ngay": day_text(book.first_day), "den_ngay": day_text(book.last_day), "so_dau": str(book.first_number),
            **values,
        }  # fmt: skip
    title = f"Sổ {book.code}" if book else "Lập sổ"
    return page(
        request,
        "van_ban/book.html",
        me,
        uow,
        status=status,
        page_title=title,
        has_errors=bool(errors),
        breadcrumbs=[("Văn bản", "/van-ban"), ("Sổ và số văn bản", BOOKS), (title, None)],
        book=book,
        unit=uow.units.get(book.unit_id).name if book else "",
        units=_own_units(me, uow),
        blocks=[_block_row(block) for block in uow.books.blocks(book.id)] if book else [],
        kinds=_kinds(uow, chosen),
        chosen=chosen,
        ways=_WAYS,
        periods=_PERIODS,
        values=values,
        errors=errors,
    )


def _block_row(block: NumberBlock) -> tuple[str, ...]:
    left = f"còn {number(block.left)}" if block.left else "đã dùng hết"
    numbers = f"{block.first} – {block.last}"
    return numbers, str(block.year), left, day(block.reserved_on), block.reason, block.by_name


def _number_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    house: House,
    awaited: AwaitedNumber,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    if awaited.settled_at is not None:
        raise NotFound("awaited number", awaited.id)
    last = books.last_day_of(uow, awaited, now=house.clock())
    return page(
        request,
        "van_ban/number.html",
        me,
        uow,
        status=status,
        page_title="Ghi số và ngày",
        has_errors=bool(errors),
        breadcrumbs=[("Văn bản", "/van-ban"), ("Chờ cấp số", WAITING), ("Ghi số và ngày", None)],
        line=_waiting_line(uow, house, awaited),
        symbol=awaited.symbol,
        last=f"Số gần nhất của sổ: {last.symbol}, ngày {day(last.dated)}." if last else "",
        values=values,
        errors=errors,
    )


def _send_back_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    house: House,
    awaited: AwaitedNumber,
    reason: str,
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    if awaited.settled_at is not None:
        raise NotFound("awaited number", awaited.id)
    if not sending_back.may_go_back(uow, awaited):
        raise WrongState("nobody_to_return_to", subject=awaited.subject)
    return page(
        request,
        "van_ban/send_back.html",
        me,
        uow,
        status=status,
        page_title="Trả lại, chưa cấp số",
        has_errors=bool(errors),
        breadcrumbs=[("Văn bản", "/van-ban"), ("Chờ cấp số", WAITING), ("Trả lại", None)],
        line=_waiting_line(uow, house, awaited),
        reason=reason,
        errors=errors,
    )


def _void_page(
    request: Request, me: Visitor, uow: UnitOfWork, row: RegisterRow, errors: Mapping[str, str], *, status: int = 200
) -> HTMLResponse:
    return page(
        request,
        "van_ban/void.html",
        me,
        uow,
        status=status,
        page_title=f"Hủy số {row.symbol}",
        has_errors=bool(errors),
        breadcrumbs=[("Văn bản", "/van-ban"), ("Sổ đăng ký văn bản đi", _register_of(row)), ("Hủy số", None)],
        row=row,
        errors=errors,
    )
