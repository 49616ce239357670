"""Which `[[deadline]]` tables are sound? Impossible dates, clashes and unclear wordings are refused."""

from itertools import combinations
from typing import Final

from engine.process.pack_toml import Document, Table
from engine.rules.calendar import WorkingCalendar
from engine.rules.cycle_models import DeadlineGroup
from engine.rules.deadlines import DayRule, DeadlineRule, RuleKind, deadlines_of, is_for, names_of, possible
from engine.rules.wordings import contradiction

_K: Final = RuleKind
_BY_DATE: Final = (_K.BEFORE, _K.BY, _K.WINDOW)
_WITHOUT_YEAR: Final = (*_BY_DATE, _K.WITHIN, _K.STANDING)
_PERIODS: Final = {
    _K.AFTER_PERIOD: ("month", "quarter", "year"),
    _K.RECURRING: ("week", "month", "quarter", "year"),
}
_NUMBERS: Final = {"month": 12, "quarter": 4}
#: An ordinary year and a leap year, in which the order of a deadline's days is tried.
_TRIED: Final = (2027, 2028)
_FAR: Final = 3  # years between a cycle and its dates


def read_deadlines(document: Document, groups: tuple[DeadlineGroup, ...]) -> tuple[DeadlineRule, ...]:
    """Read the `[[deadline]]` tables of `model.toml`; what is wrong goes to the document's report."""
    tables = document.tables("deadline")
    read = [(table, _rule(table, groups)) for table in tables if _known_kind(table)]
    for table, rule in read:
        table.finish()
        _check_order(table, rule, groups)
        _check_wording(table, rule)
    for (_, first), (table, other) in combinations(read, 2):
        _check_pair(table, first, other, groups)
    return tuple(rule for _, rule in read)


def _known_kind(table: Table) -> bool:
    # Without its kind the keys of a table mean nothing: one finding instead of ten.
    table.choice("rule", tuple(_K))
    return table.data.get("rule") in tuple(_K)


def _rule(table: Table, groups: tuple[DeadlineGroup, ...]) -> DeadlineRule:
    kind = _K(table.data["rule"])
    spanned = kind is _K.RECURRING and "opens" in table.data
    rule = DeadlineRule(
        name=table.text("name"),
        rule=kind,
        cohorts=table.texts("cohorts", ()),
        unit_kinds=table.texts("unit_kinds", ()),
        label=table.text("label"),
        wording=table.text("wording"),
        source=table.text("source"),
        boundary=table.choice(
            "boundary", ("exclusive", "inclusive"), "exclusive" if kind is _K.BEFORE else "inclusive"
        ),
        date=_day(table) if kind in _BY_DATE or spanned else None,
        opens=_inline_day(table, "opens", required=kind is _K.WINDOW),
        campaign=_inline_day(table, "campaign"),
        period=table.choice("period", _PERIODS[kind]) if kind in _PERIODS else None,
        number=_number(table, kind),
        n=_n(table, kind),
        unit=table.choice("unit", ("calendar_day", "working_day"), "calendar_day") if kind is _K.WITHIN else None,
        event=table.text("event") if kind is _K.WITHIN else None,
        year_offset=0 if kind in _WITHOUT_YEAR or spanned else table.whole("year_offset", -_FAR, _FAR, 0),
        on=table.day("on") if kind is _K.ONE_OFF else None,
        starts=table.day("starts") if kind is _K.ONE_OFF and "starts" in table.data else None,
        roll=table.choice("roll", ("fixed", "next", "previous"), "fixed"),
        first_year=table.maybe_whole("first_year", 2000, 2200),
        last_year=table.maybe_whole("last_year", 2000, 2200),
    )
    _check_parties(table, rule, groups)
    return rule


def _check_parties(table: Table, rule: DeadlineRule, groups: tuple[DeadlineGroup, ...]) -> None:
    for cohort in rule.cohorts:
        if all(cohort not in group.cohorts for group in groups):
            table.wrong("cohorts", f"Không nhóm [[group]] nào có đối tượng “{cohort}”.")
    for kind in rule.unit_kinds:
        if all(kind not in group.unit_kinds for group in groups):
            table.wrong("unit_kinds", f"Không nhóm [[group]] nào có loại đơn vị “{kind}”.")


def _number(table: Table, kind: RuleKind) -> int | None:
    if kind is _K.QUARTER:
        return table.whole("number", 1, 4)
    if kind is _K.MONTH_START:
        return table.whole("month", 1, 12)
    limit = _NUMBERS.get(str(table.data.get("period"))) if kind is _K.AFTER_PERIOD else None
    return table.whole("number", 1, limit) if limit else None


def _n(table: Table, kind: RuleKind) -> int | None:
    if kind is _K.WITHIN:
        return table.whole("n", 1, 366)
    if kind is _K.RECURRING:
        return table.whole("n", 1, 366, 1)
    if kind is not _K.AFTER_PERIOD:
        return None
    n = table.whole("n", 1, 31)
    month = _month_after(table.data)
    if not possible(n, month):
        table.wrong("n", f"Tháng {month} không có ngày {n}.")
        return 1
    return n


def _month_after(data: object) -> int:
    period, number = (data.get("period"), data.get("number")) if isinstance(data, dict) else (None, None)
    months = {"month": 1, "quarter": 3}.get(str(period), 12)
    number = number if isinstance(number, int) and months < 12 else 1
    return months * number % 12 + 1


def _inline_day(table: Table, key: str, *, required: bool = False) -> DayRule | None:
    inner = table.inline(key)
    if inner is None:
        if required:
            table.wrong(key, f"Thiếu khóa “{key}”: ngày mở của khoảng thời gian.")
        return None
    day = _day(inner)
    inner.finish()
    return day


def _day(table: Table) -> DayRule:
    day, month = table.whole("day", 1, 31), table.whole("month", 1, 12)
    offset = table.whole("year_offset", -_FAR, _FAR, 0)
    if not possible(day, month):
        table.wrong("day", f"Không có ngày {day}/{month}.")
        day = 1
    return DayRule(day=day, month=month, year_offset=offset)


def _check_order(table: Table, rule: DeadlineRule, groups: tuple[DeadlineGroup, ...]) -> None:
    for year in _TRIED:
        for group in groups:
            for deadline in deadlines_of([rule], group, year, WorkingCalendar({})).values():
                days = [deadline.first_day, deadline.campaign_day, deadline.last_day]
                known = [day for day in days if day is not None]
                if known != sorted(known):
                    table.wrong("", "Ngày mở, ngày phát động và hạn cuối không theo thứ tự thời gian.")
                    return


def _check_wording(table: Table, rule: DeadlineRule) -> None:
    dated = rule.rule not in (_K.WITHIN, _K.STANDING)
    rest = rule.wording.replace("{date}", "") if dated else rule.wording
    rest = rest.replace("{number}", "") if rule.rule is _K.RECURRING else rest
    if "{" in rest or "}" in rest:
        table.wrong("wording", "Chỉ dùng {date} (khi có ngày) và {number} (khi lặp lại) trong câu chữ.")
    if reason := contradiction(rule):
        table.wrong("wording", reason)


def _check_pair(table: Table, first: DeadlineRule, other: DeadlineRule, groups: tuple[DeadlineGroup, ...]) -> None:
    shared = sorted(set(names_of(first)) & set(names_of(other)))
    if not shared:
        return
    if _overlap(first, other, groups):
        table.wrong("name", f"Tên hạn “{shared[0]}” được khai hai lần cho cùng một nhóm.")
    elif _K.WITHIN in (first.rule, other.rule) and first.wording == other.wording and _length(first) != _length(other):
        table.wrong("wording", f"Các hạn “{shared[0]}” dài khác nhau phải có câu chữ khác nhau.")


def _overlap(first: DeadlineRule, other: DeadlineRule, groups: tuple[DeadlineGroup, ...]) -> bool:
    """Whether both hold for one group in one year; a group has one deadline of a name."""
    start = max(first.first_year or 0, other.first_year or 0)
    together = any(is_for(first, group) and is_for(other, group) for group in groups)
    return together and start <= min(first.last_year or 9999, other.last_year or 9999)


def _length(rule: DeadlineRule) -> tuple[RuleKind, int | None, str | None]:
    return rule.rule, rule.n, rule.unit
