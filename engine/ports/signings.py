"""What does the core ask of the store about signatures that the server cannot make?"""

from collections.abc import Collection
from typing import Protocol

from engine.rules.decisions import DecisionId
from engine.rules.signings import Signing, WaySetting
from engine.rules.units import AccountId, UnitId


class Signings(Protocol):
    """Documents on their way to their signatures, and the ways that were chosen."""

    def find(self, decision_id: DecisionId) -> Signing | None:
        """The document's; None: the server signs, or it has not begun."""
        ...

    def add(self, signing: Signing) -> Signing: ...
    def save(self, signing: Signing) -> Signing: ...
    def open(self) -> list[Signing]:
        """Those that are not done."""
        ...

    def on_paper(self, decision_ids: Collection[DecisionId]) -> frozenset[DecisionId]:
        """Which of these documents have their original on paper."""
        ...

    def setting(self, *, unit_id: UnitId | None = None, account_id: AccountId | None = None) -> WaySetting | None:
        """What was chosen for a unit, or for a person."""
        ...

    def settings(self) -> list[WaySetting]: ...
    def add_setting(self, setting: WaySetting) -> WaySetting: ...
    def save_setting(self, setting: WaySetting) -> WaySetting: ...
