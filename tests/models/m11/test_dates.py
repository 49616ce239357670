"""The dates of cycle 2027, as the annex and the issue name them."""

from datetime import date

from engine.rules.calendar import WorkingCalendar
from engine.rules.deadlines import count_within, wording_with_last_day
from tests.models.m11.walking import deadlines, model


def last_days(group: str, year: int = 2027) -> dict[str, date]:
    return {name: d.last_day for name, d in deadlines(group, year).items() if d.last_day is not None}


def windows(group: str) -> dict[str, tuple[date | None, date | None]]:
    found = {name: (d.first_day, d.campaign_day) for name, d in deadlines(group, 2027).items()}
    return {name: days for name, days in found.items() if days != (None, None)}


def test_last_valid_days_of_branches_that_are_no_schools() -> None:
    assert last_days("others") == {
        "register": date(2026, 11, 9),
        "late_door": date(2026, 12, 31),
        "registration_report": date(2026, 11, 19),
        "quarter-1": date(2027, 4, 5),
        "quarter-2": date(2027, 7, 5),
        "quarter-3": date(2027, 10, 5),
        "quarter-4": date(2027, 11, 9),
        "synthesis": date(2027, 11, 9),
        "request": date(2027, 11, 9),
        "assess": date(2027, 11, 15),
        "recognise": date(2027, 11, 29),
        "recognise_door": date(2027, 12, 31),
        "criteria_review": date(2027, 8, 31),
        "audit_check": date(2027, 12, 31),
        "holiday_calendar": date(2027, 12, 14),
    }


def test_last_valid_days_of_school_branches() -> None:
    assert last_days("school") == {
        "register": date(2026, 9, 29),
        "late_door": date(2026, 10, 31),
        "registration_report": date(2026, 11, 19),
        "quarter-4": date(2027, 1, 5),
        "quarter-1": date(2027, 4, 5),
        "quarter-2": date(2027, 5, 9),
        "synthesis": date(2027, 11, 9),
        "request": date(2027, 5, 9),
        "assess": date(2027, 5, 11),
        "recognise": date(2027, 5, 19),
        "recognise_door": date(2027, 6, 30),
        "criteria_review": date(2027, 8, 31),
        "audit_check": date(2027, 12, 31),
        "holiday_calendar": date(2027, 12, 14),
    }


def test_opening_and_campaign_days() -> None:
    assert windows("others") == {
        "register": (date(2026, 10, 1), date(2026, 11, 1)),
        "registration_report": (date(2026, 11, 10), None),
        "quarter-1": (date(2027, 4, 1), None),
        "quarter-2": (date(2027, 7, 1), None),
        "quarter-3": (date(2027, 10, 1), None),
        "quarter-4": (date(2027, 11, 1), None),
        "synthesis": (date(2027, 10, 15), None),
        "request": (date(2027, 10, 1), None),
        "recognise": (date(2027, 11, 10), None),
    }
    assert windows("school") == {
        "register": (date(2026, 9, 1), date(2026, 9, 1)),
        "registration_report": (date(2026, 11, 10), None),
        "quarter-4": (date(2027, 1, 1), None),
        "quarter-1": (date(2027, 4, 1), None),
        "quarter-2": (date(2027, 5, 1), None),
        "synthesis": (date(2027, 10, 15), None),
        "request": (date(2027, 4, 15), None),
        "recognise": (date(2027, 5, 10), None),
    }


def test_durations_are_counted_in_working_days() -> None:
    calendar = WorkingCalendar({})
    monday = date(2027, 11, 15)
    durations = {
        (rule.name, rule.cohorts[:1]): count_within(rule, monday, calendar) for rule in model().deadlines if rule.event
    }
    assert durations == {
        ("review", ()): date(2027, 11, 22),
        ("supplement", ()): date(2027, 11, 22),
        ("acknowledge", ()): date(2027, 11, 22),
        ("appeal", ("residential",)): date(2027, 11, 22),
        ("appeal", ("school",)): date(2027, 11, 18),
        ("answer_appeal", ()): date(2027, 11, 17),
        ("archive", ()): date(2027, 11, 16),
        ("verify", ()): date(2027, 11, 29),
        ("explain", ()): date(2027, 11, 22),
        ("cancel_decide", ()): date(2027, 11, 29),
    }


def test_the_last_valid_day_stands_beside_the_wording() -> None:
    told = [wording_with_last_day(deadlines(group, 2027)["register"]) for group in ("others", "school")]
    assert told == [
        "trước ngày 10/11/2026 (hạn cuối: hết ngày 09/11/2026)",
        "trước ngày 30/09/2026 (hạn cuối: hết ngày 29/09/2026)",
    ]


def test_every_deadline_names_a_place_in_the_annex_or_law_or_says_it_is_ours() -> None:
    places = ("Phụ lục 3, mô hình 11, mục 2.2, Bước ", "Nghị định 30/2020/NĐ-CP, Điều ", "mặc định của phần mềm")
    assert [d.name for d in model().deadlines if not d.source.startswith(places)] == []
