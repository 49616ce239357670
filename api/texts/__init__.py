"""Which Vietnamese sentence stands for an error code, which label for a code of the engine?

The engine raises codes and facts; the words stand in `sentences.toml` and `labels.toml` beside this module.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path

from api.texts import words

_HERE = Path(__file__).parent
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
_FACT = re.compile(r"\{(\w+)\}")
FALLBACK = "Không thực hiện được yêu cầu này (mã {code})."


def sentence(code: str, facts: Mapping[str, object]) -> str:
    """Say an error code in Vietnamese, its facts filled in; an unknown code gives a plain sentence that names it.

    Facts whose name ends in year, code or number are written as they are. A fact `row` (from 1) puts the line of a table before the sentence, with `row_label` when there is one.
    """
    text = sentences().get(code, FALLBACK)
    known = {"code": code, **facts}
    filled = _FACT.sub(lambda match: _fact(match[1], known), text)
    return f"{_row(facts)}: {filled}" if facts.get("row") else filled


def label(group: str, code: str) -> str:
    """The label of a code, e.g. label("state", "submitted"); an unknown code is shown as it is."""
    return labels().get(group, {}).get(code, code)


@cache
def sentences() -> Mapping[str, str]:
    """Every error code with its sentence."""
    return _flat(tomllib.loads((_HERE / "sentences.toml").read_text("utf-8")))


@cache
def labels() -> Mapping[str, Mapping[str, str]]:
    """Every group of codes with its labels."""
    return tomllib.loads((_HERE / "labels.toml").read_text("utf-8"))


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = str(value)
    return found


def _row(facts: Mapping[str, object]) -> str:
    name = facts.get("row_label")
    return f"Dòng {facts['row']} ({name})" if name else f"Dòng {facts['row']}"


def _fact(name: str, facts: Mapping[str, object]) -> str:
    value = facts.get(name, "…")
    return str(value) if name.endswith(("year", "code", "number")) else _say(value)  # a year is not 2.027


def _say(value: object) -> str:
    if isinstance(value, StrEnum):
        return label(_CAPITAL.sub("_", type(value).__name__).lower(), value)
    if isinstance(value, datetime):
        return words.instant(value)
    if isinstance(value, date):
        return words.day(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return words.number(value)
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(_say(item) for item in value)
    return str(value)
