"""How does one person sign hundreds of documents in one go? Confirmed once, then done one by one by a job.

Each document is a transaction of its own: one that is refused does not stop the others, and a worker that is killed is
followed by another that goes on where it stopped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from engine.errors import ChukyError, FieldError, Invalid, NotFound, NotPermitted, Refused, WrongState
from engine.ports.services import OpenUow, Outside
from engine.ports.store import NEW, UnitOfWork
from engine.rules.batches import Batch, BatchItem, BatchState
from engine.rules.decisions import DecisionId
from engine.rules.dossiers import WorkItem, WorkItemId, WorkState
from engine.rules.units import AccountId, Actor
from engine.use_cases import runs, tasks
from engine.use_cases.actors import actor_of
from engine.use_cases.decisions import check_bases, check_subjects, check_titles_free, latest_draft
from engine.use_cases.standing_in import check_may_act

#: More are confirmed in several goes.
MOST = 1000
ANSWERS: Mapping[str, object] = {"outcome": "sign"}


def check_ready(uow: UnitOfWork, item: WorkItem, *, actor: Actor, now: datetime) -> None:
    """Refuse a task that is not a signature of this person's, or whose document may not be signed as it is."""
    if item.act != "sign":
        raise Refused("not_in_bulk", item=item.id)
    if item.state is not WorkState.OPEN:
        raise WrongState("work_done", item=item.id, state=item.state, at=item.done_at)
    check_may_act(uow, actor, item, now=now)
    decision = latest_draft(uow, runs.look(uow, item.instance_id, now=now))
    check_bases(uow, decision)
    check_subjects(uow, decision)
    check_titles_free(uow, decision)


def begin(uow: UnitOfWork, ticked: Sequence[tuple[int, int]], *, actor: Actor, now: datetime) -> Batch:
    """Keep what the person confirmed (task and version that they saw) and promise the work.

    Refused: nobody who is signed in (`NotPermitted`), nothing ticked or more than `MOST` (`Invalid` at `viec`).
    """
    if actor.account_id is None:
        raise NotPermitted("not_your_work")
    chosen = {number: version for number, version in ticked[: MOST + 1] if _is_known(uow, number)}
    if not chosen or len(ticked) > MOST:
        raise Invalid({"viec": FieldError("batch_size", {"limit": MOST})})
    items = [_item(number, version) for number, version in chosen.items()]
    batch = uow.batches.add(Batch(id=NEW, account_id=actor.account_id, at=now), items)
    uow.jobs.enqueue("batch", f"batch:{batch.id}", {"batch_id": batch.id})
    return batch


def work(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
    """Sign what still waits in a batch, each document by itself."""
    batch_id = int(str(payload["batch_id"]))
    with open_uow() as uow:
        waiting = [item for item in uow.batches.items(batch_id) if item.state is BatchState.WAITING]
        account_id = uow.batches.get(batch_id).account_id
    for item in waiting:
        refusal = _sign(open_uow, item, account_id, now=now)
        if refusal is not None:
            with open_uow() as uow:
                uow.batches.save_item(refusal)


def _sign(open_uow: OpenUow, item: BatchItem, account_id: AccountId, *, now: datetime) -> BatchItem | None:
    """Do one signature; the item with the refusal when it is refused."""
    try:
        with open_uow() as uow:
            actor = actor_of(uow, uow.accounts.get(account_id), now=now)
            decision_id = _draft(uow, item, actor=actor, now=now)
            tasks.complete_task(
                uow, item.work_item_id, dict(ANSWERS), row_version=item.seen_version, actor=actor, now=now
            )
            uow.batches.save_item(replace(item, state=BatchState.SIGNED, decision_id=decision_id))
    except Refused as refusal:
        return replace(item, state=BatchState.REFUSED, code=refusal.code, facts=_plain(refusal.facts))
    except ChukyError as fault:
        return replace(item, state=BatchState.REFUSED, code="batch_fault", facts={"reason": str(fault)})
    return None


def _draft(uow: UnitOfWork, item: BatchItem, *, actor: Actor, now: datetime) -> DecisionId:
    """The document that is about to be signed."""
    task = uow.work.get(item.work_item_id)
    check_ready(uow, task, actor=actor, now=now)
    return latest_draft(uow, runs.look(uow, task.instance_id, now=now)).id


def _is_known(uow: UnitOfWork, number: int) -> bool:
    try:
        uow.work.get(WorkItemId(number))
    except NotFound:
        return False
    return True


def _item(number: int, version: int) -> BatchItem:
    return BatchItem(
        id=NEW,
        batch_id=NEW,
        work_item_id=WorkItemId(number),
        seen_version=version,
        state=BatchState.WAITING,
        decision_id=None,
        code="",
        facts={},
        row_version=0,
    )


def _plain(facts: Mapping[str, object]) -> dict[str, object]:
    """Facts as they can be kept: what is no plain value is written out."""
    return {name: fact if isinstance(fact, str | int | datetime) else str(fact) for name, fact in facts.items()}
