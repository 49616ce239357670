"""Whose rest days count? Everybody's, one's own and those of the units above; the nearer row stands over the farther."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.errors import Invalid, NotPermitted, WrongState
from engine.ports.store import CalendarDay
from engine.use_cases import registers
from tests.factories import Town
from tests.use_cases import living

SOURCE = {"reason": "Đại hội", "source": "Thông báo 3-TB/ĐTN"}


def a_day(town: Town, day: str, code: str = "", kind: str = "off") -> CalendarDay:
    unit_id = town.unit(code).id if code else None
    return CalendarDay(day=date.fromisoformat(day), kind=kind, unit_id=unit_id, **SOURCE)


def puts(town: Town, row: CalendarDay, **more: Any) -> CalendarDay:
    with town.open() as uow:
        return registers.put_day(uow, row, actor=town.actor("TD", "administrator"), now=town.now, **more)


def test_the_days_of_who_does_the_work_count(any_town: Town) -> None:
    town = any_town
    puts(town, a_day(town, "2026-11-09", "P1"))
    puts(town, a_day(town, "2026-11-10", "P1-1"))
    for code in ("P1-1", "P2-1"):
        town.at("2026-11-05").does(code, "register", members=living.members())
    assert town.work("P1-1", "review").last_day == date(2026, 11, 13)  # 6, 10, 11, 12, 13
    assert town.work("P2-1", "review").last_day == date(2026, 11, 12)
    town.at("2026-11-06").does("P1-1", "review", outcome="return", reason="Thiếu danh sách.")
    assert town.work("P1-1", "supplement").last_day == date(2026, 11, 17)  # 11, 12, 13, 16, 17


def test_the_nearer_row_stands_over_the_farther(town: Town) -> None:
    puts(town, a_day(town, "2026-11-10"))
    puts(town, a_day(town, "2026-11-10", "P1", "work"))
    puts(town, a_day(town, "2026-11-07", "TD", "work"))
    for code in ("P1-1", "P2-1"):
        town.at("2026-11-05").does(code, "register")
    assert town.work("P1-1", "review").last_day == date(2026, 11, 11)  # 6, Saturday 7, 9, 10, 11
    assert town.work("P2-1", "review").last_day == date(2026, 11, 12)


def test_reminders_pass_over_the_rest_days_of_who_is_reminded(town: Town) -> None:
    def rungs(code: str) -> dict[str, str]:
        item = town.work(code, "register")
        rows = town.ask(lambda uow: uow.timers.waiting(item.cycle_id, ["reminder"]))
        return {str(r.payload["rung"]): r.due_at.date().isoformat() for r in rows if r.work_item_id == item.id}

    puts(town, a_day(town, "2026-10-26", "P1-1"))
    town.at("2026-10-01")
    with town.open() as uow:
        assert [row.day for row in uow.calendar.of_units(date(2026, 1, 1), date(2026, 12, 31))] == [date(2026, 10, 26)]
    assert set(rungs("P1-1")) == set(rungs("P1-2"))


def test_a_row_belongs_to_one_unit_or_to_all(any_town: Town) -> None:
    town = any_town
    for code in ("", "P1", "P2"):
        puts(town, a_day(town, "2026-12-24", code))
    with pytest.raises(Invalid) as refused:
        puts(town, a_day(town, "2026-12-24", "P1"))
    assert {name: error.code for name, error in refused.value.fields.items()} == {"day": "day_taken"}
    moved = puts(town, a_day(town, "2026-12-25", "P1"), instead_of=a_day(town, "2026-12-24", "P1"))
    units = [town.unit(code).id for code in ("P1", "P2")]
    span = date(2026, 12, 1), date(2026, 12, 31)
    found = town.ask(lambda uow: [(row.day.day, row.unit_id) for row in uow.calendar.days(*span, units)])
    assert found == [(24, None), (24, units[1]), (25, units[0])]
    assert town.ask(lambda uow: [row.unit_id for row in uow.calendar.days(*span)]) == [None]
    with town.open() as uow:
        actor = town.actor("TD", "administrator")
        registers.remove_day(uow, moved.day, moved.unit_id, actor=actor, now=town.now)
        with pytest.raises(WrongState):
            registers.remove_day(uow, moved.day, moved.unit_id, actor=actor, now=town.now)
        with pytest.raises(NotPermitted):
            registers.remove_day(uow, date(2026, 12, 24), actor=town.actor("TD", "officer"), now=town.now)
    assert town.ask(lambda uow: [row.unit_id for row in uow.calendar.of_units(*span)]) == [units[1]]
