"""What was decided, under which number, on which basis?"""

from sqlalchemy import Connection, bindparam

from engine.rules.cycles import CycleId
from engine.rules.decisions import Decision, DecisionId, LegalBasis, RegisterRow
from engine.rules.dossiers import DossierId
from engine.rules.text import fold
from engine.rules.units import UnitId
from engine.store.rows import Rows, Upsert, replacing
from engine.store.tables import counters, decisions, legal_bases, register_rows


def _search(decision: Decision) -> dict[str, str]:
    return {"search_text": fold(f"{decision.symbol} {decision.subject} {decision.file_name}")}


DECISIONS = Rows(Decision, decisions, _search)
REGISTER = Rows(RegisterRow, register_rows)
BASES = Rows(LegalBasis, legal_bases)

_OF_DOSSIER = DECISIONS.where(decisions.c.dossier_id == bindparam("dossier_id"))
_OF_CYCLE = DECISIONS.where(decisions.c.cycle_id == bindparam("cycle_id"))
_BY_CODE = DECISIONS.where(decisions.c.code == bindparam("by_code"))
_COUNT_ON = Upsert(counters, ["unit_id", "book", "year"], lambda _: {"last": counters.c.last + 1}, returns="last")
_REGISTER = REGISTER.select.where(
    register_rows.c.unit_id == bindparam("unit_id"), register_rows.c.year == bindparam("year")
).order_by(register_rows.c.book, register_rows.c.number)
_BASIS = BASES.where(legal_bases.c.key == bindparam("by_key"))
_BASES = BASES.where()
_PUT_BASIS = Upsert(legal_bases, ["key"], replacing("name", "number", "dated", "issuer", "sample"))


class SqlDecisions:
    """`engine.ports.store.Decisions`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, decision_id: DecisionId) -> Decision:
        return DECISIONS.get(self._connection, decision_id)

    def add(self, decision: Decision) -> Decision:
        return DECISIONS.add(self._connection, decision)

    def save(self, decision: Decision) -> Decision:
        return DECISIONS.save(self._connection, decision)

    def of_dossier(self, dossier_id: DossierId) -> list[Decision]:
        return DECISIONS.list(self._connection, _OF_DOSSIER, dossier_id=dossier_id)

    def of_cycle(self, cycle_id: CycleId) -> list[Decision]:
        return DECISIONS.list(self._connection, _OF_CYCLE, cycle_id=cycle_id)

    def find_code(self, code: str) -> Decision | None:
        return DECISIONS.find(self._connection, _BY_CODE, by_code=code) if code else None

    def take_number(self, unit_id: UnitId, book: str, year: int, *, first: int = 1) -> int:
        row = {"unit_id": unit_id, "book": book, "year": year, "last": first}
        return int(_COUNT_ON.one(self._connection, row))

    def add_register_row(self, row: RegisterRow) -> RegisterRow:
        return REGISTER.add(self._connection, row)

    def register_rows(self, unit_id: UnitId, year: int) -> list[RegisterRow]:
        return REGISTER.list(self._connection, _REGISTER, unit_id=unit_id, year=year)

    def basis(self, key: str) -> LegalBasis | None:
        return BASES.find(self._connection, _BASIS, by_key=key)

    def bases(self) -> list[LegalBasis]:
        return BASES.list(self._connection, _BASES)

    def put_basis(self, basis: LegalBasis) -> LegalBasis:
        row = BASES.write(basis)
        del row["id"]
        _PUT_BASIS.run(self._connection, [row])
        kept = self.basis(basis.key)
        assert kept is not None  # noqa: S101  # just written
        return kept
