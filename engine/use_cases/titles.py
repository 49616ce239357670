"""Who is told that a title runs out? Its unit, once, while there is time to be recognised again."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from engine.ports.store import NEW, TimerRow, UnitOfWork
from engine.rules.deadlines import ICT, local_day
from engine.rules.permissions import DEPUTY, OFFICER, SECRETARY
from engine.rules.titles import ENDING_DAYS, Title
from engine.rules.units import UnitId
from engine.use_cases.notifying import Teller

#: Timer rows that tell a unit of its titles, and the hour of the day at which they do.
TIMER: Final = "title_ends"
_HOUR: Final = time(8)
_TOLD = (SECRETARY, DEPUTY, OFFICER)


def plan_ends(uow: UnitOfWork, granted: Sequence[Title]) -> None:
    """Plan when the units of these titles are told that they run out; titles without a last day never do."""
    rows = {
        f"{TIMER}:{title.unit_id}:{title.model}:{title.key}:{title.until_day}": title
        for title in granted
        if title.until_day is not None
    }
    uow.timers.plan([_row(key, title, title.until_day) for key, title in rows.items() if title.until_day is not None])


def tell_ending(uow: UnitOfWork, row: TimerRow, *, now: datetime) -> None:
    """Tell the people of the unit; nobody when the title was cancelled or renewed in the meantime."""
    unit_id, last = UnitId(int(str(row.payload["unit"]))), date.fromisoformat(str(row.payload["until"]))
    model_key, key, today = str(row.payload["model"]), str(row.payload["key"]), local_day(now)
    ending = [
        title
        for title in uow.titles.of_unit(unit_id)
        if (title.model, title.key, title.until_day) == (model_key, key, last) and title.held_on(today)
    ]
    model = uow.models.latest(model_key)
    if not ending or model is None:
        return
    name = next((spec.name for spec in model.titles if spec.key == key), key)
    facts = {
        "name": name,
        "unit": uow.units.get(unit_id).name,
        "model": model.name,
        "last_day": last,
        "people": sum(bool(title.member_name) for title in ending),
    }
    teller = Teller(uow, now)
    standing = uow.words.standing_as()
    roles = (*_TOLD, *(role for role, other in standing.items() if other in _TOLD))
    for person in uow.accounts.holders(unit_id, roles, today):
        told = f"{row.key}:{person.id}"
        teller.tell(person, key=told, kind=TIMER, facts=facts, href="/chi-tieu/danh-hieu?tt=ending", unit_id=unit_id)


def _row(key: str, title: Title, last: date) -> TimerRow:
    return TimerRow(
        id=NEW,
        kind=TIMER,
        key=key,
        due_at=datetime.combine(last - timedelta(days=ENDING_DAYS), _HOUR, ICT),
        instance_id=None,
        cycle_id=None,
        work_item_id=None,
        token="",
        payload={"unit": int(title.unit_id), "model": title.model, "key": title.key, "until": last.isoformat()},
        state="waiting",
    )
