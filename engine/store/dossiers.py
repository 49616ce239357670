"""What has a unit handed in? Dossiers, their members, submissions and files."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, select

from engine.ports.store import Blob
from engine.rules.cycles import CycleId
from engine.rules.dossiers import Dossier, DossierId, DossierState, Member, Submission
from engine.rules.text import fold, person_sort_key
from engine.rules.units import UnitId
from engine.store.rows import Rows, Seen, Upsert
from engine.store.tables import blobs, dossiers, members, submissions, units


def _search(member: Member) -> dict[str, str]:
    return {"search_text": fold(member.full_name), "sort_key": person_sort_key(member.full_name)}


DOSSIERS = Rows(Dossier, dossiers)
MEMBERS = Rows(Member, members, _search)
SUBMISSIONS = Rows(Submission, submissions)
BLOBS = Rows(Blob, blobs)

_of_cycle = dossiers.c.cycle_id == bindparam("cycle_id")
_FIND = (
    DOSSIERS.select.where(_of_cycle, dossiers.c.unit_id == bindparam("unit_id"))
    .where(dossiers.c.process == bindparam("process"), dossiers.c.group == bindparam("of_group"))
    .order_by(dossiers.c.id.desc())
    .limit(1)
)
_OF_PROCESS = (
    DOSSIERS.select.join(units, units.c.id == dossiers.c.unit_id)
    .where(_of_cycle, dossiers.c.process == bindparam("process"))
    .order_by(units.c.code, dossiers.c.id)
)
_OF_PROCESS_GROUP = _OF_PROCESS.where(dossiers.c.group == bindparam("of_group"))
_BELOW = _OF_PROCESS.where(units.c.parent_id == bindparam("unit_id"))
_BELOW_GROUP = _BELOW.where(dossiers.c.group == bindparam("of_group"))
_OF_CYCLE = DOSSIERS.where(_of_cycle)
_PAGE = DOSSIERS.where(_of_cycle, dossiers.c.id > bindparam("after")).limit(bindparam("at_most"))
_OF_UNIT = DOSSIERS.where(dossiers.c.unit_id == bindparam("unit_id"))
_COUNT = (
    select(dossiers.c.process, dossiers.c.state, func.count())
    .where(_of_cycle)
    .group_by(dossiers.c.process, dossiers.c.state)
    .order_by(dossiers.c.process, dossiers.c.state)
)
_MEMBERS = MEMBERS.where(members.c.dossier_id == bindparam("dossier_id"))
_FORGET_MEMBERS = members.delete().where(members.c.dossier_id == bindparam("dossier_id"))
_handed_in = submissions.c.dossier_id == bindparam("dossier_id")
_act = submissions.c.act == bindparam("for_act")
_SUBMISSIONS = SUBMISSIONS.select.where(_handed_in).order_by(submissions.c.at, submissions.c.id)
_SUBMISSIONS_OF_ACT = _SUBMISSIONS.where(_act)
_SAVE_LATENESS = (
    submissions.update()
    .where(submissions.c.id == bindparam("submission_id"))
    .values(last_day=bindparam("last"), days_late=bindparam("late"), on_named_day=bindparam("named"))
)
_LATEST = SUBMISSIONS.select.where(_handed_in, _act).order_by(submissions.c.at.desc(), submissions.c.id.desc()).limit(1)
_ADD_BLOB = Upsert(blobs, ["sha256", "dossier_id"])
_BLOB = BLOBS.where(blobs.c.sha256 == bindparam("sha256"), blobs.c.dossier_id == bindparam("dossier_id"))
_BLOBS = BLOBS.select.where(blobs.c.dossier_id == bindparam("dossier_id")).order_by(blobs.c.id)


class SqlDossiers:
    """`engine.ports.store.Dossiers`; `find` answers the newest."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._seen = connection, Seen(DOSSIERS, connection)

    def get(self, dossier_id: DossierId) -> Dossier:
        return self._seen.note(DOSSIERS.get(self._connection, dossier_id))

    def note(self, dossier: Dossier) -> Dossier:
        """Remember a dossier that was read and locked together with its instance."""
        return self._seen.note(dossier)

    def add(self, dossier: Dossier) -> Dossier:
        return DOSSIERS.add(self._connection, dossier)

    def save(self, dossier: Dossier) -> Dossier:
        return self._seen.save(dossier)

    def find(self, cycle_id: CycleId, unit_id: UnitId, process: str, group: str) -> Dossier | None:
        key = {"cycle_id": cycle_id, "unit_id": unit_id, "process": process, "of_group": group}
        return DOSSIERS.find(self._connection, _FIND, **key)

    def below(self, cycle_id: CycleId, unit_id: UnitId, process: str, group: str | None = None) -> list[Dossier]:
        key = {"cycle_id": cycle_id, "unit_id": unit_id, "process": process}
        if group is None:
            return DOSSIERS.list(self._connection, _BELOW, **key)
        return DOSSIERS.list(self._connection, _BELOW_GROUP, **key, of_group=group)

    def of_process(self, cycle_id: CycleId, process: str, group: str | None = None) -> list[Dossier]:
        key = {"cycle_id": cycle_id, "process": process}
        if group is None:
            return DOSSIERS.list(self._connection, _OF_PROCESS, **key)
        return DOSSIERS.list(self._connection, _OF_PROCESS_GROUP, **key, of_group=group)

    def of_cycle(self, cycle_id: CycleId) -> list[Dossier]:
        return DOSSIERS.list(self._connection, _OF_CYCLE, cycle_id=cycle_id)

    def page(self, cycle_id: CycleId, after: int, limit: int) -> list[Dossier]:
        return DOSSIERS.list(self._connection, _PAGE, cycle_id=cycle_id, after=after, at_most=limit)

    def of_unit(self, unit_id: UnitId) -> list[Dossier]:
        return DOSSIERS.list(self._connection, _OF_UNIT, unit_id=unit_id)

    def count_by_state(self, cycle_id: CycleId) -> Mapping[tuple[str, DossierState], int]:
        rows = self._connection.execute(_COUNT, {"cycle_id": cycle_id})
        return {(process, state): count for process, state, count in rows}

    def add_members(self, members: Sequence[Member]) -> None:
        MEMBERS.insert(self._connection, members)

    def set_members(self, dossier_id: DossierId, members: Sequence[Member]) -> None:
        self._connection.execute(_FORGET_MEMBERS, {"dossier_id": dossier_id})
        MEMBERS.insert(self._connection, members)

    def members(self, dossier_id: DossierId) -> list[Member]:
        return MEMBERS.list(self._connection, _MEMBERS, dossier_id=dossier_id)

    def add_submission(self, submission: Submission) -> Submission:
        return SUBMISSIONS.add(self._connection, submission)

    def save_lateness(self, submission: Submission) -> None:
        values = {
            "submission_id": submission.id,
            "last": submission.last_day,
            "late": submission.days_late,
            "named": submission.on_named_day,
        }
        self._connection.execute(_SAVE_LATENESS, values)

    def submissions(self, dossier_id: DossierId, act: str | None = None) -> list[Submission]:
        if act is None:
            return SUBMISSIONS.list(self._connection, _SUBMISSIONS, dossier_id=dossier_id)
        return SUBMISSIONS.list(self._connection, _SUBMISSIONS_OF_ACT, dossier_id=dossier_id, for_act=act)

    def latest_submission(self, dossier_id: DossierId, act: str) -> Submission | None:
        return SUBMISSIONS.find(self._connection, _LATEST, dossier_id=dossier_id, for_act=act)

    def add_blob(self, blob: Blob) -> None:
        _ADD_BLOB.run(self._connection, [BLOBS.write(blob)])

    def blob(self, sha256: str, dossier_id: DossierId) -> Blob | None:
        return BLOBS.find(self._connection, _BLOB, sha256=sha256, dossier_id=dossier_id)

    def blobs(self, dossier_id: DossierId) -> list[Blob]:
        return BLOBS.list(self._connection, _BLOBS, dossier_id=dossier_id)
