"""A title that runs out: its unit is told once, ninety days before, unless it was renewed or cancelled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.ports.store import NEW
from engine.rules.titles import Title
from engine.use_cases import decisions, titles
from tests.factories import Town
from tests.use_cases import living

LAST = date(2028, 5, 13)


def lasting(town: Town, last: date, **more: object) -> None:
    """Confer the school's own title once more, for a time."""
    (title,) = (t for t in town.titles(living.SCHOOL) if not t.member_name and t.until_day is None)
    with town.open() as uow:
        granted: Title = replace(title, id=NEW, from_day=town.now.date(), until_day=last, **more)  # type: ignore[arg-type]
        decisions.confer(uow, [granted])
        titles.plan_ends(uow, [granted])


def told(town: Town) -> list[tuple[str, str, date | None]]:
    account = town.actor(living.SCHOOL, "secretary").account_id
    notices, _ = town.ask(lambda uow: uow.notices.page(account, limit=100, offset=0))
    return [(n.kind, n.title, n.last_day) for n in notices if n.kind == "title_ends"]


@pytest.fixture
def recognised(town: Town) -> Town:
    living.registered(town)
    living.school_recognised(town)
    return town.at("2027-05-15")


def test_the_unit_is_told_once_while_there_is_time(recognised: Town) -> None:
    town = recognised
    lasting(town, LAST)
    assert told(town.at("2028-02-12")) == []
    name = town.unit(living.SCHOOL).name
    ((kind, title, last),) = told(town.at("2028-02-14"))
    assert (kind, title.endswith(f"của {name} sắp hết hạn"), last) == ("title_ends", True, LAST)
    assert len(told(town.at("2028-05-01"))) == 1


def test_nobody_is_told_of_a_title_that_was_renewed_or_cancelled(recognised: Town) -> None:
    town = recognised
    lasting(town, LAST)
    (title,) = (t for t in town.titles(living.SCHOOL) if t.until_day == LAST)
    with town.open() as uow:
        uow.titles.save(replace(title, cancelled_on=date(2027, 12, 1)))
    assert told(town.at("2028-02-14")) == []
