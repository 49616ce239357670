"""What is a person told, and when may a mail reach them? Notices, personal settings, quiet hours.

A notice is kept for its person's list at once; by mail it goes alone or in the day's digest, at the next moment that is
neither in the person's quiet hours nor on a day of rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from engine.rules.calendar import WorkingCalendar
from engine.rules.deadlines import ICT, local_day
from engine.rules.dossiers import WorkItemId
from engine.rules.units import AccountId, UnitId

#: What can wait for the next morning's digest: nothing falls due by it alone.
NEWS = frozenset({"new_work", "campaign", "notice", "document_waits", "title_ends", "survey"})
#: What an order changes is told at once and always by mail, with the number of the paper that orders it; so is whose work
#: is in whose hands, and what became of a document.
ORDERS = frozenset({"redated", "delegation", "fate"})
#: What is only laid into a person's list: whoever has to be told by mail is told by a reminder.
LISTED = frozenset({"document"})
#: Days of the week that a digest may be gathered on, as `isoweekday` counts them.
WEEKDAYS = (1, 2, 3, 4, 5)


class MailMode(StrEnum):
    """How mails about work come."""

    DIGEST = "digest"
    SINGLE = "single"
    NONE = "none"


class MailState(StrEnum):
    """What became of a notice by mail."""

    WAITING = "waiting"
    MAILED = "mailed"
    NONE = "none"  # the person wants or has no mail
    OVER = "over"  # the work was done before the mail went


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What holds for everybody who has chosen nothing else; from the organisation's data."""

    mail: MailMode
    quiet_from: int  #: local hour from which no mail goes
    quiet_until: int  #: local hour from which mail goes again; the same hour: no quiet hours
    digest_minute: int  #: minutes after midnight before which no digest goes; after the ladders' hour
    busy_week: int  #: tasks with a last day in one week from which on a person's week is called impossible


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalSettings:
    """What a person has chosen."""

    account_id: AccountId
    mail: MailMode
    quiet_from: int
    quiet_until: int
    digest_days: tuple[str, ...]  #: digits of `WEEKDAYS`; empty: every working day
    digest_minute: int  #: minutes after local midnight before which no digest goes
    feed_sha256: str | None = None  #: of the secret in the address of the person's calendar
    feed_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that one person is told."""

    id: int
    key: str  #: unique: nobody is told the same thing twice
    account_id: AccountId
    kind: str  #: the template that says it: reminder | escalation | new_work | campaign | redated | notice
    title: str
    href: str  #: address within the site
    facts: Mapping[str, object]  #: what the template needs
    work_item_id: WorkItemId | None
    unit_id: UnitId | None  #: whom it is about
    last_day: date | None
    created_at: datetime
    read_at: datetime | None
    mail: MailState


def defaults(account_id: AccountId, habits: Habits) -> PersonalSettings:
    """What holds for a person who has chosen nothing."""
    return PersonalSettings(
        account_id=account_id,
        mail=habits.mail,
        quiet_from=habits.quiet_from,
        quiet_until=habits.quiet_until,
        digest_days=(),
        digest_minute=habits.digest_minute,
    )


def is_mailed(kind: str, settings: PersonalSettings) -> bool:
    """Whether what is told goes by mail as well: always when an order changes something, else as the person chose."""
    return kind not in LISTED and (settings.mail is not MailMode.NONE or kind in ORDERS)


def allowed_from(moment: datetime, settings: PersonalSettings, calendar: WorkingCalendar) -> datetime:
    """The first instant from `moment` on at which a mail may go: on a working day, outside quiet hours (UTC)."""
    local = moment.astimezone(ICT)
    while True:
        day = calendar.next_working_day(local.date())
        if day != local.date():
            local = datetime.combine(day, time(0), ICT)
        later = _awake(local, settings)
        if later.date() == local.date():
            return later.astimezone(UTC)
        local = later


def digest_moment(moment: datetime, settings: PersonalSettings, calendar: WorkingCalendar) -> datetime:
    """When the digest goes that a notice of `moment` belongs to, unless that day's has gone (UTC)."""
    day = local_day(moment)
    while True:
        if calendar.is_working(day) and _gathers(day, settings, calendar):
            # Where the rest of the day is quiet from the wanted minute on, the waking hours before it must do.
            for minute in (settings.digest_minute, 0):
                allowed = allowed_from(max(moment, _at(day, minute)), settings, calendar)
                if local_day(allowed) == day:
                    return allowed
        day += timedelta(days=1)


def next_digest_moment(moment: datetime, settings: PersonalSettings, calendar: WorkingCalendar) -> datetime:
    """When the digest of a later day goes (UTC)."""
    tomorrow = datetime.combine(local_day(moment) + timedelta(days=1), time(0), ICT)
    return digest_moment(tomorrow, settings, calendar)


def _gathers(day: date, settings: PersonalSettings, calendar: WorkingCalendar) -> bool:
    """Whether a working day is one of the person's days, or the first one after such a day that was a day of rest."""
    if not settings.digest_days:
        return True
    while str(day.isoweekday()) not in settings.digest_days:
        day -= timedelta(days=1)
        if calendar.is_working(day):
            return False
    return True


def _awake(local: datetime, settings: PersonalSettings) -> datetime:
    start, end, hour = settings.quiet_from, settings.quiet_until, local.hour
    quiet = start <= hour < end if start < end else (hour >= start or hour < end) if start > end else False
    if not quiet:
        return local
    wakes = datetime.combine(local.date(), time(end), ICT)
    return wakes if wakes > local else wakes + timedelta(days=1)


def _at(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60), ICT)
