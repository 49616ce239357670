"""By which criteria are units judged, with which points, and in which lists do they stand, as it is kept?"""

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from engine.rules.cycles import CycleId
from engine.rules.decisions import DecisionId
from engine.rules.dossiers import DossierId
from engine.rules.scores import CriteriaVersion, KeptScore, Ranking
from engine.store.rows import Rows, Upsert
from engine.store.tables_scores import criteria_versions, rankings, scores

VERSIONS = Rows(CriteriaVersion, criteria_versions)
SCORES = Rows(KeptScore, scores)
RANKINGS = Rows(Ranking, rankings)

_VERSIONS = VERSIONS.where(criteria_versions.c.cycle_id == bindparam("cycle_id"))
_IN_FORCE = (
    VERSIONS.select.where(criteria_versions.c.cycle_id == bindparam("cycle_id"))
    .order_by(criteria_versions.c.number.desc())
    .limit(1)
)
_ADD_VERSION = Upsert(criteria_versions, ["cycle_id", "number"], returns="id")
_FREEZE = criteria_versions.update().where(
    criteria_versions.c.id == bindparam("b_id"), criteria_versions.c.frozen_at.is_(None)
)
_OF_DOSSIER = SCORES.where(scores.c.dossier_id == bindparam("dossier_id"))
_OF_CYCLE = SCORES.where(scores.c.cycle_id == bindparam("cycle_id"))
_RANKINGS = RANKINGS.where(rankings.c.cycle_id == bindparam("cycle_id"))
_newest = select(func.max(rankings.c.id)).group_by(rankings.c.cycle_id)
_ALL = RANKINGS.where(
    rankings.c.id.in_(_newest) | rankings.c.id.in_(_newest.where(rankings.c.published_at.is_not(None)))
)
_PUBLISH = rankings.update().where(rankings.c.id == bindparam("b_id"), rankings.c.published_at.is_(None))


class SqlScores:
    """`engine.ports.scores.Scores`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def criteria(self, cycle_id: CycleId) -> CriteriaVersion | None:
        return VERSIONS.find(self._connection, _IN_FORCE, cycle_id=cycle_id)

    def criteria_versions(self, cycle_id: CycleId) -> list[CriteriaVersion]:
        return VERSIONS.list(self._connection, _VERSIONS, cycle_id=cycle_id)

    def add_criteria(self, version: CriteriaVersion) -> bool:
        row = VERSIONS.write(version)
        del row["id"]
        return _ADD_VERSION.one(self._connection, row) is not None

    def freeze(self, version_id: int, at: datetime) -> None:
        self._connection.execute(_FREEZE.values(frozen_at=at), {"b_id": version_id})

    def add(self, score: KeptScore) -> KeptScore:
        return SCORES.add(self._connection, score)

    def of_dossier(self, dossier_id: DossierId) -> list[KeptScore]:
        return SCORES.list(self._connection, _OF_DOSSIER, dossier_id=dossier_id)

    def of_cycle(self, cycle_id: CycleId) -> list[KeptScore]:
        return SCORES.list(self._connection, _OF_CYCLE, cycle_id=cycle_id)


class SqlRankings:
    """`engine.ports.scores.Rankings`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, ranking_id: int) -> Ranking:
        return RANKINGS.get(self._connection, ranking_id)

    def add(self, ranking: Ranking) -> Ranking:
        return RANKINGS.add(self._connection, ranking)

    def of_cycle(self, cycle_id: CycleId) -> list[Ranking]:
        return RANKINGS.list(self._connection, _RANKINGS, cycle_id=cycle_id)

    def all(self) -> list[Ranking]:
        return RANKINGS.list(self._connection, _ALL)

    def publish(self, ranking_id: int, decision_id: DecisionId, at: datetime) -> bool:
        values = {"published_at": at, "decision_id": decision_id}
        return bool(self._connection.execute(_PUBLISH.values(**values), {"b_id": ranking_id}).rowcount)
