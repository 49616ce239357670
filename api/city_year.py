"""How does the whole city live a year? Every model in one database, with one clock, and what is left at the end."""

import csv
import resource
import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from api.rehearsing import lines_of, stage_in, write_documents, write_package, write_registers, write_timeline
from engine.ports.store import UnitOfWork
from engine.process import packs
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle, CycleId
from engine.rules.deadlines import local_day
from engine.runner.holidays_seed import seed_calendar
from engine.use_cases.rehearsal import year
from engine.use_cases.rehearsal.demo import found_all, plan_opening
from engine.use_cases.rehearsal.people import Crowd, People
from engine.use_cases.rehearsal.script import Script
from engine.use_cases.rehearsal.walk import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One model's cycle in the lived year."""

    model: CycleModel
    cycle: Cycle
    closed: bool
    outcome: Mapping[str, int]  #: dossier state of who takes part → how many
    documents: int
    weeks: Mapping[date, int]  #: Monday → acts of people


@dataclass(frozen=True, slots=True, kw_only=True)
class CityYear:
    """What a lived year came to."""

    year: int
    courses: tuple[Course, ...]
    units: int
    instances: int
    acts: int
    incidents: tuple[str, ...]
    seconds: float
    memory_mb: int  #: largest resident size of the process

    @property
    def weeks(self) -> dict[date, int]:
        """Acts of people by the Monday of their week."""
        both: Counter[date] = Counter()
        for course in self.courses:
            both.update(course.weeks)
        return dict(sorted(both.items()))


def live_city(
    folders: Sequence[Path],
    *,
    cycle_year: int,
    units: int,
    share: int | None,
    seed: int,
    out: Path,
    progress: Progress | None = None,
) -> CityYear:
    """Live the cycles of all models for one year in one city and write what they leave.

    `share`: how many units of the shared city take part, None for all of them; `units`: how many those models have that
    bring a city of their own. Under `out`: `timeline.jsonl`, `van-ban/<model>/`, `so-dang-ky.xlsx`,
    `goi-luu-tru/<model>-<year>.zip`, `tai-theo-tuan.csv`; the database under `du-lieu/`. Raises `BadPack`.
    """
    began = time.monotonic()
    models = [packs.read_pack(folder) for folder in folders]
    scripts = {model.key: Script(raw=model.rehearsal, seed=seed) for model in models}
    stage = stage_in(out / "du-lieu")
    house = stage.house
    with house.open_uow() as uow:
        uow.calendar.put(seed_calendar(cycle_year - 2, cycle_year + 2))
        openings = {model.key: year.opening_moment(uow, model, cycle_year) for model in models}
        stage.clock.walk_to(min(openings.values()) - timedelta(days=1))
        for model in models:
            uow.models.deploy(model, stage.clock())
        found_all(uow, models, scripts, units, share, year=cycle_year, on=date(cycle_year - 3, 1, 1), now=stage.clock())
    people = Crowd(people={key: People(script=script) for key, script in scripts.items()})
    walk = stage.walk(people, progress)
    for model in models:
        plan_opening(walk, model.key, cycle_year, year.opening(scripts[model.key]), openings[model.key])
    walk.until(year.last_moment(cycle_year))
    with house.read_uow() as uow:
        running = uow.cycles.all()
    closed = {cycle.id: year.close_if_ended(house.open_uow, cycle.id, walk.moment) for cycle in running}
    shutil.rmtree(out / "goi-luu-tru", ignore_errors=True)
    with house.read_uow() as uow:
        write_timeline(uow, out / "timeline.jsonl")
        weeks = _weeks(uow)
        courses = []
        for model in models:
            cycle = next(cycle for cycle in uow.cycles.all() if cycle.model == model.key)
            documents = write_documents(uow, cycle, house.archive, out / "van-ban" / model.key)
            write_package(uow, house, cycle, out / "goi-luu-tru" / f"{model.key}-{cycle_year}.zip")
            courses.append(_course(uow, model, cycle, closed[cycle.id], documents, weeks.get(cycle.id, Counter())))
        write_registers(uow, house, running[0], out / "so-dang-ky.xlsx")
        found = CityYear(
            year=cycle_year,
            courses=tuple(courses),
            units=len(uow.units.all()),
            instances=sum(
                len(uow.instances.of_dossier(d.id)) for c in courses for d in uow.dossiers.of_cycle(c.cycle.id)
            ),
            acts=walk.acts,
            incidents=tuple(incident.reason for incident in uow.incidents.open()),
            seconds=time.monotonic() - began,
            memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        )
    _write_weeks(found, out / "tai-theo-tuan.csv")
    house.close()
    return found


def _weeks(uow: UnitOfWork) -> dict[CycleId, Counter[date]]:
    """By cycle: Monday → how often people did something."""
    found: dict[CycleId, Counter[date]] = {}
    for line in lines_of(uow):
        if line.cycle_id is not None and line.actor_id is not None:
            day = local_day(line.at)
            found.setdefault(CycleId(line.cycle_id), Counter())[day - timedelta(days=day.weekday())] += 1
    return found


def _course(
    uow: UnitOfWork, model: CycleModel, cycle: Cycle, closed: bool, documents: int, weeks: Counter[date]
) -> Course:
    taking = [d for d in uow.dossiers.of_cycle(cycle.id) if d.cohort is not None]
    return Course(
        model=model,
        cycle=cycle,
        closed=closed,
        outcome=dict(sorted(Counter(d.state.value for d in taking).items())),
        documents=documents,
        weeks=weeks,
    )


def _write_weeks(found: CityYear, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(("Tuần từ", *(course.model.name for course in found.courses), "Cộng"))
        for monday, total in found.weeks.items():
            table.writerow((f"{monday:%d/%m/%Y}", *(c.weeks.get(monday, 0) for c in found.courses), total))
