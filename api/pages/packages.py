"""How does the package of a closed cycle, or of one of its dossiers, get out? Asked for, made by a job, handed out as a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.pages.shell import page, said
from api.pages.uploads import SANDBOX
from api.texts.words import file_size, instant
from engine.errors import NotFound
from engine.ports.store import UnitOfWork
from engine.rules.archiving import Package, PackageState
from engine.rules.cycles import Cycle, CycleId, CycleState
from engine.rules.dossiers import Dossier, DossierId
from engine.use_cases import packages

router = APIRouter()
CyclePath = Annotated[int, Path(ge=1)]
DossierPath = Annotated[int, Path(ge=1)]
PackagePath = Annotated[int, Path(ge=1)]
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRow:
    """One package of a list."""

    title: str
    meta: tuple[str, ...]
    state: str
    href: str  #: empty until it is made
    sha256: str


@router.get("/chu-ky/{cycle_id:int}/goi")
def of_cycle(request: Request, cycle_id: CyclePath, me: Me, uow: Uow) -> HTMLResponse:
    """Show the packages of a cycle."""
    return _page(request, me, uow, uow.cycles.get(CycleId(cycle_id)), None)


@router.post("/chu-ky/{cycle_id:int}/goi")
def ask_for_cycle(cycle_id: CyclePath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Ask for the package of a cycle."""
    packages.ask(uow, uow.cycles.get(CycleId(cycle_id)), None, actor=me.actor, now=house.clock())
    return said(f"/chu-ky/{cycle_id}/goi", "lap-goi")


@router.get("/ho-so/{dossier_id:int}/goi")
def of_dossier(request: Request, dossier_id: DossierPath, me: Me, uow: Uow) -> HTMLResponse:
    """Show the packages of a dossier."""
    dossier = uow.dossiers.get(DossierId(dossier_id))
    return _page(request, me, uow, uow.cycles.get(dossier.cycle_id), dossier)


@router.post("/ho-so/{dossier_id:int}/goi")
def ask_for_dossier(dossier_id: DossierPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Ask for the package of a dossier."""
    dossier = uow.dossiers.get(DossierId(dossier_id))
    packages.ask(uow, uow.cycles.get(dossier.cycle_id), dossier, actor=me.actor, now=house.clock())
    return said(f"/ho-so/{dossier_id}/goi", "lap-goi")


@router.get("/goi/{package_id:int}/tai")
def download(package_id: PackagePath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand a package out, piece by piece."""
    package = uow.packages.get(package_id)
    dossier = uow.dossiers.get(package.dossier_id) if package.dossier_id is not None else None
    packages.check_may_have(uow, uow.cycles.get(package.cycle_id), dossier, me.actor)
    if package.state is not PackageState.MADE:
        raise NotFound("file", package_id)
    return StreamingResponse(
        _pieces(house.archive.open(package.sha256)),
        media_type="application/zip",
        headers={
            "content-disposition": f'attachment; filename="{package.name}.zip"',
            "content-length": str(package.size),
            "content-security-policy": SANDBOX,
            "x-content-type-options": "nosniff",
        },
    )


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _page(request: Request, me: Visitor, uow: UnitOfWork, cycle: Cycle, dossier: Dossier | None) -> HTMLResponse:
    packages.check_may_have(uow, cycle, dossier, me.actor)
    found = uow.packages.of(cycle.id, dossier.id if dossier is not None else None)
    model = uow.models.get(cycle.version)
    if dossier is None:
        about, base = f"Chu kỳ {cycle.year}: {model.name}", f"/chu-ky/{cycle.id}"
        above: Sequence[tuple[str, str | None]] = (("Chu kỳ", "/chu-ky"), (str(cycle.year), base))
    else:
        about, base = uow.units.get(dossier.unit_id).name, f"/ho-so/{dossier.id}"
        above = ((about, base),)
    return page(
        request,
        "luu_tru/packages.html",
        me,
        uow,
        page_title="Gói lưu trữ",
        breadcrumbs=[*above, ("Gói lưu trữ", None)],
        about=about,
        action=f"{base}/goi",
        rows=[_row(package) for package in reversed(found)],
        waiting=any(package.state is PackageState.ASKED for package in found),
        closed=cycle.state is CycleState.CLOSED,
    )


def _row(package: Package) -> PackageRow:
    made = package.state is PackageState.MADE
    when = f"lập xong {instant(package.made_at)}" if package.made_at else f"yêu cầu lúc {instant(package.asked_at)}"
    meta = (when, package.by_name, *((file_size(package.size),) if made else ()), package.reason)
    return PackageRow(
        title=f"{package.name}.zip" if made else "Gói lưu trữ",
        meta=tuple(text for text in meta if text),
        state=package.state.value,
        href=f"/goi/{package.id}/tai" if made else "",
        sha256=package.sha256,
    )
