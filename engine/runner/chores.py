"""What is done every night? The audit chain read from its beginning and stamped, an embedded database copied."""

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from engine.errors import Corrupt
from engine.ports.services import OpenUow
from engine.ports.store import NEW, Incident
from engine.rules.audit import STAMPED, AuditLine
from engine.rules.units import SYSTEM
from engine.runner.backup import copy_sqlite
from engine.runner.clock import Clock
from engine.runner.scheduler import ZONE
from engine.store.audit_log import unstamped, verify
from engine.store.unit_of_work import Database

#: Nightly copies that are kept.
KEPT_COPIES = 7


def check_audit(database: Database, open_uow: OpenUow, clock: Clock) -> None:
    """Read the whole chain; a broken one becomes an incident that stays open, and an error in the log each night."""
    from sqlalchemy.orm import Session

    try:
        with Session(database.reader) as session:
            verify(session)
    except Corrupt as broken:
        with open_uow() as uow:
            if not any(incident.kind == "audit" for incident in uow.incidents.open()):
                uow.incidents.add(_incident(str(broken), clock()))
        raise


def stamp_chain(
    database: Database, open_uow: OpenUow, stamp: Callable[[bytes, datetime], bytes], clock: Clock
) -> AuditLine | None:
    """Keep the root of what came since the last stamped one, with its stamp, as a line of the chain; None: nothing came.

    `stamp` asks an authority (digest and moment → token) and raises `SigningFailed`: then the next night covers both.
    """
    with database.reader.connect() as connection:
        found = unstamped(connection)
    if found is None:
        return None
    first, last, root = found
    now = clock()
    token = b64encode(stamp(bytes.fromhex(root), now)).decode()
    facts = {"first": first, "last": last, "root": root, "token": token}
    line = AuditLine(at=now, actor_name=SYSTEM.full_name, event=STAMPED, target="audit", facts=facts)
    with open_uow() as uow:
        uow.audit.write(line)
    return line


def copy_tonight(database: Path, folder: Path, now: datetime) -> Path | None:
    """Copy the embedded database once a night, and let the oldest copies go; None: somebody else did it already."""
    night = f"{database.stem}-dem-{now.astimezone(ZONE):%Y%m%d}"
    if any(folder.glob(f"{night}.sqlite3")):
        return None
    copy = copy_sqlite(database, folder, now).rename(folder / f"{night}.sqlite3")
    for old in sorted(folder.glob(f"{database.stem}-dem-*.sqlite3"))[:-KEPT_COPIES]:
        old.unlink()
    return copy


def _incident(reason: str, now: datetime) -> Incident:
    return Incident(
        id=NEW,
        kind="audit",
        instance_id=None,
        decision_id=None,
        dossier_id=None,
        reason=reason,
        payload={},
        opened_at=now,
        resolved_at=None,
        resolution="",
    )
