"""What does a request to `simulate` or `decide` ask for? Read strictly; what is wrong is said in Vietnamese."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from engine.process.feel_values import MAX_EXPONENT

MAX_DEPTH: Final = 60
MAX_STARTS: Final = 1_000
#: Longer than any calendar: whoever wants to see the end of a run may write any large number.
_LONGEST: Final = timedelta(days=365 * 7_000)


class BadRequest(ValueError):
    """A request that cannot be answered; the text is a Vietnamese reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One process to begin; an empty name means the first of the model."""

    process: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateRequest:
    """Which processes begin, how far virtual time goes, and whether people's tasks complete by themselves."""

    starts: tuple[Start, ...]
    horizon: timedelta
    auto: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRequest:
    """Which decision is asked (empty: the first), with which inputs."""

    decision: str
    inputs: dict[str, Any]


def read_json(content: bytes) -> dict[str, Any]:
    """The object that JSON text says, its decimals exact; raise `BadRequest`."""
    try:
        found = json.loads(content.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except RecursionError:
        raise BadRequest("JSON lồng nhau quá sâu.") from None
    except UnicodeDecodeError:
        raise BadRequest("Yêu cầu phải là JSON viết bằng UTF-8.") from None
    except json.JSONDecodeError as error:
        raise BadRequest(f"JSON sai cú pháp ở dòng {error.lineno}, cột {error.colno}.") from None
    except ValueError:
        raise BadRequest("JSON có số không đọc được.") from None
    if not isinstance(found, dict):
        raise BadRequest("Yêu cầu phải là một đối tượng JSON.")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(name)


def model_path(request: Mapping[str, Any]) -> Path:
    """Where the request's `model` stands; raise `BadRequest`."""
    path = request.get("model")
    if not isinstance(path, str) or not path.strip() or "\0" in path:
        raise BadRequest("“model” phải là đường dẫn tới tệp hoặc thư mục mô hình.")
    return Path(path)


def unreadable(path: Path, error: OSError) -> BadRequest:
    """Why a model's file could not be read."""
    reasons = {FileNotFoundError: "không có tệp hoặc thư mục này", PermissionError: "không được phép đọc"}
    return BadRequest(f"Không đọc được mô hình “{path}”: {reasons.get(type(error), error.strerror or 'lỗi đọc tệp')}.")


def simulate_request(request: Mapping[str, Any]) -> SimulateRequest:
    """Read `starts`, `horizon_s` and `auto`; raise `BadRequest`."""
    starts = request.get("starts") or [{}]
    if not isinstance(starts, list) or not all(isinstance(start, Mapping) for start in starts):
        raise BadRequest("“starts” phải là danh sách các đối tượng có “process” và “data”.")
    if len(starts) > MAX_STARTS:
        raise BadRequest(f"“starts” có hơn {MAX_STARTS} lần bắt đầu.")
    auto = request.get("auto")
    if auto is not None and not isinstance(auto, bool):
        raise BadRequest("“auto” phải là true hoặc false.")
    return SimulateRequest(
        starts=tuple(
            Start(process=_name(start, "process"), data=_values(start.get("data"), "data")) for start in starts
        ),
        horizon=_horizon(request.get("horizon_s")),
        auto=auto is True,
    )


def decide_request(request: Mapping[str, Any]) -> DecideRequest:
    """Read `decision` and `inputs`; raise `BadRequest`."""
    return DecideRequest(decision=_name(request, "decision"), inputs=_values(request.get("inputs"), "inputs"))


def _name(part: Mapping[str, Any], key: str) -> str:
    name = part.get(key)
    if name is not None and not isinstance(name, str):
        raise BadRequest(f"“{key}” phải là chữ.")
    return name or ""


def _horizon(value: Any) -> timedelta:
    if value is None:
        return timedelta(0)
    number = not isinstance(value, bool) and isinstance(value, int | float | Decimal)
    # Written so that what is no number at all (NaN) is refused too.
    if not number or not value >= 0:
        raise BadRequest("“horizon_s” phải là số giây không âm.")
    return _LONGEST if value >= _LONGEST.total_seconds() else timedelta(seconds=float(value))


def _values(value: Any, key: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise BadRequest(f"“{key}” phải là một đối tượng JSON.")
    _check(value, key)
    return dict(value)


def _check(value: Any, key: str) -> None:
    """Refuse what is nested too deeply and numbers no calculation is exact with."""
    todo: list[tuple[Any, int]] = [(value, 1)]
    while todo:
        part, depth = todo.pop()
        if depth > MAX_DEPTH:
            raise BadRequest(f"“{key}” lồng nhau quá {MAX_DEPTH} tầng.")
        if isinstance(part, Mapping):
            todo += [(inner, depth + 1) for inner in part.values()]
        elif isinstance(part, list | tuple):
            todo += [(inner, depth + 1) for inner in part]
        elif isinstance(part, Decimal | float) and not _is_usable(Decimal(part)):
            raise BadRequest(f"“{key}” có số quá lớn, quá nhỏ hoặc không hữu hạn.")


def _is_usable(number: Decimal) -> bool:
    return number.is_finite() and abs(number.adjusted()) <= MAX_EXPONENT
