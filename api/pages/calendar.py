"""What is due when? A month or a list: one's own work, or that of the units below; working days left; load by week and person."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.pages.asking import refused
from api.pages.shell import address, number_in, page, said, scope_of, today_of
from api.pages.waiting_work import stead
from api.texts.words import day as written
from engine.errors import Invalid
from engine.ports.store import UnitOfWork
from engine.rules.calendar import WorkingCalendar
from engine.rules.cycles import CycleState
from engine.rules.permissions import ADMINISTRATOR
from engine.rules.redating import changed
from engine.rules.units import UnitId
from engine.rules.workload import PersonWeek, monday_of
from engine.use_cases import workload
from engine.use_cases.judging import is_late_on
from engine.use_cases.runs import calendar_for
from engine.use_cases.standing_in import Mine, work_of

router = APIRouter()
CALENDAR = "/lich"
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
_SHORT = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
#: What the list looks ahead and the load table spans, in days and weeks; people that the table names.
AHEAD, WEEKS, PEOPLE = timedelta(days=92), 6, 30
#: How far back something overdue is looked for.
BACK = timedelta(days=800)
#: Who says how much is too much as long as nobody has set it.
DEFAULT = "mặc định của phần mềm"
OWN, UNITS = "toi", "don-vi"
MONTH, LIST = "thang", "danh-sach"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that is due on a day."""

    title: str
    href: str
    meta: tuple[str, ...]
    last_day: date
    lenient_until: date | None
    tasks: int  #: 0: a date of a cycle, not work


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day with what is due."""

    day: date
    name: str
    left: str  #: working days left
    rest: str  #: why it is a rest day; empty: it is worked
    today: bool
    inside: bool  #: of the month that is shown
    entries: tuple[Entry, ...]

    @property
    def tasks(self) -> int:
        """How much work is due."""
        return sum(entry.tasks for entry in self.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRow:
    """One person's weeks."""

    name: str
    unit: str
    weeks: tuple[tuple[int, bool], ...]  #: tasks, and whether they are too many


@router.get(CALENDAR)
def calendar(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show what is due."""
    return _page(request, me, uow, house, {})


@router.post(CALENDAR + "/muc")
def set_limit(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Set how much is too much."""
    try:
        workload.set_limit(uow, number_in(form.text("muc")), actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _page(request, me, uow, house, refused(refusal, {"tasks": "muc"}), status=422)
    return said(CALENDAR, "da-luu")


def week_limit(uow: UnitOfWork) -> tuple[int, str]:
    """How much is too much for one person in a week, and who says so."""
    kept = uow.workload.limit()
    if kept is None:
        return uow.words.habits().busy_week, DEFAULT
    return kept.tasks, f"{kept.by_name} đặt ngày {written(kept.at)}"


def week_name(monday: date) -> str:
    """A week by its first and last day, e.g. 09/11–15/11."""
    sunday = monday + timedelta(days=6)
    return f"{monday:%d/%m}–{sunday:%d/%m}"


def _page(
    request: Request, me: Visitor, uow: UnitOfWork, house: TheHouse, errors: Mapping[str, str], *, status: int = 200
) -> HTMLResponse:
    today = today_of(house.clock())
    asked = request.query_params
    scope = _below(uow, me)
    whose = UNITS if scope and asked.get("cua") == UNITS else OWN
    view = LIST if asked.get("xem") == LIST else MONTH
    first = _month(asked.get("thang", ""), today)
    start, end = (today, today + AHEAD) if view == LIST else _span(first)
    path = uow.units.path(me.unit.id) if me.unit else ()
    rows = uow.calendar.days(min(start, today) - BACK, max(end, today) + AHEAD, [unit.id for unit in path])
    working, reasons = calendar_for(rows, path), {row.day: row.reason for row in rows}
    entries = _of_units(uow, scope, start, end, today) if whose == UNITS else _own(uow, me)
    days = _days(entries, start, end, today, first if view == MONTH else None, working, reasons)
    late = [entry for entry in entries if entry.tasks and _over(entry, today)]
    limit, source = week_limit(uow)
    kept = {"cua": whose if whose != OWN else None, "xem": view if view != MONTH else None}
    return page(
        request,
        "lich/calendar.html",
        me,
        uow,
        status=status,
        page_title="Lịch",
        has_errors=bool(errors),
        view=view,
        month=f"Tháng {first.month:02}/{first.year}",
        weekdays=tuple(zip(_SHORT, WEEKDAYS, strict=True)),
        weeks=[days[at : at + 7] for at in range(0, len(days), 7)] if view == MONTH else [],
        days=[d for d in days if d.entries and (d.inside or view == LIST)],
        late=late,
        links=_links(first, today, whose, view),
        whose_chips=_whose(kept, first, whose, view) if scope else [],
        view_chips=_views(kept, first, view),
        load_heads=[week_name(monday) for monday in _mondays(start)],
        load=_load(uow, me, scope if whose == UNITS else (), _mondays(start), limit, house),
        limit=limit,
        limit_source=source,
        may_set=me.actor.holds_anywhere(ADMINISTRATOR),
        errors=errors,
    )


def _below(uow: UnitOfWork, me: Visitor) -> list[UnitId]:
    """Units that the person reads and that have others below them."""
    return [unit for unit in sorted(scope_of(me.actor)) if uow.units.children(unit)]


def _month(text: str, today: date) -> date:
    year, _, month = text.partition("-")
    y, m = number_in(year), number_in(month)
    good = y is not None and m is not None and 2000 <= y <= 2100 and 1 <= m <= 12
    return date(y, m, 1) if good and y and m else today.replace(day=1)


def _span(first: date) -> tuple[date, date]:
    """Monday of the month's first week to Sunday of its last."""
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return monday_of(first), monday_of(last) + timedelta(days=6)


def _own(uow: UnitOfWork, me: Visitor) -> list[Entry]:
    return [_task(mine) for mine in work_of(uow, me.actor) if mine.row.last_day is not None]


def _task(mine: Mine) -> Entry:
    row = mine.row
    about = f" – {row.subject}" if row.subject_unit_id != row.unit_id else ""
    return Entry(
        title=f"{row.name}{about}",
        href=f"/viec/{row.id}",
        meta=tuple(text for text in (stead(mine), f"Năm {row.year}") if text),
        last_day=row.last_day or date.max,
        lenient_until=row.lenient_until,
        tasks=1,
    )


def _of_units(uow: UnitOfWork, scope: Sequence[UnitId], start: date, end: date, today: date) -> list[Entry]:
    rows = uow.workload.due(scope, min(start, today - BACK), end)
    work = [
        Entry(
            title=f"{row.name}: {row.tasks} việc",
            href=f"/chu-ky/{row.cycle_id}",
            meta=(row.model_name, f"Năm {row.year}"),
            last_day=row.last_day,
            lenient_until=row.lenient_until,
            tasks=row.tasks,
        )
        for row in rows
    ]
    return [*work, *_dates(uow)]


def _dates(uow: UnitOfWork) -> list[Entry]:
    """The dates of open cycles, whoever's work they are; those that groups share stand once."""
    found: dict[tuple[int, date, str], list[str]] = defaultdict(list)
    words: dict[tuple[int, date, str], str] = {}
    for cycle in (c for c in uow.cycles.all() if c.state is CycleState.OPEN):
        model, changes = uow.models.get(cycle.version), uow.cycles.changes(cycle.id)
        for group in model.groups:
            for deadline in changed(uow.cycles.deadlines(cycle.id, group.key), changes, None, "").values():
                if deadline.last_day is not None:
                    key = (int(cycle.id), deadline.last_day, deadline.label)
                    found[key].append(group.label)
                    words[key] = f"{model.name} {cycle.year}"
    return [
        Entry(
            title=f"Hạn: {label}",
            href=f"/chu-ky/{cycle}",
            meta=(words[cycle, last_day, label], ", ".join(groups)),
            last_day=last_day,
            lenient_until=None,
            tasks=0,
        )
        for (cycle, last_day, label), groups in sorted(found.items(), key=lambda pair: pair[0])
    ]


def _days(
    entries: Sequence[Entry],
    start: date,
    end: date,
    today: date,
    month: date | None,
    working: WorkingCalendar,
    reasons: Mapping[date, str],
) -> list[Day]:
    by_day: dict[date, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_day[entry.last_day].append(entry)
    return [
        Day(
            day=day,
            name=f"{WEEKDAYS[day.weekday()]}, {written(day)}",
            left=_left(day, today, working),
            rest="" if working.is_working(day) else reasons.get(day, WEEKDAYS[day.weekday()]),
            today=day == today,
            inside=month is None or (day.year, day.month) == (month.year, month.month),
            entries=tuple(by_day[day]),
        )
        for day in (start + timedelta(days=n) for n in range((end - start).days + 1))
    ]


def _left(day: date, today: date, working: WorkingCalendar) -> str:
    """Working days from today to a day, today included."""
    if day < today:
        return f"đã qua {(today - day).days} ngày"
    return "hôm nay" if day == today else f"còn {working.count(today, day)} ngày làm việc"


def _over(entry: Entry, today: date) -> bool:
    return is_late_on(entry.last_day, entry.lenient_until, today)


def _mondays(start: date) -> list[date]:
    return [monday_of(start) + timedelta(weeks=n) for n in range(WEEKS)]


def _load(
    uow: UnitOfWork, me: Visitor, scope: Sequence[UnitId], mondays: Sequence[date], limit: int, house: TheHouse
) -> list[LoadRow]:
    units = list(scope) or sorted(me.actor.units())
    found = workload.person_weeks(uow, units, mondays[0], mondays[-1] + timedelta(days=6), now=house.clock())
    mine = [week for week in found if scope or week.account_id == me.account.id]
    rows: dict[int, dict[date, PersonWeek]] = defaultdict(dict)
    for week in mine:
        rows[week.account_id][week.monday] = week
    most = sorted(rows.values(), key=lambda weeks: -max(week.tasks for week in weeks.values()))
    return [_load_row(weeks, mondays, limit) for weeks in most[:PEOPLE]]


def _load_row(weeks: Mapping[date, PersonWeek], mondays: Sequence[date], limit: int) -> LoadRow:
    anybody = next(iter(weeks.values()))
    counts = [weeks[monday].tasks if monday in weeks else 0 for monday in mondays]
    return LoadRow(name=anybody.full_name, unit=anybody.unit, weeks=tuple((n, n > limit) for n in counts))


def _links(first: date, today: date, whose: str, view: str) -> dict[str, tuple[str, str]]:
    """The months before, after, and the present one, as (title, address)."""
    if view == LIST:
        return {}
    before, after = first - timedelta(days=1), first + timedelta(days=32)
    cua = whose if whose != OWN else None
    months = {"before": before, "after": after, "now": today}
    return {
        key: (f"Tháng {m.month:02}/{m.year}", address(CALENDAR, thang=f"{m:%Y-%m}", cua=cua))
        for key, m in months.items()
    }


Chip = tuple[str, str, bool, int | None]


def _whose(kept: Mapping[str, str | None], first: date, whose: str, view: str) -> list[Chip]:
    thang = f"{first:%Y-%m}" if view == MONTH else None
    names = ((OWN, "Việc của tôi"), (UNITS, "Đơn vị tôi phụ trách"))
    return [
        (name, address(CALENDAR, cua=key if key != OWN else None, xem=kept["xem"], thang=thang), key == whose, None)
        for key, name in names
    ]


def _views(kept: Mapping[str, str | None], first: date, view: str) -> list[Chip]:
    return [
        ("Tháng", address(CALENDAR, cua=kept["cua"], thang=f"{first:%Y-%m}"), view == MONTH, None),
        ("Danh sách", address(CALENDAR, cua=kept["cua"], xem=LIST), view == LIST, None),
    ]
