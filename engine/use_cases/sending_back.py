"""How does a clerk send a document back that waits for its number? With a reason, to the task by which it was approved.

The clerk answers for form and way of presentation of what is numbered (Nghị định 30/2020/NĐ-CP, Điều 15): a wrong document
is told to who approved it and drafted anew. What rests on a decision that is out, as certificates do, has no such task.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from engine.errors import FieldError, Invalid, WrongState
from engine.ports.process import ProcessInfo
from engine.ports.store import UnitOfWork
from engine.rules.books import AwaitedNumber
from engine.rules.deadlines import local_day
from engine.rules.decisions import Decision, DecisionState
from engine.rules.dossiers import InstanceId, Submission, WorkItem
from engine.rules.remedies import Remedy, RemedyState
from engine.rules.text import nfc
from engine.rules.units import AccountId, Actor, UnitId
from engine.use_cases import books, decisions, effects, remedies, runs
from engine.use_cases.notifying import Teller
from engine.use_cases.runs import Run


def may_go_back(uow: UnitOfWork, awaited: AwaitedNumber) -> bool:
    """Whether there is somebody to send the document back to: papers of forms and what rests on a decision stay."""
    if awaited.decision_id is None or awaited.settled_at is not None:
        return False
    return "rests_on" not in uow.decisions.get(awaited.decision_id).content


def send_back(uow: UnitOfWork, awaited_id: int, reason: str, *, actor: Actor, now: datetime) -> Decision:
    """Send a document that waits for its number back; it is a draft again, and its task is open once more.

    Refused: who does not keep the unit's books (`NotPermitted`), one that is numbered or sent back already, one that no
    task led to, and one whose process rests (`WrongState`). Field errors: no reason. A document whose process has ended
    is set aside.
    """
    awaited = uow.books.awaited(awaited_id)
    books.check_may_keep(actor, awaited.unit_id)
    reason = nfc(reason.strip())
    if not reason:
        raise Invalid({"reason": FieldError("reason_required", {})})
    if awaited.settled_at is not None:
        raise WrongState("number_given", at=awaited.settled_at)
    if awaited.decision_id is None or not may_go_back(uow, awaited):
        raise WrongState("nobody_to_return_to", subject=awaited.subject)
    uow.books.save_awaited(replace(awaited, settled_at=now))
    decision = uow.decisions.get(awaited.decision_id)
    note = {"reason": reason, "by": actor.full_name, "at": now.isoformat()}
    draft = decisions.unsigned(decision, note)
    remedy = uow.remedies.by_draft(decision.id)
    if remedy is not None:
        return _to_signatory(uow, remedy, decision, draft, reason, actor=actor, now=now)
    return _to_task(uow, awaited.payload, decision, draft, reason, actor=actor, now=now)


def sent_back(decision: Decision) -> Mapping[str, str]:
    """Why, by whom and when (UTC, ISO) a draft was sent back last; empty for one that was not, or was approved again."""
    note = decision.content.get("sent_back")
    return note if decision.state is DecisionState.DRAFTED and isinstance(note, Mapping) else {}


def _to_signatory(
    uow: UnitOfWork, remedy: Remedy, was: Decision, draft: Decision, reason: str, *, actor: Actor, now: datetime
) -> Decision:
    uow.remedies.save(replace(remedy, state=RemedyState.OPEN, settled_by="", settled_at=None, settled_why=""))
    saved = uow.decisions.save(draft)
    run = runs.look(uow, uow.instances.of_dossier(was.dossier_id)[0].id, now=now)
    _note(uow, run, was, reason, actor=actor, now=now)
    heads = [p.id for p in uow.accounts.holders(was.unit_id, remedies.heads(uow), local_day(now))]
    _tell(uow, was, reason, [was.signer_id, remedy.by_id, *heads], f"/van-ban/{was.id}", actor=actor, now=now)
    return saved


def _to_task(
    uow: UnitOfWork,
    payload: Mapping[str, object],
    was: Decision,
    draft: Decision,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> Decision:
    run = runs.load(uow, InstanceId(int(str(payload["instance_id"]))), now=now)
    if run.instance.ended_at is not None:
        _note(uow, run, was, reason, actor=actor, now=now)
        return decisions.void(uow, draft, reason)
    token = str(payload["token"])
    origin = _came_from(uow, run, token)
    if origin is None:
        raise WrongState("nobody_to_return_to", subject=was.subject)
    saved = uow.decisions.save(draft)
    _note(uow, run, was, reason, actor=actor, now=now)
    step = uow.runtime.move(
        run.definition, run.instance.process, run.instance.blob, token, origin.node, facts=run.facts, now=now
    )
    effects.apply_step(uow, run, step, actor=actor, now=now)
    item = _opened(uow, run, origin.node)
    people = [was.signer_id, origin.by_id]
    if item is not None:
        people += [p.id for p in uow.accounts.holders(item.unit_id, item.roles, local_day(now))]
    _tell(uow, was, reason, people, f"/viec/{item.id}" if item else "/viec", actor=actor, now=now)
    return saved


def _came_from(uow: UnitOfWork, run: Run, token: str) -> Submission | None:
    """The form of the task by which the document was approved: the last one done of those right before its number."""
    step = uow.runtime.inspect(run.definition, run.instance.process, run.instance.blob)
    node = next((asked.node for asked in step.operations if asked.token == token), None)
    if node is None:
        return None
    infos = [run.definition.processes[run.instance.process], *run.definition.processes.values()]
    before = tasks_before(next(info for info in infos if node in info.nodes), node)
    done = [s for s in uow.dossiers.submissions(run.dossier.id) if s.node in before]
    return max(done, key=lambda s: (s.at, s.id)) if done else None


def tasks_before(info: ProcessInfo, node: str) -> frozenset[str]:
    """The tasks of people from which flows lead to `node` with nothing but gateways between."""
    found, seen, left = set[str](), {node}, [node]
    while left:
        here = left.pop()
        for before in _leading_to(info.after, here):
            kind = info.nodes[before].kind if before in info.nodes else ""
            if kind in _OF_PEOPLE:
                found.add(before)
            elif kind.endswith("Gateway") and before not in seen:
                seen.add(before)
                left.append(before)
    return frozenset(found)


_OF_PEOPLE = frozenset({"userTask", "manualTask", "task"})


def _leading_to(after: Mapping[str, Sequence[str]], node: str) -> list[str]:
    return [before for before, targets in after.items() if node in targets]


def _opened(uow: UnitOfWork, run: Run, node: str) -> WorkItem | None:
    return next((i for i in uow.work.open_of_instance(run.instance.id) if i.node == node), None)


def _note(uow: UnitOfWork, run: Run, was: Decision, reason: str, *, actor: Actor, now: datetime) -> None:
    uow.audit.write(runs.line(run, "number_refused", actor=actor, now=now, subject=was.subject, reason=reason))


def _tell(
    uow: UnitOfWork,
    was: Decision,
    reason: str,
    people: Iterable[int | None],
    href: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Tell who approved it, who drafted it and whose task it is again."""
    facts = {"subject": was.subject, "reason": reason, "by": actor.full_name, "href": href}
    teller, unit = Teller(uow, now), UnitId(was.unit_id)
    for person in dict.fromkeys(p for p in people if p is not None and p != actor.account_id):
        key = f"number_refused:{was.id}:{now.isoformat()}:{person}"
        found = uow.accounts.get(AccountId(person))
        teller.tell(found, key=key, kind="number_refused", facts=facts, href=href, unit_id=unit)
