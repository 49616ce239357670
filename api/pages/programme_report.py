"""What is reported of all models for a quarter or a year? One paper: milestones, targets, money, coverage of the cycles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.actor import Me, TheHouse, Uow, Visitor
from api.assembly import House
from api.pages.programme import BOARD, QUARTERS, may_report, money_notes, tops_of
from api.pages.shell import number_in, today_of
from api.pages.uploads import DOCX, PDF, download
from api.texts import label
from api.texts.aims import reached_text, target_text, verdict_text
from api.texts.periods import amount_text, period_text, planned_text
from api.texts.words import day as written
from api.texts.words import number, percent
from engine.errors import NotFound, NotPermitted
from engine.ports.outside import Rendered
from engine.ports.queries import CycleRow
from engine.ports.store import UnitOfWork
from engine.rules.papers import Align, Block, Column, Heading, Items, Kind, Paper, Paragraph, Signature, Table
from engine.rules.permissions import READERS
from engine.rules.programme import MoneyYear, Period, Standing, quarter, year
from engine.rules.units import Unit, UnitId
from engine.use_cases.programme import (
    Entry,
    Planned,
    entries,
    money_lines,
    planned_models,
    writing_units,
)
from engine.use_cases.targets import Line, lines

router = APIRouter()
_LATE = Standing.OVERDUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The span of a report."""

    year: int
    quarter: int  #: 0: the whole year

    @property
    def period(self) -> Period:
        """Its days."""
        return quarter(self.quarter, self.year) if self.quarter else year(self.year)

    @property
    def name(self) -> str:
        """As the title says it."""
        return f"quý {QUARTERS[self.quarter]} năm {self.year}" if self.quarter else f"năm {self.year}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told of one model."""

    planned: Planned
    entries: tuple[Entry, ...]  #: milestones that touch the span
    cycles: tuple[CycleRow, ...]  #: of the year

    def count(self, *standings: Standing) -> int:
        """How many milestones stand so."""
        return sum(entry.standing in standings for entry in self.entries)


@router.get(BOARD + ".pdf")
def pdf(request: Request, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand the report out for printing."""
    return _handed(request, me, uow, house, "pdf", PDF, lambda made: made.pdf)


@router.get(BOARD + ".docx")
def docx(request: Request, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand the report out for editing."""
    return _handed(request, me, uow, house, "docx", DOCX, lambda made: made.docx)


def report_of(uow: UnitOfWork, asked: Asked, me: Visitor, house: House) -> Paper:
    """The report as a paper."""
    now = house.clock()
    tops = tops_of(uow)
    marks, money = uow.programmes.marks(), uow.programmes.money()
    cycles = uow.queries.cycles(frozenset(unit.id for unit in tops))
    told = [
        Told(
            planned=planned,
            entries=tuple(e for e in entries(planned, marks, now=now) if e.milestone.period.touches(asked.period)),
            cycles=tuple(c for c in cycles if (c.model, c.year) == (planned.model.key, asked.year)),
        )
        for planned in planned_models(uow)
    ]
    models = [one.planned.model for one in told]
    reached = lines(uow, models, [asked.year], today=today_of(now), targeted=True)
    unit = _reporting(uow, me, told, tops, today_of(now))
    return Paper(
        id=f"chuong-trinh-{asked.year}-{asked.quarter}",
        kind=Kind.REPORT,
        profile="administrative",
        organisation=(unit.name,),
        place=unit.place,
        date=today_of(now),
        title="Báo cáo",
        subject=f"Tổng hợp tình hình thực hiện các mô hình {asked.name}",
        blocks=tuple(_blocks(told, asked, money, reached, today_of(now))),
        recipients=("Các cơ quan chủ trì, phối hợp", "Lưu: VT"),
        signatures=(Signature(name=me.account.full_name, position="Người lập báo cáo"),),
        sealed=False,
    )


def _handed(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    house: House,
    ending: str,
    media_type: str,
    part: Callable[[Rendered], bytes],
) -> Response:
    wanted = _asked(request)
    if not may_report(uow, me.actor, planned_models(uow), today_of(house.clock())):
        raise NotPermitted("not_programme_reporter")
    made = house.renderer.render(report_of(uow, wanted, me, house))
    name = f"bao-cao-mo-hinh-{wanted.year}{f'-q{wanted.quarter}' if wanted.quarter else ''}"
    return download(part(made), f"{name}.{ending}", media_type)


def _asked(request: Request) -> Asked:
    own, part = (number_in(request.query_params.get(name, "")) for name in ("nam", "quy"))
    if own is None or not 2000 <= own <= 2100 or (part or 0) > 4:
        raise NotFound("report", str(request.query_params))
    return Asked(year=own, quarter=part or 0)


def _reporting(uow: UnitOfWork, me: Visitor, told: Sequence[Told], tops: Sequence[Unit], today: date) -> Unit:
    """Whose report it is: of the person's unit at the top, else of the body that leads."""
    held = [top for top in tops if me.actor.holds(UnitId(top.id), *READERS)]
    leading = [unit for one in told for unit in writing_units(uow, one.planned, me.actor, today)]
    return (held or leading or list(tops))[0]


def _blocks(
    told: Sequence[Told], asked: Asked, money: Sequence[MoneyYear], reached: Sequence[Line], today: date
) -> list[Block]:
    blocks: list[Block] = [
        Heading(text="I. Tình hình chung"),
        Paragraph(text=_summary(told, asked, today)),
        _overview(told),
        Heading(text="II. Các mốc trong kỳ"),
    ]
    for one in told:
        if one.entries:
            blocks += [Heading(text=one.planned.model.name, level=2), _milestones(one)]
    blocks += [Heading(text="III. Chỉ tiêu của năm"), _targets(reached, asked)]
    blocks += [Heading(text="IV. Kinh phí"), _money(told, money, asked)]
    blocks += [Heading(text="V. Mức độ tham gia các chu kỳ của năm"), _coverage(told)]
    if notes := [f"{one.planned.model.name}. {note}" for one in told for note in money_notes(one.planned.programme)]:
        blocks += [Heading(text="VI. Chỗ cần biết về số liệu"), Items(items=tuple(notes))]
    return blocks


def _summary(told: Sequence[Told], asked: Asked, today: date) -> str:
    total = sum(len(one.entries) for one in told)
    done, late = sum(one.count(Standing.DONE) for one in told), sum(one.count(_LATE) for one in told)
    return (
        f"Trong {asked.name}, {number(len(told))} mô hình có {number(total)} mốc và giai đoạn; đến ngày {written(today)}: "
        f"{number(done)} đã xong, {number(sum(one.count(Standing.UNDER_WAY) for one in told))} đang thực hiện, "
        f"{number(late)} quá thời gian."
    )


def _overview(told: Sequence[Told]) -> Table:
    columns = (
        Column(title="STT", width=5, align=Align.CENTRE),
        Column(title="Mô hình", width=32),
        Column(title="Cơ quan chủ trì", width=24),
        *(Column(title=title, width=9, align=Align.RIGHT) for title in ("Số mốc", "Đã xong", "Đang làm", "Quá hạn")),
    )
    rows = [
        (
            str(place),
            one.planned.model.name,
            "; ".join(one.planned.programme.leads),
            number(len(one.entries)),
            *(number(one.count(s)) for s in (Standing.DONE, Standing.UNDER_WAY, _LATE)),
        )
        for place, one in enumerate(told, 1)
    ]
    return Table(columns=columns, rows=tuple(rows))


def _milestones(one: Told) -> Table:
    columns = (
        Column(title="Mốc", width=40),
        Column(title="Thời gian", width=18),
        Column(title="Tình trạng", width=16),
        Column(title="Văn bản", width=22),
    )
    rows = [
        (
            entry.milestone.label,
            period_text(entry.milestone.period),
            label("milestone_standing", entry.standing.value),
            _evidence(entry),
        )
        for entry in one.entries
    ]
    return Table(columns=columns, rows=tuple(rows))


def _evidence(entry: Entry) -> str:
    if entry.mark is None:
        return ""
    dated = f" ngày {written(entry.mark.dated)}" if entry.mark.dated else ""
    return f"{entry.mark.number}{dated}".strip() or entry.mark.note


def _targets(reached: Sequence[Line], asked: Asked) -> Block:
    rows = [
        (
            line.model.name,
            line.target.label,
            target_text(line.target),
            reached_text(line.indicator, line.gathered.figure),
            verdict_text(line.verdict)[0],
        )
        for line in reached
        if line.target is not None
    ]
    if not rows:
        return Paragraph(text=f"Không có chỉ tiêu nào đặt cho năm {asked.year}.")
    columns = (
        Column(title="Mô hình", width=24),
        Column(title="Chỉ tiêu", width=28),
        Column(title="Mức", width=16),
        Column(title="Thực hiện", width=18),
        Column(title="Kết quả", width=14),
    )
    return Table(columns=columns, rows=tuple(rows))


def _money(told: Sequence[Told], money: Sequence[MoneyYear], asked: Asked) -> Block:
    rows = [
        (
            one.planned.model.name if line.depth == 0 else "",
            f"{'– ' * line.depth}{line.money.label}",
            period_text(line.money.period),
            planned_text(line.money.amount, line.money.per),
            amount_text(line.allotted.get(asked.year)),
            amount_text(line.spent.get(asked.year)),
        )
        for one in told
        for line in money_lines(one.planned, money)
        if line.money.period.touches(year(asked.year))
    ]
    if not rows:
        return Paragraph(text="Không có khoản nào trong năm.")
    columns = (
        Column(title="Mô hình", width=22),
        Column(title="Khoản", width=26),
        Column(title="Thời gian", width=14),
        Column(title="Nguồn ghi", width=16, align=Align.RIGHT),
        Column(title=f"Giao năm {asked.year}", width=14, align=Align.RIGHT),
        Column(title=f"Thực hiện năm {asked.year}", width=14, align=Align.RIGHT),
    )
    return Table(columns=columns, rows=tuple(rows))


def _coverage(told: Sequence[Told]) -> Block:
    rows = [
        (
            one.planned.model.name,
            label("cycle_state", row.state.value),
            number(row.units),
            f"{number(row.registered)} ({percent(row.registered, row.units)})",
            f"{number(row.recognised)} ({percent(row.recognised, row.units)})",
        )
        for one in told
        for row in one.cycles
    ]
    if not rows:
        return Paragraph(text="Chưa mở chu kỳ nào của năm.")
    columns = (
        Column(title="Mô hình", width=34),
        Column(title="Chu kỳ", width=14),
        *(Column(title=title, width=14, align=Align.RIGHT) for title in ("Đơn vị", "Đã đăng ký", "Được công nhận")),
    )
    return Table(columns=columns, rows=tuple(rows))
