"""How is a rehearsal put together? A database of its own, inline jobs, a walking clock, and what is left at the end."""

import json
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from api.assembly import House, build_inline
from api.register_sheets import register_sheets
from api.settings import read_settings
from api.texts.history import history_sentence
from engine.ports.packages import Sink
from engine.ports.services import Archive, Outside
from engine.ports.store import UnitOfWork
from engine.process import packs
from engine.rules.audit import AuditLine
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle, CycleId, CycleState
from engine.rules.deadlines import ICT
from engine.rules.decisions import DecisionState
from engine.rules.units import Unit, UnitId
from engine.runner.clock import WalkingClock
from engine.runner.holidays_seed import seed_calendar
from engine.use_cases import archiving, owning, packaging
from engine.use_cases.rehearsal import city, year
from engine.use_cases.rehearsal.people import Folk, People
from engine.use_cases.rehearsal.script import Script
from engine.use_cases.rehearsal.walk import Keeper, Progress, Walk

#: Where a rehearsal's clock stands before it begins.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
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
    package: Path | None = None  #: for the archive; None: the cycle was not closed, or none was wanted


def rehearse(
    folder: Path,
    *,
    cycle_year: int,
    units: int,
    seed: int,
    out: Path,
    progress: Progress | None = None,
    neighbours: Callable[[Outside], Outside] | None = None,
    packed: bool = True,
    owner: str = "",
) -> Rehearsed:
    """Live one cycle of the pack in `folder` in a database under `out`; write the timeline and the documents.

    With the code of a unit of the shared city as `owner` the model is that unit's own.

    Also the registers of all issuing units (`so-dang-ky.xlsx`) and, unless `packed` is false, the package for the
    archive of a cycle that was closed (`goi-luu-tru/<year>.zip`).

    What stands under `out` from an earlier rehearsal is replaced. `neighbours` may put others in the place of the
    real renderer, signer and archive (rehearsals that are about dates need no pages). Raises `BadPack`.
    """
    model = packs.read_pack(folder)
    stage = stage_in(out / "du-lieu")
    house, script = stage.house, Script(raw=model.rehearsal, seed=seed)
    if neighbours is not None:
        house.outside = neighbours(house.outside)
    with house.open_uow() as uow:
        uow.calendar.put(seed_calendar(cycle_year - 2, cycle_year + 1))
        stage.clock.walk_to(year.opening_moment(uow, model, cycle_year))
        on, now = date(cycle_year - 2, 1, 1), stage.clock()
        city.found(uow, script, units, on=on, now=now, model=model, year=cycle_year, owner=owner)
        own = owning.named(uow, owner)
        if own is not None:
            owning.check_can_live(uow, model, own)
        uow.models.deploy(model, now, own.id if own else None)
    with house.open_uow() as uow:
        cycle = year.open_year(uow, model.key, cycle_year, year.opening(script), now=stage.clock())
    walk = stage.walk(People(script=script), progress)
    closed = year.live_year(house.open_uow, walk, cycle)
    with house.read_uow() as uow:
        write_timeline(uow, out / "timeline.jsonl")
        documents = write_documents(uow, cycle, house.archive, out / "van-ban")
        write_registers(uow, house, cycle, out / "so-dang-ky.xlsx")
        shutil.rmtree(out / "goi-luu-tru", ignore_errors=True)
        package = _package(uow, house, cycle, out) if packed else None
        registering = [d for d in uow.dossiers.of_cycle(cycle.id) if d.cohort is not None]
        incidents = tuple(incident.reason for incident in uow.incidents.open())
    house.close()
    return Rehearsed(
        cycle=cycle,
        model=model,
        closed=closed,
        acts=walk.acts,
        documents=documents,
        outcome=tuple(sorted(Counter(d.state.value for d in registering).items())),
        late=sum(bool(d.days_late) for d in registering),
        incidents=incidents,
        package=package,
    )


@dataclass(slots=True)
class Stage:
    """A house of its own, on a walking clock, with its jobs done at once."""

    house: House
    clock: WalkingClock

    def walk(self, people: Folk, progress: Progress | None = None, keeper: Keeper | None = None) -> Walk:
        """A walk through this house's days."""
        return Walk(
            open_uow=self.house.open_uow,
            people=people,
            set_clock=self.clock.walk_to,
            work_off=self.house.work_off,
            progress=progress,
            keeper=keeper,
            moment=self.clock(),
        )


def stage_in(home: Path) -> Stage:
    """A stage whose data stand in an emptied folder; its clock stands long ago."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    settings = read_settings(
        data=home,
        database_url=f"sqlite:///{(home / 'chuky.sqlite3').absolute()}",
        storage=home / "files",
        keys=home / "keys",
        base_url="https://dien-tap.example",
        mail_host="",
        secret_key=secrets.token_hex(32),
        host="127.0.0.1",
        demo=True,
        now=None,
    )
    clock = WalkingClock(LONG_AGO)
    house = build_inline(settings, clock)
    house.prepare()
    return Stage(house, clock)


def write_timeline(uow: UnitOfWork, path: Path) -> None:
    """Write every line of the audit chain that belongs to a cycle, as JSON, one a line."""
    units = {unit.id: unit for unit in uow.units.all()}
    names = {cycle.id: f"{cycle.model}/{cycle.year}" for cycle in uow.cycles.all()}
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in lines_of(uow):
            if line.cycle_id is not None:
                file.write(json.dumps(_timeline_line(line, units, names), ensure_ascii=False) + "\n")


def lines_of(uow: UnitOfWork) -> Iterator[AuditLine]:
    """Every line of the audit chain, in its order."""
    after = 0
    while entries := uow.audit.entries(after, PAGE):
        yield from (entry.line for entry in entries if entry.line is not None)
        after = entries[-1].seq


def _timeline_line(line: AuditLine, units: Mapping[UnitId, Unit], names: Mapping[CycleId, str]) -> dict[str, object]:
    unit = units.get(line.unit_id) if line.unit_id is not None else None
    return {
        "at": line.at.astimezone(ICT).isoformat(),
        "cycle": names.get(CycleId(line.cycle_id or 0)),
        "unit": unit.code if unit else None,
        "cohort": unit.cohort if unit else None,
        "event": line.event,
        "task": line.task,
        "last_day": line.last_day.isoformat() if line.last_day else None,
        "days_late": line.days_late,
        "document": line.document,
        "text": f"{unit.name}: {history_sentence(line)}" if unit else history_sentence(line),
    }


def write_registers(uow: UnitOfWork, house: House, cycle: Cycle, path: Path) -> None:
    """Write the outgoing registers of the whole tree in which the cycle's lead stands."""
    root = uow.units.path(cycle.unit_id)[-1]
    path.write_bytes(house.sheets.write_all(register_sheets(uow, frozenset({root.id}))))


def _package(uow: UnitOfWork, house: House, cycle: Cycle, out: Path) -> Path | None:
    return write_package(uow, house, uow.cycles.get(cycle.id), out / "goi-luu-tru" / f"{cycle.year}.zip")


def write_package(uow: UnitOfWork, house: House, cycle: Cycle, path: Path) -> Path | None:
    """Write the package for the archive of a closed cycle; None: it is not closed."""
    if cycle.state is not CycleState.CLOSED:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    scope, now = packaging.Scope(cycle=cycle), house.clock()
    with path.open("wb") as file:
        about = packaging.describe(uow, scope, retention=archiving.retention_of(uow, None), now=now)

        def fill(sink: Sink) -> None:
            packaging.fill(uow, house.archive, house.outside.renderer, scope, sink)

        house.packer.pack(file, about, fill, at=now)
    return path


def write_documents(uow: UnitOfWork, cycle: Cycle, archive: Archive, folder: Path) -> int:
    """Write the issued documents of a cycle as PDF and DOCX into an emptied folder; how many there are."""
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
