"""How does a cycle begin and end? Previewed, opened under a confirmed reading of its dates, joined, closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from engine.errors import FieldError, Invalid, NotFound, WrongState
from engine.ports.store import NEW, TimerRow, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.cycle_models import CycleModel, DeadlineGroup, ProcessSpec
from engine.rules.cycles import Cycle, CycleId, CycleState
from engine.rules.deadlines import Deadline, deadlines_of, local_day, start_of_day
from engine.rules.dossiers import Dossier, DossierId, DossierState
from engine.rules.permissions import check_may_lead
from engine.rules.redating import ChangeKind
from engine.rules.superiors import superiors_needed
from engine.rules.text import short_date
from engine.rules.units import Actor, Unit, UnitId
from engine.use_cases import archiving, effects, owning
from engine.use_cases.runs import calendar_of

#: What a dossier is before anything happened: units below start with a draft, superiors just run.
_FINAL = frozenset(
    {
        DossierState.REFUSED,
        DossierState.NOT_MET,
        DossierState.DEFERRED,
        DossierState.RECOGNISED,
        DossierState.CANCELLED,
        DossierState.WITHDRAWN,
        DossierState.NOT_PARTICIPATING,
        DossierState.DISSOLVED,
        DossierState.CLOSED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CyclePreview:
    """What opening a cycle would bring: every date per deadline group, and who takes part."""

    model: CycleModel
    year: int
    lead: Unit
    deadlines: tuple[tuple[DeadlineGroup, tuple[Deadline, ...]], ...]
    units: Mapping[str, int]  #: cohort (or kind, for superiors) → how many
    left_out: tuple[tuple[Unit, str], ...]  #: units that cannot take part, and the kind of superior that they lack
    existing: Cycle | None


def preview_cycle(uow: UnitOfWork, model_key: str, year: int, *, actor: Actor, now: datetime) -> CyclePreview:
    """Show all dates of a cycle and who would take part; nothing changes."""
    model = _model(uow, model_key)
    lead = owning.lead_of(uow, model)
    check_may_lead(actor, lead.id)
    calendar = calendar_of(uow, year, uow.units.path(lead.id))
    dates = tuple(
        (group, tuple(deadlines_of(model.deadlines, group, year, calendar).values())) for group in model.groups
    )
    counts: dict[str, int] = {}
    for unit, spec, _ in parties(uow, model, {}, lead=lead.id, year=year, now=now):
        if spec.scope == "unit":
            counts[unit.cohort or unit.kind] = counts.get(unit.cohort or unit.kind, 0) + 1
    return CyclePreview(
        model=model,
        year=year,
        lead=lead,
        deadlines=dates,
        units=counts,
        left_out=_left_out(model, owning.taking_part(uow, model, _present(uow, now)), year),
        existing=uow.cycles.find(model_key, year),
    )


def open_cycle(
    uow: UnitOfWork,
    model_key: str,
    year: int,
    *,
    reading_confirmed: bool,
    dispatch: str,
    settings: Mapping[str, bool | int | str],
    transitional_until: date | None = None,
    actor: Actor,
    now: datetime,
) -> Cycle:
    """Open a model's cycle for `year`: its dates are fixed, every unit concerned gets its dossier.

    Until the reading of "trước ngày" is confirmed, what is handed in on the named day waits to be judged
    (`redating.confirm_reading`). `transitional_until` opens a cycle late: dates that have passed end with that day, and
    nothing in the cycle is late. Refused: not an officer of the leading unit (`NotPermitted`), opened already
    (`WrongState`), a transitional day that has passed (`Invalid`).
    """
    if transitional_until is not None and transitional_until < local_day(now):
        raise Invalid({"transitional_until": FieldError("day_passed", {})})
    model = _model(uow, model_key)
    lead = owning.lead_of(uow, model)
    check_may_lead(actor, lead.id)
    if uow.cycles.find(model_key, year) is not None:
        raise WrongState("cycle_exists", model=model.name, year=year)
    if model.first_year is not None and year < model.first_year:
        raise WrongState("before_first_year", model=model.name, year=model.first_year)
    cycle = uow.cycles.add(
        Cycle(
            id=CycleId(NEW),
            model=model_key,
            version=model.sha256,
            year=year,
            unit_id=lead.id,
            state=CycleState.OPEN,
            opened_at=now,
            closed_at=None,
            reading_confirmed=reading_confirmed,
            dispatch=dispatch,
            settings={s.key: settings.get(s.key, s.default) for s in model.settings},
            row_version=0,
            transitional_until=transitional_until,
        )
    )
    _fix_dates(uow, cycle, model, now=now)
    uow.audit.write(_line(cycle, "opened", actor=actor, now=now, model=model.name, dispatch=dispatch))
    for unit, spec, group in parties(uow, model, cycle.settings, lead=lead.id, year=year, now=now):
        start_dossier(uow, cycle, unit, spec, group, actor=actor, now=now)
    return cycle


def join_cycle(uow: UnitOfWork, cycle: Cycle, unit: Unit, *, actor: Actor, now: datetime) -> None:
    """Let a unit that came into being after the opening take part, and its superior if it is the first below it."""
    join_units(uow, cycle, [unit], actor=actor, now=now)


def join_units(uow: UnitOfWork, cycle: Cycle, units: Sequence[Unit], *, actor: Actor, now: datetime) -> None:
    """The same for many units at once; those that only stand above others change nothing."""
    model = uow.models.get(cycle.version)
    joining = [unit for unit in units if model.takes_part(unit.cohort, unit.kind, cycle.year)]
    concerned = {unit_id for unit in joining for unit_id in (unit.id, unit.parent_id)}
    if not concerned:
        return
    for party, spec, group in parties(uow, model, cycle.settings, lead=cycle.unit_id, year=cycle.year, now=now):
        if party.id in concerned:
            start_dossier(uow, cycle, party, spec, group, actor=actor, now=now)


def start_dossier(
    uow: UnitOfWork, cycle: Cycle, unit: Unit, spec: ProcessSpec, group: str, *, actor: Actor, now: datetime
) -> Dossier | None:
    """Open a unit's dossier (or the further process on it) and start the process; None: it was started already."""
    main = _main_process(uow.models.get(cycle.version), spec)
    dossier = uow.dossiers.find(cycle.id, unit.id, main.id, group)
    if dossier is not None and any(i.process == spec.id for i in uow.instances.of_dossier(dossier.id)):
        return None
    if dossier is None:
        part = uow.models.get(cycle.version).part_of(unit.cohort, unit.kind)
        dossier = uow.dossiers.add(_new_dossier(cycle, unit, part, main, group, now=now))
    info = uow.models.definition(cycle.version).processes[spec.id]
    if spec.scope == "demand" or not info.by_event_only:
        effects.start_instance(uow, cycle, dossier, spec.id, {}, actor=actor, now=now)
    return dossier


def dossier_for(
    uow: UnitOfWork, cycle: Cycle, unit: Unit, spec: ProcessSpec, group: str | None, *, now: datetime
) -> Dossier:
    """The unit's dossier that the process works on, opened when there is none; `group` None: the unit's own."""
    model = uow.models.get(cycle.version)
    main = _main_process(model, spec)
    key = group if group is not None else model.group_of(unit.cohort, unit.kind).key
    found = uow.dossiers.find(cycle.id, unit.id, main.id, key)
    part = model.part_of(unit.cohort, unit.kind)
    return found or uow.dossiers.add(_new_dossier(cycle, unit, part, main, key, now=now))


def close_cycle(uow: UnitOfWork, cycle_id: CycleId, *, actor: Actor, now: datetime) -> Cycle:
    """Close a cycle whose dossiers have all come to an end."""
    cycle = uow.cycles.get(cycle_id)
    check_may_lead(actor, cycle.unit_id)
    open_ones = sum(n for (_, state), n in uow.dossiers.count_by_state(cycle_id).items() if state not in _FINAL)
    if open_ones:
        raise WrongState("dossiers_open", count=open_ones)
    if cycle.state is CycleState.CLOSED:
        raise WrongState("cycle_closed", year=cycle.year)
    uow.audit.write(_line(cycle, "closed", actor=actor, now=now, model=uow.models.get(cycle.version).name))
    closed = uow.cycles.save(replace(cycle, state=CycleState.CLOSED, closed_at=now))
    archiving.plan_notice(uow, closed)
    return closed


def ready_to_close(uow: UnitOfWork, cycle_id: CycleId) -> bool:
    """Whether every dossier of the cycle has come to an end."""
    return all(state in _FINAL for _, state in uow.dossiers.count_by_state(cycle_id))


def parties(
    uow: UnitOfWork,
    model: CycleModel,
    settings: Mapping[str, bool | int | str],
    *,
    lead: UnitId,
    year: int,
    now: datetime,
) -> list[tuple[Unit, ProcessSpec, str]]:
    """Who takes part in which process in the cycle of `year`, and in which deadline group; superiors only with units below.

    Of one unit's model the `lead` alone leads. A unit without the superior that would decide on it is left out: its dossier would never come to an end.
    """
    owned = owning.owner_of(uow, model.key) is not None
    present = owning.taking_part(uow, model, _present(uow, now))
    alone = {unit.id for unit, _ in _left_out(model, present, year)}
    units = [unit for unit in present if unit.id not in alone]
    groups: dict[UnitId | None, set[str]] = {}
    for unit in units:
        if model.takes_part(unit.cohort, unit.kind, year):
            groups.setdefault(unit.parent_id, set()).add(model.group_of(unit.cohort, unit.kind).key)
    everywhere = {key for keys in groups.values() for key in keys}
    parties: list[tuple[Unit, ProcessSpec, str]] = []
    for spec in model.processes:
        if spec.scope == "demand" or (spec.setting and not settings.get(spec.setting)):
            continue
        kinds = model.kinds(spec.unit_kind)
        for unit in (u for u in units if u.kind in kinds):
            leads = unit.id == lead if owned else unit.kind in model.kinds(model.lead_unit_kind)
            # A lead with nobody directly below it gathers the whole cycle.
            found = groups.get(unit.id, everywhere if leads else set())
            below = [group.key for group in model.groups if group.key in found]
            if spec.scope == "group":
                parties += [(unit, spec, key) for key in below]
            elif below or leads or unit.kind in model.single or model.takes_part(unit.cohort, unit.kind, year):
                parties.append((unit, spec, model.group_of(unit.cohort, unit.kind).key))
    return parties


def _left_out(model: CycleModel, units: Sequence[Unit], year: int) -> tuple[tuple[Unit, str], ...]:
    kinds = {unit.id: unit.kind for unit in units}
    taking = [unit for unit in units if model.takes_part(unit.cohort, unit.kind, year)]
    needed = {unit.id: superiors_needed(model, unit.kind) for unit in taking}
    return tuple(
        (unit, min(wanted))
        for unit in units
        if (wanted := needed.get(unit.id)) and (unit.parent_id is None or kinds.get(unit.parent_id) not in wanted)
    )


def _main_process(model: CycleModel, spec: ProcessSpec) -> ProcessSpec:
    """The process that owns the dossier: a process behind a setting, or on demand, works on another's."""
    if spec.scope != "demand" and spec.setting is None:
        return spec
    return next(p for p in model.processes if p.scope == "unit" and p.setting is None and p.unit_kind == spec.unit_kind)


def _new_dossier(
    cycle: Cycle, unit: Unit, part: str | None, spec: ProcessSpec, group: str, *, now: datetime
) -> Dossier:
    return Dossier(
        id=DossierId(NEW),
        cycle_id=cycle.id,
        unit_id=unit.id,
        process=spec.id,
        group=group,
        cohort=part,
        state=DossierState(spec.begins or ("draft" if part is not None else "running")),
        opened_at=now,
        submitted_at=None,
        days_late=None,
        receipt="",
        score=None,
        band=None,
        member_count=0,
        closed_at=None,
        row_version=0,
    )


def _fix_dates(uow: UnitOfWork, cycle: Cycle, model: CycleModel, *, now: datetime) -> None:
    calendar = calendar_of(uow, cycle.year, uow.units.path(cycle.unit_id))
    found = [d for g in model.groups for d in deadlines_of(model.deadlines, g, cycle.year, calendar).values()]
    fixed = [_opened(deadline, cycle, confirmed=cycle.reading_confirmed) for deadline in found]
    uow.cycles.set_deadlines(cycle.id, fixed)
    campaigns = [deadline for deadline in fixed if deadline.campaign_day is not None]
    uow.timers.plan([_campaign(cycle, d, "campaign", 0) for d in campaigns])
    # Invitations leave at the hour of mails: by then whatever opens with that day is open.
    uow.timers.plan([_campaign(cycle, d, "invitation", model.reminders.hour) for d in campaigns])


def _opened(deadline: Deadline, cycle: Cycle, *, confirmed: bool) -> Deadline:
    """A deadline as the opening fixes it: beyond doubt when the reading was confirmed, put off when it had passed."""
    if confirmed:
        deadline = replace(deadline, named_day=None)
    until = cycle.transitional_until
    if until is None or deadline.last_day is None or deadline.last_day >= local_day(cycle.opened_at):
        return deadline
    words = f"{deadline.wording}; chu kỳ chuyển tiếp: đến hết ngày {short_date(until)}"
    return replace(deadline, last_day=until, named_day=None, wording=words)


def add_missing_dates(uow: UnitOfWork, cycle: Cycle, *, now: datetime) -> None:
    """Fix the dates of deadlines that only the cycle's present version has; published ones stay."""
    model, calendar = uow.models.get(cycle.version), calendar_of(uow, cycle.year, uow.units.path(cycle.unit_id))
    # What was confirmed after the opening stands over the dates as a change of its own.
    later = any(change.kind is not ChangeKind.MOVE and change.holds for change in uow.cycles.changes(cycle.id))
    confirmed = cycle.reading_confirmed and not later
    kept: list[Deadline] = []
    for group in model.groups:
        known = uow.cycles.deadlines(cycle.id, group.key)
        fresh = deadlines_of(model.deadlines, group, cycle.year, calendar)
        missing = [deadline for name, deadline in fresh.items() if name not in known]
        kept += [*known.values(), *(_opened(deadline, cycle, confirmed=confirmed) for deadline in missing)]
    uow.cycles.set_deadlines(cycle.id, kept)


def _campaign(cycle: Cycle, deadline: Deadline, kind: str, hour: int) -> TimerRow:
    day = deadline.campaign_day or local_day(cycle.opened_at)
    return TimerRow(
        id=NEW,
        kind=kind,
        key=f"{kind}:c{cycle.id}:{deadline.group}:{deadline.name}",
        due_at=start_of_day(day) + timedelta(hours=hour),
        instance_id=None,
        cycle_id=cycle.id,
        work_item_id=None,
        token="",
        payload={"group": deadline.group, "deadline": deadline.name},
        state="waiting",
    )


def _model(uow: UnitOfWork, key: str) -> CycleModel:
    model = uow.models.latest(key)
    if model is None:
        raise NotFound("model", key)
    return model


def _present(uow: UnitOfWork, now: datetime) -> list[Unit]:
    return [unit for unit in uow.units.all() if unit.exists_on(local_day(now))]


def _line(cycle: Cycle, event: str, *, actor: Actor, now: datetime, **facts: object) -> AuditLine:
    return AuditLine(
        at=now,
        actor_id=actor.account_id,
        actor_name=actor.full_name,
        event=event,
        target=f"cycle:{cycle.id}",
        cycle_id=cycle.id,
        unit_id=cycle.unit_id,
        task="cycle",
        facts=facts,
    )
