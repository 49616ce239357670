"""How does a person get the package of a closed cycle, or of one dossier? Asked for, made by a job, kept in the file archive."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from io import SEEK_END
from tempfile import TemporaryFile

from engine.errors import WrongState
from engine.ports.packages import Packer, Sink
from engine.ports.services import JobHandler, OpenUow, Outside
from engine.ports.store import NEW, UnitOfWork
from engine.rules.archiving import Package, PackageState
from engine.rules.audit import AuditLine
from engine.rules.cycles import Cycle, CycleState
from engine.rules.dossiers import Dossier
from engine.rules.permissions import check_may_read
from engine.rules.units import SYSTEM, Actor
from engine.use_cases import archiving, packaging
from engine.use_cases.runs import readers_path

#: Name of the job.
JOB = "package"


def check_may_have(uow: UnitOfWork, cycle: Cycle, dossier: Dossier | None, actor: Actor) -> None:
    """Refuse whoever may not read all that is inside: of a cycle, everything below the unit that opened it."""
    check_may_read(actor, readers_path(uow, dossier) if dossier is not None else uow.units.path(cycle.unit_id))


def ask(uow: UnitOfWork, cycle: Cycle, dossier: Dossier | None, *, actor: Actor, now: datetime) -> Package:
    """Ask for a package; one that is being made already is answered as it stands.

    Refused: who may not read it all (`NotPermitted`), a cycle that is not closed (`WrongState`, `cycle_open`).
    """
    check_may_have(uow, cycle, dossier, actor)
    if cycle.state is not CycleState.CLOSED:
        raise WrongState("cycle_open", year=cycle.year)
    dossier_id = dossier.id if dossier is not None else None
    waiting = [p for p in uow.packages.of(cycle.id, dossier_id) if p.state is PackageState.ASKED]
    if waiting:
        return waiting[-1]
    package = uow.packages.add(
        Package(
            id=NEW,
            cycle_id=cycle.id,
            dossier_id=dossier_id,
            state=PackageState.ASKED,
            asked_at=now,
            by_id=actor.account_id,
            by_name=actor.full_name,
            made_at=None,
            name="",
            sha256="",
            size=0,
            reason="",
            row_version=0,
        )
    )
    uow.jobs.enqueue(JOB, f"package:{package.id}", {"package_id": package.id})
    return package


def maker(read_uow: OpenUow, packer: Callable[[], Packer]) -> JobHandler:
    """The job that makes a package: read in one moment of the database, written outside of any transaction that writes."""

    def make(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
        package_id = int(str(payload["package_id"]))
        with read_uow() as uow, TemporaryFile() as file:
            package = uow.packages.get(package_id)
            if package.state is PackageState.MADE:
                return
            cycle = uow.cycles.get(package.cycle_id)
            scope = packaging.Scope(cycle=cycle, dossier_id=package.dossier_id)
            dossier = uow.dossiers.get(package.dossier_id) if package.dossier_id is not None else None
            kept = archiving.retention_of(uow, dossier)
            about = packaging.describe(uow, scope, retention=kept, now=now)

            def fill(sink: Sink) -> None:
                packaging.fill(uow, outside.archive, outside.renderer, scope, sink)

            packer().pack(file, about, fill, at=now)
            size, digest = file.seek(0, SEEK_END), outside.archive.take(file)
        with open_uow() as uow:
            made = replace(
                package, state=PackageState.MADE, made_at=now, name=about.name, sha256=digest, size=size, reason=""
            )
            uow.packages.save(made)
            uow.audit.write(_line(made, cycle, now=now))

    return make


def give_up(uow: UnitOfWork, payload: Mapping[str, object], reason: str) -> None:
    """Say of a package that it could not be made."""
    package = uow.packages.get(int(str(payload["package_id"])))
    uow.packages.save(replace(package, state=PackageState.FAILED, reason=reason))


def _line(package: Package, cycle: Cycle, *, now: datetime) -> AuditLine:
    return AuditLine(
        at=now,
        actor_id=package.by_id,
        actor_name=package.by_name or SYSTEM.full_name,
        event="packed",
        target=f"package:{package.id}",
        dossier_id=package.dossier_id,
        cycle_id=package.cycle_id,
        unit_id=cycle.unit_id,
        facts={"name": package.name, "sha256": package.sha256},
    )
