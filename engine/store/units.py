"""Where stands a unit? The register of units; a transaction reads each unit once."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, literal, select

from engine.rules.text import fold, sort_key
from engine.rules.units import Unit, UnitId
from engine.store.known import Reference
from engine.store.rows import Rows
from engine.store.tables import units

_MAX_DEPTH = 32  # no administration is deeper; a unit that stands above itself ends here


def _search(unit: Unit) -> dict[str, str]:
    return {"search_text": fold(f"{unit.name} {unit.code}"), "sort_key": sort_key(unit.name)}


UNITS = Rows(Unit, units, _search)
_ALL = UNITS.select.order_by(units.c.code)
_BY_CODE = UNITS.select.where(units.c.code == bindparam("code"))
_EXISTING = UNITS.select.where(units.c.until_day.is_(None)).order_by(units.c.code)
_CHILDREN = UNITS.select.where(units.c.parent_id == bindparam("unit_id")).order_by(units.c.code)
_start = (
    select(units.c.id, units.c.parent_id, literal(0).label("depth"))
    .where(units.c.id == bindparam("unit_id"))
    .cte("above", recursive=True)
)
_above = _start.union_all(
    select(units.c.id, units.c.parent_id, _start.c.depth + 1)
    .where(units.c.id == _start.c.parent_id)
    .where(_start.c.depth < _MAX_DEPTH)
)
_PATH = UNITS.select.join(_above, _above.c.id == units.c.id).order_by(_above.c.depth)


class SqlUnits:
    """`engine.ports.store.Units`."""

    def __init__(self, connection: Connection, reference: Reference) -> None:
        self._connection, self._reference = connection, reference
        self._known: dict[UnitId, Unit] = {}

    def get(self, unit_id: UnitId) -> Unit:
        return self._known.get(unit_id) or self.note(UNITS.get(self._connection, unit_id))

    def find_code(self, code: str) -> Unit | None:
        return UNITS.find(self._connection, _BY_CODE, code=code)

    def alike(self, texts: Collection[str]) -> list[Unit]:
        known = self._reference.recall(("alike",), self._read_alike) if texts else {}
        found = {unit.id: unit for text in texts for unit in known.get(fold(text), ())}
        return sorted(found.values(), key=lambda unit: unit.code)

    def add(self, unit: Unit) -> Unit:
        self._reference.changed()
        return UNITS.add(self._connection, unit)

    def save(self, unit: Unit) -> Unit:
        self._known.clear()
        self._reference.changed()
        return UNITS.save(self._connection, unit)

    def all(self) -> list[Unit]:
        return UNITS.list(self._connection, _ALL)

    def children(self, unit_id: UnitId) -> list[Unit]:
        return UNITS.list(self._connection, _CHILDREN, unit_id=unit_id)

    def note(self, unit: Unit) -> Unit:
        """Remember a unit that was read, maybe together with its dossier."""
        self._known[unit.id] = unit
        return unit

    def path(self, unit_id: UnitId) -> tuple[Unit, ...]:
        if not self._knows_path(unit_id):
            known = self._known.get(unit_id)
            # Superiors are few, and known to the process before their units are.
            above = unit_id if known is None or known.parent_id is None else known.parent_id
            for unit in self._reference.recall(("path", above), lambda: self._read_path(above)):
                self.note(unit)
        path = [self.get(unit_id)]
        while path[-1].parent_id is not None and len(path) <= _MAX_DEPTH:
            path.append(self.get(path[-1].parent_id))
        return tuple(path)

    def _read_alike(self) -> dict[str, tuple[Unit, ...]]:
        """Every existing unit under its folded name, code and symbol."""
        found: dict[str, tuple[Unit, ...]] = {}
        for unit in UNITS.list(self._connection, _EXISTING):
            for text in {fold(unit.name), fold(unit.code), fold(unit.symbol)} - {""}:
                found[text] = (*found.get(text, ()), unit)
        return found

    def _read_path(self, unit_id: UnitId) -> list[Unit]:
        return UNITS.list(self._connection, _PATH, unit_id=unit_id)

    def forget(self) -> None:
        """Read again: a savepoint was undone."""
        self._known.clear()

    def _knows_path(self, unit_id: UnitId) -> bool:
        unit = self._known.get(unit_id)
        for _ in range(_MAX_DEPTH):
            if unit is None or unit.parent_id is None:
                break
            unit = self._known.get(unit.parent_id)
        return unit is not None
