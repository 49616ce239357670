"""How do the outgoing registers look as a workbook? All units in one list, then one sheet a unit, ready to be printed.

Columns after Nghị định 30/2020/NĐ-CP, Phụ lục IV (sổ đăng ký văn bản đi), as far as the register knows them.
"""

from collections.abc import Collection, Sequence

from api.texts import label
from api.texts.words import day
from engine.ports.outside import Cell, Sheet
from engine.ports.queries import Scope
from engine.ports.store import UnitOfWork
from engine.rules.deadlines import local_day
from engine.rules.decisions import DecisionId, RegisterRow, RegisterState
from engine.rules.text import sort_key
from engine.rules.units import Unit

ALL = "Tổng hợp"
#: How a document is marked whose original is a paper.
PAPER_MARK = "bản giấy ký tay, bản quét"
HEADS = (
    "Số", "Số, ký hiệu văn bản", "Ngày tháng văn bản", "Loại", "Trích yếu nội dung văn bản", "Người ký",
    "Nơi nhận văn bản", "Nơi lưu", "Ghi chú",
)  # fmt: skip
ALL_HEADS = ("Đơn vị ban hành", "Năm", "Sổ", *HEADS)


def register_sheets(uow: UnitOfWork, scope: Scope, year: int | None = None) -> list[Sheet]:
    """The registers of every issuing unit in `scope`, of one year or of all; sorted by unit, year, book and number."""
    kept = [(uow.units.get(unit), at) for unit, _, at in uow.queries.registers(scope) if year in (None, at)]
    kept.sort(key=lambda book: (sort_key(book[0].name), book[0].code, book[1]))
    books = [(unit, at, uow.decisions.register_rows(unit.id, at)) for unit, at in kept]
    seq, last = uow.audit.end()
    notes = (f"Chuỗi nhật ký khi lập sổ: {seq} dòng, mã băm cuối {last}",)
    named = f" năm {year}" if year else ""
    everything: list[Sequence[Cell]] = [
        (unit.name, at, row.book, *cells)
        for unit, at, rows in books
        for row, cells in zip(rows, _cells(uow, rows), strict=True)
    ]
    first = Sheet(
        name=ALL, title=f"SỔ ĐĂNG KÝ VĂN BẢN ĐI{named.upper()}", heads=ALL_HEADS, rows=everything, notes=notes
    )
    return [first, *(_of_unit(uow, unit, at, rows, notes) for unit, at, rows in books)]


def on_paper(uow: UnitOfWork, rows: Sequence[RegisterRow]) -> Collection[DecisionId | None]:
    """The documents of these rows whose original is a paper."""
    return uow.signings.on_paper([row.decision_id for row in rows if row.decision_id is not None]) if rows else ()


def row_state(row: RegisterRow, *, by_hand: bool) -> str:
    """What became of a number, by whom, when and why; `by_hand`: the document's original is a paper."""
    said = label("register_state", row.state.value) + (f", {PAPER_MARK}" if by_hand else "")
    if row.state is RegisterState.VOID and row.changed_at is not None:
        return f"{said} ({day(local_day(row.changed_at))}, {row.changed_by}): {row.note}"
    return f"{said} ({row.note})" if row.note else said


def _cells(uow: UnitOfWork, rows: Sequence[RegisterRow]) -> list[tuple[Cell, ...]]:
    by_hand = on_paper(uow, rows)
    return [register_cells(row, by_hand=row.decision_id in by_hand) for row in rows]


def _of_unit(uow: UnitOfWork, unit: Unit, year: int, rows: Sequence[RegisterRow], notes: tuple[str, ...]) -> Sheet:
    title = f"SỔ ĐĂNG KÝ VĂN BẢN ĐI NĂM {year} – {unit.name}"
    return Sheet(name=f"{unit.code} {year}", title=title, heads=HEADS, rows=_cells(uow, rows), notes=notes)


def register_cells(row: RegisterRow, *, by_hand: bool) -> tuple[Cell, ...]:
    """One line of the register, in the order of `HEADS`; `by_hand`: the document's original is a paper."""
    recipients = [text.strip() for text in row.recipients.split(";") if text.strip()]
    kept = [text for text in recipients if text.startswith("Lưu")]
    sent = [text for text in recipients if text not in kept]
    note = "" if row.state is RegisterState.ISSUED and not by_hand else row_state(row, by_hand=by_hand)
    return (
        row.number, row.symbol, row.dated, row.type_code, row.subject, row.signer_name,
        "; ".join(sent), "; ".join(text.removeprefix("Lưu:").strip() for text in kept), note,
    )  # fmt: skip
