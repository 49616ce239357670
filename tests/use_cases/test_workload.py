"""How much falls due for whom, what a new cycle would add, and who says what is too much."""

from __future__ import annotations

from datetime import date

import pytest

from engine.errors import Invalid, NotPermitted
from engine.rules.workload import PersonWeek
from engine.use_cases import workload
from tests.factories import YEAR, Town, the_model


def weeks_of(found: list[PersonWeek], name: str) -> dict[str, int]:
    return {week.monday.isoformat(): week.tasks for week in found if week.full_name.endswith(name)}


def loads(town: Town, code: str, first: str, last: str) -> list[PersonWeek]:
    span = date.fromisoformat(first), date.fromisoformat(last)
    found: list[PersonWeek] = town.ask(
        lambda uow: workload.person_weeks(uow, [town.unit(code).id], *span, now=town.now)
    )
    return found


def foreseen(town: Town, limit: int) -> list[PersonWeek]:
    found: list[PersonWeek] = town.ask(lambda uow: workload.too_much(uow, the_model().key, YEAR, limit, now=town.now))
    return found


def test_open_work_is_counted_by_person_and_week(any_town: Town) -> None:
    town = any_town.at("2026-11-05")
    for code in ("P1-1", "P1-2"):
        town.does(code, "register")
    found = loads(town, "P1", "2026-11-02", "2026-12-31")
    assert weeks_of(found, "P1 officer")["2026-11-09"] == 2  # within five working days
    assert weeks_of(found, "P1-1 secretary").get("2026-11-09") is None
    assert weeks_of(found, "P1-4 secretary")["2026-11-09"] == 1
    assert weeks_of(found, "P2 officer") == weeks_of(found, "P1 secretary") == {}
    town.does("P1-1", "review")
    assert weeks_of(loads(town, "P1", "2026-11-02", "2026-12-31"), "P1 officer")["2026-11-09"] == 1
    assert weeks_of(loads(town, "P1", "2026-12-01", "2026-12-31"), "P1 officer").get("2026-11-09") is None


def test_a_cycle_that_asks_too_much_of_somebody_is_foreseen(city: Town) -> None:
    found = foreseen(city, 2)
    assert {week.full_name for week in found} == {"Nguyễn Văn P1 officer"}
    assert min(week.tasks for week in found) == 3
    # Three registrations to accept, five working days after 9/11/2026, and the report about them.
    assert weeks_of(found, "P1 officer")["2026-11-16"] == 4
    assert foreseen(city, 40) == []


def test_open_work_of_another_cycle_counts_too(town: Town) -> None:
    with town.look() as uow:
        again = workload.too_much(uow, the_model().key, YEAR, 5, now=town.now)
        once = workload.too_much(uow, the_model().key, YEAR + 1, 5, now=town.now)
    assert sum(week.tasks for week in again) >= sum(week.tasks for week in once)


def test_the_limit_is_set_by_an_administrator(city: Town) -> None:
    assert city.ask(lambda uow: uow.workload.limit()) is None
    for tasks, by in ((25, "administrator"), (30, "administrator")):
        with city.open() as uow:
            workload.set_limit(uow, tasks, actor=city.actor("TD", by), now=city.now)
    limit = city.ask(lambda uow: uow.workload.limit())
    assert (limit.tasks, limit.by_name, limit.at) == (30, "Nguyễn Văn TD administrator", city.now)
    with city.open() as uow, pytest.raises(NotPermitted):
        workload.set_limit(uow, 5, actor=city.actor("TD", "officer"), now=city.now)
    for tasks in (None, 0, 10_001):
        with city.open() as uow, pytest.raises(Invalid):
            workload.set_limit(uow, tasks, actor=city.actor("TD", "administrator"), now=city.now)
