"""How is a person told? A notice at once, and a mail when it may come: alone, or with the others of the day.

One digest a person and day. What comes after it waits for the next working day's, unless its last day would be over by
then. `timers` carries out the rows of kind `digest` and `mail` that are planned here.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from engine.ports.store import NEW, CalendarEntry, Delivery, TimerRow, UnitOfWork
from engine.rules.calendar import WorkingCalendar
from engine.rules.deadlines import local_day
from engine.rules.dossiers import WorkItem, WorkState
from engine.rules.notices import (
    NEWS,
    ORDERS,
    MailMode,
    MailState,
    Notice,
    PersonalSettings,
    allowed_from,
    defaults,
    digest_moment,
    is_mailed,
    next_digest_moment,
)
from engine.rules.units import Account, AccountId, UnitId
from engine.use_cases.actors import actor_of
from engine.use_cases.standing_in import waits_for

#: How far the next working day may be.
_AHEAD = timedelta(days=70)
#: Units that one line of a digest names; the others are counted.
NAMED = 3
#: Lines of one part of a digest; the others are counted.
LINES = 25
#: After every rung's key of the same moment: `~` stands after all letters.
_LAST = "~"


@dataclass
class Teller:
    """Tells people in one transaction, at one moment."""

    uow: UnitOfWork
    now: datetime

    def tell(
        self,
        person: Account,
        *,
        key: str,
        kind: str,
        facts: Mapping[str, object],
        item: WorkItem | None = None,
        href: str = "/viec",
        unit_id: UnitId | None = None,
    ) -> None:
        """Tell a person something once; `kind` names the template that says it, `facts` are what it needs."""
        settings = settings_of(self.uow, person.id)
        mailed = bool(person.email) and is_mailed(kind, settings)
        last_day = facts.get("last_day")
        notice = self.uow.notices.add(
            Notice(
                id=NEW,
                key=key,
                account_id=person.id,
                kind=kind,
                title=self.uow.words.mail(kind, facts)[0],
                href=href,
                facts=facts,
                work_item_id=item.id if item else None,
                unit_id=unit_id,
                last_day=last_day if isinstance(last_day, date) else None,
                created_at=self.now,
                read_at=None,
                mail=MailState.WAITING if mailed else MailState.NONE,
            )
        )
        if notice is not None and mailed:
            self._plan(notice, settings)

    def _plan(self, notice: Notice, settings: PersonalSettings) -> None:
        if settings.mail is MailMode.SINGLE or notice.kind in ORDERS:
            self._single(notice, settings)
            return
        calendar = self._calendar
        due = digest_moment(self.now, settings, calendar)
        later = next_digest_moment(due, settings, calendar)
        gone = self.uow.outbox.known(digest_key(notice.account_id, due))
        if _too_late(notice, later if gone else due, self.now):
            self._single(notice, settings)
            return
        patient = notice.kind in NEWS and due == self.now and not _too_late(notice, later, self.now)
        plan_digest(self.uow, notice.account_id, later if gone or patient else due)

    def _single(self, notice: Notice, settings: PersonalSettings) -> None:
        due = allowed_from(self.now, settings, self._calendar)
        if due > self.now:
            self.uow.timers.plan([_row("mail", f"{_LAST}mail:{notice.id}", due, {"notice": notice.id})])
        else:
            _mail_alone(self.uow, notice, now=self.now)

    @cached_property
    def _calendar(self) -> WorkingCalendar:
        return near_calendar(self.uow, self.now)


def _too_late(notice: Notice, mailed_at: datetime, now: datetime) -> bool:
    """Whether a last day that is still ahead would be over by then."""
    return notice.last_day is not None and local_day(now) <= notice.last_day < local_day(mailed_at)


def near_calendar(uow: UnitOfWork, now: datetime) -> WorkingCalendar:
    """The working calendar of the next weeks."""
    today = local_day(now)
    return WorkingCalendar({row.day: row for row in uow.calendar.days(today, today + _AHEAD)})


def settings_of(uow: UnitOfWork, account_id: AccountId) -> PersonalSettings:
    """What the person has chosen, else what holds for everybody."""
    return uow.notices.settings(account_id) or defaults(account_id, uow.words.habits())


def digest_key(account_id: AccountId, due: datetime) -> str:
    """What names a person's digest of a day."""
    return f"digest:{account_id}:{local_day(due).isoformat()}"


def plan_digest(uow: UnitOfWork, account_id: AccountId, due: datetime) -> None:
    """Let the person's digest of that day be made at `due`; a day has one, whoever plans it first."""
    key = _LAST + digest_key(account_id, due)
    uow.timers.plan([_row("digest", key, due, {"account": account_id, "key": key[1:]})])
    # It may have come to nothing earlier that day.
    uow.timers.replan(key)


def make_digest(uow: UnitOfWork, row: TimerRow, *, now: datetime) -> None:
    """Mail a person what waits for them; what is done in the meantime is left out, nothing left is no mail."""
    account_id, key = AccountId(int(str(row.payload["account"]))), str(row.payload["key"])
    waiting, over = _sorted_out(uow, uow.notices.waiting(account_id))
    uow.notices.mark([notice.id for notice in over], MailState.OVER)
    if not waiting:
        return
    person, settings = uow.accounts.get(account_id), settings_of(uow, account_id)
    if not person.email or person.disabled_at is not None or settings.mail is MailMode.NONE:
        uow.notices.mark([notice.id for notice in waiting], MailState.NONE)
        return
    calendar = near_calendar(uow, now)
    allowed = allowed_from(now, settings, calendar)
    if uow.outbox.known(key):
        allowed = next_digest_moment(now, settings, calendar)
    if allowed > now:
        # A server that was away all evening, or a day whose digest has gone.
        plan_digest(uow, account_id, allowed)
        return
    told = _once(waiting)
    if len(told) == 1:
        words = _words_alone(uow, told[0], now)
    else:
        words = uow.words.mail("digest", _digest_facts(uow, person, told, now))
    queue(uow, person, key, words, notices=told, now=now)
    uow.notices.mark([notice.id for notice in waiting], MailState.MAILED)


def mail_alone(uow: UnitOfWork, row: TimerRow, *, now: datetime) -> None:
    """Mail one notice whose moment has come, unless its work is done."""
    notice = uow.notices.get(int(str(row.payload["notice"])))
    waiting, over = _sorted_out(uow, [notice] if notice.mail is MailState.WAITING else [])
    uow.notices.mark([each.id for each in over], MailState.OVER)
    for each in waiting:
        _mail_alone(uow, each, now=now)


def _mail_alone(uow: UnitOfWork, notice: Notice, *, now: datetime) -> None:
    person = uow.accounts.get(notice.account_id)
    queue(uow, person, notice.key, _words_alone(uow, notice, now), notices=[notice], now=now)
    uow.notices.mark([notice.id], MailState.MAILED)


def _words_alone(uow: UnitOfWork, notice: Notice, now: datetime) -> tuple[str, str, str]:
    return uow.words.mail(notice.kind, _facts_today(notice, now))


def queue(
    uow: UnitOfWork,
    person: Account,
    key: str,
    words: tuple[str, str, str],
    *,
    notices: Sequence[Notice] = (),
    now: datetime,
) -> None:
    """Promise one mail to a person; the same key is never promised twice."""
    subject, text, html = words
    delivery = uow.outbox.add(
        Delivery(
            id=NEW,
            key=key,
            account_id=person.id,
            address=person.email or "",
            message_id=hashlib.sha256(key.encode()).hexdigest()[:32],
            subject=subject,
            text=text,
            html=html,
            state="queued",
            attempts=0,
            error="",
            created_at=now,
            sent_at=None,
            work_item_id=notices[0].work_item_id if len(notices) == 1 else None,
            calendar=_calendar_part(uow, notices, now),
        )
    )
    if delivery is not None:
        uow.jobs.enqueue("mail", f"mail:{key}", {"delivery_id": delivery.id})


def _sorted_out(uow: UnitOfWork, notices: Iterable[Notice]) -> tuple[list[Notice], list[Notice]]:
    """Those that still matter, and those whose work is over."""
    alive, over = list[Notice](), list[Notice]()
    for notice in notices:
        item = uow.work.get(notice.work_item_id) if notice.work_item_id is not None else None
        (alive if item is None or item.state is WorkState.OPEN else over).append(notice)
    return alive, over


def _once(notices: Sequence[Notice]) -> list[Notice]:
    """One notice for each piece of work: whoever is reminded of it needs not be told that it is new."""
    best: dict[tuple[object, bool], Notice] = {}
    for notice in notices:
        about = (notice.work_item_id or f"notice {notice.id}", notice.kind == "escalation")
        if about not in best or best[about].kind in NEWS:
            best[about] = notice
    return sorted(best.values(), key=lambda notice: notice.id)


def _facts_today(notice: Notice, now: datetime) -> Mapping[str, object]:
    """The facts as they are on the day of the mail."""
    if "rung" not in notice.facts or notice.last_day is None:
        return notice.facts
    return {**notice.facts, "rung": (local_day(now) - notice.last_day).days}


def _digest_facts(uow: UnitOfWork, person: Account, notices: Sequence[Notice], now: datetime) -> Mapping[str, object]:
    today = local_day(now)
    parts: dict[str, list[Notice]] = {"below": [], "late": [], "soon": [], "news": []}
    for notice in notices:
        parts[_part(notice, today)].append(notice)
    waiting, overdue = waits_for(uow, actor_of(uow, person, now=now), today)
    lines = {name: _lines(found, today) for name, found in parts.items()}
    return {
        "full_name": person.full_name,
        "day": today,
        **{name: found[:LINES] for name, found in lines.items()},
        "more": sum(max(0, len(found) - LINES) for found in lines.values()),
        "counts": {name: len(found) for name, found in parts.items()},
        "waiting": waiting,
        "overdue": overdue,
    }


def _part(notice: Notice, today: date) -> str:
    if notice.kind == "escalation":
        return "below"
    if notice.kind == "reminder" and notice.last_day is not None:
        return "late" if notice.last_day < today else "soon"
    return "news"


def _lines(notices: Sequence[Notice], today: date) -> list[Mapping[str, object]]:
    """One line for the same task of many units, the nearest last day first."""
    groups: dict[tuple[object, ...], list[Notice]] = {}
    for notice in notices:
        together = (notice.kind, notice.facts.get("name"), notice.last_day) if "unit" in notice.facts else (notice.id,)
        groups.setdefault(together, []).append(notice)
    ordered = sorted(groups.values(), key=lambda found: (found[0].last_day or date.max, found[0].id))
    return [_line(found, today) for found in ordered]


def _line(found: Sequence[Notice], today: date) -> Mapping[str, object]:
    first = found[0]
    units = list(dict.fromkeys(str(notice.facts["unit"]) for notice in found if "unit" in notice.facts))
    return {
        "kind": first.kind,
        "name": first.facts.get("name") if units else first.title,
        "units": units[:NAMED],
        "others": max(0, len(units) - NAMED),
        "count": len(found),
        "last_day": first.last_day,
        "days": (first.last_day - today).days if first.last_day else None,
        "href": first.href if len(found) == 1 else "/viec",
    }


def _calendar_part(uow: UnitOfWork, notices: Sequence[Notice], now: datetime) -> str:
    entries = []
    for notice in notices:
        item = uow.work.get(notice.work_item_id) if notice.work_item_id is not None else None
        # A day that is over belongs in nobody's calendar any more, another's work never did.
        if item is not None and item.last_day and item.last_day >= local_day(now) and notice.kind != "escalation":
            entries.append(entry_of(item, item.last_day, uow.units.get(item.subject_unit_id).name))
    return uow.words.calendar(entries) if entries else ""


def entry_of(item: WorkItem, last_day: date, unit: str) -> CalendarEntry:
    """A task's last day as a calendar shows it."""
    return CalendarEntry(
        uid=f"viec-{item.id}",
        name=item.name,
        unit=unit,
        day=last_day,
        href=f"/viec/{item.id}",
        stamp=item.opened_at,
        sequence=item.moves,
    )


def _row(kind: str, key: str, due: datetime, payload: Mapping[str, object]) -> TimerRow:
    return TimerRow(
        id=NEW,
        kind=kind,
        key=key,
        due_at=due,
        instance_id=None,
        cycle_id=None,
        work_item_id=None,
        token="",
        payload=payload,
        state="waiting",
    )
