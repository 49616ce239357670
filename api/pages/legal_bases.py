"""On which documents do decisions rest? The register of legal bases: what is cited must have number and date."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.pages.asking import day_in, day_text, refused
from api.pages.shell import page, said
from engine.errors import FieldError, Invalid, NotFound, NotPermitted
from engine.ports.store import NEW, UnitOfWork
from engine.rules.decisions import LegalBasis
from engine.rules.permissions import ADMINISTRATOR, AUDITOR, CLERK, OFFICER, SECRETARY
from engine.use_cases import registers
from engine.use_cases.drafting import document_title

router = APIRouter()
BASES = "/quan-tri/can-cu"
_FIELDS = {"name": "ten", "number": "so", "dated": "ngay", "issuer": "co_quan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisLine:
    """One basis as the register shows it; `basis` is None where only its key is known from a model."""

    key: str
    basis: LegalBasis | None
    cited: tuple[str, ...]  #: models and documents that cite it

    @property
    def complete(self) -> bool:
        """Whether something can be issued on it."""
        return self.basis is not None and self.basis.complete


@router.get(BASES)
def listing(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Show every basis that is known or cited."""
    if not me.actor.holds_anywhere(ADMINISTRATOR, AUDITOR, OFFICER, CLERK, SECRETARY):
        raise NotPermitted("not_basis_keeper")
    return page(
        request,
        "quan_tri/bases.html",
        me,
        uow,
        page_title="Căn cứ pháp lý",
        breadcrumbs=[("Quản trị", "/quan-tri"), ("Căn cứ pháp lý", None)] if _administers(me) else [],
        lines=_lines(uow),
        may_keep=registers.may_keep_bases(uow, me.actor),
    )


@router.get(BASES + "/{key}")
def ask(request: Request, key: str, me: Me, uow: Uow) -> HTMLResponse:
    """Show one basis to be entered or corrected."""
    line = _kept(uow, me, key)
    basis = line.basis
    values = {
        "ten": basis.name if basis else "",
        "so": basis.number if basis else "",
        "ngay": day_text(basis.dated) if basis else "",
        "co_quan": basis.issuer if basis else "",
        "mau": "true" if basis and basis.sample else "",
    }
    return _page(request, me, uow, line, values, {})


@router.post(BASES + "/{key}")
def save(request: Request, key: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Enter or correct a basis."""
    line = _kept(uow, me, key)
    values = {name: form.text(name) for name in ("ten", "so", "ngay", "co_quan", "mau")}
    try:
        registers.put_basis(uow, _sent(key, form), actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _page(request, me, uow, line, values, refused(refusal, _FIELDS), status=422)
    return said(BASES, "da-luu")


def missing_bases(uow: UnitOfWork) -> int:
    """How many cited bases lack number or date."""
    return sum(not line.complete for line in _lines(uow))


def _lines(uow: UnitOfWork) -> list[BasisLine]:
    cited = _cited(uow)
    known = {basis.key: basis for basis in uow.decisions.bases()}
    return [
        BasisLine(key=key, basis=known.get(key), cited=tuple(cited.get(key, ())))
        for key in sorted({*cited, *known}, key=lambda key: (known[key].name if key in known else "", key))
    ]


def _cited(uow: UnitOfWork) -> dict[str, list[str]]:
    """Key → which documents of which models cite it, in their latest versions."""
    found: dict[str, list[str]] = {}
    for model in filter(None, (uow.models.latest(key) for key in uow.models.keys())):  # noqa: SIM118  # not a mapping
        for document in model.documents.values():
            head = document.get("document")
            bases = head.get("bases") if isinstance(head, Mapping) else None
            for key in bases if isinstance(bases, list | tuple) else ():
                found.setdefault(str(key), []).append(f"{document_title(document)} – {model.name}")
    return found


def _administers(me: Visitor) -> bool:
    """Whether the person may open the page above."""
    return me.actor.holds_anywhere(ADMINISTRATOR, AUDITOR, OFFICER)


def _kept(uow: UnitOfWork, me: Visitor, key: str) -> BasisLine:
    if not registers.may_keep_bases(uow, me.actor):
        raise NotPermitted("not_basis_keeper")
    line = next((line for line in _lines(uow) if line.key == key), None)
    if line is None:
        raise NotFound("legal basis", key)
    return line


def _sent(key: str, form: Posted) -> LegalBasis:
    day = day_in(form.text("ngay"))
    if form.text("ngay") and day is None:
        raise Invalid({"ngay": FieldError("bad_day", {"title": "Ngày ban hành"})})
    return LegalBasis(
        id=NEW,
        key=key,
        name=form.text("ten")[:500],
        number=form.text("so")[:60],
        dated=day,
        issuer=form.text("co_quan")[:300],
        sample=form.text("mau") == "true",
    )


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    line: BasisLine,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "quan_tri/basis.html",
        me,
        uow,
        status=status,
        page_title="Ghi căn cứ pháp lý",
        has_errors=bool(errors),
        breadcrumbs=[("Quản trị", "/quan-tri"), ("Căn cứ pháp lý", BASES), (line.key, None)],
        line=line,
        values=values,
        errors=errors,
    )
