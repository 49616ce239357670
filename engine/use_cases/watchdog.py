"""Which instances wait for nothing, or for what nobody will bring? Found by night and by command, kept as incidents.

An instance goes on when a person, a moment, a message or a job comes. One that waits for none of these, or whose rows
no longer say what its state says, would stand still for ever without anybody noticing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.errors import ProcessFault
from engine.ports.process import Step
from engine.ports.services import OpenUow, Outside
from engine.ports.store import NEW, Incident, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.dossiers import Instance, InstanceId, InstanceState
from engine.rules.units import SYSTEM

#: Instances looked at in one go.
PAGE = 200
#: Code of a finding → what an administrator reads.
REASONS: Mapping[str, str] = {
    "nothing": "không chờ việc, hẹn giờ hay thông điệp nào",
    "join": "chờ ở nơi gộp những nhánh không còn đến được",
    "rows": "thứ nó chờ không có trong danh sách việc, hẹn giờ hay thông điệp",
    "ended": "đã đến điểm kết thúc mà chưa được đóng",
    "broken": "không đọc được trạng thái đã lưu",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An instance that nothing will move.

    `code`: nothing (waits for nothing), join (for branches that cannot come), rows (what it waits for was not planned),
    ended (its state is at its end), broken (its state cannot be read).
    """

    instance: Instance
    code: str
    detail: str = ""

    @property
    def reason(self) -> str:
        """Why nothing will move it, for people."""
        return f"{REASONS[self.code]} ({self.detail})" if self.detail else REASONS[self.code]


def look(uow: UnitOfWork, after: InstanceId, *, limit: int = PAGE) -> tuple[list[Finding], InstanceId | None]:
    """Look at the next running instances; answer the stuck ones, and after which id to go on (None: all were seen).

    Reads only. Instances with an open incident are known already and passed over.
    """
    page = uow.instances.running(after, limit)
    awaited: dict[InstanceId, set[str]] = {instance.id: set() for instance in page}
    for owner, token in uow.instances.awaited(awaited):
        awaited[owner].add(token)
    known = {incident.instance_id for incident in uow.incidents.open()}
    found = [_judge(uow, instance, awaited[instance.id]) for instance in page if instance.id not in known]
    return [finding for finding in found if finding], page[-1].id if len(page) == limit else None


def watch(open_uow: OpenUow, read_uow: OpenUow, *, now: datetime) -> list[Finding]:
    """Look at every running instance and keep an incident for each stuck one; writes nothing when all is well."""
    after: InstanceId | None = InstanceId(0)
    found: list[Finding] = []
    while after is not None:
        with read_uow() as uow:
            page, after = look(uow, after)
        found += _confirmed(open_uow, page, now=now) if page else []
    return found


def recheck(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
    """Look at one instance again (its incident is tried again); still stuck raises `ProcessFault`."""
    with open_uow() as uow:
        instance = uow.instances.get(InstanceId(int(str(payload["instance_id"]))))
        awaited = {token for _, token in uow.instances.awaited({instance.id})}
        finding = _judge(uow, instance, awaited) if instance.state is InstanceState.RUNNING else None
    if finding is not None:
        raise ProcessFault(str(finding.instance.id), finding.reason)


def _confirmed(open_uow: OpenUow, findings: list[Finding], *, now: datetime) -> list[Finding]:
    """Look again under lock: what was only on its way a moment ago is not stuck."""
    kept = []
    with open_uow() as uow:
        for finding in findings:
            instance = uow.instances.get(finding.instance.id)
            awaited = {token for _, token in uow.instances.awaited({instance.id})}
            still = _judge(uow, instance, awaited) if instance.state is InstanceState.RUNNING else None
            if still is not None:
                kept.append(still)
                uow.incidents.add(incident(still, now=now))
                uow.audit.write(_line(still, now=now))
    return kept


def _judge(uow: UnitOfWork, instance: Instance, awaited: set[str]) -> Finding | None:
    definition = uow.models.definition(instance.version)
    try:
        step = uow.runtime.inspect(definition, instance.process, instance.blob)
        joins = uow.runtime.stuck(definition, instance.process, instance.blob)
    except ProcessFault as fault:
        return Finding(instance=instance, code="broken", detail=fault.reason)
    if step.ended:
        return Finding(instance=instance, code="ended")
    if joins:
        return Finding(instance=instance, code="join", detail=", ".join(joins))
    waits = _waits(step)
    if not waits and not step.operations:
        return Finding(instance=instance, code="nothing")
    lost = sorted(node for token, node in waits.items() if token not in awaited)
    return Finding(instance=instance, code="rows", detail=", ".join(lost)) if lost else None


def _waits(step: Step) -> dict[str, str]:
    found = {task.token: task.node for task in step.tasks}
    found |= {timer.token: timer.node for timer in step.timers}
    return found | {subscription.token: subscription.node for subscription in step.subscriptions}


def incident(finding: Finding, *, now: datetime) -> Incident:
    """What an administrator finds among the incidents."""
    return Incident(
        id=NEW,
        kind="stuck",
        instance_id=finding.instance.id,
        decision_id=None,
        dossier_id=finding.instance.dossier_id,
        reason=finding.reason,
        payload={"instance_id": int(finding.instance.id)},
        opened_at=now,
        resolved_at=None,
        resolution="",
    )


def _line(finding: Finding, *, now: datetime) -> AuditLine:
    return AuditLine(
        at=now,
        actor_id=SYSTEM.account_id,
        actor_name=SYSTEM.full_name,
        event="found_stuck",
        target=f"dossier:{finding.instance.dossier_id}",
        dossier_id=finding.instance.dossier_id,
        cycle_id=finding.instance.cycle_id,
        facts={"code": finding.code},
    )
