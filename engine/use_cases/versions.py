"""How does a model come in, and how do running instances come to a newer version of it? Pinned, unless asked otherwise.

A cycle is opened on the latest version and stays on it. A switch brings its running instances to another one: each by
itself, with what it waits for, drafts and due dates kept; what does not fit stays where it is, with the reasons.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.errors import FieldError, Invalid, NotFound, WrongState
from engine.ports.process import Refitted, Step
from engine.ports.queries import PackRow
from engine.ports.services import OpenUow, Outside
from engine.ports.store import NEW, UnitOfWork
from engine.ports.versions import (
    DONE,
    MOVED,
    REFUSED,
    RETURNED,
    RUNNING,
    STAYED,
    UNDOING,
    UNDONE,
    Switch,
    SwitchItem,
)
from engine.rules.audit import AuditLine
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle, CycleId
from engine.rules.dossiers import Instance, InstanceId, InstanceState, WorkItem
from engine.rules.permissions import check_may_operate
from engine.rules.units import SYSTEM, Actor, Unit
from engine.use_cases import cycles, effects, owning, runs
from engine.use_cases.runs import Run

#: Instances in one transaction.
BATCH = 50
#: So many digits of a version's hash name it for people.
SHORT = 12


def deploy(
    uow: UnitOfWork,
    model: CycleModel,
    *,
    owner: Unit | None = None,
    told: Mapping[str, object] | None = None,
    actor: Actor,
    now: datetime,
) -> bool:
    """Keep a checked version of a model; new cycles are opened on it. False: this very version was known.

    A model belongs to `owner` and is seen there and above; None: to whom it belonged, a new one to the whole
    installation. Refused: who is no designer of the owner (`NotPermitted`), another owner than before, the very files
    of another model, an owner at which nobody could lead it or do its work (`WrongState`). `told`: more facts for the
    audit line.
    """
    uow.models.hold(model.key)
    with uow.whole():
        # Of two who bring the same new key at the same moment, the second sees whose it is by then.
        uow.models.hold(model.key)
        rows = uow.queries.packs()
        unit = _owner(uow, model.key, owner, rows, actor)
        same = [row.key for row in rows if row.version == model.sha256]
        if same and same != [model.key]:
            raise WrongState("same_files")
        if same:
            return False
        if unit is not None:
            owning.check_can_live(uow, model, unit)
        uow.models.deploy(model, now, unit.id if unit else None)
    facts: dict[str, object] = {"name": model.name, "key": model.key, "version": model.sha256[:SHORT]}
    facts |= {"owner": unit.name} if unit else {}
    facts |= dict(told or {})
    line = _line("deployed", f"model:{model.key}", facts, actor=actor, now=now)
    uow.audit.write(replace(line, unit_id=unit.id) if unit else line)
    return True


def _owner(uow: UnitOfWork, key: str, wanted: Unit | None, rows: Sequence[PackRow], actor: Actor) -> Unit | None:
    """Whose the next version is: whose the model was; of a new one whose it is to be."""
    known = any(row.key == key for row in rows)
    unit = owning.owner_of(uow, key) if known or wanted is None else wanted
    # Who is not to know of a model is not told whose it is either.
    if key in owning.hidden_from(uow, actor):
        raise WrongState("owner_fixed", key=key)
    owning.check_may_design(uow, actor, unit)
    if wanted is not None and (unit is None or unit.id != wanted.id):
        raise WrongState("owner_fixed", key=key)
    return unit


def find(uow: UnitOfWork, text: str) -> PackRow:
    """The version that people mean: its hash or the beginning of it, `KEY` (the latest) or `KEY@2` (the second).

    Raise `NotFound` when there is none, or several begin so.
    """
    rows = uow.queries.packs()
    key, _, number = text.partition("@")
    of_key = [row for row in reversed(rows) if row.key == key]
    if of_key and not number:
        return of_key[-1]
    if number.isdigit() and 0 < int(number) <= len(of_key):
        return of_key[int(number) - 1]
    found = [row for row in rows if len(text) >= 6 and row.version.startswith(text.lower())]
    if len(found) != 1:
        raise NotFound("phiên bản", text)
    return found[0]


# ---- looking first


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How one running instance takes to another version."""

    instance_id: InstanceId
    process: str  #: label
    unit: str
    fits: bool
    notes: tuple[str, ...]  #: why it does not fit, or what people should know


def preview(
    uow: UnitOfWork,
    cycle_id: CycleId,
    version: str,
    mapping: Mapping[str, str],
    *,
    after: int = 0,
    limit: int = 200,
    actor: Actor,
    now: datetime,
) -> tuple[list[Fit], InstanceId | None]:
    """Try a switch on the next running instances without changing anything; go on after the second answer (None: end)."""
    cycle = _checked(uow, cycle_id, version, actor=actor)
    page = uow.instances.unended(cycle_id, InstanceId(after), limit)
    fits = []
    for instance in (i for i in page if i.version != version):
        run, refitted = _refit(uow, cycle, instance, version, mapping, now=now)
        fits.append(
            Fit(
                instance_id=instance.id,
                process=run.model.process(instance.process).label if refitted.step else instance.process,
                unit=run.unit.name,
                fits=refitted.step is not None,
                notes=refitted.notes,
            )
        )
    return fits, page[-1].id if len(page) == limit else None


# ---- switching


def begin(
    uow: UnitOfWork,
    cycle_id: CycleId,
    version: str,
    mapping: Mapping[str, str],
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> Switch:
    """Pin the cycle to another version of its model and promise to bring its running instances there.

    Dates that were published stay; deadlines that only the new version has are added. Refused: not the operator of the
    leading unit (`NotPermitted`), no reason (`Invalid`), another model, the same version, an unfinished switch
    (`WrongState`).
    """
    cycle = _checked(uow, cycle_id, version, actor=actor)
    if not reason.strip():
        raise Invalid({"reason": FieldError("reason_required", {})})
    unfinished = [s for s in uow.switches.of_cycle(cycle_id) if s.state in (RUNNING, UNDOING)]
    if unfinished:
        raise WrongState("switch_open", switch=unfinished[0].id)
    if cycle.version == version:
        raise WrongState("same_version")
    switch = uow.switches.add(
        Switch(
            id=NEW,
            cycle_id=cycle_id,
            from_version=cycle.version,
            to_version=version,
            mapping=mapping,
            reason=reason,
            state=RUNNING,
            reached=0,
            started_at=now,
            finished_at=None,
            by_id=actor.account_id,
            by_name=actor.full_name,
            row_version=0,
        )
    )
    pinned = uow.cycles.save(replace(cycle, version=version))
    cycles.add_missing_dates(uow, pinned, now=now)
    uow.audit.write(_of_cycle(cycle, "switch_started", version, reason, actor=actor, now=now))
    uow.jobs.enqueue("switch", f"switch:{switch.id}:0", {"switch_id": switch.id})
    return switch


def undo(uow: UnitOfWork, switch_id: int, reason: str, *, actor: Actor, now: datetime) -> Switch:
    """Pin the cycle to the version of before and promise to bring its instances back.

    One that has not moved since gets its very state back; one that has is brought back where it stands, if the old
    diagram has a place for it. Refused like `begin`; `WrongState`: undone already.
    """
    switch = uow.switches.get(switch_id)
    cycle = uow.cycles.get(switch.cycle_id)
    check_may_operate(actor, uow.units.path(cycle.unit_id))
    if not reason.strip():
        raise Invalid({"reason": FieldError("reason_required", {})})
    if switch.state in (UNDOING, UNDONE):
        raise WrongState("switch_over", switch=switch_id)
    later = [s for s in uow.switches.of_cycle(cycle.id) if s.id > switch_id and s.state != UNDONE]
    if later:
        raise WrongState("switch_open", switch=later[-1].id)
    uow.cycles.save(replace(cycle, version=switch.from_version))
    uow.audit.write(_of_cycle(cycle, "switch_undone", switch.to_version, reason, actor=actor, now=now))
    begun = uow.switches.save(replace(switch, state=UNDOING, reached=0, finished_at=None))
    uow.jobs.enqueue("switch", f"switch:{switch_id}:undo:0", {"switch_id": switch_id})
    return begun


def go_on(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
    """Do the next batch of a switch and promise the one after it."""
    with open_uow() as uow:
        switch = advance(uow, int(str(payload["switch_id"])), now=now)
        if switch.state in (RUNNING, UNDOING):
            # Named after the state it was promised in: a switch may be undone, and its ids pass by again.
            key = f"switch:{switch.id}:{switch.state}:{switch.reached}"
            uow.jobs.enqueue("switch", key, {"switch_id": switch.id})


def advance(uow: UnitOfWork, switch_id: int, *, now: datetime) -> Switch:
    """Bring the next batch over (or back); a switch that is over stays as it is."""
    switch = uow.switches.get(switch_id)
    if switch.state == RUNNING:
        ids = [i.id for i in uow.instances.unended(switch.cycle_id, InstanceId(switch.reached), BATCH)]
        for instance_id in ids:
            _bring(uow, switch, instance_id, now=now)
        return _note_progress(uow, switch, ids, DONE, now=now)
    if switch.state == UNDOING:
        items = uow.switches.items(switch_id, InstanceId(switch.reached), BATCH)
        for item in items:
            _bring_back(uow, switch, item, now=now)
        return _note_progress(uow, switch, [item.instance_id for item in items], UNDONE, now=now)
    return switch


def _note_progress(
    uow: UnitOfWork, switch: Switch, ids: Sequence[InstanceId], at_the_end: str, *, now: datetime
) -> Switch:
    if len(ids) == BATCH:
        return uow.switches.save(replace(switch, reached=int(ids[-1])))
    return uow.switches.save(replace(switch, state=at_the_end, finished_at=now))


# ---- one instance


def _bring(uow: UnitOfWork, switch: Switch, instance_id: InstanceId, *, now: datetime) -> None:
    instance = uow.instances.get(instance_id)
    if instance.ended_at is not None or instance.version == switch.to_version:
        return
    run, refitted = _refit(uow, uow.cycles.get(switch.cycle_id), instance, switch.to_version, switch.mapping, now=now)
    item = SwitchItem(
        switch_id=switch.id,
        instance_id=instance_id,
        state=REFUSED,
        notes=list(refitted.notes),
        version_before=instance.version,
        blob_before=instance.blob,
        row_version=None,
    )
    if refitted.step is not None:
        notes = _settle(uow, run, refitted.step, now=now)
        _say(uow, run, "version_switched", switch, now=now)
        item = replace(item, state=MOVED, notes=[*item.notes, *notes], row_version=run.instance.row_version)
    uow.switches.put_item(item)


def _bring_back(uow: UnitOfWork, switch: Switch, item: SwitchItem, *, now: datetime) -> None:
    if item.state != MOVED:
        return
    instance = uow.instances.get(item.instance_id)
    if instance.ended_at is not None:
        uow.switches.put_item(replace(item, state=STAYED, notes=["đã kết thúc trên bản mới"]))
        return
    cycle = uow.cycles.get(switch.cycle_id)
    if instance.row_version == item.row_version:
        run = runs.gather(
            uow, cycle, uow.dossiers.get(instance.dossier_id), _on(instance, item.version_before), now=now
        )
        step = uow.runtime.inspect(run.definition, instance.process, item.blob_before)
        _settle(uow, run, step, now=now)
        _wake_timers(uow, run, step)
        notes = ["trả lại đúng trạng thái trước khi chuyển"]
    else:
        mapping = {new: old for old, new in switch.mapping.items()}
        run, refitted = _refit(uow, cycle, instance, item.version_before, mapping, now=now)
        if refitted.step is None:
            uow.switches.put_item(replace(item, state=STAYED, notes=list(refitted.notes)))
            return
        notes = ["đã đi tiếp trên bản mới: chuyển về tại bước đang đứng", *refitted.notes]
        _settle(uow, run, refitted.step, now=now)
    _say(uow, run, "version_switched_back", switch, now=now)
    uow.switches.put_item(replace(item, state=RETURNED, notes=notes, row_version=run.instance.row_version))


def _refit(
    uow: UnitOfWork, cycle: Cycle, instance: Instance, version: str, mapping: Mapping[str, str], *, now: datetime
) -> tuple[Run, Refitted]:
    run = runs.gather(uow, cycle, uow.dossiers.get(instance.dossier_id), _on(instance, version), now=now)
    old = uow.models.definition(instance.version)
    refitted = uow.runtime.refit(
        old, run.definition, instance.process, instance.blob, mapping, facts=run.facts, now=now
    )
    if refitted.step is not None and all(spec.id != instance.process for spec in run.model.processes):
        refitted = Refitted(step=None, notes=(f"bản mới không khai quy trình “{instance.process}”",))
    return run, refitted


def _on(instance: Instance, version: str) -> Instance:
    return replace(instance, version=version)


def _settle(uow: UnitOfWork, run: Run, step: Step, *, now: datetime) -> list[str]:
    """Keep the state and everything that it waits for, work under its new names; what people should know."""
    run.instance = uow.instances.save(replace(run.instance, blob=step.state))
    notes = _rename_work(uow, run, step)
    effects.store_waits(uow, run, step, actor=SYSTEM, now=now)
    return notes


def _wake_timers(uow: UnitOfWork, run: Run, step: Step) -> None:
    """Let timers wait again that the other version had no place for."""
    uow.timers.revive([effects.timer_key(run.instance.id, timer.token) for timer in step.timers])
    if run.instance.state is InstanceState.SUSPENDED:
        uow.timers.pause(run.instance.id, [])


def _rename_work(uow: UnitOfWork, run: Run, step: Step) -> list[str]:
    """Let open work be called and done as the version says; drafts and last days stay."""
    notes = []
    tasks = {task.token: task for task in step.tasks}
    for item in _work(uow, run.instance.id):
        task = tasks.get(item.token)
        if task is None:
            continue
        named = effects.as_drawn(run, item, task)
        if named.form != item.form and item.draft:
            notes.append(f"“{item.name}”: biểu mẫu đã đổi; bản nháp được giữ, mục không còn sẽ không hiện")
        if named != item:
            uow.work.save(named)
    return notes


def _work(uow: UnitOfWork, instance_id: InstanceId) -> list[WorkItem]:
    return [*uow.work.open_of_instance(instance_id), *uow.work.suspended_of_instance(instance_id)]


# ---- parts


def _checked(uow: UnitOfWork, cycle_id: CycleId, version: str, *, actor: Actor) -> Cycle:
    cycle = uow.cycles.get(cycle_id)
    check_may_operate(actor, uow.units.path(cycle.unit_id))
    key = uow.models.get(version).key
    if key != cycle.model:
        raise WrongState("other_model", key=key)
    return cycle


def _say(uow: UnitOfWork, run: Run, event: str, switch: Switch, *, now: datetime) -> None:
    facts = {"version": run.instance.version[:SHORT], "reason": switch.reason}
    uow.audit.write(runs.line(run, event, actor=SYSTEM, now=now, **facts))


def _of_cycle(cycle: Cycle, event: str, version: str, reason: str, *, actor: Actor, now: datetime) -> AuditLine:
    line = _line(event, f"cycle:{cycle.id}", {"version": version[:SHORT], "reason": reason}, actor=actor, now=now)
    return replace(line, cycle_id=cycle.id, unit_id=cycle.unit_id)


def _line(event: str, target: str, facts: Mapping[str, object], *, actor: Actor, now: datetime) -> AuditLine:
    return AuditLine(
        at=now, actor_id=actor.account_id, actor_name=actor.full_name, event=event, target=target, facts=facts
    )
