"""Is this document genuine? For everybody, without signing in: what the register says, and a file compared with it."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from api.actor import Anybody, Form, TheHouse
from api.assembly import House
from api.door import AtTheDoor
from api.drawn import FileReport
from api.pages.remedies import state_note
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
    note: str  #: why it is no longer in force
    mark: str  #: "same", "other" or empty: whether the code on paper is of this content
    pdf_sha256: str
    content_sha256: str
    scan_sha256: str  #: of a paper that was signed by hand; empty: the original is the signed file


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question about an uploaded file, answered by itself."""

    question: str
    tone: str  #: good | warn | late
    text: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What looking at a file came to."""

    kind: str  #: good | warn | late
    title: str
    answers: tuple[Answer, ...]


@router.get("/kiem-tra")
def ask(request: Request, visitor: Anybody, ma: str = "") -> Response:
    """Ask for the code that stands on the document, or for the file."""
    code = ma.strip().lower()
    if code.isalnum():
        return go(f"/kiem-tra/{code}")
    return _asking(request, visitor)


@router.post("/kiem-tra")
async def look(request: Request, visitor: Anybody, form: Form, house: TheHouse, at: AtTheDoor) -> HTMLResponse:
    """Say what an uploaded PDF proves, and what the register says of it when it is one of ours."""
    content, problem = await _uploaded(form, at)
    if problem:
        return _asking(request, visitor, error=problem[0], status=problem[1])
    report = await run_in_threadpool(house.examine, content)
    found = await run_in_threadpool(_find, house, report.code, "")
    if found is None:
        return _asking(request, visitor, compared=_stranger(report))
    return _page(request, visitor, found, found.code, compared=_compared(found, report))


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
    if found is None:
        return _page(request, visitor, found, code, status=404)
    content, problem = await _uploaded(form, at)
    if problem:
        return _page(request, visitor, found, code, error=problem[0], status=problem[1])
    report = await run_in_threadpool(house.examine, content)
    return _page(request, visitor, found, code, compared=_compared(found, report))


async def _uploaded(form: Form, at: AtTheDoor) -> tuple[bytes, tuple[str, int] | None]:
    """The uploaded file, or what is wrong with it and with which status to say so."""
    files = form.files("tep")
    if not files:
        return b"", ("Chọn tệp PDF cần kiểm tra.", 422)
    if not at.limits.may_check(at.address):
        return b"", ("Bạn vừa kiểm tra nhiều lần. Hãy thử lại sau ít phút.", 429)
    content = await files[0].read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        return b"", (f"Tệp lớn hơn {file_size(MAX_FILE)}.", 422)
    return content, None


def _find(house: House, code: str, mark: str) -> Known | None:
    """What the register says; nothing about documents that were never issued."""
    with house.read_uow() as uow:
        decision = uow.decisions.find_code(code) if code.isalnum() else None
        if decision is None or decision.state is not DecisionState.ISSUED:
            return None
        unit = uow.units.get(decision.unit_id)
        tone, note = state_note(uow, decision)
        content = content_sha256(stored_paper(decision))
        signing = uow.signings.find(decision.id)
    return Known(
        code=code,
        facts=_facts(decision, unit.name),
        in_force=tone != "late",
        note=note,
        mark="" if not mark else "same" if content.startswith(mark.lower()) and len(mark) >= MARK else "other",
        pdf_sha256=decision.pdf_sha256,
        content_sha256=content,
        scan_sha256=signing.scan_sha256 if signing is not None else "",
    )


def _facts(decision: Decision, unit: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Số, ký hiệu", decision.symbol),
        ("Ngày ban hành", day(decision.dated)),
        ("Trích yếu", decision.subject),
        ("Đơn vị ban hành", unit),
        ("Người ký", ", ".join(text for text in (decision.signer_name, decision.signer_title) if text)),
    )


def _compared(found: Known, report: FileReport) -> Compared:
    """The answers about a file that should be this document."""
    if found.scan_sha256 and report.sha256 in (found.scan_sha256, found.pdf_sha256):
        return _on_paper(found, report)
    same = report.sha256 == found.pdf_sha256
    content = report.unchanged and report.content_sha256 == found.content_sha256
    if same:
        kind, title = "good", "Đúng là tệp đã ban hành, không sai một byte"
    elif content:
        kind, title = "good", "Chữ ký còn nguyên vẹn và nội dung đúng với văn bản đã ban hành"
    elif report.unchanged:
        kind, title = "late", "Tệp có chữ ký nguyên vẹn nhưng KHÔNG phải văn bản này"
    else:
        kind, title = "late", "Tệp KHÔNG khớp với văn bản đã ban hành"
    if same:
        kept = ("good", "Đúng là bản đang lưu, không sai một byte.")
    elif content:
        kept = ("warn", "Không phải bản đang lưu, nhưng cùng một nội dung đã ban hành.")
    else:
        kept = ("late", "Không phải bản đang lưu.")
    if not found.in_force:
        kind = "late"
        title = f"{title}; văn bản không còn hiệu lực"
    force = ("good", "Đang có hiệu lực.") if found.in_force else ("late", found.note)
    answers = (
        *_of_file(report),
        Answer(question="Có đúng là bản lưu không?", tone=kept[0], text=kept[1]),
        Answer(
            question="Sổ đăng ký ghi gì?",
            tone="good",
            text="Có trong sổ đăng ký văn bản đi.",
            lines=tuple(f"{name}: {value}" for name, value in found.facts if value),
        ),
        Answer(question="Đã bị hủy bỏ hoặc thay thế chưa?", tone=force[0], text=force[1]),
    )
    return Compared(kind=kind, title=title, answers=answers)


def _on_paper(found: Known, report: FileReport) -> Compared:
    """The answers about the scan, or the unsigned print, of a paper that was signed by hand."""
    scan = report.sha256 == found.scan_sha256
    kind = "bản quét của bản giấy đã ký tay" if scan else "bản PDF chưa ký đã in ra"
    force = ("good", "Đang có hiệu lực.") if found.in_force else ("late", found.note)
    answers = (
        Answer(question="Có đúng là bản lưu không?", tone="good", text=f"Đúng là {kind}, không sai một byte."),
        Answer(
            question="Ai ký, lúc nào?",
            tone="warn",
            text="Bản gốc là bản giấy ký tay, đóng dấu; tệp không có chữ ký số.",
        ),
        Answer(
            question="Sổ đăng ký ghi gì?",
            tone="good",
            text="Có trong sổ đăng ký văn bản đi.",
            lines=tuple(f"{name}: {value}" for name, value in found.facts if value),
        ),
        Answer(question="Đã bị hủy bỏ hoặc thay thế chưa?", tone=force[0], text=force[1]),
    )
    title = f"Đúng là {kind}, không sai một byte"
    return Compared(kind="good" if found.in_force else "late", title=title, answers=answers)


def _stranger(report: FileReport) -> Compared:
    """The answers about a file that is none of ours."""
    unknown = Answer(
        question="Sổ đăng ký ghi gì?",
        tone="warn",
        text="Hệ thống này không ban hành văn bản nào như vậy; chỉ trả lời được về chữ ký của tệp.",
    )
    title = "Chữ ký còn nguyên vẹn, nhưng văn bản không có trong sổ đăng ký ở đây"
    if not report.unchanged:
        title = "Không xác nhận được tệp này"
    return Compared(kind="warn" if report.unchanged else "late", title=title, answers=(*_of_file(report), unknown))


def _of_file(report: FileReport) -> tuple[Answer, ...]:
    trust = {"trusted": "good", "test": "warn", "unknown": "warn"}[report.trust]
    signed = Answer(
        question="Ai ký, lúc nào?",
        tone="good" if report.unchanged else "warn",
        text="" if report.signers else "Tệp không có chữ ký nào đọc được.",
        lines=report.signers,
    )
    return (
        Answer(question="Tệp có nguyên vẹn không?", tone="good" if report.unchanged else "late", text=report.whole),
        signed,
        Answer(
            question="Nơi cấp chứng thư có đáng tin không?",
            tone=trust,
            text=report.issuers or "Không có chứng thư nào để xét.",
        ),
    )


def _asking(
    request: Request,
    visitor: Anybody,
    *,
    unknown: str = "",
    compared: Compared | None = None,
    error: str = "",
    status: int = 200,
) -> HTMLResponse:
    title = "Không tìm thấy văn bản" if unknown else "Kiểm tra văn bản"
    return show(
        request,
        "van_ban/check_ask.html",
        visitor,
        status=status,
        page_title=title,
        unknown=unknown,
        compared=compared,
        error=error,
    )


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
        return _asking(request, visitor, unknown=unknown, status=404)
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
