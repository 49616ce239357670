"""Which promised jobs are there, and what does each do?"""

from collections.abc import Mapping
from datetime import datetime

from engine.ports.services import JobHandler, OpenUow
from engine.ports.store import NEW, Incident
from engine.use_cases import batches, correlation, issuing, packages, redating, reminders, versions, watchdog

#: Name in `Jobs.enqueue` → what is done in the worker.
HANDLERS: Mapping[str, JobHandler] = {
    "issue": issuing.issue,
    "batch": batches.work,
    "mail": reminders.send,
    "message": correlation.hand_over,
    "tally": correlation.close,
    "signal": correlation.broadcast,
    "stuck": watchdog.recheck,
    "switch": versions.go_on,
    "redate": redating.go_on,
}

#: Name → the queue whose limits it shares.
QUEUES: Mapping[str, str] = {"issue": "documents", "batch": "engine", packages.JOB: "documents", "mail": "mail"}


def give_up(open_uow: OpenUow, job: str, payload: Mapping[str, object], reason: str, *, now: datetime) -> None:
    """Keep a job that failed for good as an incident."""
    with open_uow() as uow:
        if job == "issue":
            issuing.incident(uow, payload, reason, now=now)
            return
        if job == packages.JOB:
            packages.give_up(uow, payload, reason)
        if job in ("message", "tally", "signal", "stuck"):
            correlation.give_up(uow, job, payload, reason, now=now)
            return
        uow.incidents.add(
            Incident(
                id=NEW,
                kind=job,
                instance_id=None,
                decision_id=None,
                dossier_id=None,
                reason=reason,
                payload=payload,
                opened_at=now,
                resolved_at=None,
                resolution="",
            )
        )
