"""How is JSON written without rounding a number? Decimals as all their digits, which the library's writer cannot."""

import json
import re
from decimal import Decimal
from secrets import token_hex
from typing import Any


def exact_json(value: object, *, ascii_only: bool = False, indent: int | None = None) -> str:
    """The value as JSON text, a `Decimal` as the number with its digits."""
    # Written as text that nobody can have guessed, then taken out of its quotes.
    mark = token_hex(16)

    def digits(part: object) -> str:
        if isinstance(part, Decimal) and part.is_finite():
            return f"{mark}{part}"
        raise TypeError(f"no JSON: {type(part).__name__}")

    options: dict[str, Any] = {"indent": indent} if indent else {"separators": (",", ":")}
    text = json.dumps(value, ensure_ascii=ascii_only, allow_nan=False, default=digits, **options)
    return re.sub(f'"{mark}([^"]*)"', r"\1", text)
