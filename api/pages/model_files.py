"""How does a diagram that was drawn in a modeler come in? Any file of a model is taken out, changed with its own tool, and put back."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.assembly import House
from api.pages.model_drafts import Draft, begun, edit_page, place, review, sent
from api.pages.models import MODELS
from api.pages.shell import address
from api.pages.uploads import download
from engine.errors import BadPack, FieldError, Finding, Invalid
from engine.ports.store import UnitOfWork
from engine.use_cases.versions import SHORT

router = APIRouter()
FILES = MODELS + "/{key}/sua/tep"
#: A file of a model, and a whole model, may be so large (`engine.process.pack_files` says the same and judges again).
MAX_FILE, MAX_PACK = 2_000_000, 10_000_000
UPLOAD, AS, DROP = "tep_moi", "thay", "bo"
#: Beginning of a file's path, or its ending → what it is, for people.
_KINDS: Mapping[str, str] = {
    "criteria/": "tiêu chí",
    "documents/": "văn bản",
    "forms/": "biểu mẫu",
    "surveys/": "phiếu khảo sát",
    "model.toml": "vai trò, nhóm, hạn",
    "targets.toml": "chỉ tiêu",
    "programme.toml": "lộ trình, kinh phí",
    "ranking.toml": "xếp hạng",
    "rehearsal.toml": "diễn tập",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """One file of the model."""

    name: str
    kind: str
    size: int
    href: str
    changed: bool


@router.get(FILES)
def ask_files(request: Request, key: str, me: Me, uow: Uow) -> HTMLResponse:
    """Show every file of the latest version, to be taken out or replaced."""
    return _page(request, me, uow, begun(uow, me, key))


@router.get(FILES + "/tai")
def take_out(request: Request, key: str, me: Me, uow: Uow) -> Response:
    """Hand out one file of the latest version."""
    draft, name = begun(uow, me, key), request.query_params.get("ten", "")
    return download(draft.content(name), name.rpartition("/")[2], "application/octet-stream")


@router.post(FILES)
def put_back(request: Request, key: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Take a file, or a whole model as ZIP; show what it changes, or what is wrong with it."""
    draft = sent(uow, me, key, form)
    if form.text("viec") == "mo":
        return _page(request, me, uow, draft)
    try:
        wished = _replaced(uow, house, draft, form)
    except Invalid as refusal:
        (error,) = refusal.fields.values()
        return _page(request, me, uow, draft, wanted=form.text(AS), problem=str(error.facts["text"]), status=422)
    except BadPack as refused:
        return _page(request, me, uow, draft, wanted=form.text(AS), findings=refused.findings, status=422)
    return review(request, me, uow, house, wished)


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    draft: Draft,
    *,
    wanted: str = "",
    problem: str = "",
    findings: tuple[Finding, ...] = (),
    status: int = 200,
) -> HTMLResponse:
    lines = [
        FileLine(
            name=name,
            kind=_kind(name),
            size=len(content),
            href=address(place(draft, "tep/tai"), ten=name) if name in draft.base.files else "",
            changed=name in draft.changed,
        )
        for name, content in sorted(draft.files.items())
    ]
    return edit_page(
        request,
        "files",
        me,
        uow,
        draft,
        "Thay tệp",
        status=status,
        has_errors=bool(problem or findings),
        lines=lines,
        wanted=wanted,
        problem=problem,
        findings=findings,
        whole=f"/api/packs/{draft.base.sha256[:SHORT]}/export",
        action=place(draft, "tep"),
    )


def _kind(name: str) -> str:
    if name.endswith((".bpmn", ".dmn")):
        return "sơ đồ" if name.endswith(".bpmn") else "bảng quyết định"
    return next((kind for start, kind in _KINDS.items() if name.removeprefix("_shared/").startswith(start)), "")


def _replaced(uow: UnitOfWork, house: House, draft: Draft, form: Posted) -> Draft:
    """The draft with what was sent in it; `Invalid` with a sentence when it cannot be placed, `BadPack`."""
    uploads, drop = form.files(UPLOAD), form.text(DROP)
    if drop:
        if drop not in draft.files:
            raise _no("Không có tệp này trong mô hình.")
        draft = draft.put(drop, None)
    if not uploads:
        if drop:
            return draft
        raise _no("Chọn một tệp.")
    name = (uploads[0].filename or "").replace("\\", "/").rpartition("/")[2]
    content = uploads[0].file.read(MAX_PACK + 1)
    if name.lower().endswith(".zip"):
        return _whole(uow, house, draft, name, content)
    if not content or len(content) > MAX_FILE:
        raise _no("Tệp trống." if not content else "Tệp quá lớn: mỗi tệp tối đa 2 MB.")
    return draft.put(form.text(AS) or _target(draft, name), content)


def _target(draft: Draft, name: str) -> str:
    """Where a file of this name belongs: where one of that name lies, else by its ending."""
    same = [known for known in draft.files if known.rpartition("/")[2] == name]
    if len(same) == 1:
        return same[0]
    if not same and name.endswith((".bpmn", ".dmn")):
        return name
    if not same and name.endswith(".json"):
        return f"forms/{name}"
    raise _no("Không rõ tệp này thay tệp nào: hãy chọn hoặc ghi đường dẫn trong mô hình, ví dụ criteria/2027.toml.")


def _whole(uow: UnitOfWork, house: House, draft: Draft, name: str, content: bytes) -> Draft:
    """The draft whose files are those of an archive."""
    key, files = house.pack_desk.unpack(content, name)
    if key != draft.base.key and uow.models.latest(key) is not None:
        raise _no(f"Tệp nén này là của mô hình khác ({key}).")
    for known in draft.base.files:
        if known not in files and not known.startswith("_shared/"):
            draft = draft.put(known, None)
    for file, own in files.items():
        draft = draft.put(file, own)
    return draft


def _no(text: str) -> Invalid:
    return Invalid({UPLOAD: FieldError("invalid", {"text": text})})
