"""What do queries for pages have in common? Rows of work, scopes of the tree, counts, and what filters ask for."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    true,
)

from engine.ports.queries import (
    AuditFilter,
    DecisionFilter,
    DossierFilter,
    MemberFilter,
    Positions,
    Scope,
)
from engine.rules.decisions import DecisionState
from engine.rules.dossiers import DossierState, WorkState
from engine.rules.text import fold, nfc
from engine.rules.units import UnitId
from engine.store.tables import (
    audit_content,
    cycles,
    decisions,
    dossiers,
    incidents,
    instances,
    members,
    packs,
    titles,
    units,
    work_items,
)

NONE = -1  # no row has this id
SUBJECT = units.alias("subject")
SUPERIOR = units.alias("superior")
DOER = units.alias("doer")
WORK = (
    select(
        work_items.c.id,
        work_items.c.name,
        work_items.c.act,
        work_items.c.deadline,
        work_items.c.last_day,
        work_items.c.lenient_until,
        work_items.c.opened_at,
        work_items.c.roles,
        work_items.c.row_version,
        work_items.c.unit_id,
        DOER.c.name.label("unit"),
        work_items.c.subject_unit_id,
        SUBJECT.c.name.label("subject"),
        SUBJECT.c.code.label("subject_code"),
        work_items.c.dossier_id,
        dossiers.c.state.label("dossier_state"),
        dossiers.c.cohort,
        dossiers.c.group,
        work_items.c.cycle_id,
        cycles.c.model,
        packs.c.name.label("model_name"),
        cycles.c.year,
    )
    .join(DOER, DOER.c.id == work_items.c.unit_id)
    .join(SUBJECT, SUBJECT.c.id == work_items.c.subject_unit_id)
    .join(dossiers, dossiers.c.id == work_items.c.dossier_id)
    .join(cycles, cycles.c.id == work_items.c.cycle_id)
    .join(packs, packs.c.version == cycles.c.version)
    .where(work_items.c.state == WorkState.OPEN)
    # Work without a last day stands at the end, on both databases.
    .order_by(work_items.c.last_day.is_(None), work_items.c.last_day, SUBJECT.c.sort_key, work_items.c.id)
)
#: Fields of `LastDayRow` that are columns of a work item.
_OF_ITEM = ("id", "name", "last_day", "state", "opened_at", "done_at", "moves")
LAST_DAY_NAMES = (*_OF_ITEM, "subject")
LAST_DAYS = (
    select(
        *(work_items.c[name] for name in (*_OF_ITEM, "unit_id", "roles")),
        SUBJECT.c.name.label("subject"),
    )
    .join(SUBJECT, SUBJECT.c.id == work_items.c.subject_unit_id)
    .where(work_items.c.last_day.is_not(None))
    .order_by(work_items.c.last_day, work_items.c.id)
)
#: Accepted once, whatever came after; a registration still waiting, returned or refused is not.
ACCEPTED = (
    DossierState.ACCEPTED,
    DossierState.PROPOSED,
    DossierState.ASSESSED,
    DossierState.MET,
    DossierState.NOT_MET,
    DossierState.DEFERRED,
    DossierState.RECOGNISED,
    DossierState.CANCELLED,
)
ENDED = dossiers.c.state == DossierState.CLOSED
REGISTERING = dossiers.c.cohort.is_not(None)
REGISTERED = dossiers.c.submitted_at.is_not(None)
LATE = func.coalesce(dossiers.c.days_late, 0) > 0


#: A member whose title of the dossier's cycle stands.
TITLED = (
    exists()
    .where(titles.c.dossier_id == members.c.dossier_id, titles.c.member_name == members.c.full_name)
    .where(titles.c.member_name != "", titles.c.cancelled_on.is_(None))
)


def below(scope: Scope) -> Select[tuple[int]]:
    """Ids of the scope's units and of all below them; UNION ends even where a tree bites its tail."""
    start = select(units.c.id).where(units.c.id.in_(set(scope) or {NONE})).cte(recursive=True)
    tree = start.union(select(units.c.id).where(units.c.parent_id == start.c.id))
    return select(tree.c.id)


def not_of(hidden: Collection[str]) -> ColumnElement[bool]:
    """Rows of a cycle whose model is none of these, and rows of no cycle."""
    return or_(cycles.c.model.is_(None), cycles.c.model.not_in(hidden)) if hidden else true()


def incidents_not_of(hidden: Collection[str]) -> ColumnElement[bool]:
    """Incidents of work in a cycle of none of these models, and those that no cycle is known of."""
    if not hidden:
        return true()
    inside = select(cycles.c.id).where(cycles.c.model.in_(hidden))
    theirs = select(dossiers.c.id).where(dossiers.c.cycle_id.in_(inside))
    run = select(instances.c.id).where(instances.c.cycle_id.in_(inside))
    return and_(
        or_(incidents.c.dossier_id.is_(None), incidents.c.dossier_id.not_in(theirs)),
        or_(incidents.c.instance_id.is_(None), incidents.c.instance_id.not_in(run)),
    )


def may_do(positions: Positions, unit_id: UnitId, roles: Sequence[str]) -> bool:
    """Whether one of the positions is a role at this unit."""
    return any((unit_id, role) in positions for role in roles)


def gives_or_takes(decision: Any) -> ColumnElement[bool]:
    """Titles that a document gives or takes."""
    return or_(titles.c.decision_id == decision, titles.c.cancelled_by_id == decision)


def count_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of a group fit."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def past(today: date) -> ColumnElement[int]:
    """1 for work that is late on `today`: its last day is over, and nobody has to wait before saying so."""
    return case((func.coalesce(work_items.c.lenient_until, work_items.c.last_day) < today, 1), else_=0)


def equals(column: ColumnElement[Any], value: object) -> ColumnElement[bool]:
    """Equality that None takes part in."""
    return column.is_(None) if value is None else column == value


def dossier_conditions(wanted: DossierFilter) -> list[ColumnElement[bool]]:
    """What a filter of dossiers asks for."""
    found = [dossiers.c.cycle_id == wanted.cycle_id, dossiers.c.unit_id.in_(below(wanted.scope))]
    found.append(REGISTERING if wanted.registering else ~REGISTERING)
    if wanted.states:
        found.append(dossiers.c.state.in_(wanted.states))
    if wanted.superior_id is not None:
        found.append(or_(units.c.parent_id == wanted.superior_id, units.c.id == wanted.superior_id))
    for column, value in ((dossiers.c.cohort, wanted.cohort), (dossiers.c.group, wanted.group)):
        if value:
            found.append(column == value)
    if wanted.registered is not None:
        found.append(REGISTERED if wanted.registered else ~REGISTERED)
    if wanted.late is not None:
        found.append(LATE if wanted.late else ~LATE)
    if wanted.text:
        receipt = dossiers.c.receipt == nfc(wanted.text).strip().upper()
        found.append(or_(units.c.search_text.contains(fold(wanted.text), autoescape=True), receipt))
    return found


def decision_conditions(wanted: DecisionFilter) -> list[ColumnElement[bool]]:
    """What a filter of documents asks for."""
    given = exists().where(gives_or_takes(decisions.c.id), titles.c.unit_id.in_(below(wanted.scope)))
    about = and_(decisions.c.state == DecisionState.ISSUED, given)
    found: list[ColumnElement[bool]] = [or_(decisions.c.unit_id.in_(below(wanted.scope)), about)]
    if wanted.states:
        found.append(decisions.c.state.in_(wanted.states))
    if wanted.cycle_id is not None:
        found.append(decisions.c.cycle_id == wanted.cycle_id)
    if wanted.year is not None:
        found.append(cycles.c.year == wanted.year)
    if wanted.document:
        found.append(decisions.c.document == wanted.document)
    if wanted.text:
        found.append(decisions.c.search_text.contains(fold(wanted.text), autoescape=True))
    return found


def audit_conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    """What a filter of the audit log asks for."""
    exact = ((audit_content.c.event, wanted.event), (audit_content.c.actor_id, wanted.actor_id))
    more = ((audit_content.c.unit_id, wanted.unit_id), (audit_content.c.dossier_id, wanted.dossier_id))
    found = [column == value for column, value in (*exact, *more) if value]
    if wanted.first is not None:
        found.append(audit_content.c.at >= wanted.first)
    if wanted.before is not None:
        found.append(audit_content.c.at < wanted.before)
    if wanted.text:
        found.append(audit_content.c.content.contains(nfc(wanted.text), autoescape=True))
    return found


def member_conditions(wanted: MemberFilter) -> list[ColumnElement[bool]]:
    """What a filter of members asks for."""
    found = [dossiers.c.cycle_id == wanted.cycle_id, REGISTERING, dossiers.c.unit_id.in_(below(wanted.scope))]
    if wanted.superior_id is not None:
        found.append(units.c.parent_id == wanted.superior_id)
    if wanted.cohort:
        found.append(dossiers.c.cohort == wanted.cohort)
    if wanted.titled is not None:
        found.append(TITLED if wanted.titled else ~TITLED)
    if wanted.text:
        folded = fold(wanted.text)
        person = members.c.search_text.contains(folded, autoescape=True)
        found.append(or_(person, units.c.search_text.contains(folded, autoescape=True)))
    return found
