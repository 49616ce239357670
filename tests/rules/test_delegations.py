"""Where does a delegation stand on a day, when do two hand the same work over, in which form is signed, whose eyes are a second pair?"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rules.delegations import (
    Delegation,
    DelegationKind,
    DelegationScope,
    DelegationState,
    Handled,
    LegalForm,
    legal_form,
    sees_own_work,
)
from engine.rules.units import AccountId, StandIn, UnitId

START = date(2026, 12, 1)
DAYS = st.integers(0, 60).map(lambda n: START + timedelta(days=n))
DEPUTIES = {"deputy": "head"}
HERE, BELOW = UnitId(1), UnitId(2)


def a_delegation(**changes: Any) -> Delegation:
    values: dict[str, Any] = {
        "id": 1, "unit_id": HERE, "role": "head", "from_id": AccountId(1), "to_id": AccountId(2), "first_day": START,
        "last_day": START, "scope": DelegationScope.ALL, "code": "", "signs": False, "kind": DelegationKind.WRITTEN,
        "form": None, "title": "", "document": "", "reason": "", "created_at": datetime(2026, 11, 1, tzinfo=UTC),
        "created_by": None, "ended_at": None, "row_version": 0,
    }  # fmt: skip
    return Delegation(**{**values, **changes})


@given(DAYS, DAYS, DAYS, st.booleans())
def test_it_runs_from_its_first_to_its_last_day_unless_it_was_taken_back(
    one: date, other: date, day: date, taken: bool
) -> None:
    first, last = sorted((one, other))
    found = a_delegation(first_day=first, last_day=last, ended_at=datetime(2026, 12, 1, tzinfo=UTC) if taken else None)
    if taken:
        assert found.state_on(day) is DelegationState.TAKEN_BACK
    else:
        assert (found.state_on(day) is DelegationState.RUNNING) == (first <= day <= last)
        assert (found.state_on(day) is DelegationState.PLANNED) == (day < first)
        assert (found.state_on(day) is DelegationState.OVER) == (day > last)


SCOPES = st.sampled_from(
    [(s, c) for s in DelegationScope for c in (("a", "b") if s in ("model", "act") else ("",))]
)  # fmt: skip


@given(st.tuples(DAYS, DAYS), st.tuples(DAYS, DAYS), SCOPES, SCOPES)
def test_the_same_work_is_in_one_pair_of_hands_a_day(
    days: tuple[date, date], others: tuple[date, date], scope: tuple[Any, str], other_scope: tuple[Any, str]
) -> None:
    def made(span: tuple[date, date], of: tuple[Any, str]) -> Delegation:
        signing = of[0] is DelegationScope.SIGNING
        return a_delegation(first_day=min(span), last_day=max(span), scope=of[0], code=of[1], signs=signing)

    one, other = made(days, scope), made(others, other_scope)
    share = max(min(days), min(others)) <= min(max(days), max(others))
    whole = DelegationScope.ALL in (scope[0], other_scope[0]) and DelegationScope.SIGNING not in (
        scope[0],
        other_scope[0],
    )
    assert one.overlaps(other) == other.overlaps(one) == (share and (scope == other_scope or whole))


@given(st.sets(st.sampled_from(["head", "deputy", "clerk"])), st.sampled_from(DelegationKind))
def test_the_form_follows_from_positions_and_kind(held: set[str], kind: DelegationKind) -> None:
    expected = LegalForm.BY_ORDER if kind is DelegationKind.RULES else LegalForm.AUTHORISED
    assert legal_form("head", kind, held, DEPUTIES) is (LegalForm.DEPUTY if "deputy" in held else expected)
    assert legal_form("clerk", kind, held, DEPUTIES) is expected


@pytest.mark.parametrize(
    ("done", "stands_for", "own"),
    [
        ([], (HERE, "head"), False),
        ([Handled(act="assess", unit_id=None, role=None)], (HERE, "head"), True),
        ([Handled(act="assess", unit_id=None, role=None)], None, False),
        ([Handled(act="review", unit_id=HERE, role="head")], (HERE, "head"), False),
        ([Handled(act="review", unit_id=HERE, role="officer")], (HERE, "head"), True),
        ([Handled(act="register", unit_id=BELOW, role="head")], (HERE, "head"), True),
        ([Handled(act="register", unit_id=BELOW, role="head")], None, True),
        ([Handled(act="review", unit_id=HERE, role="head")], None, False),
    ],
)
def test_a_second_pair_of_eyes_is_another_person(
    done: list[Handled], stands_for: tuple[UnitId, str] | None, own: bool
) -> None:
    assert sees_own_work(done, unit_id=HERE, stands_for=stands_for) is own


@given(
    st.sampled_from([HERE, BELOW]),
    st.sets(st.sampled_from(["head", "clerk"]), min_size=1),
    st.sampled_from(["review", "sign"]),
    st.integers(1, 3),
    st.one_of(st.none(), st.frozensets(st.sampled_from(["review", "assess"]))),
    st.one_of(st.none(), st.frozensets(st.integers(1, 3), min_size=1)),
    st.booleans(),
)
def test_a_stand_in_does_what_was_handed_over_and_nothing_else(
    unit: UnitId,
    roles: set[str],
    act: str,
    cycle: int,
    acts: frozenset[str] | None,
    cycles: frozenset[int] | None,
    signs: bool,
) -> None:
    stand = StandIn(
        delegation_id=1,
        for_id=AccountId(1),
        for_name="",
        unit_id=HERE,
        role="head",
        acts=acts,
        cycle_ids=cycles,
        signing=frozenset({"sign"}) if signs else frozenset(),
        not_about=frozenset(),
    )
    handed = signs if act == "sign" else acts is None or act in acts
    expected = unit == HERE and "head" in roles and (cycles is None or cycle in cycles) and handed
    assert stand.covers(unit, roles, act, cycle, signing=act == "sign") is expected
