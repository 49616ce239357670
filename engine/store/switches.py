"""Which instances were brought to another version, how were they before, and what was reported?"""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, func, select

from engine.errors import NotFound
from engine.ports.versions import Switch, SwitchItem
from engine.rules.cycles import CycleId
from engine.rules.dossiers import InstanceId
from engine.store.rows import Rows, Upsert, replacing
from engine.store.tables import switch_items, switches

SWITCHES = Rows(Switch, switches)
ITEMS = Rows(SwitchItem, switch_items)

_LOCK = SWITCHES.select.where(switches.c.id == bindparam("switch_id")).with_for_update()
_OF_CYCLE = SWITCHES.where(switches.c.cycle_id == bindparam("cycle_id"))
_PUT = Upsert(
    switch_items,
    ["switch_id", "instance_id"],
    replacing("state", "notes", "version_before", "blob_before", "row_version"),
)
_ITEMS = (
    ITEMS.select.where(
        switch_items.c.switch_id == bindparam("switch_id"), switch_items.c.instance_id > bindparam("after")
    )
    .order_by(switch_items.c.instance_id)
    .limit(bindparam("at_most"))
)
_COUNT = (
    select(switch_items.c.state, func.count())
    .where(switch_items.c.switch_id == bindparam("switch_id"))
    .group_by(switch_items.c.state)
)


class SqlSwitches:
    """`engine.ports.versions.Switches`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, switch: Switch) -> Switch:
        return SWITCHES.add(self._connection, switch)

    def get(self, switch_id: int) -> Switch:
        found = SWITCHES.find(self._connection, _LOCK, switch_id=switch_id)
        if found is None:
            raise NotFound("Switch", switch_id)
        return found

    def look(self, switch_id: int) -> Switch:
        return SWITCHES.get(self._connection, switch_id)

    def save(self, switch: Switch) -> Switch:
        return SWITCHES.save(self._connection, switch)

    def of_cycle(self, cycle_id: CycleId) -> list[Switch]:
        return SWITCHES.list(self._connection, _OF_CYCLE, cycle_id=cycle_id)

    def put_item(self, item: SwitchItem) -> None:
        _PUT.run(self._connection, [ITEMS.write(item)])

    def items(self, switch_id: int, after: InstanceId, limit: int) -> list[SwitchItem]:
        return ITEMS.list(self._connection, _ITEMS, switch_id=switch_id, after=after, at_most=limit)

    def count(self, switch_id: int) -> Mapping[str, int]:
        rows = self._connection.execute(_COUNT, {"switch_id": switch_id})
        return {str(state): int(number) for state, number in rows}
