"""Work by person and week: shared evenly among who holds the first held role, nothing lost, nobody charged twice."""

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from engine.rules.units import AccountId, UnitId
from engine.rules.workload import Demand, Holder, PersonWeek, crowded, monday_of, shared

ROLES = ("officer", "secretary", "clerk")
demands = st.lists(
    st.builds(
        Demand,
        unit_id=st.integers(1, 3).map(UnitId),
        roles=st.permutations(ROLES).map(lambda r: tuple(r[:2])),
        last_day=st.dates(date(2026, 12, 1), date(2027, 1, 31)),
        tasks=st.integers(1, 50),
    ),
    max_size=12,
)
holders = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(ROLES), st.integers(1, 5)), max_size=8, unique=True
).map(
    lambda rows: [
        Holder(unit_id=UnitId(u), role=r, account_id=AccountId(a), full_name=f"Người {a}", unit=f"Đơn vị {u}")
        for u, r, a in rows
    ]
)


@given(demands, holders)
def test_what_somebody_can_do_is_shared_and_nothing_is_lost(asked: list[Demand], held: list[Holder]) -> None:
    expected: dict[tuple[date, int], Fraction] = defaultdict(Fraction)
    for demand in asked:
        role = next((r for r in demand.roles if any((h.unit_id, h.role) == (demand.unit_id, r) for h in held)), None)
        doers = [h.account_id for h in held if (h.unit_id, h.role) == (demand.unit_id, role)]
        for doer in doers:
            expected[monday_of(demand.last_day), doer] += Fraction(demand.tasks, len(doers))
    found = shared(asked, held)
    assert {(week.monday, week.account_id): week.tasks for week in found} == {
        key: ceil(tasks) for key, tasks in expected.items()
    }
    assert [week.monday for week in found] == sorted(week.monday for week in found)


@given(demands, holders, st.integers(1, 60))
def test_whoever_has_too_much_is_found_among_the_crowded(asked: list[Demand], held: list[Holder], limit: int) -> None:
    """As long as nobody works for several units: then only their sum may be too much."""
    single = [h for h in held if len({o.unit_id for o in held if o.account_id == h.account_id}) == 1]
    of_all = [week for week in shared(asked, single) if week.tasks > limit]
    of_crowded = [week for week in shared(crowded(asked, limit), single) if week.tasks > limit]
    assert of_all == of_crowded


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_a_week_begins_on_monday(day: date) -> None:
    assert monday_of(day).weekday() == 0
    assert timedelta(0) <= day - monday_of(day) < timedelta(days=7)


def test_three_officers_share_ten_tasks() -> None:
    officers = [
        Holder(unit_id=UnitId(1), role="officer", account_id=AccountId(n), full_name=f"Người {n}", unit="Đoàn phường")
        for n in (1, 2, 3)
    ]
    asked = [Demand(unit_id=UnitId(1), roles=("officer",), last_day=date(2026, 11, 12), tasks=10)]
    assert shared(asked, officers) == [
        PersonWeek(
            account_id=AccountId(n), full_name=f"Người {n}", unit="Đoàn phường", monday=date(2026, 11, 9), tasks=4
        )
        for n in (1, 2, 3)
    ]
