"""How is an instance kept between two commands? As small bytes that give every value back exactly.

JSON with marks for what JSON cannot say: decimals, dates, instants, large integers. A mark is a
table with one key that begins with `$`; a user's own key that begins so is wrapped, so no user
data can ever be taken for a mark.
"""

import math
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import orjson
import zstandard

_COMPRESS_ABOVE: Final = 2_000
_MAX_BYTES: Final = 64_000_000
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_MAX_INT: Final = 2**53


class Unstorable(ValueError):
    """A value that a process variable may not hold; a Vietnamese reason."""


def dump(content: Any) -> bytes:
    """The content as bytes; raise `Unstorable`."""
    try:
        plain = orjson.dumps(encode(content))
    except (TypeError, RecursionError) as error:
        raise Unstorable(f"dữ liệu không lưu được: {error}") from None
    return zstandard.compress(plain, 3) if len(plain) > _COMPRESS_ABOVE else plain


def load(stored: bytes) -> Any:
    """The content of bytes made by `dump`; raise ValueError when they are damaged."""
    if stored[:4] == _ZSTD:
        try:
            stored = zstandard.ZstdDecompressor().decompress(stored, max_output_size=_MAX_BYTES)
        except zstandard.ZstdError as error:
            raise ValueError("damaged state") from error
    return decode(orjson.loads(stored))


def encode(value: Any) -> Any:
    """The value in plain JSON terms."""
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -_MAX_INT < value < _MAX_INT else {"$i": str(value)}
    if kind is float:
        if not math.isfinite(value):
            raise Unstorable("số không hữu hạn")
        return value
    if kind is dict:
        made = {_key(key): encode(item) for key, item in value.items()}
        return {"$m": made} if any(key.startswith("$") for key in made) else made
    if kind is list or kind is tuple:
        return [encode(item) for item in value]
    return _special(value)


def _special(value: Any) -> dict[str, Any]:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise Unstorable("số không hữu hạn")
        return {"$d": str(value)}
    if isinstance(value, datetime):
        return {"$t": value.isoformat()}
    if isinstance(value, date):
        return {"$a": value.isoformat()}
    if isinstance(value, str):
        return encode(str(value))  # type: ignore[no-any-return]  # an enum of texts is stored as its text
    if isinstance(value, dict):
        return encode(dict(value))  # type: ignore[no-any-return]  # a mapping type is stored as its content
    if isinstance(value, int):
        return encode(int(value))  # type: ignore[no-any-return]  # an enum of numbers is stored as its number
    raise Unstorable(f"kiểu dữ liệu {type(value).__name__} không lưu được")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise Unstorable("tên trong bảng giá trị phải là chữ")
    return key


def decode(value: Any) -> Any:
    """The value that `encode` was given."""
    if type(value) is list:
        return [decode(item) for item in value]
    if type(value) is not dict:
        return value
    if len(value) == 1:
        (key, content), *_ = value.items()
        if key in _DECODERS:
            return _DECODERS[key](content)
    return {key: decode(item) for key, item in value.items()}


_DECODERS: Final[dict[str, Callable[[Any], Any]]] = {
    "$i": int,
    "$d": Decimal,
    "$t": datetime.fromisoformat,
    "$a": date.fromisoformat,
    "$m": lambda content: {key: decode(item) for key, item in content.items()},
}
