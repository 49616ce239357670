"""What leaves the house by mail, and what could not go on by itself?"""

from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, bindparam, select

from engine.errors import NotFound
from engine.ports.store import Delivery, Incident
from engine.rules.dossiers import DossierId
from engine.store.hidden import Hidden
from engine.store.query_parts import incidents_not_of
from engine.store.rows import Rows, Upsert
from engine.store.tables import deliveries, incidents

DELIVERIES = Rows(Delivery, deliveries)
INCIDENTS = Rows(Incident, incidents)

_ADD = Upsert(deliveries, ["key"], returns="id")
_IN_STATE = DELIVERIES.where(deliveries.c.state.in_(bindparam("states", expanding=True)))
_BY_MESSAGE = DELIVERIES.where(deliveries.c.message_id == bindparam("by_message_id"))
_KNOWN = select(deliveries.c.id).where(deliveries.c.key == bindparam("by_key"))
_OPEN = INCIDENTS.where(incidents.c.resolved_at.is_(None))
_OF_DOSSIER = INCIDENTS.where(incidents.c.dossier_id == bindparam("dossier_id"), incidents.c.resolved_at.is_(None))


class SqlOutbox:
    """`engine.ports.store.Outbox`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, delivery: Delivery) -> Delivery | None:
        row = DELIVERIES.write(delivery)
        del row["id"]
        new_id = _ADD.one(self._connection, row)
        return None if new_id is None else replace(delivery, id=new_id)

    def get(self, delivery_id: int) -> Delivery:
        return DELIVERIES.get(self._connection, delivery_id)

    def known(self, key: str) -> bool:
        return self._connection.execute(_KNOWN, {"by_key": key}).first() is not None

    def by_message_id(self, message_id: str) -> Delivery | None:
        return DELIVERIES.find(self._connection, _BY_MESSAGE, by_message_id=message_id)

    def save(self, delivery: Delivery) -> Delivery:
        return DELIVERIES.save(self._connection, delivery)

    def in_state(self, *states: str) -> list[Delivery]:
        return DELIVERIES.list(self._connection, _IN_STATE, states=list(states))


class SqlIncidents:
    """`engine.ports.store.Incidents`."""

    def __init__(self, connection: Connection, hidden: Hidden) -> None:
        self._connection, self._hidden = connection, hidden

    def add(self, incident: Incident) -> Incident:
        return INCIDENTS.add(self._connection, incident)

    def get(self, incident_id: int) -> Incident:
        found = self._narrowed(incidents.c.id == incident_id) if self._hidden.keys else None
        if found == []:
            raise NotFound("Incident", incident_id)
        return found[0] if found else INCIDENTS.get(self._connection, incident_id)

    def save(self, incident: Incident) -> Incident:
        return INCIDENTS.save(self._connection, incident)

    def open(self) -> list[Incident]:
        if self._hidden.keys:
            return self._narrowed(incidents.c.resolved_at.is_(None))
        return INCIDENTS.list(self._connection, _OPEN)

    def of_dossier(self, dossier_id: DossierId) -> list[Incident]:
        return INCIDENTS.list(self._connection, _OF_DOSSIER, dossier_id=dossier_id)

    def _narrowed(self, condition: ColumnElement[bool]) -> list[Incident]:
        return INCIDENTS.list_once(self._connection, INCIDENTS.where(condition, incidents_not_of(self._hidden.keys)))
