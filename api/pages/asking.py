"""How does a page with a form of its own read what was sent? Days as people write them, refusals by field."""

import re
from collections.abc import Mapping
from datetime import date

from api.actor import Posted
from api.texts import sentence
from api.texts.words import day as written
from engine.errors import FieldError, Invalid

_DAY = re.compile(r"(\d{1,2})[\s./-]+(\d{1,2})[\s./-]+(\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def day_in(text: str) -> date | None:
    """A day written as 05/01/2027, 5-1-2027 or 2027-01-05; None when it is none."""
    if found := _DAY.fullmatch(text.strip()):
        numbers = (int(found[3]), int(found[2]), int(found[1]))
    elif found := _ISO.fullmatch(text.strip()):
        numbers = (int(found[1]), int(found[2]), int(found[3]))
    else:
        return None
    try:
        return date(*numbers)
    except ValueError:
        return None


def asked_day(form: Posted, name: str, title: str) -> date:
    """The day in a field; `Invalid` when there is none or it does not exist."""
    text = form.text(name)
    if not text:
        raise Invalid({name: FieldError("form.required", {"title": title})})
    found = day_in(text)
    if found is None:
        raise Invalid({name: FieldError("bad_day", {"title": title})})
    return found


def asked_text(form: Posted, name: str, title: str, *, most: int = 300) -> str:
    """The text in a field; `Invalid` when it is empty or too long."""
    text = form.text(name)
    if not text:
        raise Invalid({name: FieldError("form.required", {"title": title})})
    if len(text) > most:
        raise Invalid({name: FieldError("form.too_long", {"title": title, "limit": most, "length": len(text)})})
    return text


def refused(error: Invalid, names: Mapping[str, str] | None = None) -> dict[str, str]:
    """Field → sentence; `names` translates the use case's field names into the page's."""
    return {(names or {}).get(field, field): sentence(fault.code, fault.facts) for field, fault in error.fields.items()}


def day_text(day: date | None) -> str:
    """A day as a field shows it."""
    return written(day) if day else ""
