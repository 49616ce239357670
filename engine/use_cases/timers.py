"""What happens when a moment has come? Due rows are claimed and carried out, each by itself."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from engine.errors import ChukyError, StaleVersion
from engine.ports.store import NEW, Incident, TimerRow, UnitOfWork
from engine.rules.dossiers import InstanceState
from engine.rules.units import SYSTEM
from engine.use_cases import absences, archiving, effects, notifying, opinions, reminders, runs, titles


def fire_due_timers(uow: UnitOfWork, *, now: datetime, limit: int = 100) -> bool:
    """Carry out up to `limit` rows that are due at `now`, earliest first; True: more may be due.

    A row that fails is undone alone and opens an incident; one that lost a race waits again; the others go on.
    """
    due = uow.timers.claim_due(now, limit)
    for row in due:
        try:
            with uow.savepoint():
                _fire(uow, row, now=now)
        except StaleVersion:
            uow.timers.replan(row.key)
        except ChukyError as fault:
            uow.incidents.add(_incident(row, str(fault), now=now))
        except Exception as fault:  # noqa: BLE001  # one row that nobody foresaw must not stop all clocks of the city
            uow.incidents.add(_incident(row, f"{type(fault).__name__}: {fault}", now=now))
    return len(due) == limit


#: What is done by itself, not by an instance: kind of the row → use case.
_KINDS: Final[Mapping[str, Callable[..., None]]] = {
    "reminder": reminders.remind,
    "late": reminders.note_late,
    "news": reminders.announce_new,
    "campaign": reminders.announce,
    "invitation": reminders.invite,
    "digest": notifying.make_digest,
    "mail": notifying.mail_alone,
    absences.TIMER: absences.note_over,
    archiving.TIMER: archiving.remind,
    opinions.TIMER: opinions.remind,
    titles.TIMER: titles.tell_ending,
}


def _fire(uow: UnitOfWork, row: TimerRow, *, now: datetime) -> None:
    if (known := _KINDS.get(row.kind)) is not None:
        known(uow, row, now=now)
    elif row.instance_id is not None:
        instance = uow.instances.get(row.instance_id)
        if instance.state is InstanceState.SUSPENDED:
            # Claimed in the very moment of the suspension: it stands still like the others.
            uow.timers.save(replace(row, state="paused"))
            return
        run = runs.of(uow, instance, now=now)
        step = uow.runtime.fire(
            run.definition, run.instance.process, run.instance.blob, [row.token], facts=run.facts, now=now
        )
        effects.apply_step(uow, run, step, actor=SYSTEM, now=now)


def _incident(row: TimerRow, reason: str, *, now: datetime) -> Incident:
    return Incident(
        id=NEW,
        kind="process",
        instance_id=row.instance_id,
        decision_id=None,
        dossier_id=None,
        reason=reason,
        payload={"timer": row.key, "token": row.token},
        opened_at=now,
        resolved_at=None,
        resolution="",
    )
