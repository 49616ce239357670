"""Which functions may a diagram or a decision table call? These, and no others."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from typing import Any, Final, Protocol

from engine.process import feel_values as fv
from engine.process.feel_values import Months, Unfit
from engine.process.patterns import STEPS_A_UNIT, BadPattern, Pattern, compile_pattern


class Spending(Protocol):
    """What an evaluation may still cost."""

    def spend(self, amount: int = 1) -> None:
        """Take that much of it; raises when nothing is left."""


class Surroundings(Protocol):
    """What a function may know of the evaluation around it."""

    facts: Mapping[str, Any]
    now: datetime
    budget: Spending


@dataclass(frozen=True, slots=True)
class Function:
    """A listed function: how many arguments it takes, by which names, and what it does."""

    name: str
    run: Callable[[Any, list[Any]], Any]
    least: int
    most: int | None  #: None takes any number
    labels: tuple[str, ...] = ()

    def misuse(self, positional: int, named: tuple[str, ...]) -> str | None:
        """A Vietnamese reason when it cannot be called so, else None."""
        if unknown := [name for name in named if name not in self.labels]:
            return f"hàm “{self.name}” không có đối số “{unknown[0]}”"
        count = positional + len(named)
        if count < self.least or (self.most is not None and count > self.most):
            wanted = str(self.least) if self.most == self.least else f"{self.least} đến {self.most or 'nhiều'}"
            return f"hàm “{self.name}” nhận {wanted} đối số, không phải {count}"
        return None

    def ordered(self, named: Mapping[str, Any]) -> list[Any]:
        """Named arguments in the order of the parameters."""
        values = [named.get(label) for label in self.labels]
        while values and len(values) > self.least and self.labels[len(values) - 1] not in named:
            values.pop()
        return values


FUNCTIONS: Final[dict[str, Function]] = {}
_Plain = Callable[..., Any]


def _add(names: str, run: Callable[[Any, list[Any]], Any], least: int, most: int | None, labels: str = "") -> None:
    for name in names.split("|"):
        FUNCTIONS[name] = Function(
            name, run, least, most, tuple(label.strip() for label in labels.split(",")) if labels else ()
        )


def _plain(names: str, run: _Plain, least: int, most: int | None, labels: str = "") -> None:
    """A function of its arguments only."""
    _add(names, lambda env, values: run(*values), least, most, labels)


# Texts


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unfit(f"cần chuỗi chữ, nhận được {fv.describe(value)}")
    return value


def _substring(text: Any, start: Any, length: Any = None) -> str:
    word, position = _text(text), int(fv.number(start))
    begin = position - 1 if position > 0 else len(word) + position
    stop = None if length is None else begin + int(fv.number(length))
    return word[max(begin, 0) : stop]


def _pattern(source: Any, flags: Any) -> Pattern:
    try:
        return compile_pattern(_text(source), _text(flags or ""))
    except BadPattern as error:
        raise Unfit(str(error)) from None


def _stepping(env: Surroundings) -> Callable[[int], None]:
    return lambda steps: env.budget.spend(steps // STEPS_A_UNIT + 1)


def _matches(env: Surroundings, values: list[Any]) -> bool:
    text, pattern, flags = (*values, None)[:3]
    return _pattern(pattern, flags).search(_text(text), 0, _stepping(env)) is not None


_GROUP: Final = re.compile(r"\\(.)|\$(\d)")


def _replace(env: Surroundings, values: list[Any]) -> str:
    """Every match replaced; `$1` is what the first group took."""
    text, pattern, by, flags = (*values, None)[:4]
    word, made, at = _text(text), "", 0
    for place in _pattern(pattern, flags).all(word, _stepping(env)):
        parts = [word[start:end] if start >= 0 else "" for start, end in zip(place[::2], place[1::2], strict=True)]
        made += word[at : place[0]] + _filled(_text(by), parts)
        at = place[1]
        env.budget.spend(len(made) // 1_000 + 1)
    return fv.text_limit(made + word[at:])


def _filled(by: str, parts: list[str]) -> str:
    def one(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        return parts[int(found[2])] if int(found[2]) < len(parts) else ""

    return _GROUP.sub(one, by)


_plain("string length|len", lambda v: len(v) if isinstance(v, str | list | dict) else len(_text(v)), 1, 1, "string")
_plain("upper case|upper", lambda v: _text(v).upper(), 1, 1, "string")
_plain("lower case|lower", lambda v: _text(v).lower(), 1, 1, "string")
_plain("trim|strip", lambda v: _text(v).strip(), 1, 1, "string")
_plain("substring", _substring, 2, 3, "string, start position, length")
_plain(
    "substring before",
    lambda v, m: _text(v).partition(_text(m))[0] if _text(m) in _text(v) else "",
    2,
    2,
    "string, match",
)
_plain("substring after", lambda v, m: _text(v).partition(_text(m))[2], 2, 2, "string, match")
_plain("starts with|startswith", lambda v, m: _text(v).startswith(_text(m)), 2, 2, "string, match")
_plain("ends with|endswith", lambda v, m: _text(v).endswith(_text(m)), 2, 2, "string, match")
_plain("contains", lambda v, m: _text(m) in _text(v), 2, 2, "string, match")
_plain("split", lambda v, m: _text(v).split(_text(m)) if _text(m) else list(_text(v)), 2, 2, "string, delimiter")
_add("matches", _matches, 2, 3, "input, pattern, flags")
_add("replace", _replace, 3, 4, "input, pattern, replacement, flags")
_plain("string|str", lambda v: None if v is None else fv.text_limit(fv.to_text(v)), 1, 1, "from")


def _string_join(items: Any, delimiter: Any = "") -> str:
    return fv.text_limit(_text(delimiter or "").join(_text(item) for item in _list(items) if item is not None))


_plain("string join", _string_join, 1, 2, "list, delimiter")

# Numbers


def _to_number(value: Any, grouping: Any = None, point: Any = None) -> int | Decimal:
    if fv.is_number(value):
        return fv.number(value)
    text = _text(value).strip()
    if grouping:
        text = text.replace(_text(grouping), "")
    if point:
        text = text.replace(_text(point), ".")
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", text) or len(text) > 100:
        raise Unfit(f"“{text}” không phải số")
    return int(text) if re.fullmatch(r"[+-]?\d{1,34}", text) else Decimal(text)


def _rounded(value: Any, scale: Any, mode: str) -> int | Decimal:
    exact, digits = Decimal(fv.number(value)), int(fv.number(scale))
    if abs(digits) > 100:
        raise Unfit("số chữ số thập phân quá lớn")
    step = Decimal(1).scaleb(-digits)
    with_room = fv.EXACT.copy()
    with_room.prec = 200
    try:
        result = exact.quantize(step, rounding=mode, context=with_room)
    except ArithmeticError:
        raise Unfit("không làm tròn được số này") from None
    return int(result) if digits <= 0 else result


def _rounding(mode: str) -> _Plain:
    return lambda value, scale=0: _rounded(value, scale, mode)


def _sqrt(value: Any) -> Any:
    exact = Decimal(fv.number(value))
    if exact < 0:
        raise Unfit("căn bậc hai của số âm")
    root = fv.EXACT.sqrt(exact)
    return int(root) if root == root.to_integral_value() else root


def _modulo(a: Any, b: Any) -> Any:
    if fv.number(b) == 0:
        raise Unfit("chia cho số không")
    return fv.subtract(a, fv.multiply(b, _rounded(fv.divide(a, b), 0, ROUND_FLOOR)))


def _exp(exact: Decimal) -> Decimal:
    if abs(exact) > 10_000:
        raise Unfit("số quá lớn")
    return fv.EXACT.exp(exact)


def _safe_math(operation: Callable[[Decimal], Decimal]) -> _Plain:
    def run(value: Any) -> Decimal:
        exact = Decimal(fv.number(value))
        try:
            return operation(exact)
        except ArithmeticError:
            raise Unfit("phép tính không có kết quả") from None

    return run


_plain("number|float|int", _to_number, 1, 3, "from, grouping separator, decimal separator")
_plain("decimal", _rounding(ROUND_HALF_EVEN), 2, 2, "n, scale")
_plain("round", _rounding(ROUND_HALF_UP), 1, 2, "n, scale")
_plain("round up", _rounding(ROUND_UP), 1, 2, "n, scale")
_plain("round down", _rounding(ROUND_DOWN), 1, 2, "n, scale")
_plain("round half up", _rounding(ROUND_HALF_UP), 1, 2, "n, scale")
_plain("round half down", _rounding(ROUND_HALF_DOWN), 1, 2, "n, scale")
_plain("round half even", _rounding(ROUND_HALF_EVEN), 1, 2, "n, scale")
_plain("floor", _rounding(ROUND_FLOOR), 1, 2, "n, scale")
_plain("ceiling|ceil", _rounding(ROUND_CEILING), 1, 2, "n, scale")
_plain(
    "abs",
    lambda v: (
        abs(v) if isinstance(v, timedelta) else Months(abs(v.count)) if isinstance(v, Months) else abs(fv.number(v))
    ),
    1,
    1,
    "n",
)
_plain("sqrt", _sqrt, 1, 1, "number")
_plain("exp", _safe_math(_exp), 1, 1, "number")
_plain("log", _safe_math(fv.EXACT.ln), 1, 1, "number")
_plain("modulo", _modulo, 2, 2, "dividend, divisor")
_plain("odd", lambda v: _modulo(fv.number(v), 2) == 1, 1, 1, "number")
_plain("even", lambda v: _modulo(fv.number(v), 2) == 0, 1, 1, "number")

# Lists


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    raise Unfit(f"cần danh sách, nhận được {fv.describe(value)}")


def _spread(values: tuple[Any, ...]) -> list[Any]:
    """`max(1, 2)` and `max([1, 2])` are the same."""
    return list(values[0]) if len(values) == 1 and isinstance(values[0], list) else list(values)


def _extreme(sign: int) -> _Plain:
    def run(*values: Any) -> Any:
        items = _spread(values)
        best = items[0] if items else None
        for item in items[1:]:
            if fv.compare(item, best) * sign > 0:
                best = item
        return best

    return run


def _sum(*values: Any) -> Any:
    items = _spread(values)
    if not items:
        return None
    total: Any = items[0] if isinstance(items[0], timedelta | Months) else fv.number(items[0])
    for item in items[1:]:
        total = fv.add(total, item)
    return total


def _mean(*values: Any) -> Any:
    items = _spread(values)
    return fv.divide(_sum(items), len(items)) if items else None


def _median(*values: Any) -> Any:
    items = sorted(fv.number(item) for item in _spread(values))
    if not items:
        return None
    middle = len(items) // 2
    return items[middle] if len(items) % 2 else fv.divide(fv.add(items[middle - 1], items[middle]), 2)


def _stddev(*values: Any) -> Any:
    items = _spread(values)
    if len(items) < 2:
        raise Unfit("cần ít nhất hai số")
    mean = _mean(items)
    squares = [fv.multiply(fv.subtract(item, mean), fv.subtract(item, mean)) for item in items]
    return _sqrt(fv.divide(_sum(squares), len(items) - 1))


def _mode(*values: Any) -> list[Any]:
    items = [fv.number(item) for item in _spread(values)]
    counted = Counter(items)
    most = max(counted.values(), default=0)
    return sorted(item for item, count in counted.items() if count == most)


def _all(*values: Any) -> bool | None:
    items = _spread(values)
    return False if any(item is False for item in items) else None if any(item is not True for item in items) else True


def _any(*values: Any) -> bool | None:
    items = _spread(values)
    return True if any(item is True for item in items) else None if any(item is not False for item in items) else False


def _places(env: Surroundings, items: Any, wanted: Any) -> list[int]:
    """Where a value stands in a list, from 0."""
    listed = _list(items)
    env.budget.spend(len(listed) // 3 + 1)
    return [at for at, item in enumerate(listed) if fv.equal(item, wanted, env.budget.spend) is True]


def _distinct(env: Surroundings, items: Any) -> list[Any]:
    kept: list[Any] = []
    known: set[Any] = set()
    for item in _list(items):
        # Equal plain values have equal hashes; what is compared part by part has none.
        plain = isinstance(item, str | int | Decimal | None) and item.__class__ is not bool
        if item in known if plain else _places(env, kept, item):
            continue
        known.update([item] if plain else [])
        kept.append(item)
    return kept


def _duplicates(env: Surroundings, items: Any) -> list[Any]:
    return _distinct(env, [item for item in _list(items) if len(_places(env, items, item)) > 1])


def _flat(env: Surroundings, items: Any) -> list[Any]:
    env.budget.spend(len(_list(items)) // 10 + 1)
    return [deep for item in items for deep in (_flat(env, item) if isinstance(item, list) else [item])]


def _sublist(items: Any, start: Any, length: Any = None) -> list[Any]:
    position = int(fv.number(start))
    begin = position - 1 if position > 0 else len(_list(items)) + position
    return _list(items)[max(begin, 0) : None if length is None else begin + int(fv.number(length))]


def _place(items: Any, position: Any) -> int:
    """Index of a FEEL position (the first is 1, the last -1); `Unfit` outside the list."""
    at, size = int(fv.number(position)), len(_list(items))
    if not (1 <= at <= size or -size <= at <= -1):
        raise Unfit("vị trí nằm ngoài danh sách")
    return at - 1 if at > 0 else size + at


def _concatenate(*lists: Any) -> list[Any]:
    joined = [item for items in lists for item in (items if isinstance(items, list) else [items])]
    if len(joined) > fv.MAX_ITEMS:
        raise Unfit("danh sách quá dài")
    return joined


_plain("count", lambda v: len(_list(v)), 1, 1, "list")
_plain("min", _extreme(-1), 1, None)
_plain("max", _extreme(1), 1, None)
_plain("sum", _sum, 1, None)
_plain("mean", _mean, 1, None)
_plain("median", _median, 1, None)
_plain("stddev", _stddev, 1, None)
_plain("mode", _mode, 1, None)
_plain("product", lambda *v: _product(_spread(v)), 1, None)
_plain("all", _all, 1, None)
_plain("any", _any, 1, None)
_add("list contains", lambda env, v: bool(_places(env, *v)), 2, 2, "list, element")
_plain("append", lambda items, *more: _concatenate(_list(items), list(more)), 1, None)
_plain("concatenate", _concatenate, 1, None)
_add("union", lambda env, lists: _distinct(env, _concatenate(*lists)), 1, None)
_add("distinct values", lambda env, v: _distinct(env, *v), 1, 1, "list")
_add("duplicate values", lambda env, v: _duplicates(env, *v), 1, 1, "list")
_add("flatten", lambda env, v: _flat(env, *v), 1, 1, "list")
_plain("reverse", lambda v: _list(v)[::-1], 1, 1, "list")
_plain("sublist", _sublist, 2, 3, "list, start position, length")
_add("index of", lambda env, v: [at + 1 for at in _places(env, *v)], 2, 2, "list, match")
_plain(
    "insert before", lambda v, p, n: [*_list(v)[: _place(v, p)], n, *v[_place(v, p) :]], 3, 3, "list, position, newItem"
)
_plain("remove", lambda v, p: [*_list(v)[: _place(v, p)], *v[_place(v, p) + 1 :]], 2, 2, "list, position")
_plain("is empty", lambda v: len(_list(v)) == 0, 1, 1, "list")


def _product(items: list[Any]) -> Any:
    total: Any = 1
    for item in items:
        total = fv.multiply(total, item)
    return total if items else None


# Tables of values


def _table(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise Unfit(f"cần bảng giá trị, nhận được {fv.describe(value)}")


def _put(table: Any, key: Any, value: Any) -> dict[str, Any]:
    return {**_table(table), _text(key): value}


def _merge(tables: Any) -> dict[str, Any]:
    return {key: value for table in _list(tables) for key, value in _table(table).items()}


_plain("get value", lambda t, k: _table(t).get(_text(k)), 2, 2, "m, key")
_plain("get entries", lambda t: [{"key": key, "value": value} for key, value in _table(t).items()], 1, 1, "m")
_plain("context put", _put, 3, 3, "context, key, value")
_plain("context merge", _merge, 1, 1, "contexts")
_plain("context", lambda entries: {_text(e["key"]): e["value"] for e in _list(entries)}, 1, 1, "entries")
_plain("is defined", lambda v: v is not None, 1, 1, "value")
_plain("get or else", lambda v, d: d if v is None else v, 2, 2, "value, default")

# Dates and times


def _date(*values: Any) -> date:
    if len(values) == 3:
        try:
            return date(*(int(fv.number(value)) for value in values))
        except (ValueError, OverflowError):
            raise Unfit("không có ngày đó trên lịch") from None
    value = values[0]
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else fv.parse_date(_text(value))


def _date_time(value: Any, clock: Any = None) -> datetime:
    if clock is not None:
        return datetime.combine(_date(value), clock if isinstance(clock, time) else fv.parse_time(_text(clock)))
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    return fv.parse_datetime(_text(value))


def _time(*values: Any) -> time:
    if len(values) > 1:
        hour, minute, second = (int(fv.number(value)) for value in (*values, 0)[:3])
        try:
            return time(hour, minute, second)
        except ValueError:
            raise Unfit("không có giờ đó") from None
    return values[0].timetz() if isinstance(values[0], datetime) else fv.parse_time(_text(values[0]))


def _duration(value: Any) -> Any:
    return value if isinstance(value, timedelta | Months) else fv.duration(_text(value))


def _months_between(start: Any, stop: Any) -> Months:
    first, last = _date(start), _date(stop)
    if last < first:
        return Months(-_months_between(last, first).count)
    return Months((last.year - first.year) * 12 + last.month - first.month - (last.day < first.day))


def _last_of_month(value: Any) -> date:
    day = _date(value)
    return fv.shift(fv.shift(day.replace(day=1), Months(1)), timedelta(days=-1))  # type: ignore[no-any-return]  # shift keeps the kind


_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = tuple("January February March April May June July August September October November December".split())

_plain("date", _date, 1, 3, "year, month, day")
FUNCTIONS["date"] = Function("date", lambda env, values: _date(*values), 1, 3, ("from",))
_plain("date and time|datetime", _date_time, 1, 2, "date, time")
FUNCTIONS["date and time"] = Function("date and time", lambda env, values: _date_time(*values), 1, 2, ("from",))
_plain("time", _time, 1, 3, "from")
_plain("duration", _duration, 1, 1, "from")
_plain("years and months duration", _months_between, 2, 2, "from, to")
_plain("day of week", lambda v: _WEEKDAYS[_date(v).weekday()], 1, 1, "date")
_plain("day of year", lambda v: _date(v).timetuple().tm_yday, 1, 1, "date")
_plain("week of year", lambda v: _date(v).isocalendar().week, 1, 1, "date")
_plain("month of year", lambda v: _MONTHS[_date(v).month - 1], 1, 1, "date")
_plain("last day of month", _last_of_month, 1, 1, "date")
_add("now", lambda env, values: env.now.astimezone(fv.LOCAL), 0, 0)
_add("today", lambda env, values: env.now.astimezone(fv.LOCAL).date(), 0, 0)

# Dates and settings of the cycle, handed in by the core as facts


def _fact(part: str) -> Callable[[Any, list[Any]], Any]:
    def run(env: Any, values: list[Any]) -> Any:
        name = _text(values[0])
        entry = _entry(env.facts, "dates", name, "mốc thời gian")
        if not isinstance(entry, Mapping) or entry.get(part) is None:
            raise Missing(f"mốc thời gian “{name}” không có “{part}”")
        value = entry[part]
        return fv.parse_datetime(value) if isinstance(value, str) else value

    return run


class Missing(Exception):
    """A named fact that the model does not have: never null, always a fault."""


def _entry(facts: Mapping[str, Any], table: str, name: str, what: str) -> Any:
    entries = facts.get(table)
    if not isinstance(entries, Mapping) or name not in entries:
        raise Missing(f"không có {what} “{name}”")
    return entries[name]


for _part in ("opens", "campaign", "last_day", "late_from"):
    _add(_part, _fact(_part), 1, 1, "name")
_add("setting", lambda env, values: _entry(env.facts, "settings", _text(values[0]), "thiết lập"), 1, 1, "name")

#: Functions whose name has several words, for the lexer.
CALLS: Final = tuple(name for name in FUNCTIONS if " " in name)
