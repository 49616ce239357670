"""What became of many tasks that one person does in one go, as it is kept?"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam

from engine.rules.batches import Batch, BatchItem
from engine.rules.units import AccountId
from engine.store.rows import Rows
from engine.store.tables_signings import batch_items, batches

BATCHES = Rows(Batch, batches)
ITEMS = Rows(BatchItem, batch_items)

_ITEMS = ITEMS.where(batch_items.c.batch_id == bindparam("batch_id"))
_OF_ACCOUNT = (
    BATCHES.select.where(batches.c.account_id == bindparam("account_id"))
    .order_by(batches.c.id.desc())
    .limit(bindparam("most"))
)


class SqlBatches:
    """`engine.ports.batches.Batches`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, batch_id: int) -> Batch:
        return BATCHES.get(self._connection, batch_id)

    def add(self, batch: Batch, items: Sequence[BatchItem]) -> Batch:
        kept = BATCHES.add(self._connection, batch)
        ITEMS.insert(self._connection, [replace(item, batch_id=kept.id) for item in items])
        return kept

    def items(self, batch_id: int) -> list[BatchItem]:
        return ITEMS.list(self._connection, _ITEMS, batch_id=batch_id)

    def save_item(self, item: BatchItem) -> BatchItem:
        return ITEMS.save(self._connection, item)

    def latest(self, account_id: AccountId, limit: int) -> list[Batch]:
        return BATCHES.list(self._connection, _OF_ACCOUNT, account_id=account_id, most=limit)
