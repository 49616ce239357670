"""What was packed for the archive, handed over to it, and how long is it kept?"""

from sqlalchemy import Connection, bindparam

from engine.rules.archiving import Handover, Package, Retention
from engine.rules.cycles import CycleId
from engine.rules.dossiers import DossierId
from engine.rules.units import UnitId
from engine.store.rows import Rows, Upsert, replacing
from engine.store.tables_archive import handovers, packages, retentions

PACKAGES = Rows(Package, packages)
HANDOVERS = Rows(Handover, handovers)
RETENTIONS = Rows(Retention, retentions)

_OF_CYCLE = PACKAGES.where(packages.c.cycle_id == bindparam("cycle_id"), packages.c.dossier_id.is_(None))
_OF_DOSSIER = PACKAGES.where(packages.c.dossier_id == bindparam("dossier_id"))
_OF_UNIT = HANDOVERS.where(handovers.c.unit_id == bindparam("unit_id"))
_RETENTIONS = RETENTIONS.select.order_by(retentions.c.kind)
_PUT_RETENTION = Upsert(retentions, ["kind"], replacing("label", "years", "source"))


class SqlPackages:
    """`engine.ports.packages.Packages`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, package_id: int) -> Package:
        return PACKAGES.get(self._connection, package_id)

    def add(self, package: Package) -> Package:
        return PACKAGES.add(self._connection, package)

    def save(self, package: Package) -> Package:
        return PACKAGES.save(self._connection, package)

    def of(self, cycle_id: CycleId, dossier_id: DossierId | None) -> list[Package]:
        if dossier_id is None:
            return PACKAGES.list(self._connection, _OF_CYCLE, cycle_id=cycle_id)
        return PACKAGES.list(self._connection, _OF_DOSSIER, dossier_id=dossier_id)


class SqlHandovers:
    """`engine.ports.packages.Handovers`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, handover_id: int) -> Handover:
        return HANDOVERS.get(self._connection, handover_id)

    def add(self, handover: Handover) -> Handover:
        return HANDOVERS.add(self._connection, handover)

    def save(self, handover: Handover) -> Handover:
        return HANDOVERS.save(self._connection, handover)

    def of_unit(self, unit_id: UnitId) -> list[Handover]:
        return HANDOVERS.list(self._connection, _OF_UNIT, unit_id=unit_id)

    def retentions(self) -> list[Retention]:
        return RETENTIONS.list(self._connection, _RETENTIONS)

    def put_retention(self, retention: Retention) -> None:
        _PUT_RETENTION.run(self._connection, [RETENTIONS.write(retention)])
