"""How do many figures of a model and year come in at once? As an Excel list with units, indicators and what stands already in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from fastapi import APIRouter

from api.actor import Me, TheHouse, Uow, Visitor
from api.pages.figures import LISTS, check_reader, known_model
from api.pages.filled_lists import TAKE_BACK, Filling, Row, add_routes, number_cell
from api.pages.listing import Column
from api.pages.shell import address, number_in
from api.pages.targets import FIGURES
from api.texts import label
from api.texts.aims import quarter_text
from api.texts.words import number
from engine.errors import FieldError, NotFound, NotPermitted
from engine.ports.outside import Cell
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.figures import QUARTERS, WHOLE_YEAR, Part
from engine.rules.targets import Measure
from engine.rules.unit_lists import ListChange
from engine.rules.units import Actor
from engine.use_cases import figure_lists, figures
from engine.use_cases.figures import FIRST_YEAR, LAST_YEAR
from engine.use_cases.list_changes import Checked, Step

router = APIRouter()
_PERIODS = {str(WHOLE_YEAR): "Cả năm", **{str(q): f"Quý {quarter_text(q)}" for q in QUARTERS}}
_HOW = (
    "Ô số để trống thì giữ số đang có; dòng không khác số đang có thì không ghi gì.",
    f"Muốn bỏ một số liệu, ghi “{TAKE_BACK}” vào ô số thực hiện.",
    "Số ghi như 1.234,5: dấu chấm ngăn hàng nghìn, dấu phẩy là phần thập phân. Ô công thức được đọc theo kết quả đã lưu trong tệp.",
    "Cột “Lần nhập” là số lần số liệu đã được nhập khi tải tệp mẫu, để nhận ra dòng mà người khác đã sửa sau đó. Không sửa cột này.",
    "Chỉ trang tính đầu tiên được đọc. Ô gộp chỉ tính cho dòng đầu, nên mỗi dòng ghi đủ mã đơn vị và chỉ số.",
)


@dataclass(slots=True, kw_only=True)
class FigureFilling:
    """The figures of a model and year that a person may state, as a list (`Filling`)."""

    uow: UnitOfWork
    model: CycleModel
    year: int
    actor: Actor
    now: datetime
    base: str
    title: str
    caption: str
    crumbs: Sequence[tuple[str, str | None]]
    columns: tuple[Column, ...]
    how: tuple[str, ...]
    file_name: str
    about: str

    def rows(self) -> list[list[Cell]]:
        """One row for each figure that may be stated, with what stands."""
        found = figure_lists.places(self.uow, self.model, self.year, actor=self.actor)
        return [
            [
                place.unit.code,
                place.unit.name,
                place.indicator.label,
                _PERIODS[str(place.quarter)],
                *(getattr(place.standing, part.value) if place.standing else None for part in self._parts()),
                place.standing.source if place.standing else "",
                place.standing.document if place.standing else "",
                place.standing.number if place.standing else 0,
            ]
            for place in found
        ]

    def check(self, rows: Sequence[Row]) -> Checked:
        """Look at a list; rows that do not say how often they were entered get it from now."""
        read, wrong = self._read(rows)
        checked = figure_lists.check(self.uow, self.model, self.year, read, actor=self.actor)
        checked.errors.update(wrong)
        standing = {
            (place.unit.code, place.indicator.key, str(place.quarter)): place.standing
            for place in figure_lists.places(self.uow, self.model, self.year, actor=self.actor)
        }
        for row in rows:
            found = standing.get((row["code"], row["indicator"], row["period"]))
            if number_in(row["seen"]) is None:
                row["seen"] = str(found.number if found else 0)
        return checked

    def carry_out(self, rows: Sequence[Row]) -> ListChange | None:
        """State the figures."""
        read, _ = self._read(rows)
        return figure_lists.carry_out(self.uow, self.model, self.year, read, actor=self.actor, now=self.now)

    def sees(self, change: ListChange) -> bool:
        """Whoever carried it out, and who leads the model."""
        return change.by_id == self.actor.account_id or figures.leads(self.uow, self.model, self.year, self.actor)

    def undo_fault(self, change: ListChange) -> FieldError | None:
        """Why a list cannot be undone."""
        return figure_lists.undo_fault(self.uow, self.model, self.year, change, actor=self.actor)

    def undo(self, change: ListChange) -> None:
        """Let what stood before stand again."""
        figure_lists.undo(self.uow, self.model, self.year, change, actor=self.actor, now=self.now)

    def step(self, step: Step) -> tuple[str, str, str]:
        """Unit, indicator and period; the number before; the number after."""
        own = self.model.indicator(str(step["indicator"]))
        named = f"{step['name']}: {own.label if own else step['indicator']}, {_PERIODS[str(step['quarter'])].lower()}"
        return named, _value(step["old"]), _value(step["new"])

    def links(self, change: ListChange) -> list[tuple[str, str]]:
        """Figures stand at once: nothing is left to do."""
        return []

    def _quarter(self, row: Row) -> int | None:
        own = self.model.indicator(row["indicator"])
        if not row["period"]:
            return None if own is None or own.quarterly else WHOLE_YEAR
        return int(row["period"]) if row["period"] in _PERIODS else None

    def _parts(self) -> list[Part]:
        return [Part(column.name) for column in self.columns if column.name in tuple(Part)]

    def _read(self, rows: Sequence[Row]) -> tuple[list[figure_lists.Row], dict[str, FieldError]]:
        wrong: dict[str, FieldError] = {}
        found = []
        for index, row in enumerate(rows):
            cells = {part: number_cell(row[part.value], label("figure_part", part.value)) for part in self._parts()}
            wrong |= {
                f"rows.{index}.{part.value}": cell for part, cell in cells.items() if isinstance(cell, FieldError)
            }
            wrong |= {
                f"rows.{index}.{part.value}": FieldError(
                    "form.not_a_number", {"title": label("figure_part", part.value)}
                )
                for part, cell in cells.items()
                if cell == TAKE_BACK and part is not Part.VALUE
            }
            found.append(
                figure_lists.Row(
                    code=row["code"],
                    indicator=row["indicator"],
                    quarter=self._quarter(row),
                    parts={p: c for p, c in cells.items() if c is not None and not isinstance(c, FieldError | str)},
                    taken_back=cells.get(Part.VALUE) == TAKE_BACK,
                    source=row["source"],
                    document=row["document"],
                    seen=number_in(row["seen"]),
                )
            )
        return found, wrong


def address_of(model: CycleModel, year: int) -> str:
    """Where the figures of a model and year come in by a list."""
    return f"{LISTS}/{model.key}/{year}"


def desk_of(key: str, year: int, me: Me, uow: Uow, house: TheHouse) -> Filling:
    """The list of a model in a year; refused who may state no figure of it."""
    check_reader(me)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound("year", year)
    return _desk(uow, me, known_model(uow, key, year), year, house.clock())


def _desk(uow: UnitOfWork, me: Visitor, model: CycleModel, year: int, now: datetime) -> FigureFilling:
    if not figure_lists.may_fill(uow, model, year, actor=me.actor):
        raise NotPermitted("not_your_figure", unit=None)
    return FigureFilling(
        uow=uow,
        model=model,
        year=year,
        actor=me.actor,
        now=now,
        base=address_of(model, year),
        title=f"Nhập số liệu bằng Excel, năm {year}",
        caption=model.name,
        crumbs=[("Số liệu", address(FIGURES, nam=year))],
        columns=_columns(model),
        how=_HOW,
        file_name=f"so-lieu-{model.key}-{year}",
        about=figure_lists.about(model, year).key,
    )


def _columns(model: CycleModel) -> tuple[Column, ...]:
    own = [i for i in model.indicators if i.origin is None]
    parts = [Part.VALUE]
    parts += [Part.WHOLE] if any(i.measure is Measure.PERCENT for i in own) else []
    parts += [Part.BASELINE] if any(i.measure is Measure.REDUCTION for i in own) else []
    return (
        Column(name="code", title="Mã đơn vị", heads=("Mã",)),
        Column(name="unit", title="Đơn vị", heads=("Tên đơn vị",)),
        Column(name="indicator", title="Chỉ số", choices={i.key: i.label for i in own}),
        Column(name="period", title="Kỳ", choices=_PERIODS),
        *(Column(name=part.value, title=label("figure_part", part.value)) for part in parts),
        Column(name="source", title="Nguồn số liệu", heads=("Nguồn",)),
        Column(name="document", title="Số văn bản"),
        Column(name="seen", title="Lần nhập"),
    )


def _value(parts: object) -> str:
    """The numbers of a figure, in one line."""
    found = parts if isinstance(parts, Mapping) else {}
    named = [(part, found.get(part.value)) for part in Part]
    return "; ".join(
        number(value) if part is Part.VALUE else f"{label('figure_part', part.value).lower()} {number(value)}"
        for part, value in named
        if isinstance(value, Decimal | int)
    )


add_routes(router, LISTS + "/{key}/{year:int}", desk_of)
