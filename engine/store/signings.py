"""Which documents wait for a signature from outside, and in which way is each signed?"""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, select

from engine.rules.decisions import DecisionId
from engine.rules.signings import Signing, SigningStep, Way, WaySetting
from engine.rules.units import AccountId, UnitId
from engine.store.rows import Rows
from engine.store.tables_signings import signings, way_settings

SIGNINGS = Rows(Signing, signings)
SETTINGS = Rows(WaySetting, way_settings)

_OF_DECISION = SIGNINGS.where(signings.c.decision_id == bindparam("decision_id"))
_OPEN = SIGNINGS.where(signings.c.step != SigningStep.DONE)
_ON_PAPER = select(signings.c.decision_id).where(
    signings.c.decision_id.in_(bindparam("decision_ids", expanding=True)), signings.c.person_way == Way.PAPER
)
_OF_UNIT = SETTINGS.where(way_settings.c.unit_id == bindparam("unit_id"))
_OF_ACCOUNT = SETTINGS.where(way_settings.c.account_id == bindparam("account_id"))
_SETTINGS = SETTINGS.where()


class SqlSignings:
    """`engine.ports.signings.Signings`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, decision_id: DecisionId) -> Signing | None:
        return SIGNINGS.find(self._connection, _OF_DECISION, decision_id=decision_id)

    def add(self, signing: Signing) -> Signing:
        return SIGNINGS.add(self._connection, signing)

    def save(self, signing: Signing) -> Signing:
        return SIGNINGS.save(self._connection, signing)

    def open(self) -> list[Signing]:
        return SIGNINGS.list(self._connection, _OPEN)

    def on_paper(self, decision_ids: Collection[DecisionId]) -> frozenset[DecisionId]:
        found = self._connection.execute(_ON_PAPER, {"decision_ids": list(decision_ids)}).scalars()
        return frozenset(DecisionId(number) for number in found)

    def setting(self, *, unit_id: UnitId | None = None, account_id: AccountId | None = None) -> WaySetting | None:
        if unit_id is not None:
            return SETTINGS.find(self._connection, _OF_UNIT, unit_id=unit_id)
        return SETTINGS.find(self._connection, _OF_ACCOUNT, account_id=account_id)

    def settings(self) -> list[WaySetting]:
        return SETTINGS.list(self._connection, _SETTINGS)

    def add_setting(self, setting: WaySetting) -> WaySetting:
        return SETTINGS.add(self._connection, setting)

    def save_setting(self, setting: WaySetting) -> WaySetting:
        return SETTINGS.save(self._connection, setting)
