"""Who does whose work, as it is kept?"""

from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection, bindparam, or_, select

from engine.ports.absences import DoneWork
from engine.rules.delegations import Delegation, Handled
from engine.rules.dossiers import DossierId
from engine.rules.units import AccountId, UnitId
from engine.store.known import Reference
from engine.store.query_parts import below
from engine.store.rows import Rows
from engine.store.tables import dossiers, submissions, units
from engine.store.tables_absences import delegations, stand_ins

DELEGATIONS = Rows(Delegation, delegations)
_holds = (
    delegations.c.ended_at.is_(None),
    delegations.c.first_day <= bindparam("day"),
    delegations.c.last_day >= bindparam("day"),
)
_ANY = select(delegations.c.id).limit(1)
_RECEIVED = DELEGATIONS.where(delegations.c.to_id == bindparam("account_id"), *_holds)
_GIVEN = DELEGATIONS.where(delegations.c.from_id == bindparam("account_id"), *_holds)
_AT_UNIT = DELEGATIONS.where(delegations.c.unit_id == bindparam("unit_id"), *_holds)
_OF_PERSON = DELEGATIONS.select.where(
    or_(delegations.c.from_id == bindparam("account_id"), delegations.c.to_id == bindparam("account_id"))
).order_by(delegations.c.id.desc())
_NOTE = stand_ins.insert()
_DONE = (
    select(
        submissions.c.id.label("submission_id"),
        submissions.c.dossier_id,
        submissions.c.title.label("name"),
        units.c.name.label("unit"),
        submissions.c.at,
    )
    .join(stand_ins, stand_ins.c.submission_id == submissions.c.id)
    .join(dossiers, dossiers.c.id == submissions.c.dossier_id)
    .join(units, units.c.id == dossiers.c.unit_id)
    .where(stand_ins.c.delegation_id == bindparam("delegation_id"))
    .order_by(submissions.c.id)
)
_HANDLED = (
    select(submissions.c.act, delegations.c.unit_id, delegations.c.role)
    .outerjoin(stand_ins, stand_ins.c.submission_id == submissions.c.id)
    .outerjoin(delegations, delegations.c.id == stand_ins.c.delegation_id)
    .where(submissions.c.by_id == bindparam("account_id"))
    .where(submissions.c.dossier_id.in_(bindparam("dossier_ids", expanding=True)))
    .order_by(submissions.c.id)
)


class SqlAbsences:
    """`engine.ports.absences.Absences`."""

    def __init__(self, connection: Connection, reference: Reference) -> None:
        self._connection, self._reference = connection, reference

    def any(self) -> bool:
        return self._reference.recall(("delegations",), lambda: self._connection.execute(_ANY).first() is not None)

    def get(self, delegation_id: int) -> Delegation:
        return DELEGATIONS.get(self._connection, delegation_id)

    def add(self, delegation: Delegation) -> Delegation:
        self._reference.changed()
        return DELEGATIONS.add(self._connection, delegation)

    def save(self, delegation: Delegation) -> Delegation:
        return DELEGATIONS.save(self._connection, delegation)

    def received(self, account_id: AccountId, day: date) -> list[Delegation]:
        return DELEGATIONS.list(self._connection, _RECEIVED, account_id=account_id, day=day)

    def given(self, account_id: AccountId, day: date) -> list[Delegation]:
        return DELEGATIONS.list(self._connection, _GIVEN, account_id=account_id, day=day)

    def at_unit(self, unit_id: UnitId, day: date) -> list[Delegation]:
        return DELEGATIONS.list(self._connection, _AT_UNIT, unit_id=unit_id, day=day)

    def of_person(self, account_id: AccountId) -> list[Delegation]:
        return DELEGATIONS.list(self._connection, _OF_PERSON, account_id=account_id)

    def of_units(self, scope: Collection[UnitId], *, limit: int) -> list[Delegation]:
        statement = DELEGATIONS.select.where(delegations.c.unit_id.in_(below(scope)))
        return DELEGATIONS.list_once(self._connection, statement.order_by(delegations.c.id.desc()).limit(limit))

    def note(self, delegation_id: int, submission_id: int) -> None:
        self._connection.execute(_NOTE, {"delegation_id": delegation_id, "submission_id": submission_id})

    def done(self, delegation_id: int) -> list[DoneWork]:
        rows = self._connection.execute(_DONE, {"delegation_id": delegation_id})
        return [DoneWork(**row._mapping) for row in rows]

    def handled(self, account_id: AccountId, dossier_ids: Collection[DossierId]) -> list[Handled]:
        params = {"account_id": account_id, "dossier_ids": sorted(dossier_ids)}
        return [Handled(**row._mapping) for row in self._connection.execute(_HANDLED, params)]
