"""How do machines' requests come in and answers go out? JSON with exact numbers, refused field by field."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import JSONResponse

from api.exact_json import exact_json
from engine.errors import FieldError, Invalid

Wanted = TypeVar("Wanted", bound="Asked")
#: Bytes of a request in JSON; an archive has its own limit.
MAX_JSON = 12_000_000
#: Size of a number, as a power of ten: beyond it nobody counts, and writing it out would take all memory.
_MAX_POWER = 400
#: Bodies that were read as a form already, for the token in it (`api.actor.posted`).
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class Asked(BaseModel):
    """What a request says; names that are not known are refused, so a slip of the pen is found."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def reading(kind: type[Wanted]) -> Callable[[Request], Any]:
    """A dependency that reads the body as `kind`; `Invalid` with a code per field."""

    async def read(request: Request) -> Wanted:
        body = await body_of(request, "application/json")
        if len(body) > MAX_JSON:
            raise Invalid({"body": FieldError("json_size", {"limit": MAX_JSON})})
        try:
            # Numbers are read as they are written: 0.1 is a tenth.
            content = json.loads(body or b"{}", parse_float=_number, parse_constant=_refuse)
        except (ValueError, ArithmeticError, RecursionError):
            raise Invalid({"body": FieldError("json", {})}) from None
        try:
            return kind.model_validate(content)
        except ValidationError as error:
            raise Invalid(dict(_faults(error))) from None

    return read


async def body_of(request: Request, wanted: str) -> bytes:
    """The bytes of a request that is `wanted` (a content type); `Invalid` for a form."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() in _FORMS:
        raise Invalid({"body": FieldError("body_form", {"wanted": wanted})})
    return await request.body()


def answer(value: object, status: int = 200) -> JSONResponse:
    """The value as JSON: values of the core by their fields, instants and days as ISO text."""
    return _Exact(plain(value), status)


class _Exact(JSONResponse):
    def render(self, content: object) -> bytes:
        return exact_json(content).encode()


def plain(value: object) -> Any:
    """A value in JSON's terms; bytes are left out, decimals keep their digits."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: plain(inner) for name, inner in pairs if not isinstance(inner, bytes)}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    return value


def _refuse(name: str) -> object:
    raise ValueError(name)


def _number(text: str) -> Decimal:
    value = Decimal(text)
    if value and abs(value.adjusted()) > _MAX_POWER:
        raise ValueError(text)
    return value


def _faults(error: ValidationError) -> list[tuple[str, FieldError]]:
    return [
        (".".join(str(part) for part in fault["loc"]) or "body", FieldError("json_field", {"reason": fault["type"]}))
        for fault in error.errors()
    ]
