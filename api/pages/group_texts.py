"""What may be pasted into a group chat? A ready text: which units still have to do what, until when, and where."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse

from api.actor import Me, TheHouse, Uow
from api.pages.cycles import readable_scope
from api.pages.shell import address, page, today_of
from api.texts.words import day, number
from engine.ports.queries import WorkRow
from engine.rules.cycles import CycleId

router = APIRouter()
PATH = "/chu-ky/{cycle_id:int}/loi-nhan"
CyclePath = Annotated[int, Path(ge=1)]
#: Letters that one message holds, so that no chat program cuts it.
LONGEST = 1800
#: Work that is looked at; a cycle with more names its units by their superiors' own pages.
_MOST = 2000


@router.get(PATH)
def show(request: Request, cycle_id: CyclePath, me: Me, uow: Uow, house: TheHouse, viec: str = "") -> HTMLResponse:
    """Show the text for one task of the cycle, about the units below those of the person."""
    cycle = uow.cycles.get(CycleId(cycle_id))
    scope = readable_scope(me, uow, cycle)
    model = uow.models.get(cycle.version)
    own = me.actor.units()
    rows = [row for row in uow.queries.open_below(cycle.id, scope, limit=_MOST) if row.unit_id not in own]
    steps = _steps(rows)
    chosen = viec if viec in steps else next(iter(steps), "")
    base, today = f"/chu-ky/{cycle.id}/loi-nhan", today_of(house.clock())
    head = f"{model.name}, năm {cycle.year}: {chosen}"
    link = f"{house.settings.site}/viec"
    return page(
        request,
        "chu_ky/group_text.html",
        me,
        uow,
        page_title="Lời nhắn cho nhóm",
        breadcrumbs=[("Chu kỳ", "/chu-ky"), (str(cycle.year), f"/chu-ky/{cycle.id}"), ("Lời nhắn cho nhóm", None)],
        chips=[(name, address(base, viec=name), name == chosen, len(found)) for name, found in steps.items()],
        texts=messages(head, steps[chosen], link, today) if chosen else [],
        back=f"/chu-ky/{cycle.id}",
    )


def messages(head: str, rows: Sequence[WorkRow], link: str, today: date) -> list[str]:
    """The text, in as many parts as its length needs; units by their last day, the latest ones first."""
    foot = f"Vào việc tại: {link}"
    bodies, size = [list[str]()], len(head) + len(foot) + 40
    room = LONGEST - size
    for line in _lines(rows, today):
        if bodies[-1] and sum(len(each) + 1 for each in bodies[-1]) + len(line) > room:
            bodies.append([])
        bodies[-1].append(line)
    many = len(bodies) > 1
    return [
        "\n".join([f"{head} ({place}/{len(bodies)})" if many else head, *body, foot])
        for place, body in enumerate(bodies, 1)
    ]


def _lines(rows: Iterable[WorkRow], today: date) -> Iterable[str]:
    days: dict[date | None, list[WorkRow]] = {}
    for row in rows:
        days.setdefault(row.last_day, []).append(row)
    for last_day, found in days.items():
        names = list(dict.fromkeys(row.unit for row in found))
        yield f"{_until(last_day, today)}, còn {number(len(names))} đơn vị chưa làm:"
        yield from (f"- {name}" for name in names)


def _until(last_day: date | None, today: date) -> str:
    if last_day is None:
        return "Chưa ấn định hạn"
    left = (last_day - today).days
    if left < 0:
        return f"Đã quá hạn {number(-left)} ngày (hạn cuối hết ngày {day(last_day)})"
    return f"Hạn cuối hết ngày {day(last_day)} ({'hôm nay' if left == 0 else f'còn {number(left)} ngày'})"


def _steps(rows: Iterable[WorkRow]) -> dict[str, list[WorkRow]]:
    """Work by its name, what is due first first."""
    steps: dict[str, list[WorkRow]] = {}
    for row in rows:
        steps.setdefault(row.name, []).append(row)
    return steps
