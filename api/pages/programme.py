"""How far is the whole programme? The board of all models: milestones over the years, by model, lead, state and year."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Me, TheHouse, Uow, Visitor
from api.assembly import House
from api.charts import GanttRow, year_gantt
from api.pages.shell import address, number_in, page, today_of
from api.pages.uploads import XLSX, download
from api.texts import label
from api.texts.periods import amount_text, period_text, planned_text
from api.texts.words import day as written
from engine.errors import NotPermitted
from engine.ports.outside import Cell, Sheet
from engine.ports.store import UnitOfWork
from engine.rules.permissions import DESIGNER, READERS
from engine.rules.programme import Mark, Milestone, Part, Period, Programme, Standing, mismatches
from engine.rules.programme import year as whole_year
from engine.rules.units import Actor, Unit
from engine.use_cases.programme import (
    Entry,
    MoneyLine,
    Planned,
    entries,
    find_planned,
    may_bind,
    money_lines,
    planned_models,
    units_of,
    writing_units,
)

router = APIRouter()
BOARD = "/chuong-trinh"
QUARTERS = ("", "I", "II", "III", "IV")
#: Rows of a chart; with more it shows one bar a model.
MOST_BARS = 40
_BARS: Mapping[Standing, str] = {
    Standing.PLANNED: "waiting",
    Standing.UNDER_WAY: "current",
    Standing.OVERDUE: "late",
    Standing.BEFORE: "before",
    Standing.DONE: "done",
    Standing.DROPPED: "dropped",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneLine:
    """One milestone as a list shows it."""

    entry: Entry
    href: str
    meta: tuple[str, ...]
    evidence: str  #: what was said last, by whom
    document: str  #: address of the document in the register; may be empty

    @property
    def tag(self) -> tuple[str, str]:
        """Its state with the tone of the tag."""
        code = self.entry.standing.value
        return label("milestone_standing", code), label("milestone_standing_tone", code)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPart:
    """One model of the board with its milestones."""

    name: str
    href: str
    lines: tuple[MilestoneLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the board shows."""

    model: str = ""
    lead: str = ""
    standing: str = ""
    year: int | None = None

    def takes(self, entry: Entry) -> bool:
        """Whether a milestone is shown."""
        fits = not self.standing or entry.standing.value == self.standing
        led = not self.lead or self.lead in entry.milestone.leads
        return fits and led and (self.year is None or entry.milestone.period.touches(whole_year(self.year)))


@router.get(BOARD)
def board(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show the milestones of every model that are asked for."""
    check_may_look(me)
    today = today_of(house.clock())
    models = planned_models(uow)
    wanted = _asked(request, models, today)
    found = _found(uow, models, wanted, house)
    parts = [_part(planned, found[planned.model.key]) for planned in models if found.get(planned.model.key)]
    return page(
        request,
        "chuong_trinh/board.html",
        me,
        uow,
        page_title="Chương trình",
        parts=parts,
        total=sum(len(part.lines) for part in parts),
        overdue=_overdue(found.values()),
        chart=_chart([e for part in parts for e in (line.entry for line in part.lines)], wanted.year, today),
        wanted=wanted,
        known=bool(models),
        excel=_excel_address(wanted),
        report_year=wanted.year or today.year,
        reports=_reports(uow, me, models, wanted.year or today.year, today),
        **_choices(models, today),  # type: ignore[arg-type]  # the template's own
    )


@router.get(BOARD + ".xlsx")
def board_sheet(request: Request, me: Me, uow: Uow, house: TheHouse) -> Response:
    """The same milestones as an Excel file, with the money of their models."""
    check_may_look(me)
    models = planned_models(uow)
    wanted = _asked(request, models, today_of(house.clock()))
    found = _found(uow, models, wanted, house)
    rows = [_milestone_cells(entry) for planned in models for entry in found.get(planned.model.key, ())]
    spoken = uow.programmes.money()
    money = [
        _money_cells(planned, line)
        for planned in models
        if planned.model.key in found
        for line in money_lines(planned, spoken)
    ]
    sheets = [
        Sheet(name="Mốc", title="Các mốc của chương trình", heads=_MILESTONE_HEADS, rows=rows),
        Sheet(name="Kinh phí", title="Kinh phí của chương trình, đồng", heads=_MONEY_HEADS, rows=money),
    ]
    return download(house.sheets.write_all(sheets), "chuong-trinh.xlsx", XLSX)


@router.get(BOARD + "/{key}")
def one(request: Request, key: str, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show the whole programme of a model: milestones with sources, and money with its sums."""
    check_may_look(me)
    planned = find_planned(uow, key)
    today = today_of(house.clock())
    found = entries(planned, uow.programmes.marks(), now=house.clock())
    lines = money_lines(planned, uow.programmes.money())
    return page(
        request,
        "chuong_trinh/model.html",
        me,
        uow,
        page_title=planned.model.name,
        breadcrumbs=[("Chương trình", BOARD), (planned.model.name, None)],
        planned=planned,
        where=f"{BOARD}/{planned.model.key}",
        facts=_facts(uow, planned, today),
        lines=[_line(entry) for entry in found],
        chart=_chart(found, None, today, whole=True),
        money=[_money_row(planned, line) for line in lines],
        notes=money_notes(planned.programme),
        may_write=bool(writing_units(uow, planned, me.actor, today)),
        may_bind=may_bind(me.actor, uow),
        questions=len(uow.opinions.of_model(planned.model.key)),
    )


def may_report(uow: UnitOfWork, actor: Actor, models: Sequence[Planned], today: date) -> bool:
    """Whether the actor reads the whole city, or writes in some model's programme."""
    return any(actor.holds(top.id, *READERS) for top in tops_of(uow)) or any(
        writing_units(uow, planned, actor, today) for planned in models
    )


def tops_of(uow: UnitOfWork) -> list[Unit]:
    """The units at the top of the tree."""
    return [unit for unit in uow.units.all() if unit.parent_id is None]


def check_may_look(me: Visitor) -> None:
    """Refuse who holds no position that reads: the programme is for every body that takes part."""
    if not me.actor.holds_anywhere(*READERS, DESIGNER):
        raise NotPermitted("not_programme_reader")


def money_notes(programme: Programme) -> list[str]:
    """What is odd about the amounts, said and never corrected."""
    found = [f"{money.label}: {money.note}" for money in programme.money if money.note]
    for wrong in mismatches(programme):
        money = programme.amount(wrong.key)
        name = money.label if money else wrong.key
        found.append(
            f"{name}: nguồn ghi {amount_text(wrong.stated)}, các phần cộng lại là {amount_text(wrong.summed)} "
            f"(lệch {amount_text(abs(wrong.stated - wrong.summed))}). Phần mềm giữ đúng số của nguồn."
        )
    return list(dict.fromkeys(found))


def _found(uow: UnitOfWork, models: Sequence[Planned], wanted: Filter, house: House) -> dict[str, list[Entry]]:
    marks = uow.programmes.marks()
    return {
        planned.model.key: [e for e in entries(planned, marks, now=house.clock()) if wanted.takes(e)]
        for planned in models
        if wanted.model in ("", planned.model.key)
    }


def _reports(
    uow: UnitOfWork, me: Visitor, models: Sequence[Planned], own: int, today: date
) -> list[tuple[str, str, str]]:
    """Name, address of the PDF and of the Word file, of each quarter and of the year."""
    if not models or not may_report(uow, me.actor, models, today):
        return []
    spans = [(f"Quý {QUARTERS[n]}/{own}", f"?nam={own}&quy={n}") for n in (1, 2, 3, 4)]
    return [
        (name, f"{BOARD}.pdf{query}", f"{BOARD}.docx{query}") for name, query in [*spans, (f"Năm {own}", f"?nam={own}")]
    ]


def _excel_address(wanted: Filter) -> str:
    plain = address(f"{BOARD}.xlsx", mo_hinh=wanted.model, chu_tri=wanted.lead, tt=wanted.standing)
    return f"{plain}{'&' if '?' in plain else '?'}nam={wanted.year or ''}"


def _asked(request: Request, models: Sequence[Planned], today: date) -> Filter:
    asked = request.query_params
    sent = asked.get("nam")
    number = number_in(sent or "")
    return Filter(
        model=asked.get("mo_hinh", "") if asked.get("mo_hinh") in {p.model.key for p in models} else "",
        lead=asked.get("chu_tri", ""),
        standing=asked.get("tt", "") if asked.get("tt") in set(Standing) else "",
        year=today.year if sent is None else number if number and 2000 <= number <= 2100 else None,
    )


def _choices(models: Sequence[Planned], today: date) -> dict[str, object]:
    leads = dict.fromkeys(lead for p in models for m in p.programme.milestones for lead in m.leads)
    days = [day for p in models for m in p.programme.milestones for day in (m.period.first, m.period.last) if day]
    years = range(min((d.year for d in days), default=today.year), max((d.year for d in days), default=today.year) + 1)
    return {
        "model_choices": [("", "Tất cả"), *((p.model.key, p.model.name) for p in models)],
        "lead_choices": [("", "Tất cả"), *((lead, lead) for lead in leads)],
        "standing_choices": [("", "Tất cả"), *((s.value, label("milestone_standing", s.value)) for s in Standing)],
        "year_choices": [("", "Mọi năm"), *((str(y), str(y)) for y in sorted({*years, today.year}))],
    }


def _part(planned: Planned, found: Sequence[Entry]) -> ModelPart:
    return ModelPart(
        name=planned.model.name,
        href=f"{BOARD}/{planned.model.key}",
        lines=tuple(_line(entry) for entry in found),
    )


def _line(entry: Entry) -> MilestoneLine:
    milestone, mark = entry.milestone, entry.mark
    return MilestoneLine(
        entry=entry,
        href=f"{BOARD}/{entry.model.key}#moc-{milestone.key}",
        meta=(period_text(milestone.period), ", ".join(milestone.leads), milestone.product),
        evidence=evidence_text(mark) if mark else "",
        document=f"/van-ban/{mark.decision_id}" if mark and mark.decision_id else "",
    )


def evidence_text(mark: Mark) -> str:
    """On what a milestone's state rests, and who said so."""
    dated = f" ngày {written(mark.dated)}" if mark.dated else ""
    paper = f"Theo {mark.number}{dated}. " if mark.number else ""
    note = f"{mark.note.rstrip('.')}. " if mark.note else ""
    return f"{paper}{note}{mark.by_name} ghi ngày {written(mark.at)}."


def _overdue(found: Iterable[Sequence[Entry]]) -> tuple[int, str]:
    count = sum(entry.standing is Standing.OVERDUE for part in found for entry in part)
    return count, address(BOARD, tt=Standing.OVERDUE.value) + "&nam="


def _facts(uow: UnitOfWork, planned: Planned, today: date) -> list[tuple[str, str]]:
    programme, units = planned.programme, units_of(uow, planned, today)
    facts = [
        ("Cơ quan chủ trì", "; ".join(programme.leads)),
        ("Cơ quan phối hợp", "; ".join(programme.coordinating)),
        ("Đơn vị ghi kết quả ở đây", "; ".join(unit.name for unit in units[Part.LEAD]) or "Đơn vị cao nhất"),
        ("Đơn vị phối hợp ở đây", "; ".join(unit.name for unit in units[Part.COORDINATING])),
        ("Nguồn", programme.source),
    ]
    return [(name, text) for name, text in facts if text]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyRow:
    """One amount as the table of a model shows it."""

    name: str
    fund: str
    period: str
    planned: str
    allotted: str
    spent: str
    years: tuple[str, ...]  #: what was said of each year
    href: str  #: where it is said; empty: of its parts only


def _money_row(planned: Planned, line: MoneyLine) -> MoneyRow:
    money = line.money
    years = sorted({*line.allotted, *line.spent})
    return MoneyRow(
        name=f"{'– ' * line.depth}{money.label}",
        fund=money.fund,
        period=period_text(money.period),
        planned=planned_text(money.amount, money.per),
        allotted=amount_text(sum(line.allotted.values())) if line.allotted else "",
        spent=amount_text(sum(line.spent.values())) if line.spent else "",
        years=tuple(_year_text(year, line) for year in years),
        href=f"{BOARD}/{planned.model.key}/kinh-phi/{money.key}" if line.leaf else "",
    )


def _year_text(year: int, line: MoneyLine) -> str:
    allotted, spent = line.allotted.get(year), line.spent.get(year)
    parts = [
        f"giao {amount_text(allotted)}" if allotted is not None else "",
        f"thực hiện {amount_text(spent)}" if spent is not None else "",
    ]
    return f"{year}: {', '.join(part for part in parts if part)}"


_MILESTONE_HEADS = (
    "Mô hình", "Mốc", "Thời gian", "Từ ngày", "Đến hết ngày", "Cơ quan chủ trì", "Cơ quan phối hợp", "Sản phẩm",
    "Tình trạng", "Văn bản", "Ngày văn bản", "Ghi chú", "Nguồn nói", "Nguồn",
)  # fmt: skip
_MONEY_HEADS = (
    "Mô hình", "Khoản", "Nguồn vốn", "Thời gian", "Nguồn ghi", "Tính theo", "Các phần cộng lại", "Được giao",
    "Thực hiện", "Ghi chú",
)  # fmt: skip


def _milestone_cells(entry: Entry) -> list[Cell]:
    milestone, mark = entry.milestone, entry.mark
    return [
        entry.model.name,
        milestone.label,
        period_text(milestone.period),
        milestone.period.first,
        milestone.period.last,
        "; ".join(milestone.leads),
        "; ".join(milestone.coordinating),
        milestone.product,
        label("milestone_standing", entry.standing.value),
        mark.number if mark else "",
        mark.dated if mark else None,
        "; ".join(text for text in (mark.note if mark else "", milestone.note) if text),
        milestone.wording,
        milestone.source,
    ]


def _money_cells(planned: Planned, line: MoneyLine) -> list[Cell]:
    money = line.money
    return [
        planned.model.name,
        f"{'– ' * line.depth}{money.label}",
        money.fund,
        period_text(money.period),
        money.amount,
        label("money_per", money.per.value),
        line.summed,
        sum(line.allotted.values()) if line.allotted else None,
        sum(line.spent.values()) if line.spent else None,
        money.note,
    ]


def _chart(found: Sequence[Entry], year: int | None, today: date, *, whole: bool = False) -> object:
    """The milestones over the year that is shown, or over all their years; open ends reach to its edge."""
    if not found:
        return None
    span = whole_year(year) if year else _span([entry.milestone for entry in found], today)
    first, last = span.first or today, span.last or today
    title = f"Các mốc năm {year}" if year else "Các mốc theo năm"
    if year and len(found) > MOST_BARS and not whole:
        # What runs through the whole year says nothing in its drawing.
        found = [e for e in found if e.milestone.period.last and e.milestone.period.last.year == year] or found
        title = f"Các mốc đến hạn trong năm {year}"
    rows = [
        GanttRow(
            label=entry.milestone.label,
            first=max(entry.milestone.period.first or first, first),
            last=min(entry.milestone.period.last or last, last),
            state=_BARS[entry.standing],
            href=f"{BOARD}/{entry.model.key}#moc-{entry.milestone.key}",
        )
        for entry in found
    ]
    if len(rows) > MOST_BARS and not whole:
        rows = _by_model(found, first, last)
        title = f"Các mô hình năm {year}" if year else "Các mô hình theo năm"
    return year_gantt(title, rows, today=today, thing="mốc")


def _span(milestones: Sequence[Milestone], today: date) -> Period:
    days = [day for m in milestones for day in (m.period.first, m.period.last) if day] or [today]
    return Period(first=date(min(days).year, 1, 1), last=date(max(days).year, 12, 31))


def _by_model(found: Sequence[Entry], first: date, last: date) -> list[GanttRow]:
    models = dict.fromkeys((entry.model.key, entry.model.name) for entry in found)
    rows = []
    for key, name in models:
        own = [entry for entry in found if entry.model.key == key]
        rows.append(
            GanttRow(
                label=name,
                first=max(min(e.milestone.period.first or first for e in own), first),
                last=min(max(e.milestone.period.last or last for e in own), last),
                state=_whole_state(own),
                href=f"{BOARD}/{key}",
            )
        )
    return rows


def _whole_state(own: Sequence[Entry]) -> str:
    """How a model's bar is painted: by what is worst, then by what goes on."""
    standings = {entry.standing for entry in own}
    for standing in (Standing.OVERDUE, Standing.UNDER_WAY, Standing.PLANNED):
        if standing in standings:
            return _BARS[standing]
    return _BARS[Standing.DONE]
