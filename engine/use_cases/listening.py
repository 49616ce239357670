"""How does a person want to be told? Their list, what they choose about mails, and the secret address of their calendar."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.errors import FieldError, Invalid, NotFound, NotPermitted
from engine.ports.notices import LastDayRow
from engine.ports.store import CalendarEntry, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.dossiers import WorkState
from engine.rules.notices import WEEKDAYS, MailMode, PersonalSettings
from engine.rules.units import AccountId, Actor
from engine.use_cases import distribution
from engine.use_cases.accounts import digest
from engine.use_cases.actors import actor_of
from engine.use_cases.notifying import settings_of

#: How long what is over stays in a calendar, crossed out.
_KEPT = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person asks for in the form."""

    mail: str
    days: Collection[str]
    minute: int | None
    quiet_from: int | None
    quiet_until: int | None


def open_notice(uow: UnitOfWork, notice_id: int, *, actor: Actor, now: datetime) -> str:
    """Note that the actor has read one of their notices; answer where it leads. Anybody else's is refused."""
    notice = uow.notices.get(notice_id)
    if notice.account_id != actor.account_id:
        raise NotPermitted("not_your_notice")
    uow.notices.read(notice.account_id, [notice_id], now)
    distribution.opened(uow, notice, actor=actor, now=now)
    return notice.href


def read_all(uow: UnitOfWork, *, actor: Actor, now: datetime) -> None:
    """Note that the actor has read everything in their list."""
    uow.notices.read(_account(actor), None, now)


def choose(uow: UnitOfWork, wishes: Wishes, *, actor: Actor, now: datetime) -> PersonalSettings:
    """Keep how the actor wants mails; the list of notices and what an order changes cannot be switched off.

    Field errors: `mail`, `days` (none), `minute`, `quiet` (hours, or a digest that would come within them).
    """
    errors = _faults(wishes)
    if errors:
        raise Invalid(errors)
    # Every day chosen means every working day, a Saturday that is worked for a Monday too.
    days = sorted(set(wishes.days)) if set(wishes.days) != {str(day) for day in WEEKDAYS} else []
    kept = replace(
        settings_of(uow, _account(actor)),
        mail=MailMode(wishes.mail),
        quiet_from=wishes.quiet_from or 0,
        quiet_until=wishes.quiet_until or 0,
        digest_days=tuple(days),
        digest_minute=wishes.minute or 0,
    )
    uow.notices.keep(kept)
    uow.audit.write(_line("notices_chosen", actor, now, mail=kept.mail.value))
    return kept


def renew_feed(uow: UnitOfWork, *, actor: Actor, now: datetime) -> str:
    """Give the actor's calendar a new secret address and end the old one; the secret is answered once, never kept."""
    secret = secrets.token_urlsafe(32)
    uow.notices.keep(replace(settings_of(uow, _account(actor)), feed_sha256=digest(secret), feed_since=now))
    uow.audit.write(_line("feed_renewed", actor, now))
    return secret


def end_feed(uow: UnitOfWork, *, actor: Actor, now: datetime) -> None:
    """Let the address of the actor's calendar lead nowhere."""
    uow.notices.keep(replace(settings_of(uow, _account(actor)), feed_sha256=None, feed_since=None))
    uow.audit.write(_line("feed_ended", actor, now))


def feed(uow: UnitOfWork, secret: str, *, now: datetime) -> list[CalendarEntry]:
    """The calendar behind a secret: last days of the work of the positions that its person holds on the day of `now`.

    `NotFound`: nobody's secret (any more), or an account that is closed.
    """
    settings = uow.notices.by_feed(digest(secret))
    account = uow.accounts.get(settings.account_id) if settings is not None else None
    if account is None or account.disabled_at is not None:
        raise NotFound("calendar", "")
    rows = uow.queries.last_days(actor_of(uow, account, now=now).positions, now - _KEPT)
    return [_entry(row) for row in rows]


def _entry(row: LastDayRow) -> CalendarEntry:
    over = row.state not in (WorkState.OPEN, WorkState.SUSPENDED)
    return CalendarEntry(
        uid=f"viec-{row.id}",
        name=row.name,
        unit=row.subject,
        day=row.last_day,
        href=f"/viec/{row.id}",
        stamp=row.done_at or row.opened_at,
        # A calendar takes a change only with a higher number than before.
        sequence=row.moves + over,
        cancelled=over,
    )


def _faults(wishes: Wishes) -> dict[str, FieldError]:
    errors: dict[str, FieldError] = {}
    if wishes.mail not in {mode.value for mode in MailMode}:
        errors["mail"] = FieldError("choice", {"title": "Thư nhắc việc"})
    if not wishes.days or not set(wishes.days) <= {str(day) for day in WEEKDAYS}:
        errors["days"] = FieldError("no_digest_day", {})
    if wishes.minute is None or not 0 <= wishes.minute < 24 * 60:
        errors["minute"] = FieldError("choice", {"title": "Giờ gửi thư gom"})
    start, end = wishes.quiet_from, wishes.quiet_until
    if start is None or end is None or not (0 <= start < 24 and 0 <= end < 24):
        errors["quiet"] = FieldError("choice", {"title": "Giờ yên lặng"})
    elif "minute" not in errors and _is_within((wishes.minute or 0) // 60, start, end):
        errors["minute"] = FieldError("digest_in_quiet", {})
    return errors


def _is_within(hour: int, start: int, end: int) -> bool:
    return start <= hour < end if start < end else start > end and (hour >= start or hour < end)


def _account(actor: Actor) -> AccountId:
    if actor.account_id is None:
        raise NotFound("account", "")
    return actor.account_id


def _line(event: str, actor: Actor, now: datetime, **facts: object) -> AuditLine:
    return AuditLine(
        at=now,
        actor_id=actor.account_id,
        actor_name=actor.full_name,
        event=event,
        target=f"account:{actor.account_id}",
        facts=facts,
    )
