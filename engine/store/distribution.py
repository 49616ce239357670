"""To whom did documents go, as it is kept?"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, Select, bindparam, func, select

from engine.errors import NotFound
from engine.ports.distribution import Arriving
from engine.rules.decisions import DecisionId
from engine.rules.distribution import Recipient
from engine.rules.units import AccountId, UnitId
from engine.store.query_parts import below
from engine.store.rows import Rows, Upsert
from engine.store.tables import decisions, units
from engine.store.tables_distribution import recipients

RECIPIENTS = Rows(Recipient, recipients)
_ADD = Upsert(recipients, ["decision_id", "number"])
_OF_DECISION = RECIPIENTS.select.where(recipients.c.decision_id == bindparam("decision_id")).order_by(
    recipients.c.number
)
_ONE = _OF_DECISION.where(recipients.c.number == bindparam("number"))
_RECEIVE = recipients.update().where(
    recipients.c.id.in_(bindparam("ids", expanding=True)), recipients.c.received_at.is_(None)
)
_ADDRESSED = select(recipients.c.id).where(
    recipients.c.decision_id == bindparam("decision_id"), recipients.c.unit_id.in_(bindparam("units", expanding=True))
)
_ARRIVING: Select[tuple[object, ...]] = (
    RECIPIENTS.select.add_columns(
        decisions.c.symbol, decisions.c.subject, decisions.c.dated, units.c.name.label("issuer")
    )
    .join(decisions, decisions.c.id == recipients.c.decision_id)
    .join(units, units.c.id == decisions.c.unit_id)
)


class SqlDistribution:
    """`engine.ports.distribution.Distribution`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Sequence[Recipient]) -> None:
        rows = [RECIPIENTS.write(recipient) for recipient in new]
        for row in rows:
            del row["id"]
        _ADD.run(self._connection, rows)

    def get(self, decision_id: DecisionId, number: int) -> Recipient:
        found = RECIPIENTS.find(self._connection, _ONE, decision_id=decision_id, number=number)
        if found is None:
            raise NotFound("Recipient", number)
        return found

    def save(self, recipient: Recipient) -> Recipient:
        return RECIPIENTS.save(self._connection, recipient)

    def of_decision(self, decision_id: DecisionId) -> list[Recipient]:
        return RECIPIENTS.list(self._connection, _OF_DECISION, decision_id=decision_id)

    def receive(self, ids: Collection[int], at: datetime, on: date, by: str, by_id: AccountId | None) -> int:
        noted = _RECEIVE.values(received_at=at, received_on=on, received_by=by, received_by_id=by_id)
        return self._connection.execute(noted, {"ids": sorted(ids)}).rowcount

    def at_units(self, at: Collection[UnitId], *, waiting: bool, limit: int) -> list[Arriving]:
        found = _ARRIVING.where(recipients.c.unit_id.in_(sorted(at)))
        if waiting:
            found = found.where(recipients.c.received_at.is_(None))
        return self._arriving(found.order_by(recipients.c.id.desc()).limit(limit))

    def addressed(self, decision_id: DecisionId, at: Collection[UnitId]) -> bool:
        params = {"decision_id": decision_id, "units": sorted(at)}
        return self._connection.execute(_ADDRESSED, params).first() is not None

    def overdue(self, scope: Collection[UnitId], before: datetime, *, limit: int) -> list[Arriving]:
        since = func.coalesce(recipients.c.sent_at, decisions.c.issued_at)
        found = _ARRIVING.where(
            decisions.c.unit_id.in_(below(scope)), recipients.c.received_at.is_(None), since < before
        )
        return self._arriving(found.order_by(recipients.c.id).limit(limit))

    def _arriving(self, statement: Select[tuple[object, ...]]) -> list[Arriving]:
        return [
            Arriving(
                recipient=RECIPIENTS.read(row),
                symbol=row.symbol,
                subject=row.subject,
                dated=row.dated,
                issuer=row.issuer,
            )
            for row in self._connection.execute(statement)
        ]
