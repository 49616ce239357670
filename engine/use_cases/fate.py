"""Who is told what became of a document? Everybody who received it: those it names, the office itself, and the unit above.

And its clerks, when it waits for a number.
"""

from collections.abc import Sequence
from datetime import datetime

from engine.ports.store import UnitOfWork
from engine.rules.deadlines import local_day
from engine.rules.decisions import Decision
from engine.rules.distribution import Way
from engine.rules.permissions import CLERK, DEPUTY, OFFICER, SECRETARY
from engine.rules.units import Account, AccountId, Actor, UnitId
from engine.use_cases import distribution
from engine.use_cases.decisions import listed
from engine.use_cases.notifying import Teller
from engine.use_cases.standing_in import signers_of

#: Positions of a unit that its documents reach.
RECEIVERS = (SECRETARY, DEPUTY, OFFICER, CLERK)


def tell_fate(
    uow: UnitOfWork, decision: Decision, what: str, *, reason: str = "", by: Decision | None = None, now: datetime
) -> None:
    """Tell everybody who received a document what became of it: frozen, freed, replaced, corrected or recalled."""
    teller = Teller(uow, now)
    facts = {
        "what": what,
        "symbol": decision.symbol,
        "subject": decision.subject,
        "reason": reason,
        "by": by.symbol if by else "",
        "by_dated": by.dated if by else None,
        "decision": int(decision.id),
    }
    key = f"fate:{decision.id}:{what}:{by.id if by else now.isoformat()}"
    distribution.tell_received(uow, decision, "fate", facts, key=key, now=now)
    for person in receivers(uow, decision, now=now):
        mine = f"{key}:p{person.id}"
        teller.tell(
            person, key=mine, kind="fate", facts=facts, href=f"/van-ban/{decision.id}", unit_id=decision.unit_id
        )


def tell_awaited(uow: UnitOfWork, unit_id: UnitId, subject: str, key: str, *, now: datetime) -> None:
    """Tell a unit's clerks that a document waits until they give it its number, or reserve more numbers."""
    teller = Teller(uow, now)
    facts = {"subject": subject, "unit": uow.units.get(unit_id).name}
    for clerk in uow.accounts.holders(unit_id, (CLERK,), local_day(now)):
        key_of = f"awaited:{key}:{clerk.id}"
        teller.tell(clerk, key=key_of, kind="awaited", facts=facts, href="/van-ban/cho-cap-so", unit_id=unit_id)


def tell_signers(
    uow: UnitOfWork,
    about: Decision,
    draft: Decision,
    roles: Sequence[str],
    *,
    kind: str,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """Tell who may sign it that a draft waits which replaces, corrects or recalls a document; who drafted it is left out."""
    teller, facts = Teller(uow, now), {"what": kind, "symbol": about.symbol, "reason": reason, "by": by.full_name}
    facts["draft"] = str(int(draft.id))
    for person in signers_of(uow, draft.unit_id, roles, int(draft.cycle_id), local_day(now)):
        if person.id != by.account_id:
            key = f"remedy_to_sign:{draft.id}:{person.id}"
            href = f"/van-ban/{draft.id}"
            teller.tell(person, key=key, kind="remedy_to_sign", facts=facts, href=href, unit_id=draft.unit_id)


def receivers(uow: UnitOfWork, decision: Decision, *, now: datetime) -> list[Account]:
    """The people whom a document has reached, by account, besides those of its distribution."""
    known = {r.unit_id for r in distribution.received_by(uow, decision) if r.way is Way.INSIDE}
    units: dict[UnitId, None] = {decision.unit_id: None}
    units |= dict.fromkeys(dossier.unit_id for dossier in listed(uow, decision))
    units |= dict.fromkeys(title.unit_id for title in uow.titles.of_decision(decision.id))
    units |= dict.fromkeys(unit.id for unit in uow.units.path(decision.unit_id)[1:2])
    found: dict[AccountId, Account] = {}
    for unit in units.keys() - known:
        found |= {person.id: person for person in uow.accounts.holders(unit, RECEIVERS, local_day(now))}
    return [found[account] for account in sorted(found)]
