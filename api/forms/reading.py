"""How does what a browser sent become answers? Numbers exact, dates ISO, text clean; what cannot be read stays text.

Names in HTML: `f.<field>`, dates `f.<field>.day|month|year`, tables `f.<table>.<row>.<column>`. Read-only fields and
columns are never taken from the browser: they come from `given`, what the server itself filled in.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from api.forms.cells import MAX_ROWS, clean_text, read_cell
from api.forms.conditions import is_filled
from api.forms.pasting import pasted_rows
from api.forms.spec import SILENT, TABLES, Answers, Field, FormSpec, Widget
from engine.ports.process import Value

FormData = Mapping[str, Sequence[str]]


def read(
    spec: FormSpec,
    form_data: FormData,
    files: Mapping[str, Mapping[str, Value]] | None = None,
    *,
    given: Answers | None = None,
) -> dict[str, Value]:
    """Read a submitted form into answers; empty fields are left out, fields that do not matter are dropped.

    `files` holds the reference {sha256, name, size, media_type} of each file field that has one, by field name; the
    caller stores the file and decides it. A form sent by "Thêm dòng" gets an empty row more, by "Bỏ dòng" one less. `given` holds what the server filled in: read-only fields, rows of fixed
    tables. An unreadable number or date stays as typed, so that `validate` refuses it and the page shows it again.
    """
    answers: dict[str, Value] = {}
    for field in spec.fields:
        if field.widget in SILENT or (field.show_if is not None and not field.show_if.holds(answers)):
            continue
        value = _field(field, form_data, files or {}, given or {})
        if is_filled(value) or value is False:
            answers[field.name] = value
    return answers


def prefilled(spec: FormSpec, facts: Answers, *, draft: Answers | None = None) -> dict[str, Value]:
    """The answers a form starts with: facts named by `prefill`, and over them what a draft holds.

    Read-only fields and the rows of fixed tables stay those of `facts`, whatever the draft says: of a draft's rows
    only the cells that people fill in are taken over, matched by key.
    """
    given = {f.name: facts[f.prefill] for f in spec.fields if f.prefill and facts.get(f.prefill) is not None}
    for field in spec.fields:
        kept = (draft or {}).get(field.name)
        if kept is None or (field.read_only and field.name in given):
            continue
        rows = given.get(field.name)
        given[field.name] = _with_draft(field, rows, kept) if field.fixed and isinstance(rows, list) else kept
    return given


def _with_draft(field: Field, given: list[Value], draft: Value) -> list[Value]:
    rows = [dict(row) for row in draft if isinstance(row, Mapping)] if isinstance(draft, list) else []
    return _merge(field, {}, rows, given)


def is_editing(form_data: FormData) -> bool:
    """Whether the form was sent by a button that only changes its tables (add, remove, paste a row): show it again."""
    return any(name in form_data for name in ("_add", "_remove", "_paste", "_undo"))


def own_rows(field: Field, form_data: FormData) -> int:
    """How many rows of a table were sent as such: what `read` answers beyond them came in as a list."""
    return sum(any(is_filled(value) for value in row.values()) for row in _own_rows(field, form_data))


def _field(field: Field, form: FormData, files: Mapping[str, Mapping[str, Value]], given: Answers) -> Value:
    name = f"f.{field.name}"
    if field.widget in TABLES:
        return _table(field, form, given.get(field.name))
    if field.read_only:
        return given.get(field.name)
    if field.widget is Widget.FILE:
        reference = files.get(field.name) or (None if form.get(f"{name}._remove") else given.get(field.name))
        return dict(reference) if isinstance(reference, Mapping) else None
    if field.widget is Widget.DATE:
        return _date(name, form)
    if field.widget is Widget.CHECKBOXES:
        chosen = [clean_text(value) for value in form.get(name, ())]
        return [value for value in dict.fromkeys(chosen) if value]
    if field.widget is Widget.CHECK:
        return _last(form, name) == "true"
    text = _last(form, name)
    if field.widget in {Widget.TEXTAREA, Widget.TEXT, Widget.EMAIL, Widget.RADIO}:
        return clean_text(text, lines=field.widget is Widget.TEXTAREA)
    return read_cell(field, text)


def _date(name: str, form: FormData) -> str:
    parts = [clean_text(_last(form, f"{name}.{part}")).replace("-", "") for part in ("year", "month", "day")]
    if not any(parts):
        return ""
    year, month, day = parts
    if all(part.isascii() and part.isdigit() for part in parts) and len(year) == 4:
        try:
            return date(int(year), int(month), int(day)).isoformat()
        except ValueError:
            pass
    return "-".join(parts)


def _table(field: Field, form: FormData, given: Value) -> list[Value]:
    pasted = pasted_rows(field, _last(form, f"f.{field.name}._paste"))
    if field.fixed:
        return _merge(field, _rows_sent(field, form), pasted, given if isinstance(given, list) else [])
    own = _own_rows(field, form)
    if field.schema.get("uniqueItems"):
        # A list put in once more, perhaps mended: rows that stand there already are not doubled.
        pasted = [row for row in pasted if not any(row.items() <= known.items() for known in own)]
    filled: list[Value] = [row for row in (own + pasted)[:MAX_ROWS] if any(is_filled(value) for value in row.values())]
    return [*filled, {}] if _last(form, "_add") == field.name else filled


def _own_rows(field: Field, form: FormData) -> list[dict[str, Value]]:
    """The rows that were sent, without the one that is taken away, or those of the last list where it is undone."""
    gone = _undone(field, form) if _last(form, "_undo") == field.name else range(0)
    return [
        _row(field, row)
        for number, row in sorted(_rows_sent(field, form).items())
        if f"{field.name}.{number}" != _last(form, "_remove") and number not in gone
    ]


def _undone(field: Field, form: FormData) -> range:
    """The numbers of the rows that the page said to have come in as a list."""
    first, _, count = _last(form, f"f.{field.name}._taken").partition(".")
    plain = all(part.isascii() and part.isdecimal() and len(part) < 6 for part in (first, count))
    return range(int(first), int(first) + int(count)) if plain else range(0)


def _rows_sent(field: Field, form: FormData) -> dict[int, dict[str, str]]:
    pattern = re.compile(rf"f\.{field.name}\.(\d{{1,6}})\.(\w+)", re.ASCII)
    rows: dict[int, dict[str, str]] = {}
    for name in form:
        if match := pattern.fullmatch(name):
            rows.setdefault(int(match[1]), {})[match[2]] = _last(form, name)
    return rows


def _row(field: Field, sent: Mapping[str, str]) -> dict[str, Value]:
    """Editable cells of one row; empty cells are left out."""
    row: dict[str, Value] = {}
    for column in field.columns:
        if column.read_only:
            continue
        value = read_cell(column, sent.get(column.name, ""))
        if is_filled(value) or (value is False and column.widget is Widget.YES_NO) or column.widget is Widget.CHECK:
            row[column.name] = bool(value) if column.widget is Widget.CHECK else value
    return row


def _merge(
    field: Field, sent: Mapping[int, Mapping[str, str]], pasted: Sequence[Mapping[str, Value]], given: Sequence[Value]
) -> list[Value]:
    """The server's rows with the browser's cells, matched by key: rows may have come or gone in between."""
    typed = _by_key((row.get("_key", ""), _row(field, row)) for _, row in sorted(sent.items()))
    from_sheet = _by_key((str(row.get(field.key)), row) for row in pasted)
    merged: list[Value] = []
    for row in given:
        if isinstance(row, Mapping):
            key = str(row.get(field.key))
            kept = _kept(field, row)
            cells = _next(typed, key) or {name: value for name, value in row.items() if name not in kept}
            extra = _next(from_sheet, key) or {}
            merged.append({**kept, **cells, **{name: value for name, value in extra.items() if name not in kept}})
    return merged


def _kept(field: Field, row: Mapping[str, Value]) -> dict[str, Value]:
    """What stays as the server gave it: read-only columns, and cells beside the columns (an id)."""
    editable = {column.name for column in field.columns if not column.read_only}
    return {name: value for name, value in row.items() if name not in editable}


def _by_key(rows: Iterable[tuple[str, Mapping[str, Value]]]) -> dict[str, list[Mapping[str, Value]]]:
    found: dict[str, list[Mapping[str, Value]]] = {}
    for key, row in rows:
        found.setdefault(key, []).append(row)
    return found


def _next(rows: Mapping[str, list[Mapping[str, Value]]], key: str) -> Mapping[str, Value] | None:
    """The next row of that key: rows that share a key are taken in order."""
    waiting = rows.get(key)
    return waiting.pop(0) if waiting else None


def _last(form: FormData, name: str) -> str:
    values = form.get(name, ())
    return values[-1] if values else ""
