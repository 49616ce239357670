"""How is a rehearsal put together? A database of its own, inline jobs, a walking clock, and what is left at the end."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from api.texts.history import history_sentence
from api.wording import Wording
from documents.keys import TestKeys
from documents.pdf import PaperRenderer
from documents.signing import PaperSigner
from engine.ports.services import Archive, Message, OpenUow, Outside
from engine.ports.store import UnitOfWork
from engine.process import packs
from engine.process.spiff import SpiffRuntime
from engine.rules.audit import AuditLine
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle
from engine.rules.deadlines import ICT
from engine.rules.decisions import DecisionState
from engine.rules.units import Unit
from engine.runner.clock import WalkingClock
from engine.runner.holidays_seed import seed_calendar
from engine.runner.jobs import InlineJobs, Workshop
from engine.runner.storage import FolderArchive
from engine.store import Database
from engine.store.migrate import upgrade
from engine.use_cases import jobs
from engine.use_cases.rehearsal import city, year
from engine.use_cases.rehearsal.people import People
from engine.use_cases.rehearsal.script import Script
from engine.use_cases.rehearsal.walk import Progress, Walk

#: Entries of the audit chain read at a time.
PAGE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What a rehearsal came to."""

    cycle: Cycle
    model: CycleModel
    closed: bool
    acts: int
    documents: int
    outcome: tuple[tuple[str, int], ...]  #: dossier state of the registering units → how many
    late: int  #: units registered late
    incidents: tuple[str, ...]


def rehearse(
    folder: Path, *, cycle_year: int, units: int, seed: int, out: Path, progress: Progress | None = None
) -> Rehearsed:
    """Live one cycle of the pack in `folder` in a database under `out`; write the timeline and the documents.

    What stands under `out` from an earlier rehearsal is replaced. Raises `BadPack`.
    """
    model = packs.read_model(packs.read_folder(folder), folder.resolve().name)
    stage = Stage.fresh(out)
    with stage.open_uow() as uow:
        uow.models.deploy(model, stage.clock())
        stage.clock.walk_to(year.opening_moment(uow, model, cycle_year))
    script = Script(raw=model.rehearsal, seed=seed)
    now = stage.clock()
    with stage.open_uow() as uow:
        uow.calendar.put(seed_calendar(cycle_year - 1, cycle_year + 1))
        city.found(uow, script, units, on=date(cycle_year - 2, 1, 1), now=now)
    with stage.open_uow() as uow:
        cycle = year.open_year(uow, model.key, cycle_year, year.opening(script), now=now)
    walk = stage.walk(People(script=script), progress)
    closed = year.live_year(stage.open_uow, walk, cycle)
    stage.work_off()
    with stage.open_uow() as uow:
        _write_timeline(uow, out / "timeline.jsonl")
        documents = _write_documents(uow, cycle, stage.archive, out / "van-ban")
        registering = [d for d in uow.dossiers.of_cycle(cycle.id) if d.cohort is not None]
        incidents = tuple(incident.reason for incident in uow.incidents.open())
    stage.close()
    return Rehearsed(
        cycle=cycle,
        model=model,
        closed=closed,
        acts=walk.acts,
        documents=documents,
        outcome=tuple(sorted(Counter(d.state.value for d in registering).items())),
        late=sum(bool(d.days_late) for d in registering),
        incidents=incidents,
    )


@dataclass(slots=True, kw_only=True)
class Stage:
    """A rehearsal's own installation under one folder."""

    database: Database
    clock: WalkingClock
    archive: FolderArchive
    jobs: InlineJobs
    open_uow: OpenUow
    workshop: Workshop

    @classmethod
    def fresh(cls, out: Path) -> "Stage":
        """An empty installation in `out`; an earlier one there is removed."""
        home = out / "du-lieu"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        url = f"sqlite:///{home / 'chuky.sqlite3'}"
        upgrade(url)
        runtime, wording, queue = SpiffRuntime(), Wording(), InlineJobs()
        database = Database(url, read_model=packs.read_model, compile_diagrams=runtime.compile, synchronous="OFF")
        clock = WalkingClock(datetime(2000, 1, 1, tzinfo=UTC))
        open_uow = queue.opener(lambda: database.unit_of_work(runtime, lambda _: _NoQueue(), wording))
        archive = FolderArchive(home / "kho")
        return cls(
            database=database,
            clock=clock,
            archive=archive,
            jobs=queue,
            open_uow=open_uow,
            workshop=_workshop(open_uow, archive, TestKeys(home / "khoa"), clock),
        )

    def walk(self, people: People, progress: Progress | None) -> Walk:
        """A walk over this installation."""
        return Walk(
            open_uow=self.open_uow,
            people=people,
            set_clock=self.clock.walk_to,
            work_off=self.work_off,
            progress=progress,
            moment=self.clock(),
        )

    def work_off(self) -> int:
        """Do the jobs that wait."""
        return self.jobs.work_off(self.workshop)

    def close(self) -> None:
        """Close the database."""
        self.database.close()


class _NoQueue:
    def enqueue(self, job: str, key: str, payload: object) -> None:
        raise AssertionError("inline jobs take the place of this queue")


class _NoMail:
    def send(self, message: Message) -> None:
        raise AssertionError("virtual people have no mail address")


def _workshop(open_uow: OpenUow, archive: Archive, keys: TestKeys, clock: Callable[[], datetime]) -> Workshop:
    outside = Outside(
        mailer=_NoMail(),
        archive=archive,
        renderer=PaperRenderer(),
        signer=PaperSigner(keys),
        base_url="https://dien-tap.example",
        test_signatures=True,
    )
    return Workshop(
        handlers=jobs.HANDLERS,
        open_uow=open_uow,
        outside=outside,
        clock=clock,
        on_dead=lambda job, payload, reason: jobs.give_up(open_uow, job, payload, reason, now=clock()),
    )


def _write_timeline(uow: UnitOfWork, path: Path) -> None:
    units = {unit.id: unit for unit in uow.units.all()}
    names = {cycle.id: f"{cycle.model}/{cycle.year}" for cycle in uow.cycles.all()}
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in _lines(uow):
            if line.cycle_id is not None:
                file.write(json.dumps(_timeline_line(line, units, names), ensure_ascii=False) + "\n")


def _lines(uow: UnitOfWork) -> Iterator[AuditLine]:
    after = 0
    while entries := uow.audit.entries(after, PAGE):
        yield from (entry.line for entry in entries if entry.line is not None)
        after = entries[-1].seq


def _timeline_line(line: AuditLine, units: dict[int, Unit], names: dict[int, str]) -> dict[str, object]:
    unit = units.get(line.unit_id) if line.unit_id is not None else None
    return {
        "at": line.at.astimezone(ICT).isoformat(),
        "cycle": names.get(line.cycle_id or 0),
        "unit": unit.code if unit else None,
        "cohort": unit.cohort if unit else None,
        "event": line.event,
        "task": line.task,
        "last_day": line.last_day.isoformat() if line.last_day else None,
        "days_late": line.days_late,
        "document": line.document,
        "text": f"{unit.name}: {history_sentence(line)}" if unit else history_sentence(line),
    }


def _write_documents(uow: UnitOfWork, cycle: Cycle, archive: Archive, folder: Path) -> int:
    shutil.rmtree(folder, ignore_errors=True)
    count = 0
    for decision in uow.decisions.of_cycle(cycle.id):
        if decision.state is not DecisionState.ISSUED:
            continue
        target = folder / f"{decision.file_name}.pdf"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(archive.get(decision.pdf_sha256))
        target.with_suffix(".docx").write_bytes(archive.get(decision.docx_sha256))
        count += 1
    return count
