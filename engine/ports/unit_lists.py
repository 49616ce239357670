"""What does the core ask of the store about lists that were carried out?"""

from typing import Protocol

from engine.rules.unit_lists import ListChange


class UnitLists(Protocol):
    """Lists that changed the tree, or filled in values."""

    def get(self, change_id: int) -> ListChange: ...
    def add(self, change: ListChange) -> ListChange: ...
    def save(self, change: ListChange) -> ListChange: ...
    def newest(self, limit: int) -> list[ListChange]:
        """Those of the tree of units, the newest first."""
        ...

    def about(self, about: str, limit: int) -> list[ListChange]:
        """Those that filled in these values, the newest first."""
        ...
