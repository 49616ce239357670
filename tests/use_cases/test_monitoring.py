"""How is the year followed? Tables by quarter, reports upwards, the synthesis that decides nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import Invalid
from engine.rules.dossiers import DossierState
from engine.use_cases import prefill, units
from tests.factories import Town
from tests.use_cases import living


def starts_from(town: Town, code: str, act: str, group: str | None = None) -> dict[str, object]:
    """What the form of an open task shows first."""
    item = town.work(code, act, group=group)
    with town.look() as uow:
        return prefill.start_answers(uow, item, now=town.now)


def test_a_quarters_table_shows_every_branch_of_the_group(registered: Town) -> None:
    registered.at("2027-04-01 00:00")
    assert starts_from(registered, "P1", "monitor", "others") == {
        "rows": [
            {"code": "P1-1", "unit": "Chi đoàn Tổ dân phố số 1"},
            {"code": "P1-2", "unit": "Chi đoàn Công ty Cơ khí"},
            {"code": "P1-4", "unit": "Chi đoàn Tổ dân phố số 4"},
        ]
    }
    assert starts_from(registered, "P1", "quarter-1", "school") == {
        "rows": [{"code": "P1-3", "unit": "Chi đoàn Trường THPT Ngô Quyền"}]
    }


def test_a_row_without_progress_is_flagged_and_no_hindrance(registered: Town) -> None:
    registered.at("2027-04-06")
    rows = [{"code": "P1-1", "progress": "on_track"}, {"code": "P1-2", "progress": ""}, {"code": "P1-4"}]
    registered.does("P1", "quarter-1", group="others", rows=rows)
    assert registered.history("P1", "others") == [("reported", "quarter-1", "2027-04-05", 1)]
    assert registered.lines("P1", "others")[-1].facts == {
        "name": "Theo dõi quý I",
        "rows": 3,
        "missing": ["P1-2", "P1-4"],
    }


def test_each_group_keeps_its_own_quarters(registered: Town) -> None:
    seen: dict[str, list[tuple[str, str]]] = {"others": [], "school": []}
    opens = {"2027-01-01": 1, "2027-04-01": 2, "2027-05-01": 1, "2027-07-01": 1, "2027-10-01": 1, "2027-11-01": 1}
    for day, count in opens.items():
        registered.at(f"{day} 00:00")
        open_ones = [i for i in registered.open_work("P1") if i.act == "monitor"]
        assert len(open_ones) == count, day
        for item in open_ones:
            group = registered.ask(lambda uow, item=item: uow.dossiers.get(item.dossier_id)).group
            seen[group].append((item.deadline or "", item.last_day.isoformat() if item.last_day else ""))
            registered.completes(item, {"rows": []})
    assert seen == {
        "school": [("quarter-4", "2027-01-05"), ("quarter-1", "2027-04-05"), ("quarter-2", "2027-05-09")],
        "others": [
            ("quarter-1", "2027-04-05"),
            ("quarter-2", "2027-07-05"),
            ("quarter-3", "2027-10-05"),
            ("quarter-4", "2027-11-09"),
        ],
    }


def test_who_left_is_not_monitored(registered: Town) -> None:
    registered.at("2027-03-01").sends("P1-1", "Rút hồ sơ")
    actor = registered.actor("TD", "officer")
    with registered.open() as uow:
        unit = uow.units.find_code("P1-2")
        assert unit is not None
        units.end_unit(
            uow,
            unit.id,
            last_day=registered.now.date(),
            successor_code="",
            dispatch="1",
            actor=actor,
            now=registered.now,
        )
    registered.at("2027-04-02")
    assert starts_from(registered, "P1", "monitor", "others") == {
        "rows": [{"code": "P1-4", "unit": "Chi đoàn Tổ dân phố số 4"}]
    }


def test_the_registration_report_shows_all_branches_of_both_groups(registered: Town) -> None:
    registered.at("2026-11-10 00:00")
    rows = starts_from(registered, "P1", "report")["rows"]
    assert rows == [
        {"code": c, "unit": name, "cohort": cohort, "state": "accepted", "days_late": 0, "members": 3}
        for c, name, cohort in (
            ("P1-1", "Chi đoàn Tổ dân phố số 1", "residential"),
            ("P1-2", "Chi đoàn Công ty Cơ khí", "enterprise"),
            ("P1-3", "Chi đoàn Trường THPT Ngô Quyền", "school"),
            ("P1-4", "Chi đoàn Tổ dân phố số 4", "residential"),
        )
    ]
    registered.at("2026-11-20").does("P1", "report", rows=rows)
    registered.does("P1", "acknowledge")
    assert registered.history("P1") == [
        ("reported", "registration_report", "2026-11-19", 1),
        ("acknowledged", "acknowledge", "2026-11-27", 0),
    ]


def test_a_report_that_is_returned_is_made_again(registered: Town) -> None:
    registered.at("2026-11-12").does("P1", "report", rows=[])
    with pytest.raises(Invalid) as refused:
        registered.does("P1", "acknowledge", outcome="return")
    assert refused.value.fields["reason"].code == "reason_required"
    registered.does("P1", "acknowledge", outcome="return", reason="Thiếu chi đoàn.")
    registered.at("2026-11-18").does("P1", "report", rows=[])
    registered.does("P1", "acknowledge")
    assert [(event, task) for event, task, _, _ in registered.history("P1")] == [
        ("reported", "registration_report"),
        ("returned", "acknowledge"),
        ("reported", "registration_report"),
        ("acknowledged", "acknowledge"),
    ]
    assert registered.open_acts("P1") == []


def test_the_synthesis_never_overwrites_what_was_recognised(appraised: Town) -> None:
    town = appraised
    for act in ("report", "acknowledge"):
        town.does("P1", act)
    town.tick()
    before = town.dossier("P1-3")
    assert (before.state, before.score, before.band) == (DossierState.RECOGNISED, Decimal("90.00"), "excellent")
    rows = starts_from(town, "P1", "synthesise")["rows"]
    assert isinstance(rows, list)
    assert [(row["code"], row["state"], row["score"]) for row in rows] == [
        ("P1-1", "assessed", Decimal("96.00")),
        ("P1-2", "assessed", Decimal("84.00")),
        ("P1-3", "recognised", Decimal("90.00")),
        ("P1-4", "assessed", Decimal("40.00")),
    ]
    claimed = [{**row, "state": "not_met", "score": 1, "provisional": "at_risk"} for row in rows]
    town.does("P1", "synthesise", rows=claimed)
    assert town.history("P1")[-1] == ("synthesised", "synthesis", "2027-11-09", 1)
    assert town.dossier("P1-3") == before
    assert town.states(*living.OTHERS) == dict.fromkeys(living.OTHERS, "assessed")
    town.does("P1", "acknowledge")
    assert town.dossier("P1").state is DossierState.CLOSED


def test_the_citys_own_tasks_go_to_their_people(town: Town) -> None:
    assert [(i.deadline, i.roles, i.last_day.isoformat() if i.last_day else "") for i in town.open_work("TD")] == [
        ("criteria_review", ("designer",), "2027-08-31"),
        ("audit_check", ("auditor",), "2027-12-31"),
        ("holiday_calendar", ("administrator",), "2027-12-14"),
    ]
    for name in ("criteria_review", "audit_check", "holiday_calendar"):
        town.does("TD", name)
    assert town.dossier("TD").state is DossierState.CLOSED
    assert town.history("TD") == [
        ("completed", "criteria_review", "2027-08-31", 0),
        ("completed", "audit_check", "2027-12-31", 0),
        ("completed", "holiday_calendar", "2027-12-14", 0),
        ("closed", None, None, None),
    ]
