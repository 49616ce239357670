"""How does a form ask for keys of a TOML table, and what did somebody change in it? Only what differs is written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from api.actor import Posted
from api.assembly import House
from api.pages.asking import day_in, day_text
from engine.errors import Finding
from engine.ports.pack_editing import Changes, Plain
from engine.rules.deadlines import possible

Cells = Mapping[str, object]
YES_NO = (("true", "Có"), ("false", "Không"))
_DAY = re.compile(r"(\d{1,2})[\s./-]+(\d{1,2})")
_WANTED = {
    "day": "Ghi ngày và tháng, ví dụ 10/11.",
    "date": "Ghi ngày, tháng, năm, ví dụ 30/11/2027.",
    "whole": "Phải là một số nguyên.",
    "points": "Phải là một số, ví dụ 7,5.",
    "choice": "Chọn một trong các mức đã cho.",
    "source": "Chọn một trong các kết quả đã cho.",
    "truth": "Chọn có hoặc không.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One field: what it is called in the form, which key it stands for, what stands in it."""

    name: str  #: empty until it has its place in a `BoxRow`
    key: str  #: of the table; of an inline table `opens.day` or `opens.year_offset`
    kind: str  #: line | text | choice | many | source | truth | day (day and month) | date | whole | points
    title: str
    value: str
    hint: str = ""
    options: Sequence[tuple[str, str]] = ()
    needed: bool = True
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxRow:
    """The fields of one table of a file."""

    table: str
    index: int
    boxes: Sequence[Box]

    @property
    def wrong(self) -> bool:
        """Whether something in it has to be mended."""
        return any(box.error for box in self.boxes)


def row_of(table: str, index: int, boxes: Sequence[Box], prefix: str = "") -> BoxRow:
    """A row whose fields are called `<prefix or table>.<index>.<key>`."""
    named = [replace(box, name=f"{prefix or table or 'dau'}.{index}.{box.key}") for box in boxes]
    return BoxRow(table=table, index=index, boxes=named)


def box(
    cells: Cells, key: str, kind: str, title: str, *, hint: str = "", needed: bool = True, default: str = ""
) -> Box:
    """A field for a key that is a text, a number or a day."""
    return Box(
        name="", key=key, kind=kind, title=title, value=_shown(cells.get(key, default)), hint=hint, needed=needed
    )


def truth(cells: Cells, key: str, title: str, *, default: bool = False) -> Box:
    """A field for a key that is true or false."""
    value = "true" if cells.get(key, default) is True else "false"
    return Box(name="", key=key, kind="truth", title=title, value=value, options=YES_NO)


def choice(cells: Cells, key: str, title: str, options: Sequence[tuple[str, str]], default: str) -> Box:
    """A field for a key with a closed list of values; one that is not in the list stays choosable."""
    value = str(cells.get(key.rpartition(".")[2], default))
    known = [*options] if value in dict(options) else [*options, (value, value)]
    return Box(name="", key=key, kind="choice", title=title, value=value, options=known)


def listed(key: str, title: str, value: str, options: Sequence[tuple[str, str]]) -> Box:
    """A field for the result that a criterion's points come from (`api.pages.model_sources`); none is a choice, too."""
    known = [*options] if value in dict(options) else [*options, (value, value)]
    return Box(name="", key=key, kind="source", title=title, value=value, options=known, needed=False)


def many(cells: Cells, key: str, title: str, options: Sequence[tuple[str, str]], *, hint: str = "") -> Box:
    """A field for a key that is a list of codes, each to be ticked; a code that is no option stays choosable."""
    given = cells.get(key)
    codes = [str(code) for code in given] if isinstance(given, list) else []
    known = [*options, *((code, code) for code in codes if code not in dict(options))]
    value = " ".join(code for code, _ in known if code in codes)
    return Box(name="", key=key, kind="many", title=title, value=value, hint=hint, options=known, needed=False)


def day_box(cells: Cells, key: str, title: str, *, needed: bool) -> Box:
    """A field for the keys `day` and `month` together."""
    day, month = cells.get("day"), cells.get("month")
    value = f"{day}/{month}" if day is not None and month is not None else ""
    return Box(name="", key=key, kind="day", title=title, value=value, hint="Ngày/tháng, ví dụ 10/11.", needed=needed)


def read_boxes(known: Sequence[BoxRow], form: Posted) -> tuple[list[BoxRow], Changes]:
    """The rows as they were filled in, refusals beside the fields, and what they change."""
    typed, changes = list[BoxRow](), dict[tuple[str, int], Mapping[str, Plain]]()
    for row in known:
        filled = [filled_in(b, form) for b in row.boxes]
        moved = {new.key for old, new in zip(row.boxes, filled, strict=True) if one_line(old.value) != new.value}
        found = replace(row, boxes=[checked(b) if b.key in moved else b for b in filled])
        typed.append(found)
        if moved and not found.wrong:
            changes[row.table, row.index] = values_of(found.boxes, moved)
    return typed, changes


def filled_in(asked: Box, form: Posted) -> Box:
    """The field with what was sent for it; as it stood where nothing was."""
    if asked.name not in form.form:
        return asked
    if asked.kind == "many":
        return replace(asked, value=" ".join(code for code, _ in asked.options if code in form.all(asked.name)))
    return replace(asked, value=one_line(form.text(asked.name)))


def checked(asked: Box) -> Box:
    """The field, with its error when what stands in it is no such value."""
    if not asked.value:
        return replace(asked, error="Không được để trống.") if asked.needed else asked
    if not _fits(asked):
        return replace(asked, error=_WANTED[asked.kind])
    if asked.kind == "day" and not possible(*_day_month(asked.value)):
        return replace(asked, error=f"Không có ngày {asked.value}.")
    return asked


def values_of(boxes: Sequence[Box], keys: set[str]) -> dict[str, Plain]:
    """What the fields of these keys say, as it is written into the table."""
    by_key = {b.key: b for b in boxes}
    found: dict[str, Plain] = {}
    for key in (b.key for b in boxes if b.key in keys):
        head, _, inner = key.partition(".")
        if inner:
            found[head] = _inline(by_key[f"{head}.day"].value, by_key[f"{head}.year_offset"].value)
        elif by_key[key].kind == "day":
            found["day"], found["month"] = _day_month(by_key[key].value)
        else:
            found[key] = _value(by_key[key])
    return found


def blamed(
    house: House, file: str, content: bytes, rows: Sequence[BoxRow], findings: Sequence[Finding]
) -> tuple[list[BoxRow], list[Finding]]:
    """The rows of a file with what was found about them, and what is about something else."""
    found, others = list(rows), list[Finding]()
    for finding in findings:
        at = house.pack_desk.place(content, finding.line) if finding.file == file else None
        place = next((i for i, r in enumerate(found) if at and (r.table, r.index) == (at.table, at.index)), None)
        if at is None or place is None:
            others.append(finding)
        else:
            found[place] = _with_error(found[place], at.key, finding.reason)
    return found, others


def one_line(text: str) -> str:
    """What was typed, with single blanks and no line breaks."""
    return " ".join(text.split())


def _with_error(row: BoxRow, key: str, reason: str) -> BoxRow:
    keys = [b.key.partition(".")[0] for b in row.boxes]
    key = "day" if key == "month" and key not in keys else key
    place = keys.index(key) if key in keys else 0
    boxes = list(row.boxes)
    boxes[place] = replace(boxes[place], error=f"{boxes[place].error} {reason}".strip())
    return replace(row, boxes=boxes)


def _shown(value: object) -> str:
    if isinstance(value, date):
        return day_text(value)
    return format(value.normalize(), "f").replace(".", ",") if isinstance(value, Decimal) else str(value)


def _fits(asked: Box) -> bool:
    match asked.kind:
        case "day":
            return _DAY.fullmatch(asked.value) is not None
        case "date":
            return day_in(asked.value) is not None
        case "whole":
            return asked.value.isdecimal() and len(asked.value) < 6
        case "points":
            return _decimal(asked.value) is not None
        case "choice" | "source" | "truth":
            return asked.value in dict(asked.options)
    return True


def _value(asked: Box) -> Plain:
    if not asked.value:
        return None
    match asked.kind:
        case "date":
            return day_in(asked.value)
        case "whole":
            return int(asked.value)
        case "points":
            return _decimal(asked.value)
        case "truth":
            return asked.value == "true"
        case "many":
            return asked.value.split()
        case "source":
            return _source_in(asked.value)
    return int(asked.value) if asked.key == "year_offset" else asked.value


def _decimal(text: str) -> Decimal | None:
    try:
        found = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() and len(text) < 12 and "e" not in text.lower() else None


def _source_in(text: str) -> Mapping[str, str | bool]:
    kind, first, *rest = text.split()
    found: dict[str, str | bool] = {kind: first, **({"model": rest[0]} if rest else {})}
    if kind != "survey":
        found = {"model": first, kind: rest[0] if rest else True}
    return found


def _inline(text: str, offset: str) -> Plain:
    if not text:
        return None
    day, month = _day_month(text)
    return {"day": day, "month": month, "year_offset": int(offset)}


def _day_month(text: str) -> tuple[int, int]:
    found = _DAY.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else (0, 0)
