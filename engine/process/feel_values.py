"""How do values of the expression language compare and compute? Exactly, and never by surprise.

Numbers are decimals of 34 digits, dates and times are those of the calendar, a naive time is
local time. `Unfit` says that an operation does not fit its operands: strict expressions (gateways,
scripts, timers) stop on it, lenient ones (decision tables) go on with null as FEEL asks.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

LOCAL: Final = ZoneInfo("Asia/Ho_Chi_Minh")
EXACT: Final = Context(prec=34)
MAX_TEXT: Final = 100_000
MAX_ITEMS: Final = 100_000
MAX_EXPONENT: Final = 6_144
MAX_STORED: Final = 2_000_000
_MAX_INT: Final = 10**34


class Unfit(Exception):
    """An operation that its operands do not allow; the text is a Vietnamese reason."""


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """A years-and-months duration."""

    count: int

    def __str__(self) -> str:
        sign, total = ("-", -self.count) if self.count < 0 else ("", self.count)
        years, months = divmod(total, 12)
        return f"{sign}P{f'{years}Y' if years else ''}{f'{months}M' if months or not years else ''}"


@dataclass(frozen=True, slots=True)
class Range:
    """An interval; an end of None is unbounded."""

    low: Any
    high: Any
    low_closed: bool
    high_closed: bool

    def holds(self, value: Any) -> bool | None:
        """Whether the value lies between the ends; null compares with nothing."""
        if value is None:
            return None
        if self.low is not None:
            order = compare(value, self.low)
            if order < 0 or (order == 0 and not self.low_closed):
                return False
        if self.high is not None:
            order = compare(value, self.high)
            if order > 0 or (order == 0 and not self.high_closed):
                return False
        return True


@dataclass(frozen=True, slots=True)
class Test:
    """A unary test used as a value, such as `< 5` in a list of tests."""

    check: Callable[[Any], Any]


def is_number(value: Any) -> bool:
    """Whether the value is a number; true and false are none."""
    return isinstance(value, int | Decimal | float) and not isinstance(value, bool)


def number(value: Any) -> int | Decimal:
    """The value as an exact number; `Unfit` for anything else, and beyond 10 to the power of 6144."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        raise Unfit(f"cần một số, nhận được {describe(value)}")
    exact = Decimal(repr(value)) if isinstance(value, float) else value
    if isinstance(exact, Decimal) and not exact.is_finite():
        raise Unfit("số không hữu hạn")
    if isinstance(exact, Decimal) and abs(exact.adjusted()) > MAX_EXPONENT:
        raise Unfit("số quá lớn hoặc quá nhỏ")
    return exact


def describe(value: Any) -> str:
    """A value's type in Vietnamese, for reasons."""
    if value is None:
        return "giá trị rỗng (null)"
    if isinstance(value, bool):
        return "giá trị đúng/sai"
    names: tuple[tuple[Any, str], ...] = (
        ((int, Decimal, float), "số"),
        (str, "chuỗi chữ"),
        (datetime, "ngày giờ"),
        (date, "ngày"),
        (time, "giờ"),
        ((timedelta, Months), "khoảng thời gian"),
        (list, "danh sách"),
        (dict, "bảng giá trị"),
        (Range, "khoảng"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "giá trị lạ")


def _settle(value: int | Decimal) -> int | Decimal:
    if isinstance(value, int):
        return value if abs(value) < _MAX_INT else EXACT.create_decimal(value)
    return value


def _numeric(operation: str, left: Any, right: Any) -> int | Decimal:
    a, b = number(left), number(right)
    try:
        if operation == "/":
            if b == 0:
                raise Unfit("chia cho số không")
            return EXACT.divide(a, b)
        if isinstance(a, int) and isinstance(b, int):
            return _settle(a + b if operation == "+" else a - b if operation == "-" else a * b)
        function = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}[operation]
        return function(a, b)
    except InvalidOperation:
        raise Unfit("phép tính không có kết quả") from None


def alike(left: Any, right: Any) -> tuple[Any, Any]:
    """The two operands; an ISO text beside a date, time or duration is read as what it says."""
    if isinstance(left, str) and isinstance(right, date | time | timedelta | Months):
        return _read(left), right
    if isinstance(right, str) and isinstance(left, date | time | timedelta | Months):
        return left, _read(right)
    return left, right


def _read(text: str) -> Any:
    # Variables hold durations and times as text, and JSON has dates as text only; the four forms cannot be mixed up.
    for reader in (parse_date, parse_datetime, parse_time, duration):
        try:
            return reader(text)
        except Unfit:
            continue
    return text


def add(left: Any, right: Any) -> Any:
    """Sum of numbers, joined texts, or a date moved by a duration."""
    if isinstance(left, str) and isinstance(right, str):
        return text_limit(left + right)
    left, right = alike(left, right)
    if isinstance(right, date | time) and isinstance(left, timedelta | Months):
        left, right = right, left
    if isinstance(left, date | time) and isinstance(right, timedelta | Months):
        return shift(left, right)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return _guard(lambda: left + right)
    if isinstance(left, Months) and isinstance(right, Months):
        return Months(left.count + right.count)
    return _numeric("+", left, right)


def subtract(left: Any, right: Any) -> Any:
    """Difference of numbers, dates (a duration) or durations; a date moved back."""
    left, right = alike(left, right)
    if isinstance(left, date | time) and isinstance(right, timedelta):
        return shift(left, -right)
    if isinstance(left, date | time) and isinstance(right, Months):
        return shift(left, Months(-right.count))
    if isinstance(left, date) and isinstance(right, date):
        return instant(left) - instant(right)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return _guard(lambda: left - right)
    if isinstance(left, Months) and isinstance(right, Months):
        return Months(left.count - right.count)
    return _numeric("-", left, right)


def multiply(left: Any, right: Any) -> Any:
    """Product of numbers, or a duration taken several times."""
    if isinstance(right, timedelta | Months):
        left, right = right, left
    if isinstance(left, timedelta):
        seconds = _numeric("*", Decimal(left // timedelta(microseconds=1)), right)
        return _guard(lambda: timedelta(microseconds=int(seconds)))
    if isinstance(left, Months):
        return Months(int(_numeric("*", left.count, right)))
    return _numeric("*", left, right)


def divide(left: Any, right: Any) -> Any:
    """Quotient of numbers or of durations; division by zero is `Unfit`."""
    micro = timedelta(microseconds=1)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return _numeric("/", left // micro, right // micro)
    if isinstance(left, Months) and isinstance(right, Months):
        return _numeric("/", left.count, right.count)
    if isinstance(left, timedelta):
        return _guard(lambda: timedelta(microseconds=int(_numeric("/", left // micro, right))))
    if isinstance(left, Months):
        return Months(int(_numeric("/", left.count, right)))
    return _numeric("/", left, right)


def power(left: Any, right: Any) -> int | Decimal:
    """Power with an exponent between -999 and 999."""
    base, exponent = number(left), number(right)
    if not -999 <= exponent <= 999:
        raise Unfit("số mũ quá lớn")
    try:
        result = EXACT.power(Decimal(base), Decimal(exponent))
    except (InvalidOperation, ArithmeticError):
        raise Unfit("phép lũy thừa không có kết quả") from None
    return int(result) if result == result.to_integral_value() and abs(result) < _MAX_INT else result


def negate(value: Any) -> Any:
    """The value with the opposite sign."""
    if isinstance(value, timedelta):
        return -value
    if isinstance(value, Months):
        return Months(-value.count)
    return -number(value) if isinstance(number(value), int) else EXACT.minus(number(value))


class _Allowance:
    """How many parts may be compared when nobody keeps an account."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_ITEMS

    def spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise Unfit("giá trị quá lớn để so sánh")


def equal(left: Any, right: Any, spend: Callable[[int], None] | None = None) -> bool | None:
    """Equality by value; different kinds are not equal. `Unfit` only when there are too many parts to compare."""
    if left is None or right is None:
        return left is right
    left, right = alike(left, right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right if isinstance(left, bool) and isinstance(right, bool) else None
    if is_number(left) and is_number(right):
        return number(left) == number(right)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return instant(left) == instant(right)
    if isinstance(left, list | dict) and isinstance(right, list | dict):
        return _equal_parts(left, right, spend or _Allowance().spend)
    if type(left) is not type(right):
        return None
    return bool(left == right)


def _equal_parts(left: Any, right: Any, spend: Callable[[int], None]) -> bool | None:
    spend(len(left) // 10 + 1)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(equal(a, b, spend) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key], spend) for key in left)
    return None


def compare(left: Any, right: Any) -> int:
    """-1, 0 or 1; `Unfit` when the two have no order."""
    left, right = alike(left, right)
    if is_number(left) and is_number(right):
        return _order(number(left), number(right))
    if (
        isinstance(left, date)
        and isinstance(right, date)
        and (isinstance(left, datetime) or isinstance(right, datetime))
    ):
        return _order(instant(left), instant(right))
    if type(left) is type(right) and isinstance(left, str | date | time | timedelta | Months):
        return _order(left, right)
    raise Unfit(f"không so sánh được {describe(left)} với {describe(right)}")


def _order(a: Any, b: Any) -> int:
    try:
        return int(a > b) - int(a < b)
    except TypeError:
        raise Unfit("không so sánh được giờ có múi với giờ không múi") from None


def contains(value: Any, test: Any) -> bool | None:
    """Whether a value passes a test of an `in`: a range, a unary test, a list of them, or a value."""
    if isinstance(test, Range):
        return test.holds(value)
    if isinstance(test, Test):
        return bool(test.check(value))
    if isinstance(test, list):
        return any(contains(value, item) is True for item in test) or equal(value, test) is True
    return equal(value, test)


def text_limit(text: str) -> str:
    """The text itself; `Unfit` above the limit."""
    if len(text) > MAX_TEXT:
        raise Unfit("chuỗi chữ quá dài")
    return text


def instant(value: date) -> datetime:
    """The aware instant of a date (its first moment) or time; naive values are local."""
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=LOCAL)
    return value if value.tzinfo else value.replace(tzinfo=LOCAL)


def shift(value: Any, by: timedelta | Months) -> Any:
    """A date, date-time or time moved by a duration; months keep the day where they can."""
    if isinstance(by, Months):
        if isinstance(value, time):
            raise Unfit("không cộng được tháng vào giờ")
        months = value.year * 12 + value.month - 1 + by.count
        year, month = divmod(months, 12)
        if not 1 <= year <= 9999:
            raise Unfit("ngày nằm ngoài lịch")
        return value.replace(year=year, month=month + 1, day=min(value.day, _days_in(year, month + 1)))
    if isinstance(value, time):
        return (datetime.combine(date(2000, 1, 1), value) + by).timetz()
    if isinstance(value, datetime):
        return _guard(
            lambda: value + by if value.tzinfo in (None, UTC) else (value.astimezone(UTC) + by).astimezone(value.tzinfo)
        )
    whole = by.days if by >= timedelta(0) or by == timedelta(days=by.days) else by.days + 1
    return _guard(lambda: value + timedelta(days=whole))


def _days_in(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1) if (year, month) != (9999, 12) else date(9999, 12, 31)
    return (following - timedelta(days=1)).day if (year, month) != (9999, 12) else 31


def _guard(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except (OverflowError, ValueError):
        raise Unfit("ngày hoặc khoảng thời gian nằm ngoài giới hạn") from None


_DURATION: Final = re.compile(
    r"^(-)?P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,7})D)?(?:T(?:(\d{1,8})H)?(?:(\d{1,9})M)?(?:(\d{1,10}(?:[.,]\d{1,6})?)S)?)?$"
)


def parse_duration(text: str) -> tuple[Months, timedelta]:
    """An ISO 8601 duration as its months and the rest; `Unfit` when it is none."""
    found = _DURATION.match(text.strip())
    if not found or not any(found.groups()[1:]) or text.rstrip().endswith("T"):
        raise Unfit(f"“{text}” không phải khoảng thời gian ISO 8601")
    sign = -1 if found[1] else 1
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in found.groups()[1:7])
    micro = int(Decimal((found[8] or "0").replace(",", ".")) * 1_000_000)
    rest = _guard(lambda: timedelta(days=weeks * 7 + days, hours=hours, minutes=minutes, microseconds=micro))
    return Months(sign * (years * 12 + months)), sign * rest


def duration(text: str) -> Months | timedelta:
    """A FEEL duration: months, or days and time, never both."""
    months, rest = parse_duration(text)
    if months.count and rest:
        raise Unfit(f"“{text}” trộn tháng với ngày giờ")
    return months if months.count or re.fullmatch(r"-?P\d+[YM](\d+M)?", text.strip()) else rest


def duration_text(value: timedelta) -> str:
    """A days-and-time duration in ISO 8601."""
    sign, value = ("-", -value) if value < timedelta(0) else ("", value)
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{value.microseconds:06d}".rstrip("0") if value.microseconds else ""
    clock = f"{f'{hours}H' if hours else ''}{f'{minutes}M' if minutes else ''}{f'{seconds}{fraction}S' if seconds or fraction else ''}"
    days = f"{value.days}D" if value.days else ""
    return f"{sign}P{days}{f'T{clock}' if clock else ''}" if days or clock else "PT0S"


def parse_date(text: str) -> date:
    """An ISO date; `Unfit` otherwise."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip()):
            return date.fromisoformat(text.strip())
    except ValueError:
        pass
    raise Unfit(f"“{text}” không phải ngày ISO (năm-tháng-ngày)")


_ZONE: Final = re.compile(r"@([A-Za-z_/+-]+)$")


def parse_datetime(text: str) -> datetime:
    """An ISO date and time, or a date (its first moment); a zone name after @ is understood."""
    text = text.strip()
    zone = _ZONE.search(text)
    bare = text[: zone.start()] if zone else text
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?", bare):
            found = datetime.fromisoformat(bare)
            return found.replace(tzinfo=ZoneInfo(zone[1])) if zone else found
    except (ValueError, OSError):
        pass
    raise Unfit(f"“{text}” không phải ngày giờ ISO 8601")


def parse_time(text: str) -> time:
    """An ISO time of day; `Unfit` otherwise."""
    bare = text.strip().removeprefix("T")
    try:
        if re.fullmatch(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", bare):
            return time.fromisoformat(bare)
    except ValueError:
        pass
    raise Unfit(f"“{text}” không phải giờ ISO 8601")


def to_text(value: Any) -> str:
    """A value as people and documents read it: plain numbers, ISO dates."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        exact = number(value)
        return str(exact) if isinstance(exact, int) else _plain(exact)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, Months):
        return str(value)
    if isinstance(value, list):
        return text_limit("[" + ", ".join(_quoted(item) for item in value) + "]")
    if isinstance(value, dict):
        return text_limit("{" + ", ".join(f"{key}: {_quoted(item)}" for key, item in value.items()) + "}")
    raise Unfit(f"không đổi được {describe(value)} thành chữ")


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else to_text(value)


def _plain(value: Decimal) -> str:
    text = format(value, "f") if abs(value.adjusted()) < 60 else str(value)
    return text.rstrip("0").rstrip(".") if "." in text and "E" not in text else text


def storable(value: Any) -> Any:
    """The value as a process variable may hold it: durations become ISO text; ranges and tests are `Unfit`.

    So is what would be larger than two million signs, counting a part as often as it stands there.
    """
    return _stored(value, [MAX_STORED])


def _stored(value: Any, room: list[int]) -> Any:
    room[0] -= len(value) if isinstance(value, str) else 20
    if room[0] < 0:
        raise Unfit("giá trị quá lớn để lưu")
    if isinstance(value, timedelta | Months | time):
        return to_text(value)
    if value is None or isinstance(value, bool | int | float | Decimal | str | date):
        return value
    if isinstance(value, list):
        return [_stored(item, room) for item in value]
    if isinstance(value, dict):
        return {str(key): _stored(item, room) for key, item in value.items()}
    raise Unfit(f"không lưu được {describe(value)}")
