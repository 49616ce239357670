"""What does the core ask of the store about telling people? Their notices and what they have chosen."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from engine.rules.dossiers import WorkItemId, WorkState
from engine.rules.notices import MailState, Notice, PersonalSettings
from engine.rules.units import AccountId, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where a unit's own system is told what falls due at the unit and below it."""

    id: int
    unit_id: UnitId
    url: str
    secret: str  #: signs every call
    by_id: AccountId | None
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCall:
    """What became of the latest call of a webhook, or of the latest mail to a person."""

    state: str
    error: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """One line of a person's list."""

    id: int
    kind: str
    title: str
    href: str
    unit: str | None
    last_day: date | None
    created_at: datetime
    read_at: datetime | None
    over: bool  #: the work it is about is done or gone


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDayRow:
    """A piece of work with a last day, open or over, as a calendar shows it."""

    id: WorkItemId
    name: str
    subject: str  #: name of the unit that it is about
    last_day: date
    state: WorkState
    opened_at: datetime
    done_at: datetime | None
    moves: int


class Notices(Protocol):
    """What people are told, and what they have chosen."""

    def add(self, notice: Notice) -> Notice | None:
        """Keep a notice; None when its key is known already."""
        ...

    def get(self, notice_id: int) -> Notice: ...
    def waiting(self, account_id: AccountId) -> list[Notice]:
        """Those that wait for their mail, in the order of time; locked until the transaction ends."""
        ...

    def mark(self, notice_ids: Collection[int], mail: MailState) -> None:
        """Note what became of their mail."""
        ...

    def page(
        self, account_id: AccountId, *, unread: bool = False, limit: int, offset: int = 0
    ) -> tuple[list[NoticeRow], int]:
        """A person's notices, the newest first, and how many there are; `unread`: as `unread` counts them."""
        ...

    def unread(self, account_id: AccountId) -> int:
        """How many the person has not read whose work is still open."""
        ...

    def read(self, account_id: AccountId, notice_ids: Collection[int] | None, at: datetime) -> None:
        """Note that the person has read these of their notices (None: all); others' stay as they are."""
        ...

    def settings(self, account_id: AccountId) -> PersonalSettings | None:
        """What the person has chosen; None: nothing."""
        ...

    def by_feed(self, feed_sha256: str) -> PersonalSettings | None:
        """Whose calendar has this secret."""
        ...

    def add_webhook(self, webhook: Webhook) -> Webhook: ...
    def webhook(self, webhook_id: int) -> Webhook: ...
    def save_webhook(self, webhook: Webhook) -> Webhook: ...
    def webhooks(self, *, living: bool = False) -> list[Webhook]:
        """Every webhook, or only those that are called."""
        ...

    def last_call(self, webhook_id: int) -> LastCall | None:
        """The latest call; None: there was none."""
        ...

    def last_mail(self, account_id: AccountId) -> LastCall | None:
        """The latest mail to a person that left or was given up; None: there was none."""
        ...

    def keep(self, settings: PersonalSettings) -> None:
        """Keep what the person has chosen."""
        ...
