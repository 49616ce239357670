"""How do points of many units come in at once? As an Excel list of the person's own scoring tasks; the points go into their drafts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Path

from api.actor import Me, TheHouse, Uow, Visitor
from api.forms import FormSpec, validate
from api.forms.spec import TABLES, Field
from api.pages import task_forms
from api.pages.cycles import readable_scope
from api.pages.filled_lists import TAKE_BACK, Filling, Row, add_routes, number_cell
from api.pages.listing import Column
from api.pages.shell import scope_of
from engine.errors import FieldError
from engine.ports.outside import Cell
from engine.ports.process import Value
from engine.ports.store import UnitOfWork
from engine.rules.cycles import Cycle, CycleId
from engine.rules.dossiers import WorkItem
from engine.rules.text import fold, number_text
from engine.rules.unit_lists import ListChange
from engine.rules.units import Actor
from engine.use_cases import score_lists
from engine.use_cases.list_changes import Checked, Step

router = APIRouter()
CyclePath = Annotated[int, Path(ge=1)]
LISTS = "/nhap-diem"
POINTS, WORDS = "points", ("proof", "reason")
_COLUMNS = (
    Column(name="code", title="Mã đơn vị", heads=("Mã",)),
    Column(name="unit", title="Đơn vị", heads=("Tên đơn vị",)),
    Column(name="task", title="Việc"),
    Column(name="key", title="Mã tiêu chí"),
    Column(name="text", title="Tiêu chí"),
    Column(name="most", title="Điểm tối đa"),
    Column(name="own", title="Tự chấm"),
    Column(name=POINTS, title="Điểm"),
    Column(name="proof", title="Minh chứng"),
    Column(name="reason", title="Lý do", heads=("Giải trình",)),
    Column(name="seen", title="Mã dòng"),
)
_HOW = (
    "Danh sách chỉ có những việc chấm điểm đang chờ bạn. Điểm vào bản nháp của từng việc; bạn mở việc, đọc lại rồi gửi như thường lệ. "
    "Quy định về lý do, minh chứng và điểm tối đa giữ nguyên khi gửi.",
    f"Ô điểm, minh chứng, lý do để trống thì giữ nội dung đang có trong bản nháp. Muốn xóa, ghi “{TAKE_BACK}” vào ô đó.",
    "Điểm ghi như 8,5. Ô công thức được đọc theo kết quả đã lưu trong tệp.",
    "Cột “Mã dòng” để nhận ra dòng mà người khác đã sửa sau khi tải tệp. Không sửa cột này.",
    "Chỉ trang tính đầu tiên được đọc. Ô gộp chỉ tính cho dòng đầu, nên mỗi dòng ghi đủ mã đơn vị và mã tiêu chí.",
)


@dataclass(slots=True, kw_only=True)
class Task:
    """One task with the table in which points are given."""

    item: WorkItem
    unit: str
    code: str
    spec: FormSpec
    table: Field
    answers: dict[str, Value]

    @property
    def lines(self) -> list[dict[str, Value]]:
        """The rows of its table."""
        rows = self.answers.get(self.table.name)
        return [dict(row) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One criterion of one task."""

    task: int  #: its place
    place: int  #: of the row in its table
    code: str
    unit: str
    key: str
    row: Mapping[str, Value]

    def seen(self, item: WorkItem) -> str:
        """Which line it is, and what stood in it: changes with every change of its cells."""
        said = "|".join(_text(self.row.get(name)) for name in (POINTS, *WORDS))
        return f"{item.id}.{self.place}.{sha256(said.encode()).hexdigest()[:6]}"


@dataclass(slots=True, kw_only=True)
class _Read:
    """What a list says, held against the tasks."""

    checked: Checked = field(default_factory=Checked)
    cells: dict[int, list[tuple[str, str, str]]] = field(default_factory=dict)  #: task → what changed
    rows: dict[tuple[int, int], int] = field(default_factory=dict)  #: (task, place) → row of the list


@dataclass(slots=True, kw_only=True)
class ScoreFilling:
    """The points that a person gives in a cycle, as a list (`Filling`)."""

    uow: UnitOfWork
    cycle: Cycle
    actor: Actor
    now: datetime
    base: str
    title: str
    caption: str
    crumbs: Sequence[tuple[str, str | None]]
    file_name: str
    about: str
    columns: tuple[Column, ...] = _COLUMNS
    how: tuple[str, ...] = _HOW

    def rows(self) -> list[list[Cell]]:
        """One row for each criterion of each task, with what its draft holds."""
        found = self._tasks()
        return [_cells(found[line.task], line) for line in _lines(found)]

    def check(self, rows: Sequence[Row]) -> Checked:
        """Look at a list; rows that do not say which line they are get it from now."""
        found = self._tasks()
        lines = _lines(found)
        read = self._read(found, lines, rows)
        by_place = {(line.task, line.place): line for line in lines}
        for (task, place), index in read.rows.items():
            rows[index]["seen"] = rows[index]["seen"] or by_place[task, place].seen(found[task].item)
        return read.checked

    def carry_out(self, rows: Sequence[Row]) -> ListChange | None:
        """Keep the points in the drafts."""
        found = self._tasks()
        read = self._read(found, _lines(found), rows)
        filled = [
            score_lists.Filled(item=found[task].item, answers=found[task].answers, cells=cells)
            for task, cells in sorted(read.cells.items())
        ]
        return score_lists.carry_out(self.uow, self.cycle, filled, actor=self.actor, now=self.now)

    def sees(self, change: ListChange) -> bool:
        """Only who carried it out: drafts are nobody else's business."""
        return change.by_id == self.actor.account_id

    def undo_fault(self, change: ListChange) -> FieldError | None:
        """Why a list cannot be undone."""
        return score_lists.undo_fault(self.uow, change, actor=self.actor, now=self.now)

    def undo(self, change: ListChange) -> None:
        """Let the drafts stand as they were."""
        score_lists.undo(self.uow, self.cycle, change, actor=self.actor, now=self.now)

    def step(self, step: Step) -> tuple[str, str, str]:
        """The task; what stood in its cells; what stands there since."""
        cells = step["cells"]
        listed = [cell for cell in cells if isinstance(cell, list | tuple)] if isinstance(cells, list | tuple) else []
        return (
            str(step["name"]),
            "; ".join(f"{what}: {old}" for what, old, _ in listed if old),
            "; ".join(f"{what}: {new or '–'}" for what, _, new in listed),
        )

    def links(self, change: ListChange) -> list[tuple[str, str]]:
        """The tasks that are now to be read again and handed in."""
        return [(str(step["name"]), f"/viec/{step['item']}") for step in change.steps]

    def _tasks(self) -> list[Task]:
        items = score_lists.scoring_work(self.uow, self.cycle.id, actor=self.actor, now=self.now)
        return [task for item in items if (task := _task(self.uow, item, self.now)) is not None]

    def _read(self, found: list[Task], lines: Sequence[Line], rows: Sequence[Row]) -> _Read:
        read = _Read()
        known: dict[tuple[str, str], list[Line]] = {}
        for line in lines:
            known.setdefault((fold(line.code), fold(line.key)), []).append(line)
        for index, row in enumerate(rows):
            chosen = _chosen(found, known, row)
            if isinstance(chosen, FieldError):
                read.checked.errors[f"rows.{index}.{'key' if row['code'] else 'code'}"] = chosen
            elif (chosen.task, chosen.place) in read.rows:
                read.checked.errors[f"rows.{index}.key"] = FieldError("score_twice", {})
            else:
                read.rows[chosen.task, chosen.place] = index
                _fill(read, found[chosen.task], chosen, index, row)
        for place, task in enumerate(found):
            if place in read.cells:
                _check_task(read, place, task)
        return read


def desk_of(cycle_id: CyclePath, me: Me, uow: Uow, house: TheHouse) -> Filling:
    """The list of a cycle's points for a person; refused who neither gives points in it nor reads about it."""
    cycle = uow.cycles.get(CycleId(cycle_id))
    if not score_lists.gives_points(uow, cycle.id, actor=me.actor):
        readable_scope(me, uow, cycle)
    return _desk(uow, me, cycle, house.clock())


def _desk(uow: UnitOfWork, me: Visitor, cycle: Cycle, now: datetime) -> ScoreFilling:
    # A council gives points and reads about no cycle.
    reads = [("Chu kỳ", "/chu-ky"), (str(cycle.year), f"/chu-ky/{cycle.id}")]
    return ScoreFilling(
        uow=uow,
        cycle=cycle,
        actor=me.actor,
        now=now,
        base=f"{LISTS}/{cycle.id}",
        title="Nhập điểm bằng Excel",
        caption=f"{uow.models.get(cycle.version).name} · {cycle.year}",
        crumbs=reads if scope_of(me.actor) else [("Việc của tôi", "/viec")],
        file_name=f"diem-{cycle.model}-{cycle.year}",
        about=score_lists.about(cycle).key,
    )


def _task(uow: UnitOfWork, item: WorkItem, now: datetime) -> Task | None:
    spec = task_forms.spec_of_item(uow, item)
    table = next((f for f in spec.fields if f.widget in TABLES and f.fixed and _asks(f, POINTS)), None)
    if table is None:
        return None
    unit = uow.units.get(item.subject_unit_id)
    answers = task_forms.start_of(uow, item, spec, now=now)
    return Task(item=item, unit=unit.name, code=unit.code, spec=spec, table=table, answers=answers)


def _asks(table: Field, name: str) -> bool:
    return any(column.name == name and not column.read_only for column in table.columns)


def _lines(found: Sequence[Task]) -> list[Line]:
    return [
        Line(
            task=number_of,
            place=place,
            code=str(row.get("code") or task.code),
            unit=str(row.get("unit") or task.unit),
            key=str(row.get("key") or row.get(task.table.key) or ""),
            row=row,
        )
        for number_of, task in enumerate(found)
        for place, row in enumerate(task.lines)
    ]


def _cells(task: Task, line: Line) -> list[Cell]:
    row = line.row
    return [
        line.code,
        line.unit,
        task.item.name,
        line.key,
        _text(row.get("text")),
        _number(row.get("max_points")),
        _number(row.get("self_points")),
        _number(row.get(POINTS)),
        _text(row.get("proof")),
        _text(row.get("reason")),
        line.seen(task.item),
    ]


def _chosen(found: Sequence[Task], known: Mapping[tuple[str, str], Sequence[Line]], row: Row) -> Line | FieldError:
    """The line that a row of the list means."""
    if not row["code"]:
        return FieldError("list_no_code", {})
    lines = known.get((fold(row["code"]), fold(row["key"])), ())
    if len(lines) > 1:
        said = row["seen"].partition(".")[0]
        of_task = [line for line in lines if said == str(found[line.task].item.id)]
        of_task = of_task or [line for line in lines if fold(found[line.task].item.name) == fold(row["task"])]
        lines = of_task if len(of_task) == 1 else ()
    if not lines:
        return FieldError("score_no_line", {"code": row["code"], "key": row["key"]})
    return lines[0]


def _fill(read: _Read, task: Task, line: Line, index: int, row: Row) -> None:
    """Put a row's cells into its task's answers, and say what changes."""
    wanted, wrong = _wanted(task, line, row)
    read.checked.errors |= {f"rows.{index}.{name}": error for name, error in wrong.items()}
    changes = {name: value for name, value in wanted.items() if _text(value) != _text(line.row.get(name))}
    if not changes:
        return
    if fault := _fault(task, {**line.row, **changes}, origin=bool(POINTS in changes and line.row.get("origin"))):
        read.checked.errors[f"rows.{index}.{fault[0]}"] = fault[1]
    if row["seen"] and row["seen"] != line.seen(task.item):
        read.checked.overtaken.add(index)
        read.checked.errors[f"rows.{index}.seen"] = FieldError("score_overtaken", {"seen": line.seen(task.item)})
    read.checked.changed.add(index)
    lines = task.lines
    lines[line.place] = {**lines[line.place], **changes}
    task.answers[task.table.name] = list(lines)
    for name, value in changes.items():
        before, after = _text(line.row.get(name)), _text(value)
        if before:
            read.checked.before[f"rows.{index}.{name}"] = before
        title = line.key if name == POINTS else f"{line.key} ({task.table.column(name).title.lower()})"
        read.cells.setdefault(line.task, []).append((title, before, after))


def _fault(task: Task, row: Mapping[str, Value], *, origin: bool) -> tuple[str, FieldError] | None:
    """What the rules of scoring refuse of a line when it is handed in, said already now."""
    points, most = row.get(POINTS), row.get("max_points")
    if origin:
        return POINTS, FieldError("score_from_origin", {"origin": row.get("origin")})
    if isinstance(points, int | Decimal) and isinstance(most, int | Decimal) and not 0 <= points <= most:
        return POINTS, FieldError("points_out_of_range", {"criterion": row.get("text"), "max": most})
    if row.get("evidence") and points and _asks(task.table, "proof") and not row.get("proof") and not row.get("reason"):
        return "proof", FieldError("proof_or_explanation", {"criterion": row.get("text")})
    return None


def _wanted(task: Task, line: Line, row: Row) -> tuple[dict[str, Value], dict[str, FieldError]]:
    """What a row's cells ask for; empty cells ask for nothing."""
    wanted: dict[str, Value] = {}
    wrong: dict[str, FieldError] = {}
    points = number_cell(row[POINTS], "Điểm")
    if isinstance(points, FieldError):
        wrong[POINTS] = points
    elif points is not None:
        wanted[POINTS] = None if points == TAKE_BACK else points
    for name in WORDS:
        text = "" if fold(row[name]) == fold(TAKE_BACK) else row[name]
        if not row[name] or text == " ".join(_text(line.row.get(name)).split()):
            continue
        if _asks(task.table, name):
            wanted[name] = text
        else:
            wrong[name] = FieldError("score_no_column", {})
    return wanted, wrong


def _check_task(read: _Read, place: int, task: Task) -> None:
    """What the form itself says of the cells that the list fills in; what is still missing is said when it is handed in."""
    for name, error in validate(task.spec, task.answers).items():
        table, _, rest = name.partition(".")
        row, _, column = rest.partition(".")
        index = read.rows.get((place, int(row))) if table == task.table.name and row.isdecimal() else None
        if index is None or error.code.startswith("form.required") or index not in read.checked.changed:
            continue
        read.checked.errors.setdefault(f"rows.{index}.{column}", error)


def _text(value: Value) -> str:
    if value is None:
        return ""
    return number_text(Decimal(value).normalize() + 0) if isinstance(value, int | Decimal) else str(value)


def _number(value: Value) -> Cell:
    return value if isinstance(value, int | Decimal) else None


add_routes(router, LISTS + "/{cycle_id:int}", desk_of)
