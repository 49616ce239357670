"""How does a cycle begin and end? Previewed, opened once, joined by new units, closed when nothing is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from api.texts import sentence
from engine.errors import FieldError, Invalid, NotFound, NotPermitted, WrongState
from engine.ports.store import UnitOfWork
from engine.rules.cycles import Cycle, CycleState
from engine.rules.deadlines import Deadline, local_day
from engine.rules.dossiers import DossierState
from engine.use_cases import arranging, cycles, units
from engine.use_cases.units import NewUnit
from tests.factories import ROLES, YEAR, Town, a_unit, people, the_model

OFFICER = ("TD", "officer")


def preview(town: Town, by: tuple[str, str] = OFFICER) -> cycles.CyclePreview:
    actor = town.actor(*by)
    with town.look() as uow:
        return cycles.preview_cycle(uow, the_model().key, YEAR, actor=actor, now=town.now)


def dates(deadlines: list[Deadline] | tuple[Deadline, ...]) -> dict[str, tuple[date | None, date | None, date | None]]:
    """First, campaign and last day by name."""
    return {d.name: (d.first_day, d.campaign_day, d.last_day) for d in deadlines}


def adds(town: Town, *rows: NewUnit, by: tuple[str, str] = OFFICER) -> None:
    """Add units today, with somebody in every position."""
    actor = town.actor(*by)
    with town.open() as uow:
        for unit in units.add_units(uow, list(rows), actor=actor, now=town.now, day=local_day(town.now)):
            for role in ROLES[unit.kind]:
                people(uow, unit, role)


def branch(code: str, superior: str, cohort: str = "residential") -> NewUnit:
    return NewUnit(code=code, name=f"Chi đoàn {code}", kind="branch", cohort=cohort, parent_code=superior)


def closes(town: Town, cycle: Cycle, by: tuple[str, str] = OFFICER) -> Cycle:
    actor = town.actor(*by)
    with town.open() as uow:
        return cycles.close_cycle(uow, cycle.id, actor=actor, now=town.now)


def the_cycle(town: Town) -> Cycle:
    found = town.ask(lambda uow: uow.cycles.find(the_model().key, YEAR))
    assert isinstance(found, Cycle)
    return found


def test_what_is_previewed_is_what_is_opened(city: Town) -> None:
    shown = preview(city)
    assert city.ask(lambda uow: uow.cycles.all()) == []
    cycle = city.opens()
    kept = {
        group.key: list(city.ask(lambda uow, key=group.key: uow.cycles.deadlines(cycle.id, key)).values())
        for group in the_model().groups
    }
    # Confirmed at the opening, the reading leaves no day in doubt.
    certain = {group.key: [replace(d, named_day=None) for d in days] for group, days in shown.deadlines}
    assert certain == kept
    assert (shown.model.key, shown.year, shown.lead.code, shown.existing) == (the_model().key, YEAR, "TD", None)
    assert preview(city).existing == cycle


def test_the_dates_are_those_of_the_annex(town: Town) -> None:
    cycle = the_cycle(town)
    found = {
        key: dates(list(town.ask(lambda uow, key=key: uow.cycles.deadlines(cycle.id, key)).values()))
        for key in ("others", "school")
    }
    named = (
        "register",
        "registration_report",
        "quarter-1",
        "quarter-2",
        "quarter-3",
        "quarter-4",
        "synthesis",
        "recognise",
    )
    assert {name: found["others"][name] for name in named} == {
        "register": (date(2026, 10, 1), date(2026, 11, 1), date(2026, 11, 9)),
        "registration_report": (date(2026, 11, 10), None, date(2026, 11, 19)),
        "quarter-1": (date(2027, 4, 1), None, date(2027, 4, 5)),
        "quarter-2": (date(2027, 7, 1), None, date(2027, 7, 5)),
        "quarter-3": (date(2027, 10, 1), None, date(2027, 10, 5)),
        "quarter-4": (date(2027, 11, 1), None, date(2027, 11, 9)),
        "synthesis": (date(2027, 10, 15), None, date(2027, 11, 9)),
        "recognise": (date(2027, 11, 10), None, date(2027, 11, 29)),
    }
    assert "quarter-3" not in found["school"]
    assert {name: found["school"][name] for name in named if name != "quarter-3"} == {
        "register": (date(2026, 9, 1), date(2026, 9, 1), date(2026, 9, 29)),
        "registration_report": (date(2026, 11, 10), None, date(2026, 11, 19)),
        "quarter-4": (date(2027, 1, 1), None, date(2027, 1, 5)),
        "quarter-1": (date(2027, 4, 1), None, date(2027, 4, 5)),
        "quarter-2": (date(2027, 5, 1), None, date(2027, 5, 9)),
        "synthesis": (date(2027, 10, 15), None, date(2027, 11, 9)),
        "recognise": (date(2027, 5, 10), None, date(2027, 5, 19)),
    }


def test_who_takes_part(any_town: Town) -> None:
    def dossiers(uow: UnitOfWork) -> list[tuple[str, str, str | None, str, str]]:
        found = uow.dossiers.of_cycle(1)
        return sorted((uow.units.get(d.unit_id).code, d.group, d.cohort, d.process, d.state.value) for d in found)

    main = {(spec.scope, spec.unit_kind): spec.id for spec in the_model().processes if spec.setting is None}
    one, group, city = main["unit", "branch"], main["group", "base_union"], main["unit", "city_union"]
    report = main["unit", "base_union"]
    assert any_town.ask(dossiers) == sorted(
        [
            ("P1", "others", None, group, "running"),
            ("P1", "others", None, report, "running"),
            ("P1", "school", None, group, "running"),
            ("P1-1", "others", "residential", one, "draft"),
            ("P1-2", "others", "enterprise", one, "draft"),
            ("P1-3", "school", "school", one, "draft"),
            ("P1-4", "others", "residential", one, "draft"),
            ("P2", "others", None, group, "running"),
            ("P2", "others", None, report, "running"),
            ("P2-1", "others", "armed_forces", one, "draft"),
            ("TD", "others", None, city, "running"),
        ]
    )


def test_the_preview_counts_who_takes_part(city: Town) -> None:
    assert preview(city).units == {
        "residential": 2,
        "enterprise": 1,
        "school": 1,
        "armed_forces": 1,
        "base_union": 2,
        "city_union": 1,
    }


def test_the_opened_cycle_says_who_opened_it_and_how(city: Town) -> None:
    cycle = city.opens(branch_slip=True)
    assert (cycle.model, cycle.version, cycle.year, cycle.state, cycle.reading_confirmed, cycle.dispatch) == (
        the_model().key,
        the_model().sha256,
        YEAR,
        CycleState.OPEN,
        True,
        "12-CV/TĐ",
    )
    assert dict(cycle.settings) == {"branch_slip": True}
    (line,) = [e.line for e in city.ask(lambda uow: uow.audit.of_cycle(cycle.id)) if e.line.event == "opened"]
    assert (line.target, line.actor_name, line.task, line.facts) == (
        f"cycle:{cycle.id}",
        "Nguyễn Văn TD officer",
        "cycle",
        {"model": the_model().name, "dispatch": "12-CV/TĐ"},
    )


def test_slips_are_asked_for_only_when_the_cycle_says_so(city: Town) -> None:
    city.opens(branch_slip=True)
    city.at("2026-11-05").does("P1-1", "register")
    city.at("2027-04-02")
    assert city.open_acts("P1-1") == ["review", "slip"]
    city.does("P1-1", "slip", noi_dung="Đã trồng cây")
    assert city.history("P1-1")[-1] == ("reported", "quarter-1", "2027-04-05", 0)
    city.at("2027-07-01 00:00")
    assert [i.deadline for i in city.open_work("P1-1") if i.act == "slip"] == ["quarter-2"]
    city.at("2027-10-02")  # the second quarter's slip was never handed in
    assert [i.deadline for i in city.open_work("P1-1") if i.act == "slip"] == ["quarter-3"]


def test_a_cycle_is_opened_once(town: Town) -> None:
    with pytest.raises(WrongState) as refused:
        town.opens()
    assert (refused.value.code, refused.value.facts["year"]) == ("cycle_exists", YEAR)
    assert len(town.ask(lambda uow: uow.cycles.all())) == 1


@pytest.mark.parametrize("by", [("P1", "officer"), ("P1", "secretary"), ("TD", "clerk"), ("TD", "administrator")])
def test_only_the_leading_units_officer_opens_and_closes(city: Town, by: tuple[str, str]) -> None:
    with pytest.raises(NotPermitted) as refused:
        city.opens(by=by)
    assert refused.value.code == "not_lead"
    with pytest.raises(NotPermitted):
        preview(city, by)
    cycle = city.opens()
    with pytest.raises(NotPermitted):
        closes(city, cycle, by)


def test_an_unknown_model_is_not_found(city: Town) -> None:
    actor = city.actor(*OFFICER)
    with city.look() as uow, pytest.raises(NotFound):
        cycles.preview_cycle(uow, "khong-co", YEAR, actor=actor, now=city.now)


def test_a_unit_that_comes_later_joins(town: Town) -> None:
    town.at("2026-11-05")
    adds(town, branch("P1-9", "P1"))
    assert town.dossier("P1-9").state is DossierState.DRAFT
    town.tick()
    town.does("P1-9", "register")
    assert town.history("P1-9") == [("submitted", "register", "2026-11-09", 0)]
    assert len(town.dossiers("P1")) == 3  # the superior goes on as it was


def test_a_first_branch_brings_its_superior_into_the_cycle(town: Town) -> None:
    town.at("2026-11-05")
    union = NewUnit(code="P9", name="Đoàn phường Mới", kind="base_union", cohort="", parent_code="TD")
    adds(town, union, branch("P9-1", "P9"), branch("P9-2", "P9"), branch("P9-3", "P9", "school"))
    assert sorted((d.process, d.group) for d in town.dossiers("P9")) == sorted(
        (d.process, d.group) for d in town.dossiers("P1")
    )
    town.at("2026-11-10 00:00")
    assert town.open_acts("P9") == ["report"]


def test_slips_of_a_superior_are_not_doubled_by_a_further_branch(city: Town) -> None:
    city.opens(branch_slip=True)
    adds(city, branch("P1-9", "P1"))
    dossier = city.dossier("P1-9")
    instances = city.ask(lambda uow: sorted(i.process for i in uow.instances.of_dossier(dossier.id)))
    other = city.ask(lambda uow: sorted(i.process for i in uow.instances.of_dossier(city.dossier("P1-1").id)))
    assert instances == other


def test_units_are_added_all_or_none(town: Town) -> None:
    with pytest.raises(Invalid) as refused:
        adds(town, branch("P1-8", "P1"), branch("P1-1", "P1"), branch("", "P7"))
    assert {name: error.code for name, error in refused.value.fields.items()} == {
        "rows.1.code": "code_taken",
        "rows.2.code": "required",
        "rows.2.parent_code": "unknown_unit",
    }
    assert town.ask(lambda uow: uow.units.find_code("P1-8")) is None


def test_units_are_added_from_above(town: Town) -> None:
    with pytest.raises(NotPermitted):
        adds(town, branch("P1-8", "P1"), by=("P2", "officer"))
    adds(town, branch("P1-8", "P1"), by=("P1", "officer"))
    assert town.unit("P1-8").parent_id == town.unit("P1").id


def test_a_cycle_with_open_dossiers_is_not_closed(town: Town) -> None:
    cycle = the_cycle(town)
    with pytest.raises(WrongState) as refused:
        closes(town, cycle)
    assert (refused.value.code, refused.value.facts) == ("dossiers_open", {"count": 11})
    assert not town.ask(lambda uow: cycles.ready_to_close(uow, cycle.id))


def test_a_cycle_in_which_nobody_registered_ends_and_is_closed_once(town: Town) -> None:
    cycle = the_cycle(town)
    for day, acts in {
        "2026-11-10": [("P1", "report"), ("P2", "report")],
        "2026-11-12": [("P1", "acknowledge"), ("P2", "acknowledge")],
        "2027-05-10": [("P1", "meet")],
        "2027-05-14": [("P1", "decide")],
        "2027-10-15": [("P1", "synthesise"), ("P2", "synthesise")],
        "2027-10-20": [("P1", "acknowledge"), ("P2", "acknowledge")],
        "2027-11-10": [("P1", "meet"), ("P2", "meet")],
        "2027-11-20": [("P1", "decide"), ("P2", "decide")],
        "2027-12-01": [("TD", "criteria_review"), ("TD", "audit_check"), ("TD", "holiday_calendar")],
    }.items():
        town.at(day)
        for code, act in acts:
            town.does(code, act)
    town.at("2028-01-01 00:00")  # tables that were never kept end with the door of late recognition
    assert closes(town, cycle).state is CycleState.CLOSED
    assert [d.state.value for d in town.dossiers("P1")] == ["closed", "closed", "closed"]
    assert town.decisions("P1", "others") == []
    with pytest.raises(WrongState) as again:
        closes(town, cycle)
    assert again.value.code == "cycle_closed"
    (line,) = [
        e.line
        for e in town.ask(lambda uow: uow.audit.of_cycle(cycle.id))
        if e.line.target.startswith("cycle") and e.line.event == "closed"
    ]
    assert (line.actor_name, line.at) == ("Nguyễn Văn TD officer", town.now)


# ---- units that nobody would decide on


def _misplaced(town: Town) -> None:
    """A branch that an earlier version let stand directly under the city."""
    with town.open() as uow:
        people(
            uow,
            uow.units.add(a_unit("X1", "Chi đoàn Lẻ", "branch", "residential", uow.units.find_code("TD"))),
            "secretary",
        )


def test_a_branch_without_a_superior_that_decides_on_it_is_refused(any_town: Town) -> None:
    officer = any_town.actor(*OFFICER)
    rows = [
        branch("P1-9", "P1"),
        branch("X1", "TD"),
        NewUnit(code="X2", name="Khối", kind="branch", cohort="", parent_code="TD"),
    ]
    with pytest.raises(Invalid) as refused, any_town.open() as uow:
        units.add_units(uow, rows, actor=officer, now=any_town.now, day=local_day(any_town.now))
    wanted = FieldError("no_superior_to_decide", {"unit": "Chi đoàn X1", "kind": "Đoàn cơ sở"})
    assert refused.value.fields == {"rows.1.parent_code": wanted}
    with any_town.look() as uow:
        assert arranging.check_units(uow, rows, actor=officer) == {"rows.1.parent_code": wanted}
    assert sentence(wanted.code, wanted.facts) == (
        "Chi đoàn X1 không có Đoàn cơ sở cấp trên trực tiếp nên không đơn vị nào xét công nhận được: "
        "hãy đặt đơn vị trực thuộc một Đoàn cơ sở."
    )


def test_codes_that_the_organisation_does_not_know_are_refused_row_by_row(any_town: Town) -> None:
    rows = [branch("P1-8", "P1", "nowhere"), NewUnit(code="P1-9", name="A", kind="moon", cohort="", parent_code="P1"), NewUnit(code="P1-7", name="A", kind="", cohort="", parent_code="P1")]  # fmt: skip
    with pytest.raises(Invalid) as refused, any_town.open() as uow:
        units.add_units(uow, rows, actor=any_town.actor(*OFFICER), now=any_town.now, day=local_day(any_town.now))
    assert {name: (error.code, dict(error.facts)) for name, error in refused.value.fields.items()} == {
        "rows.0.cohort": ("unknown_code", {"text": "nowhere"}),
        "rows.1.kind": ("unknown_code", {"text": "moon"}),
        "rows.2.kind": ("form.required", {"title": "Loại"}),
    }
    assert any_town.ask(lambda uow: uow.units.find_code("P1-8")) is None


def test_a_misplaced_branch_is_named_before_opening_left_out_and_comes_in_when_it_is_put_right(city: Town) -> None:
    _misplaced(city)
    shown = preview(city)
    assert ([(u.code, kind) for u, kind in shown.left_out], shown.units["residential"]) == ([("X1", "base_union")], 2)
    city.opens()
    assert city.dossiers("X1") == []
    with city.open() as uow:
        arranging.move_unit(uow, city.unit("X1").id, "P2", "9-QĐ", actor=city.actor(*OFFICER), now=city.now)
    assert city.states("X1") == {"X1": "draft"}
    assert preview(city).left_out == ()
