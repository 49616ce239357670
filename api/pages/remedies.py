"""What can be done on a document's page when it is out and wrong? Replace, correct, recall: drafted, worded, signed, dropped."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.pages.asking import refused
from api.pages.shell import page, said
from api.texts import label
from api.texts.words import day, instant
from engine.errors import Invalid, NotFound
from engine.ports.store import UnitOfWork
from engine.rules.decisions import Decision, DecisionId, DecisionState, RegisterState
from engine.rules.remedies import Remedy, RemedyKind, RemedyState
from engine.use_cases import decisions, remedies

router = APIRouter()
#: Word in the address → what is done.
KINDS = {"thay-the": RemedyKind.REPLACE, "dinh-chinh": RemedyKind.CORRECT, "thu-hoi": RemedyKind.RECALL}
_FIELDS = {
    "reason": "ly_do",
    "kept": "giu",
    "where": "cho_sai",
    "wrong": "da_ghi",
    "right": "sua_lai",
    "text": "doan.0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What is being done, or was done, about a document, as its page shows it."""

    frozen: bool
    notes: tuple[tuple[str, str, str], ...]  #: kind of notice, what is said, where it leads
    offers: tuple[tuple[str, str], ...]  #: what the person may start: (address, words)
    draft: "DraftView | None"  #: where the page is that of a draft that does it


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    """A draft that replaces, corrects or recalls another document."""

    about: tuple[str, str]  #: symbol and address of the document
    kind: str
    by: str
    reason: str
    may_sign: bool
    may_change: bool
    waits_for: str  #: who must sign, where the reader may not
    stead: str  #: in whose stead the reader signs; empty: in their own right, or not at all


def fate_of(uow: UnitOfWork, me: Visitor, decision: Decision) -> Fate:
    """What is being done about the document, and what the person may do."""
    found = uow.remedies.of(decision.id)
    under_way = next((remedy for remedy in found if remedy.under_way), None)
    mine = remedies.may_draft(me.actor, decision)
    free = decision.state is DecisionState.ISSUED and decision.cancelled_by_id is None and under_way is None
    return Fate(
        frozen=any(remedy.freezes for remedy in found),
        notes=tuple(_note(uow, remedy, mine=mine) for remedy in found if remedy.state is not RemedyState.DROPPED),
        offers=tuple(
            (f"/van-ban/{decision.id}/xu-ly/{word}", label("remedy", kind.value)) for word, kind in KINDS.items()
        )
        if free and mine
        else (),
        draft=_draft_view(uow, me, decision),
    )


@router.get("/van-ban/{decision_id:int}/xu-ly/sua")
def ask_wording(request: Request, decision_id: int, me: Me, uow: Uow) -> HTMLResponse:
    """Show the wording of a draft to be changed."""
    _, draft = _mine(uow, me, decision_id)
    texts = remedies.wording(decisions.stored_paper(draft))
    return _wording_page(request, me, uow, draft, texts, {})


@router.post("/van-ban/{decision_id:int}/xu-ly/sua")
def reword(request: Request, decision_id: int, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Change the wording of a draft."""
    remedy, draft = _mine(uow, me, decision_id)
    texts = _texts(form, len(remedies.wording(decisions.stored_paper(draft))))
    try:
        remedies.reword(uow, remedy, texts, actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _wording_page(request, me, uow, draft, texts, refused(refusal, _FIELDS), status=422)
    return said(f"/van-ban/{draft.id}", "da-luu")


@router.post("/van-ban/{decision_id:int}/xu-ly/ky")
def sign(decision_id: int, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Sign the draft: it takes its number and is made."""
    remedy = _remedy(uow, decision_id)
    remedies.sign(uow, remedy, actor=me.actor, now=house.clock())
    return said(f"/van-ban/{decision_id}", "da-ky")


@router.get("/van-ban/{decision_id:int}/xu-ly/bo")
def ask_drop(request: Request, decision_id: int, me: Me, uow: Uow) -> HTMLResponse:
    """Ask why the draft is given up."""
    remedy, draft = _mine(uow, me, decision_id)
    return _drop_page(request, me, uow, remedy, draft, {})


@router.post("/van-ban/{decision_id:int}/xu-ly/bo")
def drop(request: Request, decision_id: int, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Give the draft up."""
    remedy, draft = _mine(uow, me, decision_id)
    try:
        remedies.drop(uow, remedy, form.text("ly_do")[:1000], actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _drop_page(request, me, uow, remedy, draft, refused(refusal, _FIELDS), status=422)
    return said(f"/van-ban/{remedy.decision_id}", "da-bo")


@router.get("/van-ban/{decision_id:int}/xu-ly/{word}")
def ask(request: Request, decision_id: int, word: str, me: Me, uow: Uow) -> HTMLResponse:
    """Ask why, and what is to be said."""
    decision, kind = _about(uow, me, decision_id, word)
    return _page(request, me, uow, decision, kind, {}, None, {})


@router.post("/van-ban/{decision_id:int}/xu-ly/{word}")
def start(request: Request, decision_id: int, word: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Draft what replaces, corrects or recalls the document."""
    decision, kind = _about(uow, me, decision_id, word)
    values = {name: form.text(name) for name in ("ly_do", "cho_sai", "da_ghi", "sua_lai")}
    kept = form.all("giu") if kind is RemedyKind.REPLACE and decisions.listed(uow, decision) else None
    try:
        made = remedies.start(
            uow,
            decision,
            kind,
            reason=values["ly_do"][:1000],
            kept=kept,
            words={"where": values["cho_sai"], "wrong": values["da_ghi"], "right": values["sua_lai"]},
            actor=me.actor,
            now=house.clock(),
        )
    except Invalid as refusal:
        return _page(request, me, uow, decision, kind, values, kept, refused(refusal, _FIELDS), status=422)
    return said(f"/van-ban/{made.draft_id}", "da-soan")


def _note(uow: UnitOfWork, remedy: Remedy, *, mine: bool) -> tuple[str, str, str]:
    draft = uow.decisions.get(remedy.draft_id)
    href = f"/van-ban/{draft.id}" if mine or draft.state is DecisionState.ISSUED else ""
    if remedy.state is RemedyState.DONE:
        tone = "info" if remedy.kind is RemedyKind.CORRECT else "late"
        return tone, f"{label('remedy_done', remedy.kind.value)} {draft.symbol} ngày {day(draft.dated)}.", href
    return "late" if remedy.freezes else "warn", label("remedy_open", remedy.kind.value), href


def _draft_view(uow: UnitOfWork, me: Visitor, decision: Decision) -> DraftView | None:
    remedy = uow.remedies.by_draft(decision.id) if decision.is_remedy else None
    if remedy is None:
        return None
    about = uow.decisions.get(remedy.decision_id)
    is_open = remedy.state is RemedyState.OPEN and decision.state is DecisionState.DRAFTED
    may_sign = is_open and remedies.may_sign(uow, me.actor, decision, remedy)
    waits = (
        "Chờ người đứng đầu đơn vị hoặc người ký thay ký; người soạn không tự ký." if is_open and not may_sign else ""
    )
    return DraftView(
        about=(about.symbol, f"/van-ban/{about.id}"),
        kind=label("remedy", remedy.kind.value),
        by=f"{remedy.by_name} soạn lúc {instant(remedy.at)}",
        reason=remedy.reason,
        may_sign=may_sign,
        may_change=is_open and remedies.may_draft(me.actor, decision),
        waits_for=waits,
        stead=_stead(uow, me, decision) if may_sign else "",
    )


def _stead(uow: UnitOfWork, me: Visitor, decision: Decision) -> str:
    found = remedies.in_whose_stead(uow, me.actor, decision)
    return found.for_name if found is not None else ""


def _about(uow: UnitOfWork, me: Visitor, decision_id: int, word: str) -> tuple[Decision, RemedyKind]:
    kind = KINDS.get(word)
    if kind is None:
        raise NotFound("page", word)
    decision = uow.decisions.get(DecisionId(decision_id))
    remedies.check_may_draft(me.actor, decision)
    return decision, kind


def _remedy(uow: UnitOfWork, decision_id: int) -> Remedy:
    remedy = uow.remedies.by_draft(DecisionId(decision_id))
    if remedy is None:
        raise NotFound("remedy", decision_id)
    return remedy


def _mine(uow: UnitOfWork, me: Visitor, decision_id: int) -> tuple[Remedy, Decision]:
    remedy = _remedy(uow, decision_id)
    draft = uow.decisions.get(remedy.draft_id)
    remedies.check_may_draft(me.actor, draft)
    return remedy, draft


def _texts(form: Posted, count: int) -> list[str]:
    return [form.text(f"doan.{number}")[:20_000] for number in range(count)]


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    decision: Decision,
    kind: RemedyKind,
    values: Mapping[str, str],
    kept: list[str] | None,
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    word = next(word for word, of in KINDS.items() if of is kind)
    listed = decisions.listed(uow, decision) if kind is RemedyKind.REPLACE else []
    units = [(str(int(d.id)), uow.units.get(d.unit_id).name) for d in listed]
    return page(
        request,
        "van_ban/remedy.html",
        me,
        uow,
        status=status,
        page_title=label("remedy", kind.value),
        has_errors=bool(errors),
        breadcrumbs=[("Văn bản", "/van-ban"), (decision.symbol, f"/van-ban/{decision.id}"), (label("remedy", kind.value), None)],
        decision=decision,
        word=word,
        kind=kind.value,
        text=label("remedy_text", kind.value),
        units=units,
        kept=frozenset(kept) if kept is not None else frozenset(key for key, _ in units),
        values=values,
        errors=errors,
    )  # fmt: skip


def _wording_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    draft: Decision,
    texts: list[str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "van_ban/wording.html",
        me,
        uow,
        status=status,
        page_title="Sửa lời văn",
        has_errors=bool(errors),
        breadcrumbs=[("Văn bản", "/van-ban"), ("Dự thảo", f"/van-ban/{draft.id}"), ("Sửa lời văn", None)],
        draft=draft,
        texts=texts,
        errors=errors,
    )


def _drop_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    remedy: Remedy,
    draft: Decision,
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "van_ban/drop.html",
        me,
        uow,
        status=status,
        page_title="Bỏ dự thảo",
        has_errors=bool(errors),
        breadcrumbs=[("Văn bản", "/van-ban"), ("Dự thảo", f"/van-ban/{draft.id}"), ("Bỏ dự thảo", None)],
        draft=draft,
        freezes=remedy.freezes,
        errors=errors,
    )


def state_note(uow: UnitOfWork, decision: Decision) -> tuple[str, str]:
    """For the public page: tone and sentence about what became of an issued document; empty when nothing did."""
    by = uow.decisions.get(decision.cancelled_by_id) if decision.cancelled_by_id is not None else None
    states = {row.state for row in uow.books.rows_of(decision.id)}
    if by is not None:
        done = {RegisterState.REPLACED: "replace", RegisterState.RECALLED: "recall"}
        kind = next((word for state, word in done.items() if state in states), "cancel")
        return "late", f"{label('remedy_done', kind)} {by.symbol} ngày {day(by.dated)}."
    found = uow.remedies.of(decision.id)
    if any(remedy.freezes for remedy in found):
        return "late", label("remedy_open", "recall")
    out = [uow.decisions.get(r.draft_id) for r in found if r.state is RemedyState.DONE]
    told = "; ".join(f"{label('remedy_done', 'correct')} {d.symbol} ngày {day(d.dated)}" for d in out)
    return ("info", f"{told}.") if told else ("", "")
