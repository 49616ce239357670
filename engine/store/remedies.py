"""What is done about documents that are out?"""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, select

from engine.rules.decisions import DecisionId
from engine.rules.remedies import Remedy, RemedyKind, RemedyState
from engine.store.rows import Rows
from engine.store.tables_remedies import remedies

REMEDIES = Rows(Remedy, remedies)
_OF = REMEDIES.where(remedies.c.decision_id == bindparam("decision_id"))
_BY_DRAFT = REMEDIES.where(remedies.c.draft_id == bindparam("draft_id"))
_ALL_FROZEN = (
    select(remedies.c.decision_id)
    .where(remedies.c.kind == RemedyKind.RECALL, remedies.c.state.in_((RemedyState.OPEN, RemedyState.SIGNED)))
    .order_by(remedies.c.decision_id)
)
_FROZEN = _ALL_FROZEN.where(remedies.c.decision_id.in_(bindparam("ids", expanding=True)))


class SqlRemedies:
    """`engine.ports.remedies.Remedies`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, remedy: Remedy) -> Remedy:
        return REMEDIES.add(self._connection, remedy)

    def get(self, remedy_id: int) -> Remedy:
        return REMEDIES.get(self._connection, remedy_id)

    def save(self, remedy: Remedy) -> Remedy:
        return REMEDIES.save(self._connection, remedy)

    def of(self, decision_id: DecisionId) -> list[Remedy]:
        return REMEDIES.list(self._connection, _OF, decision_id=decision_id)

    def by_draft(self, draft_id: DecisionId) -> Remedy | None:
        return REMEDIES.find(self._connection, _BY_DRAFT, draft_id=draft_id)

    def frozen(self, decision_ids: Collection[DecisionId]) -> set[DecisionId]:
        rows = self._connection.execute(_FROZEN, {"ids": sorted(decision_ids)}) if decision_ids else ()
        return {DecisionId(row[0]) for row in rows}

    def all_frozen(self) -> list[DecisionId]:
        return [DecisionId(row[0]) for row in self._connection.execute(_ALL_FROZEN)]
