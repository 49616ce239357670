"""How is it remembered what a list did, so that it can be undone? One row with its steps, and an audit line; of values with their digest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from engine.errors import FieldError
from engine.ports.store import NEW, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.cycles import CycleId
from engine.rules.unit_lists import ListChange
from engine.rules.units import Actor

Step = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whose values a list fills in: what tells it from other lists, and what its audit lines are filed under."""

    key: str
    target: str  #: a model's or a cycle's, so that nobody reads of what they are not to know of
    cycle_id: CycleId | None = None
    facts: Step = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Checked:
    """What a list that is looked at comes to."""

    errors: dict[str, FieldError] = field(default_factory=dict)  #: by `rows.<row>.<column>`, rows from 0
    before: dict[str, str] = field(default_factory=dict)  #: what stands in cells that change, by the same names
    overtaken: set[int] = field(default_factory=set)  #: rows that somebody else changed since the list was made
    changed: set[int] = field(default_factory=set)  #: rows that would change something


def keep(uow: UnitOfWork, kind: str, about: About, steps: Sequence[Step], *, actor: Actor, now: datetime) -> ListChange:
    """Remember a list that was carried out; the audit line holds what it was about and the digest of its steps."""
    made = remember(uow, kind, steps, about.key, actor=actor, now=now)
    digest = sha256(repr([sorted(s.items()) for s in steps]).encode()).hexdigest()
    uow.audit.write(_line(made, about, f"{kind}_list", {"sha256": digest}, actor=actor, now=now))
    return made


def remember(
    uow: UnitOfWork, kind: str, steps: Sequence[Step], about: str = "", *, actor: Actor, now: datetime
) -> ListChange:
    """Keep the row of a list that was carried out; its audit line is the caller's."""
    return uow.unit_lists.add(
        ListChange(
            id=NEW,
            kind=kind,
            at=now,
            by_id=actor.account_id,
            by_name=actor.full_name,
            steps=list(steps),
            undone_at=None,
            undone_by="",
            row_version=0,
            about=about,
        )
    )


def undone(uow: UnitOfWork, change: ListChange, about: About, *, actor: Actor, now: datetime) -> ListChange:
    """Remember that a list was taken back; `StaleVersion` when somebody else has just done so."""
    kept = uow.unit_lists.save(replace(change, undone_at=now, undone_by=actor.full_name))
    uow.audit.write(_line(kept, about, f"{change.kind}_list_undone", {}, actor=actor, now=now))
    return kept


def line(change: ListChange, event: str, facts: Step, *, actor: Actor, now: datetime) -> AuditLine:
    """The audit line of a list of units."""
    return AuditLine(
        at=now,
        actor_id=actor.account_id,
        actor_name=actor.full_name,
        event=event,
        target=f"unit_list:{change.id}",
        facts=dict(facts),
    )


def _line(change: ListChange, about: About, event: str, facts: Step, *, actor: Actor, now: datetime) -> AuditLine:
    told = {"count": len(change.steps), **about.facts, **facts}
    made = line(change, event, told, actor=actor, now=now)
    return replace(made, target=f"{about.target}/{made.target}", cycle_id=about.cycle_id)
