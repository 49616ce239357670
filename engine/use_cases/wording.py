"""How is an answer of a form written for people? Choices by their titles, numbers and days the Vietnamese way."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from engine.rules.cycle_models import Json
from engine.rules.text import number_text, short_date, yes_no

Schema = Mapping[str, Json]


def properties(schema: Schema) -> Mapping[str, Schema]:
    """The fields of a form, or the columns of a table."""
    found = schema.get("properties", {})
    return {k: v for k, v in found.items() if isinstance(v, Mapping)} if isinstance(found, Mapping) else {}


def columns_of(schema: Schema) -> Mapping[str, Schema]:
    """The columns of a table; none for any other field."""
    items = schema.get("items")
    return properties(items) if isinstance(items, Mapping) else {}


def shown(schema: Schema, value: object) -> str:
    """An answer as people read it: choices by their titles, numbers and days the Vietnamese way."""
    if value is None or value == "":
        return ""
    if isinstance(value, str | int) and not isinstance(value, bool) and (title := _title(schema, value)):
        return title
    if isinstance(value, str) and schema.get("format") == "date":
        return _day(value)
    if isinstance(value, bool):
        return yes_no(value)
    if isinstance(value, int | Decimal):
        return number_text(value)
    if isinstance(value, float):
        return number_text(Decimal(str(value)))
    if isinstance(value, date):
        return short_date(value)
    if isinstance(value, Mapping):  # an uploaded file
        return str(value.get("name", ""))
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = schema.get("items")
        return ", ".join(shown(items if isinstance(items, Mapping) else {}, one) for one in value)
    return str(value).strip()


def _day(text: str) -> str:
    """A day that is kept as text, as people write it; anything else stays."""
    try:
        return short_date(date.fromisoformat(text))
    except ValueError:
        return text.strip()


def _title(schema: Schema, value: str | int) -> str:
    options = schema.get("oneOf", schema.get("anyOf", ()))
    listed = options if isinstance(options, Sequence) and not isinstance(options, str) else ()
    return next((str(o.get("title", "")) for o in listed if isinstance(o, Mapping) and o.get("const") == value), "")
