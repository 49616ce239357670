"""What waits because something failed? Listed, tried again, or settled by hand with a reason."""

from dataclasses import replace
from datetime import datetime

from engine.errors import NotFound, NotPermitted, WrongState
from engine.ports.store import Incident, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.permissions import ADMINISTRATOR
from engine.rules.units import Actor

#: What can be tried again: a step of a process, the making of a document, and the jobs of `jobs.HANDLERS`.
KINDS = (
    "process",
    "document",
    "mail",
    "reset",
    "message",
    "tally",
    "signal",
    "stuck",
    "switch",
    "redate",
    "package",
    "batch",
)


def retry(uow: UnitOfWork, incident_id: int, *, actor: Actor, now: datetime) -> Incident:
    """Try again what failed; the incident is settled, a new failure opens a new one."""
    incident = _open(uow, incident_id, actor)
    if incident.kind == "process":
        uow.timers.replan(str(incident.payload["timer"]))
    else:
        uow.jobs.enqueue(*_job(incident, now))
    return _settle(uow, incident, "retried", actor=actor, now=now)


def retry_all(uow: UnitOfWork, kind: str, *, actor: Actor, now: datetime) -> list[Incident]:
    """Try again whatever failed in the same way; the settled incidents. Refused: a kind that is none of `KINDS`."""
    if not may_retry(actor):
        raise NotPermitted("not_administrator")
    if kind not in KINDS:
        raise NotFound("IncidentKind", kind)
    return [retry(uow, incident.id, actor=actor, now=now) for incident in uow.incidents.open() if incident.kind == kind]


def may_retry(actor: Actor) -> bool:
    """Whether the actor settles incidents: administrators, and the operator at the server."""
    return actor.account_id is None or actor.holds_anywhere(ADMINISTRATOR)


def resolve(uow: UnitOfWork, incident_id: int, reason: str, *, actor: Actor, now: datetime) -> Incident:
    """Settle an incident by hand; the reason is kept."""
    return _settle(uow, _open(uow, incident_id, actor), reason, actor=actor, now=now)


def _open(uow: UnitOfWork, incident_id: int, actor: Actor) -> Incident:
    if not may_retry(actor):
        raise NotPermitted("not_administrator")
    incident = uow.incidents.get(incident_id)
    if incident.resolved_at is not None:
        raise WrongState("incident_resolved", incident=incident_id)
    return incident


def _job(incident: Incident, now: datetime) -> tuple[str, str, dict[str, object]]:
    # The key names the try: the first promise of this job has been spent.
    name = "issue" if incident.kind == "document" else incident.kind
    return name, f"{name}:retry:{incident.id}", dict(incident.payload)


def _settle(uow: UnitOfWork, incident: Incident, resolution: str, *, actor: Actor, now: datetime) -> Incident:
    uow.audit.write(
        AuditLine(
            at=now,
            actor_id=actor.account_id,
            actor_name=actor.full_name,
            event="incident_resolved",
            target=f"incident:{incident.id}",
            dossier_id=incident.dossier_id,
            facts={"reason": incident.reason, "resolution": resolution},
        )
    )
    return uow.incidents.save(replace(incident, resolved_at=now, resolution=resolution))
