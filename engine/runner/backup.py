"""How is an installation put aside and brought back? Database, files and secret key in one folder, checked before and after.

A backup is the database as one file (`chuky-<moment>.sqlite3`), the list of stored files beside it, and a note that
names both with their hashes. Stored files lie once for all backups of a folder, under their hash.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.errors import Corrupt, NotFound, WrongState
from engine.ports.services import Archive
from engine.runner.durable import DurableJobs
from engine.runner.storage import FolderArchive
from engine.store import audit_log, migrate
from engine.store.audit_log import StampedRoot
from engine.store.backups import PromisedJob, PutAside, bring_back, examine, is_empty, put_aside
from engine.store.engines import reading_engine, writing_engine
from engine.store.whole import Misfit, Stored, misfits, stored_files

FORMAT = "chuky-backup/1"
FILES, SECRET = "files", "secret-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an installation lies."""

    url: str
    storage: Path
    secret: Path  #: the file of the secret key; it need not exist


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """One backup of a folder, read and found whole."""

    note: Path
    made_at: str
    database: Path
    aside: PutAside
    files: tuple[str, ...]  #: hashes of the stored files


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What reading a whole installation came to."""

    seq: int
    hash: str
    files: int
    roots: tuple[StampedRoot, ...]  #: of the chain, whose stamps are still to be judged
    misfits: tuple[Misfit, ...]
    lost: tuple[Stored, ...]  #: files that are missing
    changed: tuple[Stored, ...]  #: files that no longer have their hash

    @property
    def whole(self) -> bool:
        """Whether everything is there and fits."""
        return not (self.misfits or self.lost or self.changed)


def copy_sqlite(database: Path, folder: Path, now: datetime) -> Path:
    """Write a consistent copy into `folder`, named after `now` (UTC); answers its path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{database.stem}-{now:%Y%m%dT%H%M%S%fZ}.sqlite3"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as source:
        source.execute("VACUUM INTO ?", (str(target),))
    return target


def back_up(place: Place, out: Path, *, now: datetime) -> Backup:
    """Put an installation aside while it is in use; answers the backup, read again."""
    out.mkdir(parents=True, exist_ok=True)
    name = f"chuky-{now:%Y%m%dT%H%M%S%fZ}"
    database = out / f"{name}.sqlite3"
    aside = put_aside(place.url, database)
    # Files are only ever added: copied after the database, none that it names is missing.
    files = _copy_files(place.storage, out / FILES)
    if place.secret.is_file():
        shutil.copy2(place.secret, out / SECRET)
    listed = "".join(f"{digest}\n" for digest in files).encode()
    (out / f"{name}.files").write_bytes(listed)
    note = {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "database": {"name": database.name, "sha256": _file_sha256(database), "revision": aside.revision},
        "files": {"name": f"{name}.files", "sha256": sha256(listed).hexdigest(), "count": len(files)},
        "chain": {"seq": aside.seq, "hash": aside.hash},
        "secret_key": _file_sha256(out / SECRET) if (out / SECRET).is_file() else None,
        "jobs": [asdict(job) for job in aside.jobs],
    }
    path = out / f"{name}.json"
    path.write_text(json.dumps({**note, "sha256": _digest_of(note)}, ensure_ascii=False, indent=1), "utf-8")
    return read_backup(path)


def read_backup(path: Path) -> Backup:
    """Read a backup from end to end: its note, or the newest of a folder.

    `NotFound` where there is none; refused (`WrongState`, `backup_damaged` with the file's name): anything is missing
    or is not what the note says.
    """
    note = path if path.is_file() else _newest(path)
    told = _note(note)
    folder = note.parent
    for part in ("database", "files"):
        _check_file(folder / told[part]["name"], told[part]["sha256"])
    if told["secret_key"]:
        _check_file(folder / SECRET, told["secret_key"])
    files = tuple((folder / told["files"]["name"]).read_text("ascii").split())
    stored = FolderArchive(folder / FILES)
    for digest in files:
        if not _is_stored(stored, digest):
            raise WrongState("backup_damaged", file=f"{FILES}/…/{digest}")
    database = folder / told["database"]["name"]
    jobs = tuple(PromisedJob(**job) for job in told["jobs"])
    try:
        aside = examine(database, jobs)
    except Corrupt as error:
        raise WrongState("backup_damaged", file=database.name) from error
    if (aside.seq, aside.hash) != (told["chain"]["seq"], told["chain"]["hash"]):
        raise WrongState("backup_damaged", file=database.name)
    return Backup(note=note, made_at=told["made_at"], database=database, aside=aside, files=files)


def check_free(place: Place, backup: Backup) -> None:
    """Refuse (`WrongState`, `installation_exists`) a place that already holds data, other than files of this backup."""
    if not is_empty(place.url):
        raise WrongState("installation_exists", place=_shown(place.url))
    known = set(backup.files)
    strange = next((p for p in _stored(place.storage) if p.name not in known), None)
    if strange is not None:
        raise WrongState("installation_exists", place=place.storage)


def restore(backup: Backup, place: Place) -> None:
    """Bring a backup that was read (`read_backup`) back to a place that is free (`check_free`): files first, then the database."""
    check_free(place, backup)
    target = FolderArchive(place.storage)
    for digest in backup.files:
        with FolderArchive(backup.note.parent / FILES).open(digest) as file:
            target.take(file)
    secret = backup.note.parent / SECRET
    if secret.is_file() and not place.secret.exists():
        place.secret.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(secret, place.secret)
    bring_back(backup.database, place.url)


def promise_again(url: str, queue: DurableJobs, jobs: Sequence[PromisedJob]) -> None:
    """Promise the jobs of a backup again, in one transaction; one that the restored database still has changes nothing."""
    engine = writing_engine(url)
    try:
        with engine.begin() as connection:
            bound = queue.bound(connection)
            for job in jobs:
                bound.enqueue(job.job, job.key, job.payload)
    finally:
        engine.dispose()


def check_whole(url: str, archive: Archive) -> Checked:
    """Read a whole installation: every link of the chain, every row of the registers, every stored file; `Corrupt` chain."""
    engine = reading_engine(url)
    try:
        with engine.connect() as connection:
            seq, last = audit_log.check_chain(connection)
            roots = tuple(audit_log.stamped_roots(connection))
            found = tuple(misfits(connection))
            needed = {stored.sha256: stored for stored in stored_files(connection)}
    finally:
        engine.dispose()
    lost, changed = [], []
    for stored in needed.values():
        try:
            if not _has_its_hash(archive, stored.sha256):
                changed.append(stored)
        except NotFound:
            lost.append(stored)
    return Checked(
        seq=seq, hash=last, roots=roots, files=len(needed), misfits=found, lost=tuple(lost), changed=tuple(changed)
    )


def _note(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text("utf-8"))
        digest = told.pop("sha256")
        if told["format"] != FORMAT or digest != _digest_of(told):
            raise ValueError(digest)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WrongState("backup_damaged", file=path.name) from error
    if told["database"]["revision"] not in migrate.revisions():
        raise WrongState("backup_newer", revision=told["database"]["revision"])
    return dict(told)


def _newest(folder: Path) -> Path:
    notes = sorted(folder.glob("chuky-*.json")) if folder.is_dir() else []
    if not notes:
        raise NotFound("Backup", folder)
    return notes[-1]


def _check_file(path: Path, digest: str) -> None:
    if not path.is_file() or _file_sha256(path) != digest:
        raise WrongState("backup_damaged", file=path.name)


def _copy_files(source: Path, target: Path) -> list[str]:
    """Copy what is new; answers the hashes of all."""
    kept, found = FolderArchive(target), []
    for path in _stored(source):
        digest = path.name
        if not _is_stored(kept, digest):
            kept.drop(digest)  # a copy that was damaged would stay, for it has the right size
            with path.open("rb") as file:
                if kept.take(file) != digest:
                    raise Corrupt(f"file {digest} no longer has its hash")
        found.append(digest)
    return sorted(found)


def _stored(folder: Path) -> Iterator[Path]:
    return (p for p in sorted(folder.glob("*/*/*")) if p.is_file() and not p.name.startswith("."))


def _is_stored(archive: FolderArchive, digest: str) -> bool:
    try:
        return _has_its_hash(archive, digest)
    except NotFound:
        return False


def _has_its_hash(archive: Archive, digest: str) -> bool:
    found = sha256()
    with archive.open(digest) as file:
        while chunk := file.read(1 << 20):
            found.update(chunk)
    return found.hexdigest() == digest


def _file_sha256(path: Path) -> str:
    found = sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            found.update(chunk)
    return found.hexdigest()


def _digest_of(note: Mapping[str, object]) -> str:
    return sha256(json.dumps(note, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _shown(url: str) -> str:
    """A database's address without its password."""
    from sqlalchemy import make_url

    return make_url(url).render_as_string(hide_password=True)
