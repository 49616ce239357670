"""May this person do this work, and in whose stead? Asked at the moment of acting, for every task."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from engine.errors import NotPermitted, WrongState
from engine.ports.queries import WorkRow
from engine.ports.store import UnitOfWork
from engine.rules.deadlines import local_day, start_of_day
from engine.rules.delegations import CONTROL, Delegation, DelegationScope, DelegationState, LegalForm, sees_own_work
from engine.rules.dossiers import Dossier, DossierId, WorkItem
from engine.rules.papers import Capacity, Paper, Signature
from engine.rules.permissions import SIGNING, check_may_do, may_do, stand_in, standing
from engine.rules.units import Account, AccountId, Actor, StandIn, UnitId
from engine.use_cases import decisions
from engine.use_cases.judging import is_late_on
from engine.use_cases.runs import gathered_by

#: Refusals of somebody who stood in once, or will.
ENDED = frozenset({"delegation_over", "delegation_taken_back", "delegation_not_begun"})
_CODES = {
    DelegationState.OVER: "delegation_over",
    DelegationState.TAKEN_BACK: "delegation_taken_back",
    DelegationState.PLANNED: "delegation_not_begun",
}
#: The act of signing a document.
_TO_SIGN = "sign"
#: How long after its last day what was typed before its end is still kept as a draft.
GRACE = timedelta(days=1)


def stands_in(uow: UnitOfWork, account: Account, day: date) -> tuple[StandIn, ...]:
    """In whose stead the person acts on a day; a delegation lapses with the position that it hands over."""
    found = uow.absences.received(account.id, day) if uow.absences.any() else []
    return tuple(stand for d in found if (stand := _stand_in(uow, d, day)) is not None)


def check_may_act(uow: UnitOfWork, actor: Actor, item: WorkItem, *, now: datetime) -> StandIn | None:
    """In whose stead the actor does the item; None in their own right.

    Refused (`NotPermitted`): not their work; a delegation that is over, was taken back or has not begun; their own
    unit's, also through a delegation; work in which they had a hand themselves (four eyes).
    """
    if not may_do(actor, item):
        _say_if_it_was(uow, actor, item, now)
    check_may_do(actor, item)
    absent = stand_in(actor, item)
    _check_four_eyes(uow, actor, item, absent)
    return absent


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """One open task of a person, with who is absent when it is done for somebody."""

    row: WorkRow
    absent: StandIn | None


def work_of(uow: UnitOfWork, actor: Actor) -> list[Mine]:
    """All open work of the person, the nearest last day first: their positions', and what they stand in for today."""
    rows = uow.queries.inbox(actor.positions | {(s.unit_id, s.role) for s in actor.stands_in})
    if not actor.stands_in:
        return [Mine(row=row, absent=None) for row in rows]
    found = [Mine(row=r, absent=standing(actor, r.unit_id, r.roles, r.act, r.cycle_id)) for r in rows]
    return [mine for mine in found if mine.absent or actor.holds(mine.row.unit_id, *mine.row.roles)]


def waits_for(uow: UnitOfWork, actor: Actor, today: date) -> tuple[int, int]:
    """How much open work the person has, and how much of it is late."""
    if not actor.stands_in:
        counts = uow.queries.waiting(actor.positions, today)
        return counts.total, counts.late
    own = [mine.row for mine in work_of(uow, actor)]
    return len(own), sum(is_late_on(row.last_day, row.lenient_until, today) for row in own)


def check_may_sign(
    uow: UnitOfWork, actor: Actor, unit_id: UnitId, roles: Sequence[str], dossier: Dossier, listed: Sequence[Dossier]
) -> StandIn | None:
    """In whose stead the actor signs a document of the unit that no task waits for; None in their own right.

    Refused (`NotPermitted`): they neither hold one of the roles nor stand in for who does; as a substitute also, when the document
    is about a unit of their own, or about dossiers in which they had a hand (four eyes).
    """
    if actor.holds(unit_id, *roles):
        return None
    absent = standing(actor, unit_id, roles, _TO_SIGN, int(dossier.cycle_id))
    if absent is None:
        raise NotPermitted("not_signatory")
    about = {d.id: d.unit_id for d in (dossier, *listed)}
    if ((actor.units() | absent.not_about) - {unit_id}) & set(about.values()):
        raise NotPermitted("own_unit", unit=unit_id)
    done = uow.absences.handled(AccountId(actor.account_id or 0), about)
    if sees_own_work(done, unit_id=unit_id, stands_for=(absent.unit_id, absent.role)):
        raise NotPermitted("four_eyes", unit=unit_id)
    return absent


def signers_of(uow: UnitOfWork, unit_id: UnitId, roles: Sequence[str], cycle_id: int, day: date) -> list[Account]:
    """Who may sign a document of the unit that no task waits for: the holders of the roles, and who signs for one that day."""
    return _people(uow, unit_id, roles, day, lambda s: s.covers(unit_id, roles, _TO_SIGN, cycle_id, signing=True))


def doers(uow: UnitOfWork, item: WorkItem, day: date) -> list[Account]:
    """Who is told about an item: its people, and those who stand in for one of them on that day."""
    return _people(uow, item.unit_id, item.roles, day, lambda stand: _covers(stand, item))


def _people(
    uow: UnitOfWork, unit_id: UnitId, roles: Sequence[str], day: date, covers: Callable[[StandIn], bool]
) -> list[Account]:
    people = {person.id: person for person in uow.accounts.holders(unit_id, roles, day)}
    for found in uow.absences.at_unit(unit_id, day) if uow.absences.any() else ():
        stand = _stand_in(uow, found, day)
        if stand is not None and covers(stand):
            substitute = uow.accounts.get(found.to_id)
            if substitute.disabled_at is None:
                people.setdefault(substitute.id, substitute)
    return list(people.values())


def keeps_late_draft(uow: UnitOfWork, actor: Actor, item: WorkItem, *, now: datetime) -> bool:
    """Whether what the actor typed may still become the item's draft: their delegation ended by itself a moment ago."""
    found = _latest(uow, actor, item, now)
    return (
        found is not None
        and found.state_on(local_day(now)) is DelegationState.OVER
        and now < start_of_day(found.last_day + timedelta(days=1)) + GRACE
    )


def signed_for(uow: UnitOfWork, paper: Paper, stand: StandIn, *, now: datetime) -> Paper:
    """The paper with the signature block of who signs in another's stead.

    Refused (`WrongState`): the substitute's position is no longer the one that the form was given for.
    """
    found = uow.absences.get(stand.delegation_id)
    if found.form is None or not _same_form(uow, found, now=now):
        raise WrongState("legal_form_changed", title=found.title)
    signatures = tuple(in_stead(signature, found, signature.name) for signature in paper.signatures)
    return replace(paper, signatures=signatures)


def signing_delegation(uow: UnitOfWork, stand: StandIn | None, *, now: datetime) -> Delegation | None:
    """By which delegation who stands in for somebody signs for them too; None: by none, or no longer."""
    found = uow.absences.get(stand.delegation_id) if stand is not None else None
    return found if found is not None and found.signs and _same_form(uow, found, now=now) else None


def _same_form(uow: UnitOfWork, found: Delegation, *, now: datetime) -> bool:
    """Whether the substitute's position is still the one that the legal form was given for."""
    day = local_day(now)
    held = [p.role for p in uow.accounts.positions(found.to_id) if p.unit_id == found.unit_id and p.held_on(day)]
    still_deputy = any(uow.words.deputies().get(role) == found.role for role in held)
    return still_deputy is (found.form is LegalForm.DEPUTY)


_FORMS = {form: Capacity(form.value) for form in LegalForm}


def in_stead(signature: Signature, found: Delegation, name: str) -> Signature:
    """The signature block of who signs by this delegation, with their name below."""
    collective = signature.in_stead_of if signature.capacity is Capacity.ON_BEHALF else ""
    form = found.form or LegalForm.AUTHORISED
    return replace(
        signature,
        name=name,
        position=found.title,
        capacity=_FORMS[form],
        in_stead_of=signature.position,
        collective=collective if form is LegalForm.DEPUTY else "",
    )


def _stand_in(uow: UnitOfWork, found: Delegation, day: date) -> StandIn | None:
    held = [p for p in uow.accounts.positions(found.from_id) if p.held_on(day)]
    if not any((p.unit_id, p.role) == (found.unit_id, found.role) for p in held):
        return None
    acts = {DelegationScope.ACT: frozenset({found.code}), DelegationScope.SIGNING: frozenset[str]()}
    return StandIn(
        delegation_id=found.id,
        for_id=found.from_id,
        for_name=uow.accounts.get(found.from_id).full_name,
        unit_id=found.unit_id,
        role=found.role,
        acts=acts.get(found.scope),
        cycle_ids=_cycles(uow, found),
        signing=SIGNING if found.signs else frozenset(),
        not_about=frozenset(p.unit_id for p in held if p.unit_id != found.unit_id),
    )


def _cycles(uow: UnitOfWork, found: Delegation) -> frozenset[int] | None:
    if found.scope is not DelegationScope.MODEL:
        return None
    # A model without a cycle hands nothing over; 0 is no cycle's number, and an empty set would stand for all.
    return frozenset(int(cycle.id) for cycle in uow.cycles.all() if cycle.model == found.code) or frozenset({0})


def _covers(stand: StandIn, item: WorkItem) -> bool:
    return stand.covers(item.unit_id, item.roles, item.act, item.cycle_id, signing=item.act in SIGNING)


def _say_if_it_was(uow: UnitOfWork, actor: Actor, item: WorkItem, now: datetime) -> None:
    found = _latest(uow, actor, item, now)
    if found is None:
        return
    code = _CODES.get(found.state_on(local_day(now)))
    if code is not None:
        absent = uow.accounts.get(found.from_id).full_name
        facts = {"name": absent, "first_day": found.first_day, "last_day": found.last_day, "at": found.ended_at}
        raise NotPermitted(code, item=item.id, **facts)


def _latest(uow: UnitOfWork, actor: Actor, item: WorkItem, now: datetime) -> Delegation | None:
    """The latest delegation by which the item would be the actor's, whatever the day."""
    if actor.account_id is None:
        return None
    for found in uow.absences.of_person(AccountId(actor.account_id)):
        day = min(max(local_day(now), found.first_day), found.last_day)
        stand = _stand_in(uow, found, day) if found.to_id == actor.account_id else None
        if stand is not None and _covers(stand, item):
            return found
    return None


def _check_four_eyes(uow: UnitOfWork, actor: Actor, item: WorkItem, absent: StandIn | None) -> None:
    if item.act not in CONTROL or actor.account_id is None or not uow.absences.any():
        return
    about = _about(uow, item) if absent is not None else {item.dossier_id: item.subject_unit_id}
    if absent is not None and item.subject_unit_id == item.unit_id:
        own = (actor.units() | absent.not_about) - {item.unit_id}
        if own & set(about.values()):
            raise NotPermitted("own_unit", item=item.id)
    done = uow.absences.handled(AccountId(actor.account_id), about)
    stands_for = (absent.unit_id, absent.role) if absent is not None else None
    if sees_own_work(done, unit_id=item.unit_id, stands_for=stands_for):
        raise NotPermitted("four_eyes", item=item.id)


def _about(uow: UnitOfWork, item: WorkItem) -> dict[DossierId, UnitId]:
    """The item's dossier, and for one that decides on many those that it decides on."""
    drafts = decisions.drafts_of(uow, item.dossier_id)
    if item.act in SIGNING and drafts:
        about = decisions.listed(uow, drafts[-1])
    elif item.act in ("meet", "decide"):
        about = _gathered(uow, item)
    else:
        about = []
    return {item.dossier_id: item.subject_unit_id} | {dossier.id: dossier.unit_id for dossier in about}


def _gathered(uow: UnitOfWork, item: WorkItem) -> list[Dossier]:
    cycle = uow.cycles.get(item.cycle_id)
    return gathered_by(uow, uow.models.get(cycle.version), cycle, uow.dossiers.get(item.dossier_id))
