"""Who is asking? An account with the positions that it holds on the day."""

from datetime import datetime

from engine.ports.store import UnitOfWork
from engine.rules.deadlines import local_day
from engine.rules.units import Account, Actor
from engine.use_cases.standing_in import stands_in


def actor_of(uow: UnitOfWork, account: Account, *, now: datetime) -> Actor:
    """The account's person as an actor, with the positions held and stood in for on the local day of `now`."""
    day = local_day(now)
    held = {(p.unit_id, p.role) for p in uow.accounts.positions(account.id) if p.held_on(day)}
    standing = uow.words.standing_as()
    held |= {(unit, standing[role]) for unit, role in held if role in standing}
    absent = stands_in(uow, account, day)
    return Actor(account_id=account.id, full_name=account.full_name, positions=frozenset(held), stands_in=absent)
