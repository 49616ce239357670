"""How far is the programme of every model? What the packs plan, and what the bodies that lead it say of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from engine.errors import FieldError, Invalid, NotFound, NotPermitted
from engine.ports.store import NEW, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.cycle_models import CycleModel
from engine.rules.deadlines import local_day
from engine.rules.decisions import DecisionId
from engine.rules.permissions import ADMINISTRATOR, DEPUTY, OFFICER, SECRETARY, may_read
from engine.rules.programme import (
    Bond,
    Mark,
    Milestone,
    MilestoneState,
    Money,
    MoneyYear,
    Part,
    Programme,
    Standing,
    in_order,
    names_fit,
    standing,
)
from engine.rules.text import nfc
from engine.rules.units import Actor, Unit, UnitId
from engine.use_cases import owning

#: Who writes for a body that leads.
WRITERS = (OFFICER, SECRETARY, DEPUTY)
LONGEST_NUMBER, LONGEST_NOTE = 60, 1000
#: đồng
MOST_MONEY = 10**15


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One milestone as it stands today; `mark`: what was said of it last."""

    model: CycleModel
    milestone: Milestone
    standing: Standing
    mark: Mark | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One model that has a programme."""

    model: CycleModel
    programme: Programme
    known_since: date | None  #: first deployed here; None: never, it is looked at outside an installation


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said of a milestone now."""

    state: MilestoneState
    number: str = ""
    dated: date | None = None
    decision_id: DecisionId | None = None
    note: str = ""
    row_version: int | None = None  #: of the mark that the person saw; None: there was none


@dataclass(frozen=True, slots=True, kw_only=True)
class YearMoney:
    """What is said of an amount's year now."""

    money: str
    year: int
    planned: int | None
    actual: int | None
    paper: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyLine:
    """One amount of a programme with what was allotted and spent; of an amount with parts: their sums."""

    money: Money
    depth: int  #: 0: counted in no other
    leaf: bool  #: it has no parts: years are said of it
    summed: int | None  #: of its parts as planned; None: it has none, or one without a figure
    allotted: Mapping[int, int]  #: calendar year → đồng
    spent: Mapping[int, int]


def planned_models(uow: UnitOfWork) -> list[Planned]:
    """The models of this installation that have a programme, by their latest versions, in the order of their names."""
    since = _known_since(uow)
    latest = (uow.models.latest(key) for key in uow.models.keys())  # noqa: SIM118  # a register
    found = [
        Planned(model=m, programme=m.programme, known_since=since.get(m.key))
        for m in latest
        if m is not None and m.programme is not None
    ]
    return sorted(found, key=lambda planned: planned.model.name)


def find_planned(uow: UnitOfWork, key: str) -> Planned:
    """The model of this key with its programme; `NotFound`."""
    found = next((planned for planned in planned_models(uow) if planned.model.key == key), None)
    if found is None:
        raise NotFound("model", key)
    return found


def entries(planned: Planned, marks: Sequence[Mark], *, now: datetime) -> list[Entry]:
    """The milestones of a model, the earliest end first, with what was said of them."""
    said = {mark.milestone: mark for mark in marks if mark.model == planned.model.key}
    today, found = local_day(now), []
    for milestone in in_order(planned.programme.milestones):
        mark = said.get(milestone.key)
        state = mark.state if mark else MilestoneState.PLANNED
        shown = standing(milestone, state, known_since=planned.known_since, today=today)
        found.append(Entry(model=planned.model, milestone=milestone, standing=shown, mark=mark))
    return found


def units_of(uow: UnitOfWork, planned: Planned, today: date) -> dict[Part, list[Unit]]:
    """Which units of this installation lead and coordinate a model's programme.

    Those that were said to; until that, units that go by the names in the programme, and the only unit of the kind
    that opens the model's cycles.
    """
    bonds = [bond for bond in uow.programmes.bonds() if bond.model == planned.model.key]
    if bonds:
        return {part: [uow.units.get(b.unit_id) for b in bonds if b.part is part] for part in Part}
    units = owning.around(uow, planned.model.key, [unit for unit in uow.units.all() if unit.exists_on(today)])
    programme = planned.programme
    kind = [unit for unit in owning.leads(uow, planned.model) if unit.exists_on(today)]
    leads = [unit for unit in units if names_fit(unit.name, programme.leads)] or (kind if len(kind) == 1 else [])
    others = [unit for unit in units if names_fit(unit.name, programme.coordinating) and unit not in leads]
    return {Part.LEAD: leads, Part.COORDINATING: others}


def writing_units(uow: UnitOfWork, planned: Planned, actor: Actor, today: date) -> list[Unit]:
    """The units for which the actor may write in the programme: bodies that lead it, then the top of the tree."""
    held = [uow.units.get(unit) for unit in sorted({u for u, role in actor.positions if role in WRITERS})]
    leads = {unit.id for unit in units_of(uow, planned, today)[Part.LEAD]} if held else set()
    mine = [unit for unit in held if unit.id in leads or unit.parent_id is None]
    return sorted(mine, key=lambda unit: unit.id not in leads)


def check_may_write(uow: UnitOfWork, planned: Planned, actor: Actor, now: datetime) -> Unit:
    """The unit for which the actor writes; refuse who is no officer, secretary or deputy of the lead or the top."""
    units = writing_units(uow, planned, actor, local_day(now))
    if not units:
        raise NotPermitted("not_programme_lead", model=planned.model.name)
    return units[0]


def say(uow: UnitOfWork, planned: Planned, key: str, said: Said, *, actor: Actor, now: datetime) -> Mark:
    """Say how far a milestone is: done needs a document (number and day, or one of the register), dropped a reason.

    Refused: others (`NotPermitted`), an unknown milestone, what is missing or too long (`Invalid`, by field), a mark
    that somebody changed meanwhile (`StaleVersion`).
    """
    unit = check_may_write(uow, planned, actor, now)
    milestone = planned.programme.milestone(key)
    if milestone is None:
        raise NotFound("Milestone", key)
    said = replace(said, number=nfc(said.number.strip()), note=nfc(said.note.strip()))
    if errors := _errors(uow, said, actor, local_day(now)):
        raise Invalid(errors)
    known = uow.programmes.mark(planned.model.key, key)
    mark = Mark(
        id=known.id if known else NEW,
        model=planned.model.key,
        milestone=key,
        state=said.state,
        number=said.number,
        dated=said.dated,
        decision_id=said.decision_id,
        note=said.note,
        at=now,
        by_id=actor.account_id,
        by_name=actor.full_name,
        row_version=(said.row_version if said.row_version is not None else -1) if known else 0,
    )
    kept = uow.programmes.put_mark(mark)
    facts = {
        "milestone": milestone.label,
        "state": said.state.value,
        "paper": said.number,
        "dated": said.dated,
        "note": said.note,
    }
    uow.audit.write(_line(planned, unit, "milestone_said", facts, actor=actor, now=now))
    return kept


def say_money(uow: UnitOfWork, planned: Planned, given: YearMoney, *, actor: Actor, now: datetime) -> MoneyYear:
    """Say what was allotted to an amount in a calendar year and what was spent, both in đồng; None: not known.

    Refused: others (`NotPermitted`), an unknown amount, one with parts, a year outside its period, negative or
    impossible sums (`Invalid`).
    """
    unit = check_may_write(uow, planned, actor, now)
    money = planned.programme.amount(given.money)
    if money is None:
        raise NotFound("Money", given.money)
    if errors := _money_errors(planned.programme, money, given):
        raise Invalid(errors)
    known = uow.programmes.money_year(planned.model.key, money.key, given.year)
    row = MoneyYear(
        id=known.id if known else NEW,
        model=planned.model.key,
        money=money.key,
        year=given.year,
        planned=given.planned,
        actual=given.actual,
        paper=nfc(given.paper.strip())[:LONGEST_NOTE],
        at=now,
        by_id=actor.account_id,
        by_name=actor.full_name,
        row_version=known.row_version if known else 0,
    )
    kept = uow.programmes.put_money(row)
    facts = {
        "money": money.label,
        "year": given.year,
        "planned": given.planned,
        "actual": given.actual,
        "paper": row.paper,
    }
    uow.audit.write(_line(planned, unit, "programme_money_said", facts, actor=actor, now=now))
    return kept


def money_lines(planned: Planned, rows: Sequence[MoneyYear]) -> list[MoneyLine]:
    """Every amount with its sums, parts under what they are counted in."""
    programme = planned.programme
    own = [row for row in rows if row.model == planned.model.key]
    found: list[MoneyLine] = []

    def leaves(key: str) -> set[str]:
        parts = programme.parts(key)
        return {leaf for part in parts for leaf in leaves(part.key)} if parts else {key}

    def put(money: Money, depth: int) -> None:
        parts, below = programme.parts(money.key), leaves(money.key)
        figures = [part.planned for part in parts]
        known = [figure for figure in figures if figure is not None]
        inside = [row for row in own if row.money in below]
        found.append(
            MoneyLine(
                money=money,
                depth=depth,
                leaf=not parts,
                summed=sum(known) if parts and len(known) == len(parts) else None,
                allotted=_by_year((row.year, row.planned) for row in inside),
                spent=_by_year((row.year, row.actual) for row in inside),
            )
        )
        for part in parts:
            put(part, depth + 1)

    for money in programme.money:
        if money.part_of is None:
            put(money, 0)
    return found


def may_bind(actor: Actor, uow: UnitOfWork) -> bool:
    """Whether the actor may say which units lead: administrators, and officers at the top of the tree."""
    tops = [unit.id for unit in uow.units.all() if unit.parent_id is None]
    return actor.holds_anywhere(ADMINISTRATOR) or any(actor.holds(top, OFFICER, SECRETARY) for top in tops)


def bind(uow: UnitOfWork, planned: Planned, parts: Mapping[UnitId, Part], *, actor: Actor, now: datetime) -> None:
    """Say which units lead and coordinate a model's programme; with none, their names decide again. Refused: others."""
    if not may_bind(actor, uow):
        raise NotPermitted("not_programme_binder")
    bonds = [Bond(id=NEW, model=planned.model.key, unit_id=unit, part=part) for unit, part in parts.items()]
    uow.programmes.set_bonds(planned.model.key, bonds)
    names = {part: [uow.units.get(unit).name for unit, own in parts.items() if own is part] for part in Part}
    facts = {"leads": "; ".join(names[Part.LEAD]), "coordinating": "; ".join(names[Part.COORDINATING])}
    uow.audit.write(_line(planned, None, "programme_bound", facts, actor=actor, now=now))


def _errors(uow: UnitOfWork, said: Said, actor: Actor, today: date) -> dict[str, FieldError]:
    errors: dict[str, FieldError] = {}
    if said.state is MilestoneState.DONE and said.decision_id is None:
        if not said.number:
            errors["number"] = FieldError("evidence_number", {})
        if said.dated is None:
            errors["dated"] = FieldError("evidence_day", {})
    if said.dated is not None and said.dated > today:
        errors["dated"] = FieldError("day_ahead", {})
    if said.state is MilestoneState.DROPPED and not said.note:
        errors["note"] = FieldError("drop_reason", {})
    for name, text, most in (("number", said.number, LONGEST_NUMBER), ("note", said.note, LONGEST_NOTE)):
        if len(text) > most:
            errors[name] = FieldError("form.too_long", {"title": "", "limit": most, "length": len(text)})
    if said.decision_id is not None and not _readable(uow, said.decision_id, actor):
        errors["decision"] = FieldError("no_such_document", {"number": said.decision_id})
    return errors


def _readable(uow: UnitOfWork, decision_id: DecisionId, actor: Actor) -> bool:
    try:
        return may_read(actor, uow.units.path(uow.decisions.get(decision_id).unit_id))
    except NotFound:
        return False


def _money_errors(programme: Programme, money: Money, given: YearMoney) -> dict[str, FieldError]:
    errors: dict[str, FieldError] = {}
    if programme.parts(money.key):
        errors["money"] = FieldError("money_has_parts", {"money": money.label})
    first = money.period.first.year if money.period.first else 2000
    last = money.period.last.year if money.period.last else 2100
    if not first <= given.year <= last:
        errors["year"] = FieldError("money_year", {"first_year": first, "last_year": last})
    for name, amount in (("planned", given.planned), ("actual", given.actual)):
        if amount is not None and not 0 <= amount <= MOST_MONEY:
            errors[name] = FieldError("money_amount", {})
    if given.planned is None and given.actual is None:
        errors["planned"] = FieldError("money_nothing", {})
    return errors


def _by_year(pairs: Iterable[tuple[int, int | None]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for year, amount in pairs:
        if amount is not None:
            found[year] = found.get(year, 0) + amount
    return dict(sorted(found.items()))


def _line(
    planned: Planned, unit: Unit | None, event: str, facts: Mapping[str, object], *, actor: Actor, now: datetime
) -> AuditLine:
    return AuditLine(
        at=now,
        actor_id=actor.account_id,
        actor_name=actor.full_name,
        event=event,
        target=f"programme:{planned.model.key}",
        unit_id=unit.id if unit else None,
        facts={"model": planned.model.name, **facts},
    )


def _known_since(uow: UnitOfWork) -> Mapping[str, date]:
    found: dict[str, date] = {}
    for row in uow.queries.packs():
        own = local_day(row.deployed_at)
        found[row.key] = min(own, found.get(row.key, own))
    return found
