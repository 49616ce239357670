"""Whatever people do in whatever order: does the dossier keep its rules? Random acts by random people, days passing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from engine.errors import Refused
from engine.rules.deadlines import ICT, local_day, start_of_day
from engine.rules.decisions import Decision, DecisionState
from engine.rules.dossiers import TRANSITIONS, DossierState, WorkItem
from engine.rules.permissions import JUDGING
from engine.store.audit_log import verify
from engine.use_cases import decisions, units
from tests.factories import ANSWERS, Town, moment
from tests.use_cases.living import meeting, members, scores

CODE, SUPERIOR = "P1-1", "P1"
#: The superior's secretary is the branch's deputy secretary too; strangers are among them.
PEOPLE = [(CODE, "secretary"), (SUPERIOR, "officer"), (SUPERIOR, "secretary"), (SUPERIOR, "clerk"), ("P2", "officer"), ("TD", "officer")]  # fmt: skip
OUTCOMES = [
    "accept",
    "return",
    "refuse",
    "assess",
    "sign",
    "uphold",
    "adjust",
    "proceed",
    "drop",
    "cancel",
    "keep",
    None,
]
BUTTONS = ["Rút hồ sơ", "Gửi kiến nghị", "Có đề nghị hủy bỏ công nhận"]
JUMPS = ["1 day", "1 week", "to what falls due", "past the next last day"]
#: What happens next, as often as it stands here.
HAPPENS = ["work"] * 10 + ["days"] * 8 + ["slip"] * 2 + ["button"] * 2 + ["end"]


def reachable() -> dict[DossierState, set[DossierState]]:
    """Which states may follow sooner or later."""
    found = {state: set(follow) for state, follow in TRANSITIONS.items()}
    for _ in DossierState:
        for follow in found.values():
            follow |= {later for state in list(follow) for later in found[state]}
    return found


LATER = reachable()


class Course(RuleBasedStateMachine):
    """One branch, its superior's group, and everybody around."""

    stages: Mapping[str, Path]  #: a day of the year → the city on that day, to copy

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="chuky-course-"))
        self.states: list[DossierState] = []

    def teardown(self) -> None:
        if self.states:
            self.town.close()
        shutil.rmtree(self.folder)

    # ---- what may happen

    @initialize(data=st.data())
    def a_day_of_the_year(self, data: st.DataObject) -> None:
        day = data.draw(st.sampled_from(sorted(self.stages)))
        self.town = Town(f"sqlite:///{shutil.copy(self.stages[day], self.folder / 'town.sqlite3')}", now=moment(day))
        self.town.appoint(CODE, "deputy_secretary", also=(SUPERIOR, "secretary"))
        self.town.tick()
        self.states.append(self.town.dossier(CODE).state)

    @rule(data=st.data())
    def something_happens(self, data: st.DataObject) -> None:
        before = self._fingerprint()
        try:
            self._happen(data)
        except Refused:
            assert self._fingerprint() == before
        self.states.append(self.town.dossier(CODE).state)

    def _happen(self, data: st.DataObject) -> None:
        grown = len(self.states) > 12  # who leaves at once teaches little
        match data.draw(st.sampled_from(HAPPENS if grown else HAPPENS[:18])):
            case "work":
                self._work(data, slip=False)
            case "slip":
                self._work(data, slip=True)
            case "days":
                self._days_pass(data.draw(st.sampled_from(JUMPS)))
            case "button":
                self._press(data.draw(st.sampled_from(BUTTONS)), data.draw(st.sampled_from(PEOPLE)))
            case _:
                self._end()

    def _days_pass(self, jump: str) -> None:
        town, day = self.town, timedelta(days=1)
        due = town.ask(lambda uow: uow.timers.next_due()) or town.now
        ends = [item.last_day for item in self._items() if item.last_day and item.last_day >= local_day(town.now)]
        wanted = {
            "1 day": town.now + day,
            "1 week": town.now + 7 * day,
            "to what falls due": max(town.now, due),
            "past the next last day": start_of_day(min(ends) + day) if ends else town.now + 30 * day,
        }[jump]
        town.at(wanted.astimezone(ICT).strftime("%Y-%m-%d %H:%M"))

    def _work(self, data: st.DataObject, *, slip: bool) -> None:
        """Somebody does one of the open tasks; a slip: whoever it is, whatever they answer."""
        items = self._items()
        items = [item for item in items if item.act != "progress"] or items
        if not items:
            return
        item = data.draw(st.sampled_from(items))
        by = data.draw(st.sampled_from(PEOPLE)) if slip else self._proper(item)
        done = self.town.completes(item, self._answers(data, item, slip=slip), by=by)
        who = self.town.ask(lambda uow: uow.accounts.positions(done.submission.by_id))
        held = {(position.unit_id, position.role) for position in who}
        assert held & {(item.unit_id, role) for role in item.roles}
        if item.act in JUDGING and item.subject_unit_id != item.unit_id:
            assert item.subject_unit_id not in {unit for unit, _ in held}

    def _press(self, button: str, by: tuple[str, str]) -> None:
        offered = button in self.town.offered(CODE, by=by)
        try:
            self.town.sends(CODE, button, by=by, noi_dung="…")
        except Refused:
            assert not offered
            raise
        assert offered

    def _end(self) -> None:
        actor, unit, day = self.town.actor("TD", "officer"), self.town.unit(CODE), local_day(self.town.now)
        with self.town.open() as uow:
            units.end_unit(uow, unit.id, last_day=day, successor_code="", dispatch="1", actor=actor, now=self.town.now)

    # ---- what must hold

    @invariant()
    def the_state_follows_the_table(self) -> None:
        assert [pair for pair in pairwise(self.states) if pair[1] not in LATER[pair[0]] | {pair[0]}] == []

    @invariant()
    def nothing_waits_of_what_has_ended(self) -> None:
        with self.town.look() as uow:
            for code in (CODE, SUPERIOR):
                for dossier in self.town.dossiers(code):
                    for instance in (i for i in uow.instances.of_dossier(dossier.id) if i.ended_at is not None):
                        assert uow.work.open_of_instance(instance.id) == []
                        assert uow.timers.of_instance(instance.id) == []

    @invariant()
    def nobody_is_recognised_twice_or_unlisted(self) -> None:
        name = self.town.unit(CODE).name
        in_force = [d for d in self._recognitions() if name in listed(d)]
        state = self.states[-1]
        assert len(in_force) == (1 if state in (DossierState.RECOGNISED, DossierState.CANCELLED) else 0)
        titles = [t for t in self.town.titles(CODE) if not t.member_name]
        assert [t.cancelled_on is None for t in titles] == [state is DossierState.RECOGNISED] * len(in_force)

    @invariant()
    def the_books_have_no_gap(self) -> None:
        unit = self.town.unit(SUPERIOR)
        for year in (2026, 2027, 2028):
            rows = self.town.ask(lambda uow, year=year: uow.decisions.register_rows(unit.id, year))
            books: dict[str, list[int]] = {}
            for row in rows:
                books.setdefault(row.book, []).append(row.number)
            assert [numbers for numbers in books.values() if numbers != list(range(1, len(numbers) + 1))] == []

    @invariant()
    def the_chain_holds_and_nothing_is_stuck(self) -> None:
        with self.town.look() as uow:
            verify(uow.session)  # type: ignore[attr-defined]
            assert uow.incidents.open() == []

    # ---- help

    def _items(self) -> list[WorkItem]:
        with self.town.look() as uow:
            group = {d.id for d in uow.dossiers.of_unit(self.town.unit(SUPERIOR).id) if d.group == "others"}
        above = [i for i in self.town.open_work(SUPERIOR) if i.dossier_id in group]
        return self.town.open_work(CODE) + above

    def _proper(self, item: WorkItem) -> tuple[str, str]:
        unit = CODE if item.unit_id == item.subject_unit_id and item.roles[0] == "secretary" else SUPERIOR
        if unit == CODE and item.act == "sign":
            unit = SUPERIOR
        return unit, next(role for role in ("officer", "secretary", "clerk") if role in item.roles)

    def _answers(self, data: st.DataObject, item: WorkItem, *, slip: bool) -> dict[str, Any]:
        answers: dict[str, Any] = dict(ANSWERS.get(item.act, {}))
        if "outcome" in answers:
            likely = [answers["outcome"]] * (0 if slip else 12)
            answers["outcome"] = data.draw(st.sampled_from(likely + OUTCOMES))
            answers["reason"] = data.draw(st.sampled_from(["Có lý do.", ""])) if slip else "Có lý do."
        if item.act in ("request", "assess"):
            share = data.draw(st.sampled_from(["1", "0.8", "0.3"]))
            answers |= {"scores": scores(share), "members": members(result="recognised", self_result="proposed")}
        if item.act == "meet":
            result = data.draw(st.sampled_from(["met", "met", "not_met", "deferred"]))
            answers |= meeting({"code": CODE, "result": result, "votes_for": 8, "votes_against": 1})
        return answers

    def _recognitions(self) -> Iterator[Decision]:
        with self.town.look() as uow:
            for dossier in uow.dossiers.of_unit(self.town.unit(SUPERIOR).id):
                for decision in uow.decisions.of_dossier(dossier.id):
                    issued = decision.state in (DecisionState.NUMBERED, DecisionState.ISSUED)
                    if issued and decision.type_code == "QĐ":
                        yield decision

    def _fingerprint(self) -> tuple[object, ...]:
        dossier = self.town.dossier(CODE)
        entries = self.town.ask(lambda uow: uow.audit.of_cycle(dossier.cycle_id))
        return dossier, len(entries), [item.row_version for item in self._items()]


def listed(decision: Decision) -> list[str]:
    """The units named in a decision's lists."""
    paper = decisions.stored_paper(decision)
    return [cell for annex in paper.annexes for block in annex.blocks for row in block.rows for cell in row]  # type: ignore[union-attr]


@pytest.fixture
def any_course(opened_file: Path, registered_file: Path, appraised_file: Path) -> type[Course]:
    """Courses that begin on three days of the year."""
    days = {"2026-10-01": opened_file, "2027-09-30": registered_file, "2027-11-10": appraised_file}
    return type("OfThisCity", (Course,), {"stages": days})


def test_any_course_keeps_the_rules(any_course: type[Course]) -> None:
    run_state_machine_as_test(any_course, settings=settings(max_examples=8, stateful_step_count=40, deadline=None))


@pytest.mark.long
def test_many_courses_keep_the_rules(any_course: type[Course]) -> None:
    run_state_machine_as_test(any_course, settings=settings(max_examples=150, stateful_step_count=60, deadline=None))
