"""Is this document genuine? For everybody, without signing in: what the register says, and a file compared with it."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from api.actor import Anybody, Form, TheHouse
from api.assembly import House
from api.door import AtTheDoor
from api.texts.words import day, file_size
from api.view import go, show
from engine.rules.decisions import Decision, DecisionState
from engine.rules.papers import content_sha256
from engine.use_cases.decisions import stored_paper

router = APIRouter(include_in_schema=False)
MAX_FILE = 20 * 1024 * 1024
#: Digits of the content's hash that the code on paper carries.
MARK = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the register says of a document."""

    code: str
    facts: tuple[tuple[str, str], ...]
    in_force: bool
    note: str
    mark: str  #: "same", "other" or empty: whether the code on paper is of this content
    pdf_sha256: str
    content_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What comparing a file came to."""

    kind: str  #: good | warn | late
    title: str
    lines: tuple[str, ...]


@router.get("/kiem-tra")
def ask(request: Request, visitor: Anybody, ma: str = "") -> Response:
    """Ask for the code that stands on the document."""
    code = ma.strip().lower()
    if code.isalnum():
        return go(f"/kiem-tra/{code}")
    return show(request, "van_ban/check_ask.html", visitor, page_title="Kiểm tra văn bản", unknown="")


@router.get("/kiem-tra/{code}")
def known(request: Request, code: str, visitor: Anybody, house: TheHouse, m: str = "") -> HTMLResponse:
    """Say what the register knows of a code."""
    return _page(request, visitor, _find(house, code, m), code)


@router.post("/kiem-tra/{code}")
async def compare(
    request: Request, code: str, visitor: Anybody, form: Form, house: TheHouse, at: AtTheDoor
) -> HTMLResponse:
    """Compare an uploaded PDF with the one that was issued."""
    found = await run_in_threadpool(_find, house, code, "")
    files = form.files("tep")
    if found is None or not files:
        error = "Chọn tệp PDF cần so sánh." if found else ""
        return _page(request, visitor, found, code, error=error, status=422 if found else 404)
    if not at.limits.may_check(at.address):
        return _page(
            request, visitor, found, code, error="Bạn vừa kiểm tra nhiều lần. Hãy thử lại sau ít phút.", status=429
        )
    content = await files[0].read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        error = f"Tệp lớn hơn {file_size(MAX_FILE)}."
        return _page(request, visitor, found, code, error=error, status=422)
    compared = await run_in_threadpool(_compare, house, found, content)
    return _page(request, visitor, found, code, compared=compared)


def _find(house: House, code: str, mark: str) -> Known | None:
    """What the register says; nothing about documents that were never issued."""
    with house.read_uow() as uow:
        decision = uow.decisions.find_code(code) if code.isalnum() else None
        if decision is None or decision.state is not DecisionState.ISSUED:
            return None
        unit = uow.units.get(decision.unit_id)
        cancelled = uow.decisions.get(decision.cancelled_by_id) if decision.cancelled_by_id else None
        content = content_sha256(stored_paper(decision))
    return Known(
        code=code,
        facts=_facts(decision, unit.name),
        in_force=cancelled is None,
        note=f"Văn bản này bị hủy bỏ theo {cancelled.symbol} ngày {day(cancelled.dated)}." if cancelled else "",
        mark="" if not mark else "same" if content.startswith(mark.lower()) and len(mark) >= MARK else "other",
        pdf_sha256=decision.pdf_sha256,
        content_sha256=content,
    )


def _facts(decision: Decision, unit: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Số, ký hiệu", decision.symbol),
        ("Ngày ban hành", day(decision.dated)),
        ("Trích yếu", decision.subject),
        ("Đơn vị ban hành", unit),
        ("Người ký", ", ".join(text for text in (decision.signer_name, decision.signer_title) if text)),
    )


def _compare(house: House, found: Known, content: bytes) -> Compared:
    report = house.examine(content)
    if report.sha256 == found.pdf_sha256:
        return Compared(kind="good", title="Đúng là tệp đã ban hành, không sai một byte", lines=report.lines)
    if report.unchanged and report.content_sha256 == found.content_sha256:
        return Compared(
            kind="good", title="Chữ ký còn nguyên vẹn và nội dung đúng với văn bản đã ban hành", lines=report.lines
        )
    if report.unchanged:
        return Compared(kind="late", title="Tệp có chữ ký nguyên vẹn nhưng KHÔNG phải văn bản này", lines=report.lines)
    return Compared(kind="late", title="Tệp KHÔNG khớp với văn bản đã ban hành", lines=report.lines)


def _page(
    request: Request,
    visitor: Anybody,
    found: Known | None,
    code: str,
    *,
    compared: Compared | None = None,
    error: str = "",
    status: int = 200,
) -> HTMLResponse:
    if found is None:
        unknown = f"Không có văn bản nào mang mã {code}. Hãy xem lại mã in trên văn bản."
        return show(
            request, "van_ban/check_ask.html", visitor, status=404, page_title="Không tìm thấy văn bản", unknown=unknown
        )
    return show(
        request,
        "van_ban/check.html",
        visitor,
        status=status,
        page_title="Kiểm tra văn bản",
        known=found,
        compared=compared,
        error=error,
    )
