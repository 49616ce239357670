"""Which parts does this installation have? Settings in, a house out: every choice of an adapter is made here.

Heavy libraries are imported where they are first needed, so that light commands stay light.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from api.drawn import Drawn, DrawnStep, FileReport, NodeMark
from api.settings import Settings, Signing
from engine.errors import BadPack, ChukyError, Finding
from engine.ports.outside import FileGate, Renderer, SigningDesk, Spreadsheets
from engine.ports.pack_editing import PackDesk
from engine.ports.packages import Packer
from engine.ports.process import Definition
from engine.ports.questionnaires import Questionnaires
from engine.ports.services import Archive, Mailer, Outside
from engine.ports.store import CalendarDay, UnitOfWork, Words
from engine.rules.cycle_models import CycleModel
from engine.rules.papers import Paper

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sqlalchemy.orm import Session

    from documents.keyring import KeyState
    from documents.keys import KeyProvider
    from documents.stamping import Stamps
    from documents.steps import OfficeSigner
    from engine.ports.process import ProcessRuntime
    from engine.runner.durable import DurableJobs, Worker
    from engine.runner.jobs import InlineJobs, Workshop
    from engine.runner.scheduler import Scheduler
    from engine.store import Database, SqlUnitOfWork

Clock = Callable[[], datetime]


class NotMigrated(ChukyError):
    """The database has not the tables of this version."""


class TooNew(NotMigrated):
    """The database has the tables of a version that this one does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the installation does; for the pages of machines and of the administrator."""

    schema_current: bool
    storage_writable: bool
    worker_silent_for: int | None  #: seconds since a worker's last heartbeat; None: there is none
    oldest_job: datetime | None  #: promised then, and not yet begun
    next_timer: datetime | None  #: the earliest due moment that still waits


@dataclass(eq=False)
class House:
    """One installation in one process; made once, used by all its threads."""

    settings: Settings
    clock: Clock
    inline: InlineJobs | None = None  #: jobs done in this process after the commit, instead of by a worker

    @staticmethod
    def real_clock() -> datetime:
        """The machine's time, for what is about machines: ages of jobs."""
        from engine.runner.clock import system_clock

        return system_clock()

    @cached_property
    def runtime(self) -> ProcessRuntime:
        """The process engine."""
        from engine.process.spiff import SpiffRuntime

        return SpiffRuntime()

    @cached_property
    def words(self) -> Words:
        """How messages are said."""
        from api.wording import Wording

        return Wording()

    @cached_property
    def database(self) -> Database:
        """The store."""
        from engine.process.packs import read_model
        from engine.store import Database

        return Database(
            self.settings.url,
            read_model=read_model,
            compile_diagrams=self.runtime.compile,
            pool_size=self.settings.web_threads + 2,
        )

    @cached_property
    def jobs(self) -> DurableJobs:
        """The door to the job queue."""
        from engine.runner.durable import DurableJobs

        return DurableJobs(self.settings.url, queues=job_queues())

    @cached_property
    def archive(self) -> Archive:
        """Where files lie."""
        from engine.runner.storage import FolderArchive

        return FolderArchive(self.settings.storage_folder)

    @cached_property
    def outside(self) -> Outside:
        """The neighbours of jobs."""
        from engine.runner.calls import WebhookCaller

        return Outside(
            mailer=_mailer(self.settings),
            archive=self.archive,
            renderer=self.renderer,
            signer=self.signer,
            channels={"webhook": WebhookCaller()},
            base_url=self.settings.site,
            test_signatures=self.keys_are_tests,
            server_signs=self.settings.signing is not Signing.NONE,
        )

    @cached_property
    def packer(self) -> Packer:
        """Packages for archives, sealed; a key is read when it is first needed, so pages never touch one."""
        from documents.bag import BagPacker

        return BagPacker(self.keys, _stamps(self.settings, self.keys))

    @cached_property
    def signer(self) -> OfficeSigner:
        """How papers are signed; a key is read when it is first needed, so pages never touch one."""
        from documents.stamping import Level
        from documents.steps import OfficeSigner

        return OfficeSigner(
            self.keys,
            level=Level(self.settings.signature_level),
            stamps=_stamps(self.settings, self.keys),
            test=self.keys_are_tests,
            trusted=self.trusted,
        )

    @property
    def desk(self) -> SigningDesk:
        """Where people hand in what they signed by themselves; holds no key."""
        return self.signer

    def clean_picture(self, data: bytes, kind: str) -> bytes:
        """An office's picture of a `signature` or a `seal`, written anew; `Invalid` at `file` when it is none."""
        from documents.stamps import Picture, clean_picture

        return clean_picture(data, Picture(kind))

    @cached_property
    def keys(self) -> KeyProvider:
        """Whose keys there are; never a test key beside real ones."""
        return _keys(self.settings)

    @property
    def keys_are_tests(self) -> bool:
        """Whether signatures made here have no legal effect."""
        return self.settings.signing is Signing.TEST

    def key_states(self, now: datetime) -> list[KeyState]:
        """Every key of the installation with what is wrong with it; raises `SigningFailed` when there is no index."""
        from documents.keyring import KeyRing

        if not isinstance(self.keys, KeyRing):
            return []
        return self.keys.states(self._full_names([entry.person for entry in self.keys.entries()]), now)

    @cached_property
    def questionnaires(self) -> Questionnaires:
        """Questionnaires on paper, and codes for links."""
        from documents.questionnaires import PaperQuestionnaires

        return PaperQuestionnaires()

    @cached_property
    def renderer(self) -> Renderer:
        """Papers as PDF and DOCX: in a process of its own, so that a render that breaks harms nobody else.

        A house without a worker (rehearsals, tests) renders its own papers, which nobody else wrote, in its own process.
        """
        if self.inline is not None:
            from documents.pdf import PaperRenderer

            return PaperRenderer()
        from documents.isolated import IsolatedRenderer

        return IsolatedRenderer(workers=self.settings.worker_jobs)

    def remarks(self, paper: Paper) -> tuple[str, ...]:
        """What a drafted paper does not keep of its format profile, a sentence each; its signer is not known yet."""
        from documents.lint import remarks_on

        signed = tuple(replace(s, name=s.name or "Người ký") for s in paper.signatures)
        return tuple(f"{r.text} ({r.source})" for r in remarks_on(replace(paper, signatures=signed)))

    def faults(self, paper: Paper) -> tuple[str, ...]:
        """Of the remarks those that make a paper wrong in form; what is filled in only at its issue is left out."""
        from documents.lint import remarks_on

        signed = tuple(replace(s, name=s.name or "Người ký") for s in paper.signatures)
        return tuple(r.text for r in remarks_on(replace(paper, signatures=signed)) if not r.warning)

    def allowed_changes(self, profile: str, on: date) -> Mapping[str, Sequence[str]]:
        """What an office may choose of a format profile on that day: name → values."""
        from documents.formats import profile_for

        return profile_for(profile, on).allowed

    @cached_property
    def gate(self) -> FileGate:
        """Which uploaded files come in."""
        from documents.antivirus import Clamd
        from documents.uploads import UploadGate

        scanner = Clamd(self.settings.clamd_socket) if self.settings.clamd_socket else None
        return UploadGate(max_bytes=self.settings.upload_mb * 1024 * 1024, scanner=scanner)

    @cached_property
    def sheets(self) -> Spreadsheets:
        """Lists as Excel files, out and in."""
        from documents.spreadsheets import Workbooks

        return Workbooks()

    def draw(
        self,
        definition: Definition,
        process: str,
        *,
        title: str,
        description: str,
        marks: Mapping[str, NodeMark],
        prefix: str = "so-do",
    ) -> Drawn:
        """A process as its author drew it, with what stands where, and the same as a list.

        `prefix` keeps ids apart where a page holds several pictures.
        """
        from engine.process.diagram import Mark
        from engine.process.spiff import SpiffRuntime

        known = {node: Mark(tokens=m.tokens, late=m.late, href=m.href) for node, m in marks.items()}
        runtime = cast("SpiffRuntime", self.runtime)
        drawing = runtime.draw(definition, process, title=title, description=description, marks=known, prefix=prefix)
        return Drawn(
            svg=drawing.svg,
            steps=tuple(
                DrawnStep(
                    node=step.node,
                    name=step.name,
                    kind=step.what,
                    lane=step.lane,
                    depth=step.depth,
                    tokens=step.mark.tokens,
                    late=step.mark.late,
                    href=step.mark.href or "",
                )
                for step in drawing.steps
            ),
        )

    def legal_holidays(self, year: int) -> Sequence[CalendarDay]:
        """The days off of a year as far as law and library know them; to begin with, until the year's own notice."""
        from engine.runner.holidays_seed import seed_calendar

        return seed_calendar(year, year)

    def switchable_days(self, year: int) -> Sequence[CalendarDay]:
        """Days off that may be switched on and off, as they would stand in the year."""
        from engine.runner.holidays_seed import switchable

        return switchable(year)

    def findings(self, files: Mapping[str, bytes]) -> list[Finding]:
        """What is wrong with diagrams and decision tables that are to be deployed together."""
        from engine.process.deploy import examine

        return examine(files)[1]

    def simulate(self, request: Mapping[str, object], files: Mapping[str, bytes]) -> dict[str, object]:
        """Try diagrams out in virtual time; see `engine.process.simulate`."""
        from engine.process.simulate import simulate

        return simulate(request, now=self.clock(), files=files)

    def decide(self, request: Mapping[str, object], files: Mapping[str, bytes]) -> dict[str, object]:
        """Ask a decision table; see `engine.process.simulate`."""
        from engine.process.simulate import decide

        return decide(request, now=self.clock(), files=files)

    def ready_zip(self, content: bytes, name: str) -> tuple[CycleModel, list[Finding]]:
        """The model in an uploaded archive, checked; raises `BadPack`."""
        from api.forms import check_forms
        from engine.process.pack_ready import ready_zip

        model, notes = ready_zip(content, name)
        if wrong := check_forms(model.files):
            raise BadPack(wrong)
        return model, notes

    @cached_property
    def pack_desk(self) -> PackDesk:
        """Where files of models are changed and judged."""
        from engine.process.pack_editing import TomlDesk

        return TomlDesk()

    def differences(self, old: CycleModel, new: CycleModel) -> list[Mapping[str, object]]:
        """What is different between two versions of a model, element by element, each with its sentence."""
        from dataclasses import asdict

        from engine.process.pack_diff import as_line, compare

        return [{**asdict(change), "line": as_line(change)} for change in compare(old, new)]

    def examine(self, pdf: bytes) -> FileReport:
        """What the signatures of a PDF prove."""
        from documents.verify import INTEGRITY_TEXTS, TRUST_TEXTS, Integrity, signer_lines, verify_pdf

        found = verify_pdf(pdf, self.trusted)
        return FileReport(
            sha256=found.sha256,
            unchanged=found.integrity is Integrity.UNCHANGED,
            trust=found.trust.value,
            whole=INTEGRITY_TEXTS[found.integrity],
            signers=signer_lines(found),
            issuers=TRUST_TEXTS[found.trust] if found.signatures else "",
            code=found.paper.id if found.paper else "",
            content_sha256=found.content_sha256,
        )

    @cached_property
    def trusted(self) -> tuple[Certificate, ...]:
        """The roots that the installation trusts; `OSError` or `ValueError` when the file that is set cannot be used."""
        from documents.verify import load_trusted

        path = self.settings.trust
        return load_trusted(path.read_bytes()) if path is not None else ()

    def open_uow(self) -> UnitOfWork:
        """A transaction that may write: `with house.open_uow() as uow: …`."""
        if self.inline is not None:
            return self.inline.opener(self._inline_uow)()
        return self.database.unit_of_work(self.runtime, self.jobs.bound, self.words)

    def read_uow(self) -> UnitOfWork:
        """A transaction that only reads."""
        return self.database.reading(self.runtime, self.words)

    def session(self, uow: UnitOfWork) -> Session:
        """The database session behind a unit of work, for the queries of pages."""
        return cast("SqlUnitOfWork", uow).session

    def work_off(self) -> int:
        """Do the jobs that wait in an inline house; how many."""
        return self.inline.work_off(self.workshop()) if self.inline is not None else 0

    def prepare(self, *, migrate: bool | None = None) -> None:
        """Bring the database to this version: at once when embedded (SQLite), else `NotMigrated` unless asked to."""
        from engine.store import migrate as schema

        self.settings.data.mkdir(parents=True, exist_ok=True)
        embedded = self.settings.url.startswith("sqlite")
        current = schema.current(self.settings.url)
        if current != schema.head():
            if current is not None and current not in schema.revisions():
                raise TooNew(current)
            if not (embedded if migrate is None else migrate):
                raise NotMigrated("run chuky migrate first")
            if current is not None:
                self.backup_before_change()
            schema.upgrade(self.settings.url)
        if self.inline is None and (embedded if migrate is None else migrate):
            from engine.runner import durable

            durable.prepare(self.settings.url)

    def backup_before_change(self) -> Path | None:
        """Copy an embedded database; None: it is a server's, which has its own means."""
        from engine.runner.backup import copy_sqlite

        path = sqlite_path(self.settings.url)
        if path is None:
            return None
        return copy_sqlite(path, self.settings.data / "backup", self.clock())

    def workshop(self) -> Workshop:
        """What doing a job needs."""
        from engine.runner.jobs import Workshop
        from engine.use_cases import accounts, packages
        from engine.use_cases.jobs import HANDLERS

        return Workshop(
            handlers={
                **HANDLERS,
                accounts.JOB: accounts.send_reset,
                packages.JOB: packages.maker(self.read_uow, lambda: self.packer),
            },
            open_uow=self.open_uow,
            outside=self.outside,
            clock=self.clock,
            on_dead=self._give_up,
        )

    def background(self) -> Background:
        """The parts of a worker process, not yet started."""
        from engine.runner.durable import Limits, Worker
        from engine.runner.scheduler import Chore, Scheduler, Tick
        from engine.use_cases.timers import fire_due_timers

        limits = Limits(at_once=self.settings.worker_jobs, mails_a_minute=self.settings.mail_per_minute)
        worker = Worker(self.settings.url, self.workshop(), queues=job_queues(), limits=limits)
        tick = Tick(open_uow=self.open_uow, read_uow=self.read_uow, fire=fire_due_timers, clock=self.clock)
        # Ages of jobs and nights are about real days, whatever the house's clock says.
        chores = (
            Chore(name="copy-database", at=time(1, 30), do=self._copy_tonight),
            Chore(name="check-audit", at=time(2, 0), do=self.check_audit),
            Chore(name="watch-processes", at=time(3, 0), do=self.watch_processes),
            Chore(name="stamp-chain", at=time(2, 15), do=self.stamp_chain),
            Chore(name="sweep-files", at=time(3, 30), do=self.sweep_files),
            Chore(name="clean-jobs", at=time(2, 30), do=lambda: worker.clean(self.real_clock())),
        )
        return Background(worker=worker, scheduler=Scheduler(tick=tick, chores=chores))

    def check_audit(self) -> None:
        """Read the whole audit chain; a broken one becomes an incident, and raises `Corrupt`."""
        from engine.runner.chores import check_audit

        check_audit(self.database, self.open_uow, self.clock)

    def stamp_chain(self) -> None:
        """Have the audit chain's Merkle root of what came since the last time stamped, where an authority is configured."""
        from documents.stamping import stamp_digest
        from engine.runner.chores import stamp_chain

        stamps = _stamps(self.settings, self.keys) if self.settings.timestamp_url else None
        if stamps is not None:
            stamp_chain(self.database, self.open_uow, lambda root, at: stamp_digest(root, stamps, at), self.clock)

    def sweep_files(self) -> None:
        """Remove what killed writes left in the file store more than a day ago."""
        from engine.runner.storage import FolderArchive

        FolderArchive(self.settings.storage_folder).sweep(self.real_clock() - timedelta(days=1))

    def watch_processes(self) -> None:
        """Find instances that nothing will move (they become incidents); give up messages whose time is over."""
        from engine.use_cases import correlation, watchdog

        watchdog.watch(self.open_uow, self.read_uow, now=self.clock())
        with self.open_uow() as uow:
            correlation.expire(uow, now=self.clock())

    def health(self) -> Health:
        """Look at everything that must work."""
        from sqlalchemy import text

        from engine.store import migrate as schema

        with self.read_uow() as uow:
            # Not schema.current(): that takes the write lock.
            version = self.session(uow).execute(text("SELECT version_num FROM ck_alembic_version")).scalar()
            next_timer = uow.timers.next_due()
        durable = self.inline is None
        prepared = not durable or self.jobs.are_prepared()
        return Health(
            schema_current=version == schema.head() and prepared,
            storage_writable=_is_writable(self.settings.storage_folder),
            worker_silent_for=self.jobs.worker_silent_for() if durable and prepared else None,
            oldest_job=self.jobs.waiting_since() if durable and prepared else None,
            next_timer=next_timer,
        )

    def close(self) -> None:
        """Let go of the database."""
        for name in ("renderer", "jobs", "database"):
            if name in self.__dict__ and (close := getattr(getattr(self, name), "close", None)) is not None:
                close()

    def _full_names(self, usernames: Sequence[str]) -> dict[str, str]:
        with self.read_uow() as uow:
            found = {name: uow.accounts.find_username(name) for name in filter(None, usernames)}
        return {name: account.full_name for name, account in found.items() if account is not None}

    def _inline_uow(self) -> SqlUnitOfWork:
        from engine.runner.jobs import nowhere

        return self.database.unit_of_work(self.runtime, nowhere, self.words)

    def _copy_tonight(self) -> None:
        from engine.runner.chores import copy_tonight

        path = sqlite_path(self.settings.url)
        if path is not None and not self.settings.demo:
            copy_tonight(path, self.settings.data / "backup", self.real_clock())

    def _give_up(self, job: str, payload: Mapping[str, object], reason: str) -> None:
        from engine.use_cases import accounts
        from engine.use_cases.jobs import give_up

        logging.getLogger(__name__).error("job %s is given up: %s", job, reason)
        if job == accounts.JOB:
            return  # whoever asked for that mail asks again; nobody else can do anything about it
        give_up(self.open_uow, job, payload, reason, now=self.clock())


@dataclass(slots=True)
class Background:
    """What runs in a worker process: promised jobs and the clock's tick."""

    worker: Worker
    scheduler: Scheduler

    def start(self) -> None:
        """Begin to work; returns at once."""
        self.worker.start()
        self.scheduler.start()

    def stop(self) -> None:
        """Finish what is begun; what is left is taken over by the next worker."""
        self.scheduler.stop()
        self.worker.stop()


def build(settings: Settings) -> House:
    """The installation that the settings describe."""
    from engine.runner.clock import FixedClock, system_clock

    return House(settings, FixedClock(settings.now) if settings.now else system_clock)


def build_inline(settings: Settings, clock: Clock) -> House:
    """An installation that needs no worker: `work_off` does its jobs. For rehearsals and tests."""
    from engine.runner.jobs import InlineJobs

    return House(settings, clock, InlineJobs())


def sqlite_path(url: str) -> Path | None:
    """The file of an embedded database; None for a server's."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def job_queues() -> Mapping[str, str]:
    """Which queue each kind of job waits in."""
    from engine.use_cases import accounts
    from engine.use_cases.jobs import QUEUES

    return {**QUEUES, accounts.JOB: "mail"}


def _keys(settings: Settings) -> KeyProvider:
    from documents.keyring import KeyRing, files_door, read_secret
    from documents.keys import TestKeys

    folder = settings.keys_folder

    def secret() -> bytes:
        return read_secret(settings.keys_password_file)

    if settings.signing is Signing.TEST:
        return TestKeys(folder)
    if settings.signing is Signing.PKCS11 and settings.pkcs11_module is not None:
        from documents.tokens import Token

        return KeyRing(folder, Token(settings.pkcs11_module, settings.pkcs11_token, secret, folder).open)
    if settings.signing is Signing.PKCS12:
        return KeyRing(folder, files_door(folder, secret))
    from documents.keys import NoKeys

    return NoKeys()


def _stamps(settings: Settings, keys: KeyProvider) -> Stamps | None:
    from documents.keys import TestKeys
    from documents.stamping import OutsideStamps, TestStamps

    if settings.timestamp_url:
        return OutsideStamps(settings.timestamp_url)
    return TestStamps(keys) if isinstance(keys, TestKeys) else None


def _mailer(settings: Settings) -> Mailer:
    from engine.runner.mail import FolderMailer, MailServer, Security, SmtpMailer

    if not settings.mail_host:
        return FolderMailer(folder=settings.data / "mail", sender=settings.mail_from, sender_name=settings.mail_name)
    return SmtpMailer(
        MailServer(
            host=settings.mail_host,
            port=settings.mail_port,
            security=Security(settings.mail_security.value),
            username=settings.mail_user,
            password=settings.mail_password.get_secret_value(),
            sender=settings.mail_from,
            sender_name=settings.mail_name,
        )
    )


def _is_writable(folder: Path) -> bool:
    from engine.errors import ArchiveFailed
    from engine.runner.storage import FolderArchive

    try:
        FolderArchive(folder).check_writable()
    except ArchiveFailed:
        return False
    return True
