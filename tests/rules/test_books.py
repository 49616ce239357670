"""Which period, which block, which days: the rules of numbering, without a store."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine.rules.books import (
    BookPeriod,
    NumberBlock,
    Period,
    book_for,
    default_book,
    earliest_day,
    latest_day,
    look_alikes,
    next_of_block,
    overlapping,
    period_on,
)
from engine.rules.decisions import RegisterRow, RegisterState
from engine.rules.units import UnitId
from tests.store.samples import a_block, a_register_row

UNIT = UnitId(7)
TERM = replace(
    default_book(UNIT, "QĐ"), period=BookPeriod.TERM, first_day=date(2025, 10, 15), last_day=date(2030, 10, 14)
)


def test_a_type_without_a_book_is_numbered_here_by_year() -> None:
    assert book_for([TERM], UNIT, "BC") == default_book(UNIT, "BC")
    assert book_for([TERM], UNIT, "QĐ") == TERM


@pytest.mark.parametrize(
    ("day", "period"),
    [
        (date(2025, 10, 14), None),
        (date(2025, 10, 15), Period(year=2025, term="2025–2030")),
        (date(2030, 10, 14), Period(year=2025, term="2025–2030")),
        (date(2030, 10, 15), None),
    ],
)
def test_a_term_holds_from_its_first_to_its_last_day(day: date, period: Period | None) -> None:
    assert period_on(TERM, day) == period


@given(day=some.dates())
def test_a_calendar_year_holds_every_day(day: date) -> None:
    assert period_on(default_book(UNIT, "QĐ"), day) == Period(year=day.year, term="")


@given(ends=some.lists(some.tuples(some.integers(1, 60), some.integers(1, 60)).map(sorted), max_size=6), first=some.integers(1, 60), size=some.integers(0, 9))  # fmt: skip
def test_two_blocks_overlap_when_they_share_a_number(ends: list[list[int]], first: int, size: int) -> None:
    blocks = [block(low, high) for low, high in ends]
    shares = any(set(range(low, high + 1)) & set(range(first, first + size + 1)) for low, high in ends)
    assert (overlapping(blocks, first, first + size) is not None) == shares


def test_the_lowest_block_that_has_numbers_left_comes_next() -> None:
    used, low, high = block(1, 2, taken=2), block(10, 11, taken=1), block(20, 29)
    assert next_of_block([high, used, low]) == low
    assert (used.left, low.left, high.left, next_of_block([used])) == (0, 1, 10, None)


@given(gaps=some.lists(some.tuples(some.integers(1, 4), some.integers(0, 5)), max_size=8), number=some.integers(1, 40))
def test_a_day_between_those_of_its_neighbours_keeps_the_order(gaps: list[tuple[int, int]], number: int) -> None:
    rows, last, day = list[RegisterRow](), 0, date(2027, 1, 1)
    for step, days in gaps:
        last, day = last + step, day + timedelta(days=days)
        rows.append(a_register_row(number=last, dated=day))
    least, most = earliest_day(rows, number), latest_day(rows, number)
    fit = least or most or date(2027, 1, 1)
    kept = sorted(
        [*(r for r in rows if r.number != number), a_register_row(number=number, dated=fit)], key=lambda r: r.number
    )
    assert [row.dated for row in kept] == sorted(row.dated for row in kept)
    assert least is None or most is None or least <= most


def test_a_voided_row_looks_like_nothing() -> None:
    row = a_register_row()
    assert look_alikes([row], row.subject, row.recipients, row.dated) == [row]
    assert look_alikes([replace(row, state=RegisterState.VOID)], row.subject, row.recipients, row.dated) == []


def block(first: int, last: int, *, taken: int = 0) -> NumberBlock:
    """A block of these numbers."""
    return a_block(first=first, last=last, taken=taken)
