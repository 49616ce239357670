"""When is a timer due? An instant computed once, from the diagram's words and `now`.

Dates are absolute, durations count from the moment the event begins to wait. A cycle repeats an
exact duration (weeks, days, hours …); months and years are refused, since "every month" is a
matter of calendars and belongs to the pack's deadlines.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from engine.process import feel_values as fv
from engine.process.expressions import Evaluation, Expression, Fault, compile_condition, to_instant
from engine.process.feel_lexer import BadExpression
from engine.process.feel_values import Unfit

_LITERAL_DATE: Final = re.compile(r"^\d{4}-\d\d-\d\d")
_LITERAL_DURATION: Final = re.compile(r"^-?P[\dT]")
_LITERAL_CYCLE: Final = re.compile(r"^R\d*/")
_CYCLE: Final = re.compile(r"^R(\d{0,6})/(?:([^/]+)/)?(-?P[^/]+)$")
_CRON: Final = re.compile(r"^[\d*?,/\s\-#LWA-Z]+$")
ENDLESS: Final = -1


@dataclass(frozen=True, slots=True)
class Clockwork:
    """A compiled timer: `literal` as written, or an expression that gives it."""

    kind: str  #: date, duration, cycle
    literal: str | None
    expression: Expression | None

    def first(self, at: Evaluation, now: datetime) -> dict[str, Any]:
        """What the waiting token keeps: `due` (UTC), and for a cycle `every` and how many are `left`; raise `Fault`."""
        value: Any = self.literal if self.expression is None else self.expression.value(at)
        try:
            if self.kind == "date":
                return {"due": to_instant(value)}
            if self.kind == "duration":
                return {"due": after(now, value)}
            return _cycle(_text(value), now)
        except (Unfit, OverflowError) as error:
            raise Fault(str(error)) from None


def following(kept: dict[str, Any]) -> dict[str, Any] | None:
    """What the next round of a cycle keeps, counted from the last due instant; None when it was the last."""
    left = kept.get("left", 0)
    if left == 0 or "every" not in kept:
        return None
    _, step = fv.parse_duration(kept["every"])
    return {"due": kept["due"] + step, "every": kept["every"], "left": left if left == ENDLESS else left - 1}


def compile_timer(kind: str, text: str) -> Clockwork:
    """Compile a timer's text; raise `BadExpression` when it is neither a literal nor an expression."""
    text = text.strip()
    quoted = re.fullmatch(r"[\"']([^\"']*)[\"']", text)
    literal = quoted[1] if quoted else text
    if _is_literal(literal):
        _check_literal(kind, literal)
        return Clockwork(kind, literal, None)
    if kind == "cycle" and _CRON.match(text) and " " in text:
        raise BadExpression("không nhận chu kỳ kiểu cron; hãy dùng hạn của mô hình hoặc R<n>/<khoảng>")
    return Clockwork(kind, None, compile_condition(text))


def _is_literal(text: str) -> bool:
    return bool(_LITERAL_DATE.match(text) or _LITERAL_DURATION.match(text) or _LITERAL_CYCLE.match(text))


def _check_literal(kind: str, text: str) -> None:
    try:
        if kind == "date":
            to_instant(text)
        elif kind == "duration":
            fv.parse_duration(text)
        else:
            _cycle(text, datetime(2000, 1, 1, tzinfo=UTC))
    except (Unfit, Fault) as error:
        raise BadExpression(str(error)) from None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise Unfit("chu kỳ phải là chuỗi chữ dạng R<n>/<khoảng>")


def after(now: datetime, value: Any) -> datetime:
    """The instant (UTC) a duration after `now`: a value of the language or ISO 8601 text; raise `Unfit`."""
    if isinstance(value, timedelta):
        return now.astimezone(UTC) + value
    if isinstance(value, fv.Months):
        months, rest = value, timedelta()
    elif isinstance(value, str):
        months, rest = fv.parse_duration(value)
    else:
        raise Unfit(f"khoảng chờ là {fv.describe(value)}, cần khoảng thời gian ISO 8601")
    # Months are counted on the local calendar: a month after 31 January, local time, is the last of February.
    local = fv.shift(now.astimezone(fv.LOCAL), months) if months.count else now
    return fv.instant(local).astimezone(UTC) + rest


def _cycle(text: str, now: datetime) -> dict[str, Any]:
    found = _CYCLE.match(text.strip())
    if not found:
        raise Unfit(f"“{text}” không phải chu kỳ dạng R<n>/<khoảng>")
    months, step = fv.parse_duration(found[3])
    if months.count:
        raise Unfit("không nhận chu kỳ tính theo tháng, năm; hãy dùng hạn của mô hình")
    if step < timedelta(seconds=1):
        raise Unfit("chu kỳ phải dài ít nhất một giây")
    times = int(found[1]) if found[1] else None
    if times == 0:
        raise Unfit("chu kỳ phải lặp ít nhất một lần")
    due = to_instant(found[2]) if found[2] else now.astimezone(UTC) + step
    return {"due": due, "every": found[3], "left": ENDLESS if times is None else times - 1}
