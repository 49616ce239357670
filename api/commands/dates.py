"""Which dates does a model's year have? Every deadline reckoned from the pack and the shared calendar, no installation.

The JSON is described in `docs/dates.md`.
"""

import argparse
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from api.commands.saying import say
from api.texts.words import day, instant
from engine.errors import ChukyError, NotFound
from engine.process.packs import read_pack, shipped
from engine.rules.calendar import WorkingCalendar
from engine.rules.cycle_models import CycleModel
from engine.rules.deadlines import (
    ICT,
    Deadline,
    DeadlineRule,
    RuleKind,
    dated,
    local_day,
    next_occurrences,
    wording_with_last_day,
)
from engine.rules.lateness import Lateness, LatenessStatus, lateness_of

#: Cycle years that are reckoned: the holiday library knows the lunar calendar that far.
FIRST_YEAR, LAST_YEAR = 2000, 2099
_MOST = 60


class _Unclear(ChukyError):
    """A word of the command that cannot be understood; its text is for the person at the terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One deadline with the rule that it comes from, and what is said of a submission."""

    rule: DeadlineRule
    deadline: Deadline
    year: int
    lateness: Lateness | None


def dates(options: argparse.Namespace) -> int:
    """Print every deadline of a cycle's year, or the next occurrences of each; 2 for words that cannot be used."""
    try:
        at = _instant(options.at)
        events = dict(_event(text) for text in options.event)
        _check_numbers(options)
        model = read_pack(_folder(options.model))
        if options.next is not None:
            entries = _next(model, options.next, local_day(at) if at else _today())
        else:
            entries = _of_year(model, options.year, events, at, confirmed=options.confirmed)
        unknown = _unknown(model, events)
        if unknown:
            raise _Unclear(unknown)
    except _Unclear as unclear:
        say(f"Chưa đúng cách dùng: {unclear}")
        return 2
    if options.json:
        print(json.dumps(_as_json(model, entries, options.year, at), ensure_ascii=False, indent=2))
    else:
        _show(model, entries, options, at)
    return 0


# ---- reading the words


def _check_numbers(options: argparse.Namespace) -> None:
    if options.year is None and options.next is None:
        raise _Unclear("thiếu --year NĂM (hoặc --next SỐ_LẦN).")
    if options.year is not None and not FIRST_YEAR <= options.year <= LAST_YEAR:
        raise _Unclear(f"--year phải từ {FIRST_YEAR} đến {LAST_YEAR}.")
    if options.next is not None and not 1 <= options.next <= _MOST:
        raise _Unclear(f"--next phải từ 1 đến {_MOST}.")


def _folder(name: str) -> Path:
    """The folder of a shipped model by its name, else the path itself."""
    named = [folder for folder in shipped() if folder.name == name]
    if named and os.sep not in name and not Path(name).is_dir():
        return named[0]
    if not Path(name).is_dir():
        raise NotFound("mô hình", name)
    return Path(name)


def _instant(text: str | None) -> datetime | None:
    """An instant; without a zone it is Vietnam's, a day alone is its beginning."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=ICT)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Unclear(f"“{text}” không phải thời điểm, ví dụ 2026-11-10T08:30:00+07:00.") from None


def _event(text: str) -> tuple[str, date]:
    name, equals, on = text.rpartition("=")
    if not equals or not name.strip():
        raise _Unclear(f"“{text}” phải có dạng SỰ_KIỆN=NGÀY, ví dụ review=2026-11-10.")
    try:
        return name.strip(), _day(on.strip())
    except ValueError:
        raise _Unclear(f"“{on}” không phải ngày có thật, ví dụ 2026-11-10 hoặc 10/11/2026.") from None


def _day(text: str) -> date:
    found = datetime.strptime(text, "%d/%m/%Y").date() if "/" in text else date.fromisoformat(text)  # noqa: DTZ007  # a day
    if not FIRST_YEAR - 1 <= found.year <= LAST_YEAR + 1:
        raise ValueError(text)
    return found


def _unknown(model: CycleModel, events: Mapping[str, date]) -> str:
    known = {name: rule for rule in model.deadlines if rule.event for name in (rule.name, rule.event)}
    strange = next((name for name in events if name not in known), None)
    if strange is None:
        return ""
    names = ", ".join(dict.fromkeys(rule.name for rule in known.values())) or "(mô hình không có hạn nào như vậy)"
    return f"không hạn nào được tính từ “{strange}”. Các hạn tính từ một sự kiện: {names}."


def _today() -> date:
    from engine.runner.clock import system_clock

    return local_day(system_clock())


# ---- reckoning


def _calendar(first_year: int, last_year: int) -> WorkingCalendar:
    from engine.runner.holidays_seed import seed_calendar

    return WorkingCalendar({row.day: row for row in seed_calendar(first_year, last_year)})


def _of_year(
    model: CycleModel, year: int, events: Mapping[str, date], at: datetime | None, *, confirmed: bool
) -> list[_Entry]:
    years = [year - 4, year + 5, *(found.year + more for found in events.values() for more in (0, 3))]
    calendar = _calendar(min(years), max(years))
    return [
        _Entry(
            rule=rule,
            deadline=deadline,
            year=year,
            lateness=_judged(rule, deadline, at, confirmed=confirmed),
        )
        for rule in model.deadlines
        for deadline in dated(rule, year, calendar, event_day=_event_day(rule, events))
    ]


def _event_day(rule: DeadlineRule, events: Mapping[str, date]) -> date | None:
    return events.get(rule.name) or events.get(rule.event or "")


def _judged(rule: DeadlineRule, deadline: Deadline, at: datetime | None, *, confirmed: bool) -> Lateness | None:
    waits = rule.rule is RuleKind.WITHIN and deadline.last_day is None
    return None if at is None or waits else lateness_of(deadline, at, reading_confirmed=confirmed)


def _next(model: CycleModel, count: int, after: date) -> list[_Entry]:
    calendar = _calendar(after.year - 5, min(after.year + 12, LAST_YEAR))
    return [
        _Entry(rule=rule, deadline=deadline, year=year, lateness=None)
        for rule in model.deadlines
        for year, deadline in next_occurrences(rule, calendar, after=after, count=count)
    ]


# ---- saying


def _as_json(
    model: CycleModel, entries: Sequence[_Entry], year: int | None, at: datetime | None
) -> Mapping[str, object]:
    return {
        "model": model.key,
        "name": model.name,
        "year": year,
        "at": _iso(at),
        "deadlines": [_entry_as_json(entry, judged=at is not None) for entry in entries],
    }


def _entry_as_json(entry: _Entry, *, judged: bool) -> Mapping[str, object]:
    deadline, rule = entry.deadline, entry.rule
    told: dict[str, object] = {
        "name": deadline.name,
        "cycle_year": entry.year,
        "label": deadline.label,
        "rule": rule.rule.value,
        "cohorts": list(rule.cohorts),
        "unit_kinds": list(rule.unit_kinds),
        "first_day": _iso(deadline.first_day),
        "campaign_day": _iso(deadline.campaign_day),
        "last_day": _iso(deadline.last_day),
        "named_day": _iso(deadline.named_day),
        "late_from": _iso(deadline.late_from),
        "event": rule.event,
        "wording": wording_with_last_day(deadline),
        "source": deadline.source,
    }
    if judged:
        late = entry.lateness
        told["lateness"] = None if late is None else {"status": late.status.value, "days_late": late.days_late}
    return told


def _iso(moment: date | datetime | None) -> str | None:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return None if moment is None else moment.isoformat()


_SAID = {
    LatenessStatus.ON_TIME: "đúng hạn",
    LatenessStatus.NAMED_DAY_UNCONFIRMED: "nộp đúng ngày {day}, chờ xác nhận cách tính",
    LatenessStatus.LATE: "muộn {days} ngày",
}


def _show(model: CycleModel, entries: Sequence[_Entry], options: argparse.Namespace, at: datetime | None) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=140)
    sources = list(dict.fromkeys(entry.deadline.source for entry in entries))
    what = "các lần đến hạn tiếp theo" if options.next else f"chu kỳ năm {options.year}"
    table = Table(title=f"{model.name} – {what}", box=box.SIMPLE_HEAD, show_lines=False, title_justify="left")
    judged = at is not None and not options.next
    for head in ("Việc", "Đối tượng", "Nhận từ", "Hạn", "Muộn từ", "Căn cứ", *(["Nếu nộp lúc này"] if judged else [])):
        table.add_column(head, overflow="fold")
    for entry in entries:
        row = list(_row(model, entry, sources.index(entry.deadline.source) + 1, with_year=bool(options.next)))
        row += [_lateness_said(entry.lateness, at)] if judged and at else []
        # As text: what a pack calls its steps is no markup.
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
    for number, source in enumerate(sources, start=1):
        console.print(f"[{number}] {source}", markup=False)
    if judged:
        console.print(f"Xét một lần nộp lúc {instant(at)}.", markup=False)
    if any(entry.deadline.named_day for entry in entries) and not options.confirmed:
        say(
            "Cách đọc “trước ngày” được cơ quan có thẩm quyền xác nhận khi mở chu kỳ; thêm --confirmed để xem sau xác nhận."
        )


def _row(model: CycleModel, entry: _Entry, source: int, *, with_year: bool) -> Iterable[str]:
    deadline = entry.deadline
    opens = deadline.campaign_day or deadline.first_day
    year = f" (chu kỳ {entry.year})" if with_year else ""
    return (
        f"{deadline.label} [{deadline.name}]{year}",
        _parties(model, entry.rule),
        day(opens),
        wording_with_last_day(deadline),
        instant(deadline.late_from),
        f"[{source}]",
    )


def _parties(model: CycleModel, rule: DeadlineRule) -> str:
    from api.wording import Wording

    words = Wording()
    names = [words.label("cohort", code) for code in rule.cohorts]
    names += [words.label("unit_kind", code) for code in rule.unit_kinds]
    return ", ".join(names) or "mọi đối tượng"


def _lateness_said(lateness: Lateness | None, at: datetime) -> str:
    if lateness is None:
        return "chưa biết: còn chờ sự kiện (--event)"
    on = local_day(at)
    return _SAID[lateness.status].format(day=f"{on.day}/{on.month}", days=lateness.days_late)
