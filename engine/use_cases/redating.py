"""How are the dates of an open cycle changed? By a dispatch: looked at first, carried out dossier by dossier, taken back whole."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from engine.errors import FieldError, Invalid, WrongState
from engine.ports.services import OpenUow, Outside
from engine.ports.store import NEW, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.cycles import Cycle, CycleId, CycleState
from engine.rules.deadlines import Deadline, RuleKind, facts_dates, local_day, names_of
from engine.rules.dossiers import Dossier, InstanceState, WorkItem, WorkState
from engine.rules.permissions import check_may_lead
from engine.rules.redating import ChangeKind, ChangeScope, ChangeState, DeadlineChange, changed
from engine.rules.units import SYSTEM, Actor, Unit
from engine.use_cases import effects, registrations, reminders, runs
from engine.use_cases.judging import is_late, judged, lenient_until
from engine.use_cases.runs import Run
from engine.use_cases.standing_in import doers

#: Dossiers that are brought to a change in one transaction.
BATCH = 100
_OPEN = (ChangeState.RUNNING, ChangeState.UNDOING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What an officer asks for: a deadline ends on another day, for everybody or for some."""

    deadline: str
    scope: ChangeScope
    code: str
    last_day: date | None
    dispatch: str
    reason: str


def begin_move(uow: UnitOfWork, cycle_id: CycleId, move: Move, *, actor: Actor, now: datetime) -> DeadlineChange:
    """Let a deadline of a cycle end on another day: open work, timers, reminders and lateness follow.

    The first dossiers follow at once, the others in jobs. Refused: not an officer of the leading unit
    (`NotPermitted`), the cycle is closed, another change is still under way (`WrongState`), what was asked for cannot be
    (`Invalid`).
    """
    cycle = led(uow, cycle_id, actor)
    check(uow, cycle, move, now=now)
    change = _new(cycle, ChangeKind.MOVE, move, actor=actor, now=now)
    return _begin(uow, cycle, change, "deadline_moved", actor=actor, now=now)


def confirm_reading(
    uow: UnitOfWork, cycle_id: CycleId, kind: ChangeKind, dispatch: str, *, actor: Actor, now: datetime
) -> DeadlineChange:
    """Keep how the competent body reads "trước ngày", and judge again what came on a named day.

    `EXCLUSIVE`: the named day is late; `INCLUSIVE`: it is in time, so every such deadline ends a day later. Refused
    like `begin_move`; `WrongState`: confirmed already.
    """
    cycle = led(uow, cycle_id, actor)
    if cycle.reading_confirmed:
        raise WrongState("reading_confirmed", dispatch=cycle.dispatch)
    if not dispatch.strip():
        raise Invalid({"dispatch": FieldError("form.required", {"title": "Số văn bản xác nhận"})})
    asked = Move(deadline="", scope=ChangeScope.ALL, code="", last_day=None, dispatch=dispatch, reason="")
    change = _new(cycle, kind, asked, actor=actor, now=now)
    confirmed = uow.cycles.save(replace(cycle, reading_confirmed=True, dispatch=dispatch.strip()))
    return _begin(uow, confirmed, change, "reading_confirmed", actor=actor, now=now)


def undo(uow: UnitOfWork, change_id: int, reason: str, *, actor: Actor, now: datetime) -> DeadlineChange:
    """Take a change back: the dates of before hold again, and what was handed in is judged by them.

    Refused like `begin_move`; `WrongState`: taken back already, or still being carried out.
    """
    change = uow.cycles.change(change_id)
    cycle = led(uow, change.cycle_id, actor)
    if not reason.strip():
        raise Invalid({"reason": FieldError("reason_required", {})})
    if change.state is not ChangeState.DONE:
        raise WrongState("change_over", change=change_id)
    _check_free(uow, cycle)
    if change.kind is not ChangeKind.MOVE:
        uow.cycles.save(replace(cycle, reading_confirmed=False, dispatch=""))
    back = replace(change, state=ChangeState.UNDOING, reached=0, undone_at=now)
    uow.audit.write(_of_cycle(uow, cycle, "change_undone", back, actor=actor, now=now, why=reason.strip()))
    return _go(uow, uow.cycles.save_change(back), now=now)


def led(uow: UnitOfWork, cycle_id: CycleId, actor: Actor) -> Cycle:
    """A cycle whose dates the actor may change, as long as it is open."""
    cycle = uow.cycles.get(cycle_id)
    check_may_lead(actor, cycle.unit_id)
    if cycle.state is not CycleState.OPEN:
        raise WrongState("cycle_closed", year=cycle.year)
    return cycle


def check(uow: UnitOfWork, cycle: Cycle, move: Move, *, now: datetime) -> None:
    """Refuse (`Invalid`) what cannot be asked for, field by field."""
    errors: dict[str, FieldError] = {}
    durations = durations_of(uow, cycle)
    affected = [
        pair
        for pair in affected_deadlines(uow, cycle, move)
        if pair[0].last_day is not None or pair[0].name in durations
    ]
    if not affected:
        errors["deadline"] = FieldError("no_such_deadline", {})
    if not move.dispatch.strip():
        errors["dispatch"] = FieldError("form.required", {"title": "Số văn bản"})
    if move.scope is ChangeScope.UNIT and uow.units.find_code(move.code) is None:
        errors["code"] = FieldError("unknown_unit", {"code": move.code})
    if move.last_day is None:
        errors["last_day"] = FieldError("form.required", {"title": "Hạn mới"})
    elif move.last_day < local_day(now):
        errors["last_day"] = FieldError("day_passed", {})
    elif (opens := max((old.first_day for old, _ in affected if old.first_day), default=date.min)) > move.last_day:
        errors["last_day"] = FieldError("before_opening", {"first_day": opens})
    if errors:
        raise Invalid(errors)
    _check_free(uow, cycle)


def affected_deadlines(uow: UnitOfWork, cycle: Cycle, move: Move) -> list[tuple[Deadline, Deadline]]:
    """The deadline as it is and as it would be, once per deadline group that it concerns."""
    model, unit = uow.models.get(cycle.version), uow.units.find_code(move.code)
    found = []
    for group in model.groups:
        if move.scope is ChangeScope.GROUP and group.key != move.code:
            continue
        if move.scope is ChangeScope.COHORT and move.code not in (*group.cohorts, *group.unit_kinds):
            continue
        if move.scope is ChangeScope.UNIT and (unit is None or not _in_group(uow, cycle, unit, group.key)):
            continue
        part = model.part_of(unit.cohort, unit.kind) if unit else None
        cohort = move.code if move.scope is ChangeScope.COHORT else part
        code = move.code if move.scope is ChangeScope.UNIT else ""
        fixed, before = uow.cycles.deadlines(cycle.id, group.key), uow.cycles.changes(cycle.id)
        old = changed(fixed, before, cohort, code).get(move.deadline)
        trial = _new(cycle, ChangeKind.MOVE, move, actor=SYSTEM, now=cycle.opened_at)
        new = changed(fixed, [*before, replace(trial, id=1 << 62)], cohort, code).get(move.deadline)
        if old is not None and new is not None:
            found.append((old, new))
    return found


def durations_of(uow: UnitOfWork, cycle: Cycle) -> frozenset[str]:
    """Names of the cycle's deadlines that are counted from an event."""
    rules = uow.models.get(cycle.version).deadlines
    return frozenset(rule.name for rule in rules if rule.rule is RuleKind.WITHIN)


def _in_group(uow: UnitOfWork, cycle: Cycle, unit: Unit, group: str) -> bool:
    return any(dossier.cycle_id == cycle.id and dossier.group == group for dossier in uow.dossiers.of_unit(unit.id))


# ---- carrying out


def go_on(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
    """Bring the next dossiers to a change and promise those after them."""
    with open_uow() as uow:
        _go(uow, uow.cycles.change(int(str(payload["change_id"]))), now=now)


def _begin(
    uow: UnitOfWork, cycle: Cycle, change: DeadlineChange, event: str, *, actor: Actor, now: datetime
) -> DeadlineChange:
    _check_free(uow, cycle)
    kept = uow.cycles.add_change(change)
    uow.audit.write(_of_cycle(uow, cycle, event, kept, actor=actor, now=now))
    return _go(uow, kept, now=now)


def _check_free(uow: UnitOfWork, cycle: Cycle) -> None:
    if any(change.state in _OPEN for change in uow.cycles.changes(cycle.id)):
        raise WrongState("change_open")


def _go(uow: UnitOfWork, change: DeadlineChange, *, now: datetime) -> DeadlineChange:
    """Bring one batch over (or back); what is left is promised as a job."""
    if change.state not in _OPEN:
        return change
    batch = uow.dossiers.page(change.cycle_id, change.reached, BATCH)
    cycle = uow.cycles.get(change.cycle_id)
    for dossier in batch:
        bring(uow, cycle, change, dossier, now=now)
    if len(batch) < BATCH:
        end = ChangeState.DONE if change.state is ChangeState.RUNNING else ChangeState.UNDONE
        return uow.cycles.save_change(replace(change, state=end))
    reached = uow.cycles.save_change(replace(change, reached=int(batch[-1].id)))
    key = f"redate:{change.id}:{change.state}:{reached.reached}"
    uow.jobs.enqueue("redate", key, {"change_id": change.id})
    return reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a change did to one dossier."""

    items: tuple[WorkItem, ...]
    timers: int
    judged: int  #: submissions and registrations whose lateness is another now


def bring(uow: UnitOfWork, cycle: Cycle, change: DeadlineChange, dossier: Dossier, *, now: datetime) -> Brought | None:
    """Let one dossier follow a change that is carried out or taken back; None: it does not concern it."""
    unit = uow.units.get(dossier.unit_id)
    before, after = _dates(uow, cycle, change, dossier, unit)
    names = {name for name, deadline in after.items() if _differs(deadline, before[name])}
    if not names:
        return None
    items, timers = list[WorkItem](), 0
    for known in uow.instances.of_dossier(dossier.id):
        if known.state is not InstanceState.ENDED:
            run = runs.of(uow, uow.instances.get(known.id), now=now)
            timers += _retime(uow, run, before, after, now=now)
            items += _redate(uow, run, names, after, now=now)
    count = _judge_again(uow, cycle, dossier, names, after)
    for item in items:
        _tell(uow, change, item, unit, now=now)
    for name in sorted(names):
        if items or timers or count:
            uow.audit.write(_of_dossier(change, dossier, unit, before[name], after[name], now=now))
    return Brought(items=tuple(items), timers=timers, judged=count)


def _dates(
    uow: UnitOfWork, cycle: Cycle, change: DeadlineChange, dossier: Dossier, unit: Unit
) -> tuple[dict[str, Deadline], dict[str, Deadline]]:
    """The dossier's dates before and after this step of the change."""
    fixed = uow.cycles.deadlines(cycle.id, dossier.group)
    others = [other for other in uow.cycles.changes(cycle.id) if other.id != change.id]
    standing = replace(change, state=ChangeState.RUNNING)
    without = changed(fixed, others, dossier.cohort, unit.code)
    under = changed(fixed, [*others, standing], dossier.cohort, unit.code)
    return (without, under) if change.holds else (under, without)


def _differs(new: Deadline, old: Deadline) -> bool:
    return (new.last_day, new.named_day) != (old.last_day, old.named_day)


def _retime(
    uow: UnitOfWork, run: Run, before: Mapping[str, Deadline], after: Mapping[str, Deadline], *, now: datetime
) -> int:
    """Set the diagram's timers to the new dates; answers how many have moved."""
    since = counted_since(uow, run, before, after, now)
    old, new = (
        run.facts_with(facts_dates(dates, since, run.calendar, run.model.deadlines)) for dates in (before, after)
    )
    process, blob = run.instance.process, run.instance.blob
    step = uow.runtime.retime(run.definition, process, blob, before=old, after=new, now=now)
    if step.state != blob:
        run.instance = uow.instances.save(replace(run.instance, blob=step.state))
    due = {timer.token: timer.due for timer in step.timers}
    moved = [row for row in uow.timers.of_instance(run.instance.id) if due.get(row.token, row.due_at) != row.due_at]
    for row in moved:
        uow.timers.save(replace(row, due_at=due[row.token]))
    return len(moved)


def counted_since(
    uow: UnitOfWork, run: Run, before: Mapping[str, Deadline], after: Mapping[str, Deadline], now: datetime
) -> datetime:
    """When the count of a moved duration began: with the open work that it is for, else now."""
    names = {
        n for n, deadline in after.items() if deadline != before[n] and None in (deadline.last_day, before[n].last_day)
    }
    items = uow.work.open_of_instance(run.instance.id) if names else []
    return min((_since(uow, run, item) for item in items if item.deadline in names), default=now)


def _since(uow: UnitOfWork, run: Run, item: WorkItem) -> datetime:
    """When the count of an item's duration began."""
    if "since" not in item.properties:
        return item.opened_at
    step = uow.runtime.inspect(run.definition, run.instance.process, run.instance.blob)
    data = next((task.data for task in step.tasks if task.token == item.token), {})
    return runs.since_of(item.properties, data, item.opened_at)


def _redate(
    uow: UnitOfWork, run: Run, names: set[str], after: Mapping[str, Deadline], *, now: datetime
) -> list[WorkItem]:
    """Give open work its new last day and its reminders; resting work gets them when it goes on."""
    found = []
    for item in (*uow.work.open_of_instance(run.instance.id), *uow.work.suspended_of_instance(run.instance.id)):
        if item.deadline not in names or item.last_day is None:
            continue
        fixed = after[item.deadline]
        deadline = replace(fixed, last_day=run.counted(fixed, _since(uow, run, item), item.unit_id))
        moved = replace(
            item,
            last_day=deadline.last_day,
            lenient_until=lenient_until(run.cycle, deadline),
            moves=item.moves + 1,
        )
        saved = uow.work.save(moved)
        if item.state is WorkState.OPEN:
            uow.timers.drop([], of_work=[item.id])
            # That it has become late by the change is noted at once, a reminder of a day gone by is not sent.
            newly = not is_late(item.last_day, item.lenient_until, now)
            rows = effects.reminders_of(run, saved)
            uow.timers.plan([row for row in rows if row.due_at > now or (row.kind == "late" and newly)])
        if saved.last_day != item.last_day:
            found.append(saved)
    return found


def _judge_again(
    uow: UnitOfWork, cycle: Cycle, dossier: Dossier, names: set[str], after: Mapping[str, Deadline]
) -> int:
    """Let the rule speak again of what was handed in; answers how often it says something else."""
    count = 0
    durations = durations_of(uow, cycle)
    for submission in uow.dossiers.submissions(dossier.id):
        # What was done within a duration stays judged by its own count.
        if submission.deadline in names - durations and submission.last_day is not None:
            deadline = after[submission.deadline]
            late, waits = judged(cycle, deadline, deadline.last_day, submission.at)
            again = replace(submission, last_day=deadline.last_day, days_late=late, on_named_day=waits)
            uow.dossiers.save_lateness(again)
    name = registrations.registration_deadline(uow, dossier)
    if name in names and dossier.submitted_at is not None:
        late, waits = judged(cycle, after[name], after[name].last_day, dossier.submitted_at)
        if (late, waits) != (dossier.days_late, dossier.on_named_day):
            uow.dossiers.save(replace(dossier, days_late=late, on_named_day=waits))
            count += 1
    return count


# ---- telling


def _tell(uow: UnitOfWork, change: DeadlineChange, item: WorkItem, unit: Unit, *, now: datetime) -> None:
    facts = {
        "name": item.name,
        "unit": unit.name,
        "last_day": item.last_day,
        "dispatch": change.dispatch,
        "undone": not change.holds,
        "item": item.id,
    }
    for person in doers(uow, item, local_day(now)):
        key = f"redated:{change.id}:{change.state}:{item.id}:{person.id}"
        reminders.queue_mail(uow, person, key, "redated", facts, now=now)


def label_of(uow: UnitOfWork, cycle: Cycle, change: DeadlineChange) -> str:
    """What people call the deadline that is moved; empty when it is the reading that was confirmed."""
    rules = uow.models.get(cycle.version).deadlines
    numbered = next((rule.label for rule in rules if change.deadline in names_of(rule)), change.deadline)
    return numbered.replace("{number}", change.deadline.rpartition("-")[2])


def whom_of(uow: UnitOfWork, cycle: Cycle, scope: ChangeScope, code: str) -> str:
    """Whom a change concerns, in words; empty for everybody."""
    if scope is ChangeScope.GROUP:
        return next((g.label for g in uow.models.get(cycle.version).groups if g.key == code), code)
    if scope is ChangeScope.COHORT:
        return uow.words.label("cohort", code)
    unit = uow.units.find_code(code) if scope is ChangeScope.UNIT else None
    return unit.name if unit else ""


def _new(cycle: Cycle, kind: ChangeKind, move: Move, *, actor: Actor, now: datetime) -> DeadlineChange:
    return DeadlineChange(
        id=NEW,
        cycle_id=cycle.id,
        kind=kind,
        deadline=move.deadline,
        scope=move.scope,
        code=move.code if move.scope is not ChangeScope.ALL else "",
        last_day=move.last_day,
        dispatch=move.dispatch.strip(),
        reason=move.reason.strip(),
        state=ChangeState.RUNNING,
        reached=0,
        at=now,
        by_id=actor.account_id,
        by_name=actor.full_name,
        undone_at=None,
        row_version=0,
    )


def _of_cycle(
    uow: UnitOfWork, cycle: Cycle, event: str, change: DeadlineChange, *, actor: Actor, now: datetime, **more: object
) -> AuditLine:
    label, whom = label_of(uow, cycle, change), whom_of(uow, cycle, change.scope, change.code)
    facts = {
        "change": change.id,
        "kind": change.kind.value,
        "label": label,
        "whom": whom,
        "scope": change.scope.value,
        "scope_code": change.code,
        "dispatch": change.dispatch,
        "reason": change.reason,
    }
    return AuditLine(
        at=now,
        actor_id=actor.account_id,
        actor_name=actor.full_name,
        event=event,
        target=f"cycle:{cycle.id}",
        cycle_id=cycle.id,
        unit_id=cycle.unit_id,
        task="cycle",
        last_day=change.last_day,
        facts=facts | more,
    )


def _of_dossier(
    change: DeadlineChange, dossier: Dossier, unit: Unit, old: Deadline, new: Deadline, *, now: datetime
) -> AuditLine:
    facts = {"label": new.label, "old_day": old.last_day, "dispatch": change.dispatch, "undone": not change.holds}
    return AuditLine(
        at=now,
        actor_id=change.by_id,
        actor_name=change.by_name,
        event="redated",
        target=f"dossier:{dossier.id}",
        dossier_id=dossier.id,
        cycle_id=dossier.cycle_id,
        unit_id=unit.id,
        cohort=dossier.cohort,
        task=new.name,
        last_day=new.last_day,
        facts=facts,
    )
