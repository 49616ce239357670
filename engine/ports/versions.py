"""What does the core ask of the store when running instances are brought to another version of their model?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.rules.cycles import CycleId
from engine.rules.dossiers import InstanceId
from engine.rules.units import AccountId

#: States of a switch.
RUNNING, DONE, UNDOING, UNDONE = "running", "done", "undoing", "undone"
#: States of one instance in it: brought over, left where it was, brought back, could not be brought back.
MOVED, REFUSED, RETURNED, STAYED = "moved", "refused", "returned", "stayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """All running instances of a cycle on their way to another version, batch by batch."""

    id: int
    cycle_id: CycleId
    from_version: str
    to_version: str
    mapping: Mapping[str, str]  #: node id of the old diagram → of the new one
    reason: str
    state: str
    reached: int  #: instances up to this id have been looked at
    started_at: datetime
    finished_at: datetime | None
    by_id: AccountId | None
    by_name: str
    row_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchItem:
    """What became of one instance, and what undoing it needs."""

    switch_id: int
    instance_id: InstanceId
    state: str
    notes: Sequence[str]  #: Vietnamese: why it was left, or what people should know
    version_before: str
    blob_before: bytes
    row_version: int | None  #: of the instance, once brought over


class Switches(Protocol):
    """Switches and their reports."""

    def add(self, switch: Switch) -> Switch: ...
    def get(self, switch_id: int) -> Switch:
        """Load and lock."""
        ...

    def look(self, switch_id: int) -> Switch:
        """Load without a lock, for showing."""
        ...

    def save(self, switch: Switch) -> Switch: ...
    def of_cycle(self, cycle_id: CycleId) -> list[Switch]: ...
    def put_item(self, item: SwitchItem) -> None:
        """Add, or replace the one of the same instance."""
        ...

    def items(self, switch_id: int, after: InstanceId, limit: int) -> list[SwitchItem]:
        """The report, in the order of instances."""
        ...

    def count(self, switch_id: int) -> Mapping[str, int]:
        """State of the items → how many."""
        ...
