"""Does a visitor of the demo find work on every day, late work too, and last year's decisions signed?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from api.assembly import House, build
from api.demo import live, read_plan
from api.settings import Settings, read_settings
from engine.rules.calendar import WorkingCalendar
from engine.rules.deadlines import ICT, local_day
from engine.rules.decisions import DecisionState
from engine.rules.dossiers import WorkItem
from engine.rules.programme import MilestoneState
from engine.use_cases import owning
from engine.use_cases.actors import actor_of
from engine.use_cases.rehearsal.demo import DemoPlan
from tests.support.plans import alone

#: The days that the issue names, and an ordinary one.
DAYS = (date(2026, 1, 15), date(2026, 5, 20), date(2026, 11, 5), date(2026, 12, 10))

#: Who has nothing to do: in January no model has work for the Front yet.
IDLE = {date(2026, 1, 15): {"mttq"}}


def settings_of(folder: Path, day: date) -> Settings:
    return read_settings(
        data=folder,
        database_url="",
        demo=True,
        demo_password="mat-khau-thu-1",
        now=datetime(day.year, day.month, day.day, 9, tzinfo=ICT),
    )


def open_work(house: House, plan: DemoPlan) -> dict[str, list[WorkItem]]:
    found: dict[str, list[WorkItem]] = {}
    with house.read_uow() as uow:
        for visitor in plan.accounts:
            account = uow.accounts.find_username(visitor.username)
            assert account is not None
            found[visitor.username] = [
                item
                for position in uow.accounts.positions(account.id)
                for item in uow.work.open_at(position.unit_id)
                if position.role in item.roles
            ]
    return found


@pytest.fixture
def house_on(tmp_path: Path) -> Iterator[object]:
    houses: list[House] = []

    def opened(day: date, plan: DemoPlan) -> House:
        settings = settings_of(tmp_path, day)
        live(settings, plan=plan)
        house = build(settings)
        houses.append(house)
        return house

    yield opened
    for house in houses:
        house.close()


def check_alive(house: House, day: date, plan: DemoPlan) -> None:
    work = open_work(house, plan)
    assert {name for name, items in work.items() if not items} == IDLE.get(day, set())
    assert any(item.last_day is not None and item.last_day < day for items in work.values() for item in items)
    with house.read_uow() as uow:
        assert [incident.reason for incident in uow.incidents.open()] == []
        finished = [cycle for cycle in uow.cycles.all() if cycle.year == day.year - 1]
        issued = [d for cycle in finished for d in uow.decisions.of_cycle(cycle.id) if d.type_code == "QĐ"]
        assert issued
        assert {d.state for d in issued} == {DecisionState.ISSUED}
        rows = {row.day: row for row in uow.calendar.days(date(day.year - 2, 1, 1), date(day.year, 12, 31))}
        calendar = WorkingCalendar(rows)
        assert [d.symbol for d in issued if d.dated and not calendar.is_working(d.dated)] == []
        assert all(house.archive.get(d.pdf_sha256).startswith(b"%PDF-") for d in issued)
        designer = uow.accounts.find_username("thietke")
        assert designer is not None
        assert owning.may_design(uow, actor_of(uow, designer, now=house.clock()), None)
        told = {mark.state for mark in uow.programmes.marks()}
        assert MilestoneState.UNDER_WAY in told
        assert max(entry.line.at for entry in uow.audit.entries(0, 100_000) if entry.line) <= house.clock()


def test_a_small_city_lives_and_lives_on(house_on) -> None:  # type: ignore[no-untyped-def]
    plan = replace(alone(), units=24)
    first = house_on(date(2026, 5, 20), plan)
    check_alive(first, date(2026, 5, 20), plan)
    with first.read_uow() as uow:
        before = {cycle.year for cycle in uow.cycles.all()}
        lines = len(uow.audit.entries(0, 100_000))
    first.close()

    later = house_on(date(2026, 11, 5), plan)
    check_alive(later, date(2026, 11, 5), plan)
    with later.read_uow() as uow:
        assert {cycle.year for cycle in uow.cycles.all()} - before == {2027}
        new = uow.audit.entries(lines, 100_000)
        assert new
        assert all(local_day(entry.line.at) >= date(2026, 5, 20) for entry in new if entry.line)


@pytest.mark.long
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_visitor_has_work_on_every_day(house_on, day: date) -> None:  # type: ignore[no-untyped-def]
    check_alive(house_on(day, read_plan()), day, read_plan())
