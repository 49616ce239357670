"""Whoever is absent in whatever order: nobody acts outside the days, twice on one thing, or without a line about it."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from engine.errors import NotPermitted, Refused
from engine.rules.deadlines import local_day
from engine.rules.delegations import CONTROL, Delegation, DelegationScope, DelegationState
from engine.store.audit_log import verify
from engine.use_cases import absences
from engine.use_cases.standing_in import check_may_act
from tests.factories import ANSWERS, Town, moment
from tests.use_cases import living
from tests.use_cases.test_absences import asked, takes_back

PEOPLE = [("P1-1", "secretary"), ("P1", "officer"), ("P1", "secretary"), ("P1", "clerk"), ("TD", "officer")]
CODES = ["P1-1", "P1-2"]
person = st.sampled_from(PEOPLE)


class Absences(RuleBasedStateMachine):
    """A base union, its superior and its branches in the week before the last day to register."""

    opened: Path

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.mkdtemp()
        self.town = Town(f"sqlite:///{shutil.copy(self.opened, self.folder)}", now=moment("2026-11-02"))
        self.known: list[Delegation] = []
        self.by_substitute: dict[int, Delegation] = {}

    @rule(
        absent=person,
        to=person,
        begins=st.integers(-1, 2),
        lasts=st.integers(-1, 4),
        scope=st.sampled_from(DelegationScope),
    )
    def hand_over(self, absent: Any, to: Any, begins: int, lasts: int, scope: DelegationScope) -> None:
        first = local_day(self.town.now) + timedelta(days=begins)
        wanted = asked(
            self.town, absent, to, (first + timedelta(days=lasts)).isoformat(), first_day=first, scope=scope,
            code="review" if scope is DelegationScope.ACT else "", signs=scope is DelegationScope.SIGNING, document="1-UQ",
        )  # fmt: skip
        try:
            with self.town.open() as uow:
                made = absences.hand_over(uow, wanted, actor=self.town.actor(*absent), now=self.town.now)
        except Refused:
            return
        assert begins >= 0 <= lasts and to != absent
        assert not any(made.overlaps(other) for other in self.known if other.ended_at is None)
        self.known.append(made)

    @rule(by=person, which=st.integers(0, 9))
    def take_back(self, by: Any, which: int) -> None:
        if not self.known:
            return
        found = self.known[which % len(self.known)]
        with self.town.look() as uow:
            found = uow.absences.get(found.id)
        try:
            ended = takes_back(self.town, found, by)
        except Refused:
            return
        assert found.state_on(local_day(self.town.now)) in (DelegationState.PLANNED, DelegationState.RUNNING)
        self.known = [ended if d.id == ended.id else d for d in self.known]

    @rule(by=person, code=st.sampled_from(CODES), which=st.integers(0, 3))
    def act(self, by: Any, code: str, which: int) -> None:
        items = self.town.open_work(code)
        if not items:
            return
        item, actor = items[which % len(items)], self.town.actor(*by)
        try:
            with self.town.look() as uow:
                absent = check_may_act(uow, actor, item, now=self.town.now)
                handled = uow.absences.handled(actor.account_id, [item.dossier_id])  # type: ignore[arg-type]  # a person
            answers = {**ANSWERS.get(item.act, {}), **({"members": living.members()} if item.act == "register" else {})}
            done = self.town.completes(item, answers, by=actor)
        except Refused as refusal:
            assert not isinstance(refusal, NotPermitted) or refusal.code in _KNOWN, refusal.code
            return
        own = actor.holds(item.unit_id, *item.roles)
        assert own is (absent is None)
        if absent is None:
            return
        found = next(d for d in self.known if d.id == absent.delegation_id)
        assert found.state_on(local_day(self.town.now)) is DelegationState.RUNNING
        assert (found.to_id, found.unit_id) == (actor.account_id, item.unit_id)
        assert item.act not in CONTROL or all((h.unit_id, h.role) == (found.unit_id, found.role) for h in handled)
        assert item.subject_unit_id not in actor.units() or item.subject_unit_id == item.unit_id
        self.by_substitute[done.submission.id] = found

    @rule(hours=st.sampled_from([5, 15, 24, 48]))
    def wait(self, hours: int) -> None:
        later = self.town.now + timedelta(hours=hours)
        self.town.at(f"{later:%Y-%m-%d %H:%M}")

    @invariant()
    def what_was_done_is_kept(self) -> None:
        if not hasattr(self, "town"):
            return
        with self.town.look() as uow:
            done = {w.submission_id: d.id for d in self.known for w in uow.absences.done(d.id)}
        assert done == {item: d.id for item, d in self.by_substitute.items()}

    def teardown(self) -> None:
        if not hasattr(self, "town"):
            return
        with self.town.open() as uow:
            verify(uow.session)  # type: ignore[attr-defined]  # the store's own
        self.town.close()
        shutil.rmtree(self.folder)


_KNOWN = {
    "not_your_work", "own_unit", "four_eyes", "delegation_over", "delegation_taken_back", "delegation_not_begun",
    "not_absence_arranger",
}  # fmt: skip


def machine(opened: Path) -> type[Absences]:
    return type("AbsencesHere", (Absences,), {"opened": opened})


def test_any_absence(opened_file: Path) -> None:
    run_state_machine_as_test(
        machine(opened_file), settings=settings(max_examples=8, stateful_step_count=15, deadline=None)
    )


@pytest.mark.long
def test_any_absence_often(opened_file: Path) -> None:
    run_state_machine_as_test(
        machine(opened_file), settings=settings(max_examples=80, stateful_step_count=40, deadline=None)
    )
