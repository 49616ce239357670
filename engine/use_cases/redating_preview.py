"""What would follow from moving a deadline? Every task, timer, reminder, invitation and judgement it would touch; nothing changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.ports.store import NEW, TimerRow, UnitOfWork
from engine.rules.cycles import Cycle
from engine.rules.deadlines import Deadline, facts_dates, start_of_day
from engine.rules.dossiers import Dossier, DossierId, InstanceState, WorkItem
from engine.rules.redating import ChangeKind, ChangeScope, ChangeState, DeadlineChange, changed
from engine.rules.units import Actor, UnitId
from engine.use_cases import redating, registrations, runs
from engine.use_cases.judging import judged
from engine.use_cases.redating import Move

#: So many timers are tried one by one; of more, those due at the deadline's moments are counted.
_TRIED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a move would touch."""

    deadlines: tuple[tuple[Deadline, Deadline], ...]  #: as it is, as it would be; once per deadline group
    dossiers: int
    tasks: tuple[WorkItem, ...]
    reminders: int
    timers: int
    invitations: int
    judged: int  #: registrations that would be judged otherwise
    overtaken: tuple[Deadline, ...]  #: deadlines that would come before the new last day, though they came after


def preview(uow: UnitOfWork, cycle: Cycle, move: Move, *, actor: Actor, now: datetime) -> Preview:
    """Show what `redating.begin_move` would do; refused as it refuses."""
    redating.led(uow, cycle.id, actor)
    redating.check(uow, cycle, move, now=now)
    pairs = redating.affected_deadlines(uow, cycle, move)
    concerned = _concerned(uow, cycle, move, now=now)
    tasks = [item for item in uow.work.open_due(cycle.id, move.deadline) if item.dossier_id in concerned]
    ids = {item.id for item in tasks}
    told = uow.timers.waiting(cycle.id, ["reminder", "late"])
    return Preview(
        deadlines=tuple(pairs),
        dossiers=len(concerned),
        tasks=tuple(sorted(tasks, key=lambda item: item.id)),
        reminders=sum(row.work_item_id in ids for row in told),
        timers=_timers(uow, cycle, concerned, now=now),
        invitations=sum(
            (row.payload.get("group"), row.payload.get("deadline")) in {(old.group, old.name) for old, _ in pairs}
            for row in uow.timers.waiting(cycle.id, ["campaign", "invitation"])
        ),
        judged=sum(_judged_otherwise(uow, cycle, move, *found) for found in concerned.values()),
        overtaken=tuple(_overtaken(uow, cycle, pairs)),
    )


Dates = Mapping[str, Deadline]


def _concerned(
    uow: UnitOfWork, cycle: Cycle, move: Move, *, now: datetime
) -> dict[DossierId, tuple[Dossier, Dates, Dates]]:
    """The dossiers for which the deadline would end on another day, with their dates before and after."""
    before = uow.cycles.changes(cycle.id)
    trial = _trial(cycle, move, now)
    codes = {UnitId(unit.id): unit.code for unit in uow.units.all()}
    fixed = {group.key: uow.cycles.deadlines(cycle.id, group.key) for group in uow.models.get(cycle.version).groups}
    found: dict[DossierId, tuple[Dossier, Dates, Dates]] = {}
    for dossier in uow.dossiers.of_cycle(cycle.id):
        who = (dossier.cohort, codes[dossier.unit_id])
        old = changed(fixed[dossier.group], before, *who)
        new = changed(fixed[dossier.group], [*before, trial], *who)
        if old != new and old[move.deadline].last_day != new[move.deadline].last_day:
            found[dossier.id] = (dossier, old, new)
    return found


def _trial(cycle: Cycle, move: Move, now: datetime) -> DeadlineChange:
    return DeadlineChange(
        id=1 << 62,  # the latest of all
        cycle_id=cycle.id,
        kind=ChangeKind.MOVE,
        deadline=move.deadline,
        scope=move.scope,
        code=move.code if move.scope is not ChangeScope.ALL else "",
        last_day=move.last_day,
        dispatch=move.dispatch,
        reason=move.reason,
        state=ChangeState.RUNNING,
        reached=NEW,
        at=now,
        by_id=None,
        by_name="",
        undone_at=None,
        row_version=0,
    )


def _timers(
    uow: UnitOfWork, cycle: Cycle, concerned: Mapping[DossierId, tuple[Dossier, Dates, Dates]], *, now: datetime
) -> int:
    """How many timers of diagrams would move."""
    moments = {
        moment
        for _, old, new in concerned.values()
        for name, deadline in old.items()
        if deadline.last_day is not None and deadline != new[name]
        for moment in (deadline.late_from, start_of_day(deadline.last_day))
    }
    counted = any(d.last_day is None and d != new[n] for _, old, new in concerned.values() for n, d in old.items())
    waiting = uow.timers.waiting(cycle.id, ["process"])
    due = waiting if counted else [row for row in waiting if row.due_at in moments]
    return len(due) if len(due) > _TRIED else sum(_moves(uow, row, concerned, now=now) for row in due)


def _moves(
    uow: UnitOfWork,
    row: TimerRow,
    concerned: Mapping[DossierId, tuple[Dossier, Dates, Dates]],
    *,
    now: datetime,
) -> bool:
    instance = uow.instances.look(row.instance_id) if row.instance_id is not None else None
    if instance is None or instance.dossier_id not in concerned or instance.state is InstanceState.ENDED:
        return False
    run = runs.look(uow, instance.id, now=now)
    _, old, new = concerned[instance.dossier_id]
    since = redating.counted_since(uow, run, old, new, now)
    before, after = (run.facts_with(facts_dates(d, since, run.calendar, run.model.deadlines)) for d in (old, new))
    step = uow.runtime.retime(run.definition, instance.process, instance.blob, before=before, after=after, now=now)
    return any(timer.token == row.token and timer.due != row.due_at for timer in step.timers)


def _judged_otherwise(uow: UnitOfWork, cycle: Cycle, move: Move, dossier: Dossier, _: Dates, new: Dates) -> bool:
    if dossier.submitted_at is None or registrations.registration_deadline(uow, dossier) != move.deadline:
        return False
    deadline = new[move.deadline]
    found = judged(cycle, deadline, deadline.last_day, dossier.submitted_at)
    return found != (dossier.days_late, dossier.on_named_day)


def _overtaken(uow: UnitOfWork, cycle: Cycle, pairs: list[tuple[Deadline, Deadline]]) -> list[Deadline]:
    found: dict[str, Deadline] = {}
    for old, new in pairs:
        for other in uow.cycles.deadlines(cycle.id, old.group).values():
            known = old.last_day and new.last_day and other.last_day and other.name != old.name
            if known and old.last_day <= other.last_day < new.last_day:  # type: ignore[operator]  # all are known
                found.setdefault(other.name, other)
    return sorted(found.values(), key=lambda deadline: (deadline.last_day is None, deadline.last_day, deadline.name))
