"""What happens to a year that is under way when units are moved, merged and dissolved?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from engine.errors import Invalid, NotPermitted, WrongState
from engine.rules.deadlines import local_day
from engine.rules.dossiers import WorkState
from engine.rules.units import Actor, Unit
from engine.use_cases import arranging, cycles
from engine.use_cases.units import NewUnit
from tests.factories import YEAR, Town, the_model

OFFICER = ("TD", "officer")


def moves(town: Town, code: str, superior: str, *, by: tuple[str, str] = OFFICER) -> Unit:
    actor, unit = town.actor(*by), town.unit(code)
    with town.open() as uow:
        return arranging.move_unit(uow, unit.id, superior, "15-QĐ/ĐTN", actor=actor, now=town.now)


def ends(town: Town, code: str, successor: str = "", *, by: tuple[str, str] = OFFICER, days_ago: int = 0) -> Unit:
    actor, unit = town.actor(*by), town.unit(code)
    with town.open() as uow:
        return arranging.end(
            uow,
            unit.id,
            last_day=local_day(town.now) - timedelta(days=days_ago),
            successor_code=successor,
            dispatch="15-QĐ/ĐTN",
            actor=actor,
            now=town.now,
        )


def preview(town: Town, code: str, successor: str = "") -> tuple[int, int, int]:
    """How many dossiers, positions and units below would be concerned."""
    actor, unit = town.actor(*OFFICER), town.unit(code)
    found = town.ask(lambda uow: arranging.preview_end(uow, unit.id, successor, actor=actor, now=town.now))
    return len(found.dossiers), len(found.people), len(found.children)


def codes(errors: Mapping[str, object]) -> dict[str, str]:
    return {name: error.code for name, error in errors.items()}  # type: ignore[attr-defined]


class TestMoving:
    def test_who_waits_for_the_old_superior_waits_for_the_new_one(self, any_town: Town) -> None:
        any_town.at("2026-11-05").does("P1-1", "register")
        assert moves(any_town, "P1-1", "P2").parent_id == any_town.unit("P2").id
        item = any_town.work("P1-1", "review")
        assert item.unit_id == any_town.unit("P2").id
        with pytest.raises(NotPermitted):
            any_town.completes(item, {"outcome": "accept"}, by=("P1", "officer"))
        any_town.completes(item, {"outcome": "accept"}, by=("P2", "officer"))
        assert any_town.states("P1-1") == {"P1-1": "accepted"}

    def test_a_first_branch_of_its_group_brings_the_new_superior_in(self, town: Town) -> None:
        assert [d.group for d in town.dossiers("P2")].count("school") == 0
        moves(town, "P1-3", "P2")
        assert [d.group for d in town.dossiers("P2")].count("school") == 1

    @pytest.mark.parametrize(
        ("code", "superior", "said"),
        [
            ("P1-1", "KHONG", "unknown_unit"),
            ("P1-1", "P1", "unknown_unit"),
            ("P1-1", "P1-2", "not_a_superior"),
            ("P1-1", "TD", "not_a_superior"),
        ],
    )
    def test_an_unfit_superior_is_refused(self, town: Town, code: str, superior: str, said: str) -> None:
        with pytest.raises(Invalid) as refused:
            moves(town, code, superior)
        assert codes(refused.value.fields) == {"superior_code": said}

    def test_the_root_stays_and_officers_move_within_their_own_only(self, town: Town) -> None:
        with pytest.raises(WrongState):
            moves(town, "TD", "P1", by=("TD", "administrator"))
        for by in (("P1", "officer"), ("P2", "officer"), ("P1-1", "secretary")):
            with pytest.raises(NotPermitted):
                moves(town, "P1-1", "P2", by=by)
        assert town.unit("P1-1").parent_id == town.unit("P1").id


class TestEnding:
    def test_looking_changes_nothing(self, town: Town) -> None:
        town.at("2026-11-05")
        assert preview(town, "P1-1", "P1-4") == (1, 1, 0)
        assert (town.unit("P1-1").until_day, town.open_acts("P1-1") != []) == (None, True)

    def test_a_branch_ends_with_its_dossier_and_positions(self, any_town: Town) -> None:
        any_town.at("2026-11-05")
        ends(any_town, "P1-1", "P1-4", days_ago=2)
        assert (any_town.states("P1-1"), any_town.open_work("P1-1")) == ({"P1-1": "dissolved"}, [])
        held = any_town.ask(lambda uow: uow.accounts.at_unit(any_town.unit("P1-1").id))
        assert [str(position.until_day) for position, _ in held] == ["2026-11-03"]
        assert any_town.actor("P1-1", "secretary").positions == frozenset()

    def test_a_base_union_is_merged_with_everything_below_it(self, any_town: Town) -> None:
        any_town.at("2026-11-05").does("P2-1", "register")
        assert preview(any_town, "P2", "P1")[1:] == (3, 1)
        ends(any_town, "P2", "P1")
        assert any_town.unit("P2-1").parent_id == any_town.unit("P1").id
        assert {d.state.value for d in any_town.dossiers("P2")} == {"dissolved"}
        assert any_town.ask(lambda uow: uow.work.open_at(any_town.unit("P2").id)) == []
        # The year goes on at the successor's.
        any_town.completes(any_town.work("P2-1", "review"), {"outcome": "accept"}, by=("P1", "officer"))
        any_town.at("2026-11-10 12:00")
        report = any_town.work("P1", "report")
        assert report.state is WorkState.OPEN
        assert [item.name for item in any_town.open_work("P2")] == []

    def test_no_timer_of_an_ended_unit_fires_any_more(self, town: Town) -> None:
        ends(town, "P2", "P1")
        ends(town, "P1-1")
        before = [len(town.dossiers("P2")), town.history("P1-1")]
        town.at("2027-12-31")
        assert [len(town.dossiers("P2")), town.history("P1-1")] == before
        assert [line.event for line in town.lines("P1-1")].count("reminded") == 0

    def test_a_recognised_branch_can_end_and_keeps_its_title(self, appraised: Town) -> None:
        assert appraised.states("P1-3") == {"P1-3": "recognised"}
        ends(appraised, "P1-3", "P1-1")
        assert appraised.states("P1-3") == {"P1-3": "recognised"}
        assert len([t for t in appraised.titles("P1-3") if not t.member_name]) == 1
        assert appraised.open_work("P1-3") == []

    def test_a_cycle_can_still_be_closed(self, town: Town) -> None:
        for code in ("P1-1", "P1-2", "P1-3", "P1-4", "P2-1"):
            ends(town, code)
        for code in ("P1", "P2"):
            ends(town, code)
        cycle = town.ask(lambda uow: uow.cycles.find(the_model().key, YEAR))
        states = town.ask(lambda uow: uow.dossiers.count_by_state(cycle.id))
        left = {process for (process, state), _ in states.items() if state.value == "running"}
        assert (town.ask(lambda uow: cycles.ready_to_close(uow, cycle.id)), len(left)) == (False, 1)  # the city's own

    @pytest.mark.parametrize(
        ("code", "successor", "said"),
        [
            ("P1-1", "P1-1", "unknown_unit"),
            ("P1-1", "KHONG", "unknown_unit"),
            ("P1-1", "P2", "not_a_successor"),
            ("P1", "P1-1", "not_a_successor"),
        ],
    )
    def test_an_unfit_successor_is_refused(self, town: Town, code: str, successor: str, said: str) -> None:
        with pytest.raises(Invalid) as refused:
            ends(town, code, successor)
        assert codes(refused.value.fields) == {"successor_code": said}

    def test_what_cannot_end_is_refused(self, town: Town) -> None:
        with pytest.raises(WrongState, match="units_below"):
            ends(town, "P1")
        with pytest.raises(WrongState, match="root_unit"):
            ends(town, "TD", by=("TD", "administrator"))
        with pytest.raises(NotPermitted):
            ends(town, "P1-1", by=("P2", "secretary"))
        ends(town, "P1-1")
        with pytest.raises(WrongState, match="unit_ended"):
            ends(town, "P1-1")
        assert town.unit("P1").until_day is None


class TestLists:
    def check(self, town: Town, actor: Actor, *rows: NewUnit) -> dict[str, str]:
        return codes(town.ask(lambda uow: arranging.check_units(uow, list(rows), actor=actor)))

    def test_a_fair_list_has_no_faults(self, town: Town) -> None:
        rows = (
            NewUnit(code="P3", name="Đoàn phường Mới", kind="base_union", cohort="", parent_code="TD"),
            NewUnit(code="P3-1", name="Chi đoàn 1", kind="branch", cohort="school", parent_code="P3"),
        )
        assert self.check(town, town.actor(*OFFICER), *rows) == {}

    def test_each_fault_is_named_by_row_and_column(self, town: Town) -> None:
        ends(town, "P1-4")
        rows = (
            NewUnit(code="", name=" ", kind="", cohort="x", parent_code=""),
            NewUnit(code="P1", name="A", kind="branch", cohort="", parent_code="P1-4"),
            NewUnit(code="N", name="A", kind="branch", cohort="", parent_code="P2"),
            NewUnit(code="N", name="A", kind="branch", cohort="", parent_code="N"),
        )
        assert self.check(town, town.actor("P1", "officer"), *rows) == {
            "rows.0.code": "form.required",
            "rows.0.name": "form.required",
            "rows.0.kind": "form.required",
            "rows.0.cohort": "unknown_code",
            "rows.0.parent_code": "form.required",
            "rows.1.code": "code_taken",
            "rows.1.parent_code": "unit_ended",
            "rows.2.parent_code": "not_arranger",
            "rows.3.code": "code_twice",
            "rows.3.parent_code": "not_arranger",
        }

    def test_a_list_that_bites_its_tail_is_refused(self, town: Town) -> None:
        rows = (
            NewUnit(code="A", name="A", kind="branch", cohort="", parent_code="A"),
            NewUnit(code="B", name="B", kind="branch", cohort="", parent_code="B"),
        )
        assert self.check(town, town.actor(*OFFICER), *rows) == {
            "rows.0.parent_code": "unknown_unit",
            "rows.1.parent_code": "unknown_unit",
        }
