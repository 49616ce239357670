"""What were people told, and what have they chosen? Notices, personal settings."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, func, or_, select

from engine.ports.notices import LastCall, NoticeRow, Webhook
from engine.rules.dossiers import WorkState
from engine.rules.notices import MailState, Notice, PersonalSettings
from engine.rules.units import AccountId
from engine.store.rows import Rows, Upsert, replacing
from engine.store.tables import deliveries, units, work_items
from engine.store.tables_telling import notices, personal_settings, webhooks

NOTICES = Rows(Notice, notices)
SETTINGS = Rows(PersonalSettings, personal_settings)

WEBHOOKS = Rows(Webhook, webhooks)

_WEBHOOKS = WEBHOOKS.where()
_LIVING = WEBHOOKS.where(webhooks.c.disabled_at.is_(None))
_LAST_CALL = (
    select(*(deliveries.c[name] for name in ("state", "error", "created_at")))
    .where(deliveries.c.webhook_id == bindparam("of_webhook"))
    .order_by(deliveries.c.id.desc())
    .limit(1)
)
_LAST_MAIL = (
    select(*(deliveries.c[name] for name in ("state", "error", "created_at")))
    .where(deliveries.c.account_id == bindparam("of_account"), deliveries.c.state.in_(["sent", "dead"]))
    .order_by(deliveries.c.id.desc())
    .limit(1)
)
_ADD = Upsert(notices, ["key"], returns="id")
_WAITING = (
    NOTICES.select.where(notices.c.account_id == bindparam("account_id"), notices.c.mail == MailState.WAITING)
    .order_by(notices.c.id)
    .with_for_update()
)
_MARK = notices.update().where(notices.c.id.in_(bindparam("ids", expanding=True))).values(mail=bindparam("becomes"))
_with_work = notices.outerjoin(work_items, work_items.c.id == notices.c.work_item_id)
_alive = or_(notices.c.work_item_id.is_(None), work_items.c.state.in_([WorkState.OPEN, WorkState.SUSPENDED]))
_own = notices.c.account_id == bindparam("account_id")
_COUNT = select(func.count()).where(_own)
_unread = (notices.c.read_at.is_(None), _alive)
_UNREAD = select(func.count()).select_from(_with_work).where(_own, *_unread)
_READ = (
    notices.update()
    .where(notices.c.account_id == bindparam("of_account"), notices.c.read_at.is_(None))
    .values(read_at=bindparam("at"))
)
_READ_THESE = _READ.where(notices.c.id.in_(bindparam("ids", expanding=True)))
_names = ("id", "kind", "title", "href", "last_day", "created_at", "read_at")
_PAGE = (
    select(*(notices.c[name] for name in _names), units.c.name.label("unit"), (~_alive).label("over"))
    .select_from(_with_work.outerjoin(units, units.c.id == notices.c.unit_id))
    .where(_own)
    .order_by(notices.c.id.desc())
    .limit(bindparam("at_most"))
    .offset(bindparam("first"))
)
_PAGE_UNREAD = _PAGE.where(*_unread)
_SETTINGS = SETTINGS.where(personal_settings.c.account_id == bindparam("account_id"))
_KEEP = Upsert(
    personal_settings,
    ["account_id"],
    replacing("mail", "quiet_from", "quiet_until", "digest_days", "digest_minute", "feed_sha256", "feed_since"),
)
_BY_FEED = SETTINGS.where(personal_settings.c.feed_sha256 == bindparam("feed"))


class SqlNotices:
    """`engine.ports.notices.Notices`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, notice: Notice) -> Notice | None:
        row = NOTICES.write(notice)
        del row["id"]
        new_id = _ADD.one(self._connection, row)
        return None if new_id is None else replace(notice, id=new_id)

    def get(self, notice_id: int) -> Notice:
        return NOTICES.get(self._connection, notice_id)

    def waiting(self, account_id: AccountId) -> list[Notice]:
        return NOTICES.list(self._connection, _WAITING, account_id=account_id)

    def mark(self, notice_ids: Collection[int], mail: MailState) -> None:
        if notice_ids:
            self._connection.execute(_MARK, {"ids": list(notice_ids), "becomes": mail})

    def page(
        self, account_id: AccountId, *, unread: bool = False, limit: int, offset: int = 0
    ) -> tuple[list[NoticeRow], int]:
        params = {"account_id": account_id, "at_most": limit, "first": offset}
        found = self._connection.execute(_PAGE_UNREAD if unread else _PAGE, params)
        rows = [_row(dict(row._mapping)) for row in found]
        return rows, self._count(_UNREAD if unread else _COUNT, account_id)

    def unread(self, account_id: AccountId) -> int:
        return self._count(_UNREAD, account_id)

    def read(self, account_id: AccountId, notice_ids: Collection[int] | None, at: datetime) -> None:
        params: dict[str, Any] = {"of_account": account_id, "at": at}
        if notice_ids is None:
            self._connection.execute(_READ, params)
        elif notice_ids:
            self._connection.execute(_READ_THESE, {**params, "ids": list(notice_ids)})

    def settings(self, account_id: AccountId) -> PersonalSettings | None:
        return SETTINGS.find(self._connection, _SETTINGS, account_id=account_id)

    def by_feed(self, feed_sha256: str) -> PersonalSettings | None:
        return SETTINGS.find(self._connection, _BY_FEED, feed=feed_sha256)

    def add_webhook(self, webhook: Webhook) -> Webhook:
        return WEBHOOKS.add(self._connection, webhook)

    def webhook(self, webhook_id: int) -> Webhook:
        return WEBHOOKS.get(self._connection, webhook_id)

    def save_webhook(self, webhook: Webhook) -> Webhook:
        return WEBHOOKS.save(self._connection, webhook)

    def webhooks(self, *, living: bool = False) -> list[Webhook]:
        return WEBHOOKS.list(self._connection, _LIVING if living else _WEBHOOKS)

    def last_call(self, webhook_id: int) -> LastCall | None:
        row = self._connection.execute(_LAST_CALL, {"of_webhook": webhook_id}).mappings().first()
        return None if row is None else LastCall(**row)

    def last_mail(self, account_id: AccountId) -> LastCall | None:
        row = self._connection.execute(_LAST_MAIL, {"of_account": account_id}).mappings().first()
        return None if row is None else LastCall(**row)

    def keep(self, settings: PersonalSettings) -> None:
        _KEEP.run(self._connection, [SETTINGS.write(settings)])

    def _count(self, statement: Executable, account_id: AccountId) -> int:
        return int(self._connection.execute(statement, {"account_id": account_id}).scalar() or 0)


def _row(row: Mapping[str, Any]) -> NoticeRow:
    return NoticeRow(**{**row, "over": bool(row["over"])})
