"""Which answers does a form refuse, and why? One `FieldError` per field or cell, in the order of the page.

Keys are `field` or `table.row.column`, rows from 0; codes stand in `api/texts`.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, cast

from email_validator import EmailNotValidError, validate_email
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from api.forms.conditions import is_filled
from api.forms.spec import CHOICES, NUMBERS, SILENT, TABLES, Answers, Field, FormSpec, Widget
from api.texts import words
from engine.errors import FieldError, Invalid
from engine.ports.process import Value
from engine.rules.figures import is_ambiguous

#: Longest text where the form sets no limit of its own, in characters.
DEFAULT_LENGTH = {Widget.TEXTAREA: 20_000}
_CODES = {
    "enum": "not_an_option",
    "oneOf": "not_an_option",
    "const": "not_an_option",
    "minLength": "too_short",
    "maxLength": "too_long",
    "minimum": "too_small",
    "maximum": "too_large",
    "exclusiveMinimum": "not_above",
    "exclusiveMaximum": "not_below",
    "multipleOf": "not_a_multiple",
    "pattern": "pattern",
    "minItems": "too_few_choices",
    "maxItems": "too_many_choices",
    "items": "not_an_option",
    "uniqueItems": "not_an_option",
}
_TYPE_CODES = {Widget.NUMBER: "not_a_number", Widget.INTEGER: "not_an_integer", Widget.MONEY: "not_an_integer"}


def validate(spec: FormSpec, answers: Answers) -> Mapping[str, FieldError]:
    """Check answers against the form; empty when they are accepted. Fields that do not matter are not looked at."""
    errors: dict[str, FieldError] = {}
    for field in spec.shown(answers):
        if field.widget in SILENT:
            continue
        if field.widget in TABLES:
            errors.update(_table(field, answers.get(field.name)))
        elif error := _field(field, answers.get(field.name), answers, spec.fields):
            errors[field.name] = error
    return errors


def accept(spec: FormSpec, answers: Answers) -> None:
    """Raise `Invalid` with every error when the form refuses the answers."""
    if errors := validate(spec, answers):
        raise Invalid(errors)


def _field(field: Field, answer: Value, others: Mapping[str, Value], fields: tuple[Field, ...]) -> FieldError | None:
    if not is_filled(answer) and not (answer is False and field.widget is Widget.YES_NO):
        wanted = field.required or (field.required_if is not None and field.required_if.holds(others))
        return _error(field, _required_code(field)) if wanted else None
    if field.read_only and field.widget is Widget.READ_ONLY:
        return None
    if field.widget is Widget.FILE:
        return _file(field, answer)
    return _leaf(field, answer) or _comparison(field, answer, others, fields)


def _required_code(field: Field) -> str:
    match field.widget:
        case Widget.RADIO | Widget.SELECT | Widget.YES_NO:
            return "required_choice"
        case Widget.CHECKBOXES:
            return "required_choices"
        case Widget.CHECK:
            return "required_check"
        case Widget.FILE:
            return "required_file"
        case Widget.TABLE | Widget.SCORE:
            return "required_rows"
    return "required"


def _leaf(field: Field, answer: Value) -> FieldError | None:
    if isinstance(answer, str):
        if field.widget in NUMBERS:
            return _error(field, _TYPE_CODES[field.widget])
        limit = DEFAULT_LENGTH.get(field.widget, 1000)
        if "maxLength" not in field.schema and len(answer) > limit:
            return _error(field, "too_long", limit=limit, length=len(answer))
    if field.widget is Widget.DATE:
        return _date(field, answer)
    if field.figure and isinstance(answer, Decimal) and is_ambiguous(answer):
        return _error(field, "ambiguous_number", **either(answer))
    found = sorted(_validator(field).iter_errors(cast("Any", answer)), key=_urgency)
    return _from_schema(field, found[0]) if found else None


def _urgency(error: ValidationError) -> int:
    """A wrong type or format comes before a wrong size."""
    return {"type": 0, "format": 1, "pattern": 3}.get(str(error.validator), 2)


def _from_schema(field: Field, error: ValidationError) -> FieldError:
    keyword = str(error.validator)
    if keyword == "format":
        return _error(field, "not_an_email")
    if keyword == "type":
        return _error(field, _TYPE_CODES.get(field.widget, "not_text"))
    if field.widget is Widget.CHECK:
        return _error(field, "required_check")
    length = len(error.instance) if isinstance(error.instance, str | list) else 0
    return _error(field, _CODES.get(keyword, "not_text"), limit=error.validator_value, length=length)


def either(value: Decimal) -> dict[str, str]:
    """The two readings of a number that was typed as 751,408: of thousands, and with a decimal part."""
    return {
        "typed": words.number(value),
        "thousands": words.number(value.scaleb(3)),
        "decimal": f"{words.number(value)}0",
    }


def _date(field: Field, answer: Value) -> FieldError | None:
    try:
        date.fromisoformat(str(answer))
    except ValueError:
        parts = str(answer).split("-")
        missing = len(parts) == 3 and not all(parts)
        return _error(field, "date_incomplete" if missing else "not_a_date")
    return None


def _file(field: Field, answer: Value) -> FieldError | None:
    if not isinstance(answer, Mapping):
        return _error(field, "required_file")
    name, size = str(answer.get("name", "")).lower(), answer.get("size")
    if field.accept and not name.endswith(field.accept):
        return _error(field, "wrong_file_type", accept=", ".join(field.accept))
    if isinstance(size, int) and size > field.max_bytes:
        return _error(field, "file_too_large", limit=words.file_size(field.max_bytes))
    return _error(field, "file_empty") if size == 0 else None


def _comparison(
    field: Field, answer: Value, others: Mapping[str, Value], fields: tuple[Field, ...]
) -> FieldError | None:
    for other_name, code, is_wrong in ((field.most_field, "above_field", 1), (field.least_field, "below_field", -1)):
        limit = others.get(other_name) if other_name else None
        if limit is not None and _order(answer, limit) == is_wrong:
            title = next(other.title for other in fields if other.name == other_name)
            day = date.fromisoformat(str(limit)) if field.widget is Widget.DATE else limit
            return _error(field, code, other=title, limit=day)
    return None


def _order(one: Value, other: Value) -> int:
    """-1, 0 or 1 as `one` stands to `other`; 0 where they cannot be compared (each has its own error then)."""
    if isinstance(one, str) and isinstance(other, str):
        return (one > other) - (one < other)
    if isinstance(one, int | Decimal) and isinstance(other, int | Decimal):
        return (one > other) - (one < other)
    return 0


def _table(field: Field, answer: Value) -> Iterator[tuple[str, FieldError]]:
    rows = [
        (n, row) for n, row in enumerate(answer if isinstance(answer, list) else []) if isinstance(row, Mapping) and row
    ]
    if not rows and field.required:
        yield field.name, _error(field, "required_rows")
        return
    least, most = int(field.schema.get("minItems", 0)), int(field.schema.get("maxItems", 10**9))
    if rows and len(rows) < least:
        yield field.name, _error(field, "too_few_rows", limit=least, length=len(rows))
    if len(rows) > most:
        yield field.name, _error(field, "too_many_rows", limit=most, length=len(rows))
    seen: dict[str, int] = {}
    for number, row in rows:
        yield from _row(field, number, row, seen)


def _row(field: Field, number: int, row: Mapping[str, Value], seen: dict[str, int]) -> Iterator[tuple[str, FieldError]]:
    where: dict[str, object] = {"row": number + 1}
    label = row.get(field.label_column) if field.fixed else None
    if label:
        where["row_label"] = label
    for column in field.columns:
        if column.read_only:
            continue
        error = _field(column, row.get(column.name), row, field.columns)
        if error:
            code = "form.not_a_date_cell" if error.code == "form.not_a_date" else error.code
            yield f"{field.name}.{number}.{column.name}", FieldError(code, {**error.facts, **where})
    if field.schema.get("uniqueItems") and not field.fixed:
        key = str(row.get(field.key)).casefold()
        if row.get(field.key) and seen.setdefault(key, number + 1) != number + 1:
            other = {**where, "title": field.column(field.key).title, "other": seen[key]}
            yield f"{field.name}.{number}.{field.key}", FieldError("form.duplicate_row", other)


def _error(field: Field, code: str, **facts: object) -> FieldError:
    general = "required" if code.startswith("required") else code
    own = field.messages.get(code, field.messages.get(general))
    if own:
        return FieldError("form.own", {"title": field.title, "text": own})
    return FieldError(f"form.{code}", {"title": field.title, **facts})


def _is_number(_: object, value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


_Checker: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("number", _is_number),
)
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("email", raises=EmailNotValidError)
def _is_email(value: object) -> bool:
    return not isinstance(value, str) or bool(validate_email(value, check_deliverability=False))


def _validator(field: Field) -> Validator:
    schema: dict[str, Any] = {key: value for key, value in field.schema.items() if key not in {"description", "x-ui"}}
    if field.widget is Widget.EMAIL:
        schema["format"] = "email"
    if field.widget in CHOICES and field.options:
        schema = {"enum": [option.value for option in field.options]}
    if field.widget is Widget.CHECKBOXES:
        schema["items"] = {"enum": [option.value for option in field.options]}
    return cast("Validator", _Checker(schema, format_checker=_FORMATS))
