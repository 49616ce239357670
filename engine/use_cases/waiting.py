"""Why is this waiting? For each thing that an instance waits for: who, since when, until when, and what happens then."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from engine.errors import ProcessFault
from engine.ports.process import Node, ProcessInfo, Step, Subscription, call_of
from engine.ports.store import UnitOfWork
from engine.rules.deadlines import local_day
from engine.rules.dossiers import DossierId, Instance, InstanceId, InstanceState, WorkItem
from engine.rules.permissions import check_may_read
from engine.rules.units import Actor
from engine.use_cases import runs
from engine.use_cases.runs import Run, readers_path

#: Nodes that people do not know by name are passed over, up to so many.
_FAR = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What happens once something comes: the steps that follow, by name."""

    on: str  #: done | due | message | signal
    at: datetime | None  #: of `due`
    interrupting: bool  #: what waits now ends with it
    leads_to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One thing that an instance waits for.

    `kind`: person | timer | message | count | signal | job | join | suspended | nothing | broken.
    """

    kind: str
    instance_id: InstanceId
    process: str  #: label of the process
    token: str
    node: str
    name: str  #: of the step; of the message or signal when the step has none
    unit: str = ""  #: whose people do it
    roles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()  #: who hold such a role today
    since: datetime | None = None
    due: datetime | None = None
    last_day: date | None = None
    got: int = 0
    expected: int = 0
    reason: str = ""  #: of broken
    then: tuple[Turn, ...] = ()
    incident: int | None = None  #: an open one of the same instance


def why(uow: UnitOfWork, dossier_id: DossierId, *, actor: Actor, now: datetime) -> list[Wait]:
    """Everything that the dossier's instances wait for, in the order of the diagram; nothing when all have ended.

    Refused: who may not read the unit (`NotPermitted`). Nothing is locked.
    """
    dossier = uow.dossiers.get(dossier_id)
    if actor.account_id is not None:
        check_may_read(actor, readers_path(uow, dossier))
    incidents = {found.instance_id: found.id for found in uow.incidents.of_dossier(dossier_id)}
    waits: list[Wait] = []
    for instance in uow.instances.of_dossier(dossier_id):
        if instance.ended_at is None:
            waits += _of_instance(uow, instance, incidents.get(instance.id), now=now)
    return waits


def _of_instance(uow: UnitOfWork, instance: Instance, incident: int | None, *, now: datetime) -> list[Wait]:
    run = runs.of(uow, instance, now=now)
    looking = _Looking(uow, run, incident, now)
    if instance.state is InstanceState.SUSPENDED:
        return [looking.wait("suspended", "", since=instance.suspended_at)]
    try:
        step = uow.runtime.inspect(run.definition, instance.process, instance.blob)
        stuck = uow.runtime.stuck(run.definition, instance.process, instance.blob)
    except ProcessFault as fault:
        return [looking.wait("broken", "", reason=fault.reason)]
    found = [*looking.people(step), *looking.events(step), *(looking.wait("join", node) for node in stuck)]
    lines = {node.id: node.line for node in looking.info.nodes.values()}
    return sorted(found, key=lambda w: lines.get(call_of(w.node), 0)) or [looking.wait("nothing", "")]


@dataclass(frozen=True, slots=True)
class _Looking:
    uow: UnitOfWork
    run: Run
    incident: int | None
    now: datetime

    @property
    def info(self) -> ProcessInfo:
        return self.run.definition.processes[self.run.instance.process]

    def around(self, node: str) -> ProcessInfo:
        """The process that the node stands in: the instance's own, else one that it calls."""
        infos = (self.info, *self.run.definition.processes.values())
        return next((info for info in infos if node in info.nodes), self.info)

    def wait(self, kind: str, node: str, **more: object) -> Wait:
        instance = self.run.instance
        known = self._node(node)
        facts: dict[str, object] = {"token": "", "name": known.name if known else node, "then": ()} | more
        return Wait(
            kind=kind,
            instance_id=instance.id,
            process=self.run.model.process(instance.process).label,
            node=node,
            incident=self.incident,
            **facts,  # type: ignore[arg-type]  # the names of the dataclass, checked by every test that looks
        )

    def people(self, step: Step) -> Iterator[Wait]:
        items = {item.token: item for item in self.uow.work.open_of_instance(self.run.instance.id)}
        for task in step.tasks:
            item = items.get(task.token)
            then = (_turn(self.around(task.node), task.node, "done"), *self._beside(step, task.node))
            about = self._of_item(item) if item else {}
            yield self.wait("person", task.node, token=task.token, name=task.name, then=then, **about)
        for asked in step.operations:
            then = (_turn(self.around(asked.node), asked.node, "done"),)
            yield self.wait("job", asked.node, token=asked.token, then=then)

    def _of_item(self, item: WorkItem) -> dict[str, object]:
        unit = self.uow.units.get(item.unit_id)
        people = self.uow.accounts.holders(unit.id, item.roles, local_day(self.now))
        return {
            "unit": unit.name,
            "roles": item.roles,
            "people": tuple(account.full_name for account in people),
            "since": item.opened_at,
            "last_day": item.last_day,
        }

    def events(self, step: Step) -> Iterator[Wait]:
        due = {row.token: row.due_at for row in self.uow.timers.of_instance(self.run.instance.id)}
        edges = {
            event
            for info in self.run.definition.processes.values()
            for events in info.beside.values()
            for event in events
        }
        for timer in step.timers:
            if timer.node not in edges:
                at = due.get(timer.token, timer.due)
                yield self.wait(
                    "timer",
                    timer.node,
                    token=timer.token,
                    due=at,
                    then=(_turn(self.around(timer.node), timer.node, "due", at),),
                )
        for subscription in step.subscriptions:
            if subscription.node not in edges and not self._is_offer(subscription):
                yield self._of_subscription(subscription)

    def _is_offer(self, subscription: Subscription) -> bool:
        """Whether it is a button for people: possible all the time, and nothing that is waited for."""
        node = self._node(subscription.node)
        return node is not None and node.kind == "startEvent"

    def _of_subscription(self, subscription: Subscription) -> Wait:
        node = self._node(subscription.node)
        name = (node.name if node else "") or subscription.name
        turn = _turn(self.around(subscription.node), subscription.node, subscription.kind)
        if subscription.expected is None:
            return self.wait(subscription.kind, subscription.node, token=subscription.token, name=name, then=(turn,))
        tally = self.uow.conversations.tally_of(self.run.instance.id, subscription.token)
        return self.wait(
            "count",
            subscription.node,
            token=subscription.token,
            name=name,
            got=tally.got if tally else 0,
            expected=subscription.expected,
            since=tally.opened_at if tally else None,
            then=(turn,),
        )

    def _beside(self, step: Step, host: str) -> Iterator[Turn]:
        """What the timers at a step's edge will do."""
        rows = {row.token: row.due_at for row in self.uow.timers.of_instance(self.run.instance.id)}
        for timer in step.timers:
            if timer.node in self.around(host).beside.get(host, ()):
                at = rows.get(timer.token, timer.due)
                yield _turn(self.around(timer.node), timer.node, "due", at, interrupting=timer.interrupting)

    def _node(self, node: str) -> Node | None:
        return self.around(node).nodes.get(node)


def _turn(info: ProcessInfo, node: str, on: str, at: datetime | None = None, *, interrupting: bool = True) -> Turn:
    return Turn(on=on, at=at, interrupting=interrupting, leads_to=following(info, node))


def following(info: ProcessInfo, node: str) -> tuple[str, ...]:
    """Names of the next steps behind a node, in the order of the flows; gateways and unnamed ones are passed over."""
    names: list[str] = []
    todo, seen = list(info.after.get(node, ())), {node}
    while todo and len(seen) < _FAR:
        name = todo.pop(0)
        if name in seen or name not in info.nodes:
            continue
        seen.add(name)
        found = info.nodes[name]
        if found.name and not found.kind.endswith("Gateway"):
            names.append(found.name)
        else:
            todo += info.after.get(name, ())
    return tuple(dict.fromkeys(names))
