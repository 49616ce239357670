"""What may a person start from a dossier's page? Messages that its instances wait for, and processes on demand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.errors import NotPermitted, WrongState
from engine.ports.process import Node
from engine.ports.store import NEW, UnitOfWork
from engine.rules.cycle_models import CycleModel, ProcessSpec
from engine.rules.dossiers import Dossier, DossierId, DossierState, InstanceState, Submission
from engine.rules.permissions import standing
from engine.rules.units import Actor, StandIn, Unit
from engine.use_cases import decisions, effects, runs
from engine.use_cases.acts import Answers, variables
from engine.use_cases.runs import line

#: Act of what is started from the dossier's page.
MESSAGE = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something the actor may start now: a button on the dossier's page."""

    node: str
    label: str
    form: str | None
    message: str
    absent: StandIn | None = None  #: in whose stead it would be started


def offers(uow: UnitOfWork, dossier: Dossier, *, actor: Actor) -> list[Offer]:
    """What the actor may start on this dossier now, in the order of the diagram.

    Nothing while a numbered decision that names the dossier is being signed: its list can no longer change.
    """
    path = uow.units.path(dossier.unit_id)
    if decisions.being_signed(uow, dossier, path) is not None:
        return []
    cycle = uow.cycles.get(dossier.cycle_id)
    chain = runs.chain_of(uow, uow.models.get(cycle.version), cycle, path)
    found: list[tuple[int, Offer]] = []
    for instance in uow.instances.of_dossier(dossier.id):
        if instance.state is not InstanceState.RUNNING:
            continue
        model = uow.models.get(instance.version)
        definition = uow.models.definition(instance.version)
        step = uow.runtime.inspect(definition, instance.process, instance.blob)
        for subscription in step.subscriptions:
            node = effects.node_of(definition, instance.process, subscription.node)
            offered, absent = _offered(model, node, chain, dossier, actor)
            if offered:
                found.append((node.line, _offer(node, subscription.name, absent)))
    ordered = [offer for _, offer in sorted(found, key=lambda pair: pair[0])]
    return ordered + _demands(uow, dossier, chain, actor)


def send(
    uow: UnitOfWork, dossier_id: DossierId, node: str, answers: Answers, *, actor: Actor, now: datetime
) -> Dossier:
    """Start what an offer offers, with its form's checked answers.

    Refused: not offered to the actor (`NotPermitted`), no longer possible (`WrongState`).
    """
    dossier = uow.dossiers.get(dossier_id)
    offer = next((o for o in offers(uow, dossier, actor=actor) if o.node == node), None)
    if offer is None:
        raise NotPermitted("not_offered", dossier=dossier_id, node=node)
    cycle = uow.cycles.get(dossier.cycle_id)
    model = uow.models.get(cycle.version)
    submission = uow.dossiers.add_submission(_submission(dossier, offer, answers, actor=actor, now=now))
    if offer.absent is not None:
        uow.absences.note(offer.absent.delegation_id, submission.id)
    demand = _demand(uow, model, offer)
    if demand is not None:
        run = effects.start_instance(uow, cycle, dossier, demand.id, variables(answers), actor=actor, now=now)
        uow.audit.write(line(run, "asked", actor=actor, now=now, name=offer.label, **_stead(offer)))
    else:
        _write(uow, dossier, offer, actor=actor, now=now)
        if not effects.deliver(uow, dossier, offer.message, variables(answers), actor=actor, now=now):
            raise WrongState("not_waiting", dossier=dossier_id)
    return uow.dossiers.get(dossier_id)


def _stead(offer: Offer) -> dict[str, str]:
    return {"stead": offer.absent.for_name} if offer.absent else {}


def _write(uow: UnitOfWork, dossier: Dossier, offer: Offer, *, actor: Actor, now: datetime) -> None:
    instance = uow.instances.of_dossier(dossier.id)[0]
    run = runs.load(uow, instance.id, now=now)
    uow.audit.write(line(run, "asked", actor=actor, now=now, name=offer.label, **_stead(offer)))


def _offered(
    model: CycleModel, node: Node, chain: Sequence[Unit], dossier: Dossier, actor: Actor
) -> tuple[bool, StandIn | None]:
    """Whether the actor may start it, and in whose stead if not in their own right."""
    lane = model.lanes.get(node.properties.get("offered_to", ""))
    if lane is None:
        return False, None
    unit = effects.unit_of(chain, model, lane).id
    absent = standing(actor, unit, lane.roles, MESSAGE, dossier.cycle_id)
    return absent is not None or actor.holds(unit, *lane.roles), absent


def _offer(node: Node, message: str, absent: StandIn | None) -> Offer:
    form = node.form_key or node.properties.get("form")
    return Offer(node=node.id, label=node.name, form=form, message=message, absent=absent)


def _demands(uow: UnitOfWork, dossier: Dossier, chain: Sequence[Unit], actor: Actor) -> list[Offer]:
    cycle = uow.cycles.get(dossier.cycle_id)
    model = uow.models.get(cycle.version)
    running = {i.process for i in uow.instances.of_dossier(dossier.id) if i.ended_at is None}
    found: list[Offer] = []
    for spec in model.processes:
        if spec.scope != "demand" or chain[0].kind not in model.kinds(spec.unit_kind) or spec.id in running:
            continue
        nodes = uow.models.definition(cycle.version).processes[spec.id].nodes.values()
        begins = [n for n in nodes if n.kind == "startEvent" and dossier.state in _while(n)]
        starts = [(n, _offered(model, n, chain, dossier, actor)) for n in begins]
        found += [_offer(node, spec.id, absent) for node, (offered, absent) in starts if offered]
    return found


def _while(start: Node) -> Sequence[str]:
    """The states of a dossier in which a process on demand may be started."""
    return start.properties.get("while", DossierState.RECOGNISED.value).split()


def _demand(uow: UnitOfWork, model: CycleModel, offer: Offer) -> ProcessSpec | None:
    return next((p for p in model.processes if p.scope == "demand" and p.id == offer.message), None)


def _submission(dossier: Dossier, offer: Offer, answers: Answers, *, actor: Actor, now: datetime) -> Submission:
    return Submission(
        id=NEW,
        dossier_id=dossier.id,
        work_item_id=None,
        act=MESSAGE,
        node=offer.node,
        title=offer.label,
        form=offer.form,
        answers=answers,
        at=now,
        by_id=actor.account_id,
        by_name=actor.full_name,
        deadline=None,
        last_day=None,
        days_late=None,
    )
