"""Whose work is shown beside a person's own? What they do for somebody else, and what somebody else does for them."""

from collections.abc import Sequence
from datetime import date

from engine.ports.queries import WorkRow
from engine.ports.store import UnitOfWork
from engine.rules.permissions import standing
from engine.rules.units import Account, Actor
from engine.use_cases.standing_in import Mine, stands_in


def stead(mine: Mine) -> str:
    """What the row of a task says of it: "Làm thay …", or nothing."""
    return f"Làm thay {mine.absent.for_name}" if mine.absent else ""


def handed_over(uow: UnitOfWork, account: Account, rows: Sequence[WorkRow], today: date) -> dict[int, str]:
    """Task → who does it today in the person's stead, of those that the person has handed over."""
    given = uow.absences.given(account.id, today) if uow.absences.any() else []
    names: dict[int, str] = {}
    for substitute in {d.to_id for d in given}:
        person = uow.accounts.get(substitute)
        own = [s for s in stands_in(uow, person, today) if s.for_id == account.id]
        acting = Actor(account_id=person.id, full_name=person.full_name, positions=frozenset(), stands_in=tuple(own))
        names |= {r.id: person.full_name for r in rows if standing(acting, r.unit_id, r.roles, r.act, r.cycle_id)}
    return names
