"""What does the core ask of the store about batches?"""

from collections.abc import Sequence
from typing import Protocol

from engine.rules.batches import Batch, BatchItem
from engine.rules.units import AccountId


class Batches(Protocol):
    """Many tasks that one person does in one go."""

    def get(self, batch_id: int) -> Batch: ...
    def add(self, batch: Batch, items: Sequence[BatchItem]) -> Batch:
        """Keep a batch with its items (their `batch_id` is filled in)."""
        ...

    def items(self, batch_id: int) -> list[BatchItem]: ...
    def save_item(self, item: BatchItem) -> BatchItem: ...
    def latest(self, account_id: AccountId, limit: int) -> list[Batch]:
        """A person's batches, the newest first."""
        ...
