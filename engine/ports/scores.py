"""What does the core ask about judgements? Criteria in force, scores as they were given, lists as they were drawn up."""

from datetime import datetime
from typing import Protocol

from engine.rules.cycles import CycleId
from engine.rules.decisions import DecisionId
from engine.rules.dossiers import DossierId
from engine.rules.scores import CriteriaVersion, KeptScore, Ranking


class Scores(Protocol):
    """Criteria of cycles and the scores that rest on them; a score is only ever added."""

    def criteria(self, cycle_id: CycleId) -> CriteriaVersion | None:
        """The version in force; None: the pack's own set, which nobody was judged by yet."""
        ...

    def criteria_versions(self, cycle_id: CycleId) -> list[CriteriaVersion]: ...
    def add_criteria(self, version: CriteriaVersion) -> bool:
        """Keep a version; False: somebody else has just taken its number."""
        ...

    def freeze(self, version_id: int, at: datetime) -> None:
        """From now on the cycle is judged by this version; a frozen one stays as it is."""
        ...

    def add(self, score: KeptScore) -> KeptScore: ...
    def of_dossier(self, dossier_id: DossierId) -> list[KeptScore]: ...
    def of_cycle(self, cycle_id: CycleId) -> list[KeptScore]: ...


class Rankings(Protocol):
    """Versions of lists; a published one can no longer be changed or deleted, by nobody."""

    def get(self, ranking_id: int) -> Ranking: ...
    def add(self, ranking: Ranking) -> Ranking: ...
    def of_cycle(self, cycle_id: CycleId) -> list[Ranking]: ...
    def all(self) -> list[Ranking]:
        """The newest version of every cycle that has one, and its newest published one."""
        ...

    def publish(self, ranking_id: int, decision_id: DecisionId, at: datetime) -> bool:
        """Publish a draft; False: it was published before."""
        ...
