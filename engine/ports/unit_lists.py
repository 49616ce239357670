"""What does the core ask of the store about lists of units that were carried out?"""

from typing import Protocol

from engine.rules.unit_lists import ListChange


class UnitLists(Protocol):
    """Lists that changed the tree."""

    def get(self, change_id: int) -> ListChange: ...
    def add(self, change: ListChange) -> ListChange: ...
    def save(self, change: ListChange) -> ListChange: ...
    def newest(self, limit: int) -> list[ListChange]:
        """The newest first."""
        ...
