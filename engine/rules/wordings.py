"""What do the words of a deadline say? Read back, so that words and rule cannot name two different days."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.rules.deadlines import DeadlineRule, RuleKind

_LAST: Final = re.compile(r" \(hạn cuối: hết ngày (\d{2})/(\d{2})/(\d{4})\)$")
_NAMED: Final = re.compile(
    r"(?P<how>trước|đến hết|chậm nhất(?: vào)?|hết)? ?ngày (?:(?P<mark>\{date\})|(?P<day>\d{1,2})/(?P<month>\d{1,2})(?:/(?P<year>\d{4}))?)",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(r"trong (?:thời hạn )?(?P<n>\d{1,3}) ngày(?P<working> làm việc)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDay:
    """A day that a wording names: `how` are the words before it ("trước", "đến hết" …, or empty)."""

    how: str
    day: int | None  #: None: left to the mark {date}
    month: int | None
    year: int | None

    @property
    def before(self) -> bool:
        """Whether the words are "trước ngày"."""
        return self.how == "trước"


def last_day_told(text: str) -> date | None:
    """The last valid day that a wording shows at its end: "… (hạn cuối: hết ngày 09/11/2026)"."""
    found = _LAST.search(text)
    return date(int(found[3]), int(found[2]), int(found[1])) if found else None


def named_days(text: str) -> list[NamedDay]:
    """The days that the words themselves name, in their order; the last valid day behind them is left out."""
    return [
        NamedDay(
            how=(found["how"] or "").lower(),
            day=None if found["mark"] else int(found["day"]),
            month=None if found["mark"] else int(found["month"]),
            year=int(found["year"]) if found["year"] else None,
        )
        for found in _NAMED.finditer(_LAST.sub("", text))
    ]


def days_counted(text: str) -> tuple[int, str] | None:
    """How many days of which unit the words count: "trong 05 ngày làm việc" → (5, "working_day")."""
    found = _COUNTED.search(text)
    return (int(found["n"]), "working_day" if found["working"] else "calendar_day") if found else None


def contradiction(rule: DeadlineRule) -> str | None:
    """Why words and rule say two things, as a Vietnamese sentence; None when they agree, or the words name no day."""
    if rule.rule is RuleKind.WITHIN:
        counted = days_counted(rule.wording)
        if counted is not None and counted != (rule.n, rule.unit):
            return "Số ngày trong câu chữ khác với quy tắc."
        return None
    return next(_against(rule), None)


def _against(rule: DeadlineRule) -> Iterator[str]:
    for named in named_days(rule.wording):
        if named.before and rule.rule is not RuleKind.BEFORE:
            yield "Câu chữ nói “trước ngày”: cách tính hạn phải là “trước một ngày” (rule = before)."
        if named.how not in ("", "trước") and rule.boundary == "exclusive":
            yield f"Câu chữ nói “{named.how} ngày”: chính ngày đó còn hạn, phải kể cả chính ngày đó (boundary = inclusive)."
        own = [(day.day, day.month) for day in (rule.date, rule.opens, rule.campaign) if day is not None]
        if named.day is not None and own and (named.day, named.month) not in own:
            yield f"Câu chữ nói ngày {named.day}/{named.month}, quy tắc nói ngày khác."
