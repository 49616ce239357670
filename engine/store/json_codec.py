"""How do free-form documents survive storage? As JSON in which days, instants and exact numbers are marked.

An object with one key of `_MARKS` stands for such a value; a document that looks like one is itself wrapped
in `$plain`, so that no user can smuggle in a value of another type.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_PLAIN = "$plain"
_READERS: dict[str, Callable[[Any], object]] = {
    "$day": date.fromisoformat,
    "$instant": datetime.fromisoformat,
    "$decimal": Decimal,
}
_MARKS = frozenset({*_READERS, _PLAIN})


def dump_json(value: object) -> str:
    """Write a document; a naive instant raises `ValueError`, a value of no known type `TypeError`."""
    marks = 0

    def mark(item: object) -> object:
        nonlocal marks
        if isinstance(item, Mapping):
            return dict(item)
        marks += 1
        return _marked(item)

    text = orjson.dumps(value, mark, _OPTIONS)
    if text.count(b'{"$') != marks:  # the document has keys of its own that begin like a mark
        text = orjson.dumps(_wrapped(value), mark, _OPTIONS)
    return text.decode()


def load_json(text: str | bytes) -> Any:
    """Read back what `dump_json` wrote."""
    value = orjson.loads(text)
    marked = '"$' in text if isinstance(text, str) else b'"$' in text
    return _restored(value) if marked else value


def _marked(item: object) -> object:
    if isinstance(item, datetime):
        if item.tzinfo is None:
            raise ValueError(f"a naive instant is not stored: {item}")
        return {"$instant": item.astimezone(UTC).isoformat()}
    if isinstance(item, date):
        return {"$day": item.isoformat()}
    if isinstance(item, Decimal):
        return {"$decimal": str(item)}
    raise TypeError(f"not stored: {type(item).__name__}")


def _wrapped(value: object) -> object:
    if isinstance(value, Mapping):
        items = {key: _wrapped(item) for key, item in value.items()}
        return {_PLAIN: items} if len(items) == 1 and next(iter(items)) in _MARKS else items
    return [_wrapped(item) for item in value] if isinstance(value, list | tuple) else value


def _restored(value: Any) -> Any:
    if isinstance(value, list):
        return [_restored(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, item),) = value.items()
        if key in _READERS:
            return _READERS[key](item)
        if key == _PLAIN:
            return {inner: _restored(each) for inner, each in item.items()}
    return {key: _restored(item) for key, item in value.items()}
