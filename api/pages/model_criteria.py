"""How are the criteria of a model changed? One set at a time: texts, points and weights, lines added and dropped, a set for a new year."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.assembly import House
from api.pages.model_boxes import (
    Box,
    BoxRow,
    Cells,
    blamed,
    box,
    checked,
    filled_in,
    read_boxes,
    row_of,
    truth,
    values_of,
)
from api.pages.model_drafts import Draft, begun, edit_page, judged, place, review, sent
from api.pages.model_parties import Parties, parties_of
from api.pages.model_sources import FROM, Options, source_box, sources_of
from api.pages.models import MODELS
from api.pages.shell import address, number_in
from api.texts.words import number
from engine.errors import BadPack, Finding, NotFound
from engine.ports.pack_editing import Plain
from engine.ports.store import UnitOfWork

router = APIRouter()
CRITERIA = MODELS + "/{key}/sua/tieu-chi"
LINE, GROUP, BAND = "criterion", "group", "band"
#: The field that drops a line, and those of a line to be added.
DROP, NEW = "bo", "moi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a criterion may be for, and where its points may come from."""

    parties: Parties
    sources: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """One set as it was filled in."""

    rows: Sequence[BoxRow]
    dropped: frozenset[int]  #: lines that are to go
    added: Sequence[Box]  #: the line to be added; all empty: none

    @property
    def adds(self) -> bool:
        """Whether a line is to be added."""
        return any(b.value for b in self.added if b.kind != "truth")


@router.get(CRITERIA)
def ask_criteria(request: Request, key: str, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show a criteria set of the latest version, to be changed."""
    draft = begun(uow, me, key)
    file = _file(draft, request.query_params.get("nam", ""))
    return _page(request, me, uow, house, draft, file, _begun(uow, house, draft, file))


@router.post(CRITERIA)
def take_criteria(request: Request, key: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Take a criteria set as it was typed; show what it changes, or what is wrong."""
    draft = sent(uow, me, key, form)
    # The fields are those of the set that was shown; the address may already name another one to go on with.
    file = _file(draft, form.text("bo") or request.query_params.get("nam", ""))
    if not file:
        return _page(request, me, uow, house, draft, file, None)
    choices = _choices(uow, house, draft)
    rows, changes = read_boxes(_rows(house, draft, file, choices), form)
    typed = Typed(rows=rows, dropped=_dropped(rows, form), added=_added(form, choices))
    if any(row.wrong for row in rows) or any(b.error for b in typed.added):
        return _page(request, me, uow, house, draft, file, typed, status=422)
    try:
        edited = house.pack_desk.edited(file, draft.content(file), changes)
        edited, order = _regrown(house, file, edited, typed)
    except BadPack as refusal:
        return _page(request, me, uow, house, draft, file, typed, findings=refusal.findings, status=422)
    wished = draft.put(file, edited)
    found = judged(house, wished)
    if found.model is None:
        typed, others = _blamed(house, file, edited, typed, order, found.findings)
        return _page(request, me, uow, house, draft, file, typed, findings=others, status=422)
    if form.text("viec") == "bo-moi":
        return _new_set(request, me, uow, house, wished, file, form)
    if form.text("viec") in ("xem-thu", "mo"):
        file = _file(wished, request.query_params.get("nam", "")) if form.text("viec") == "mo" else file
        return _page(request, me, uow, house, wished, file, _begun(uow, house, wished, file))
    return review(request, me, uow, house, wished)


def _new_set(
    request: Request, me: Visitor, uow: UnitOfWork, house: House, draft: Draft, file: str, form: Posted
) -> HTMLResponse:
    """Show a copy of a set that is in force from another year on, to be changed in its turn."""
    asked = form.text("nam_moi")
    wanted = number_in(asked)
    problem = "" if wanted is not None and 2000 <= wanted <= 2200 else "Ghi năm, ví dụ 2028."
    copy = f"criteria/{wanted}.toml"
    if not problem and copy in draft.files:
        problem = f"Đã có bộ tiêu chí áp dụng từ năm {asked}."
    if problem:
        typed = _begun(uow, house, draft, file)
        return _page(request, me, uow, house, draft, file, typed, year=asked, problem=problem, status=422)
    wished = draft.put(copy, draft.content(file))
    return _page(request, me, uow, house, wished, copy, _begun(uow, house, wished, copy))


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    house: House,
    draft: Draft,
    file: str,
    typed: Typed | None,
    *,
    findings: Sequence[Finding] = (),
    year: str = "",
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    rows = typed.rows if typed else ()
    wrong = [(b.name, f"{_called(row)}: {b.error}") for row in rows for b in row.boxes if b.error]
    wrong += [(b.name, f"Tiêu chí thêm mới: {b.error}") for b in (typed.added if typed else ()) if b.error]
    wrong += [("nam_moi", problem)] if problem else []
    lines = house.pack_desk.rows(draft.content(file), LINE) if file else []
    return edit_page(
        request,
        "criteria",
        me,
        uow,
        draft,
        "Sửa tiêu chí",
        status=status,
        has_errors=bool(wrong or findings),
        file=file,
        sets=[(y, address(place(draft, "tieu-chi"), nam=y), f"criteria/{y}.toml" == file) for y in _years(draft)],
        year_shown=file[9:13],
        typed=typed,
        top=[row for row in rows if not row.table],
        lines=[(row, _called(row), _note(row, lines)) for row in rows if row.table == LINE],
        weights=[(row, _called(row), f"trọng số {_value(row, 'weight')}") for row in rows if row.table == GROUP],
        bands=[(row, _called(row), f"từ {_value(row, 'at_least')} điểm") for row in rows if row.table == BAND],
        total=number(sum((_points(line) for line in lines), Decimal())),
        tables=[name for name in draft.files if name.endswith(".dmn")],
        errors=wrong,
        findings=findings,
        year=year,
        problem=problem,
        action=address(place(draft, "tieu-chi"), nam=file[9:13]),
    )


def _file(draft: Draft, asked: str) -> str:
    """The set that is asked for, else the latest; empty: the model has none."""
    years = _years(draft)
    if asked and asked not in years:
        raise NotFound("criteria", asked)
    return f"criteria/{asked or years[0]}.toml" if years else ""


def _years(draft: Draft) -> list[str]:
    return sorted((name[9:13] for name in draft.files if name.startswith("criteria/")), reverse=True)


# ---- what a set asks


def _choices(uow: UnitOfWork, house: House, draft: Draft) -> Choices:
    return Choices(parties=parties_of(uow, house, draft, families=True), sources=sources_of(uow, draft))


def _begun(uow: UnitOfWork, house: House, draft: Draft, file: str) -> Typed | None:
    if not file:
        return None
    choices = _choices(uow, house, draft)
    return Typed(rows=_rows(house, draft, file, choices), dropped=frozenset(), added=_blank(choices))


def _rows(house: House, draft: Draft, file: str, choices: Choices) -> list[BoxRow]:
    content = draft.content(file)
    asked: Mapping[str, Callable[[Cells], Iterator[Box]]]
    asked = {"": _of_top, LINE: lambda cells: _of_line(cells, choices), GROUP: _of_group, BAND: _of_band}
    return [
        row_of(table, index, list(boxes(cells)))
        for table, boxes in asked.items()
        for index, cells in enumerate(house.pack_desk.rows(content, table))
    ]


def _of_top(cells: Cells) -> Iterator[Box]:
    yield box(cells, "name", "line", "Tên bộ tiêu chí")
    yield box(cells, "source", "text", "Căn cứ", hint="Văn bản ban hành bộ tiêu chí.")
    yield truth(cells, "sample", "Là bộ tiêu chí MẪU, chỉ để dùng thử")


def _of_line(cells: Cells, choices: Choices) -> Iterator[Box]:
    yield box(cells, "key", "line", "Số")
    yield box(cells, "group", "line", "Nhóm")
    yield box(cells, "text", "text", "Nội dung tiêu chí")
    yield box(cells, "max_points", "points", "Điểm tối đa")
    yield box(cells, "weight", "points", "Trọng số trong nhóm", needed=False, hint="Để trống: tính theo điểm tối đa.")
    yield truth(cells, "evidence_required", "Bắt buộc có minh chứng")
    yield truth(cells, "hard_fail", "0 điểm ở tiêu chí này thì không được công nhận")
    if len(choices.sources) > 1 or FROM in cells:
        yield source_box(cells, choices.sources)
    yield from choices.parties.boxes(cells, "Áp dụng cho")


def _of_group(cells: Cells) -> Iterator[Box]:
    yield box(cells, "name", "line", "Tên nhóm")
    yield box(cells, "weight", "points", "Trọng số của nhóm")


def _of_band(cells: Cells) -> Iterator[Box]:
    yield box(cells, "label", "line", "Tên mức")
    yield box(cells, "at_least", "points", "Từ bao nhiêu điểm")
    yield truth(cells, "recognised", "Được công nhận")


def _blank(choices: Choices) -> list[Box]:
    return list(row_of(NEW, 0, list(_of_line({}, choices))).boxes)


def _called(row: BoxRow) -> str:
    values = {b.key: b.value for b in row.boxes}
    if row.table == LINE:
        return f"{values['key']}. {values['text']}"
    return values.get("name", values.get("label", ""))


def _note(row: BoxRow, lines: Sequence[Cells]) -> str:
    given = row.index < len(lines) and "from" in lines[row.index]
    return f"{_value(row, 'max_points')} điểm{', lấy từ kết quả khác' if given else ''}"


def _value(row: BoxRow, key: str) -> str:
    return next(b.value for b in row.boxes if b.key == key)


def _points(cells: Cells) -> Decimal:
    value = cells.get("max_points")
    return Decimal(value) if isinstance(value, int | Decimal) else Decimal()


# ---- what was typed


def _dropped(rows: Sequence[BoxRow], form: Posted) -> frozenset[int]:
    return frozenset(row.index for row in rows if row.table == LINE and form.text(f"{LINE}.{row.index}.{DROP}"))


def _added(form: Posted, choices: Choices) -> list[Box]:
    filled = [filled_in(b, form) for b in _blank(choices)]
    wanted = any(b.value for b in filled if b.kind != "truth")
    return [checked(b) for b in filled] if wanted else filled


def _regrown(house: House, file: str, content: bytes, typed: Typed) -> tuple[bytes, list[int | None]]:
    """The file with lines dropped and added, and which line of the form each of its lines is; None: the added one."""
    order: list[int | None] = [row.index for row in typed.rows if row.table == LINE]
    for index in sorted(typed.dropped, reverse=True):
        content = house.pack_desk.without(file, content, LINE, index)
        order.remove(index)
    if typed.adds:
        cells = _cells(typed.added)
        groups = [row.get("group") for row in house.pack_desk.rows(content, LINE)]
        same = [index for index, group in enumerate(groups) if group == cells["group"]]
        after = same[-1] if same else len(groups) - 1
        content = house.pack_desk.with_row(file, content, LINE, after, cells)
        order.insert(after + 1, None)
    return content, order


def _cells(boxes: Sequence[Box]) -> dict[str, Plain]:
    cells = values_of(boxes, {b.key for b in boxes})
    return {key: value for key, value in cells.items() if value is not None and value is not False}


def _blamed(
    house: House, file: str, content: bytes, typed: Typed, order: Sequence[int | None], findings: Sequence[Finding]
) -> tuple[Typed, list[Finding]]:
    """What was typed with what was found about it: lines are counted in the edited file, fields in the form."""
    lines = {row.index: row for row in typed.rows if row.table == LINE}
    new = BoxRow(table=LINE, index=0, boxes=typed.added)
    placed = [replace(new if i is None else lines[i], index=at) for at, i in enumerate(order)]
    found, others = blamed(house, file, content, [*(row for row in typed.rows if row.table != LINE), *placed], findings)
    back = {order[row.index]: row for row in found if row.table == LINE}
    rows = [
        replace(back.get(row.index, row), index=row.index) if row.table == LINE else row
        for row in [r for r in found if r.table != LINE] + list(lines.values())
    ]
    return replace(typed, rows=rows, added=back[None].boxes if None in back else typed.added), others
