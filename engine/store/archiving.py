"""Which packages were made for the archive?"""

from sqlalchemy import Connection, bindparam

from engine.rules.archiving import Package
from engine.rules.cycles import CycleId
from engine.rules.dossiers import DossierId
from engine.store.rows import Rows
from engine.store.tables_archive import packages

PACKAGES = Rows(Package, packages)

_OF_CYCLE = PACKAGES.where(packages.c.cycle_id == bindparam("cycle_id"), packages.c.dossier_id.is_(None))
_OF_DOSSIER = PACKAGES.where(packages.c.dossier_id == bindparam("dossier_id"))


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
