"""Are books, blocks and waiting documents kept as they were given, and is no number of a block given twice?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.errors import StaleVersion
from engine.rules.decisions import RegisterState
from engine.store import SqlUnitOfWork
from tests.store.samples import NOW, a_block, a_book, a_register_row, an_awaited, lay_ground

Begin = Callable[[], SqlUnitOfWork]


def test_books_are_kept_as_they_are_and_guarded(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        book = uow.books.add(a_book(unit_id=ground.city.id))
        other = uow.books.add(a_book(unit_id=ground.branch.id, first_day=None, last_day=None, types=()))
    with begin() as uow:
        assert (uow.books.get(book.id), uow.books.of_unit(ground.branch.id)) == (book, [other])
        assert uow.books.of_units({ground.city.id}) == [book, other]
        saved = uow.books.save(replace(book, name="Sổ khác"))
    with begin() as uow, pytest.raises(StaleVersion):
        uow.books.save(book)
    with begin() as uow:
        uow.books.remove(other.id)
        assert uow.books.of_units({ground.city.id}) == [saved]


def test_a_block_gives_each_of_its_numbers_once(begin: Begin) -> None:
    with begin() as uow:
        book = uow.books.add(a_book(unit_id=lay_ground(uow).city.id))
        block = uow.books.add_block(a_block(book_id=book.id))
        assert [uow.books.take_of_block(block.id) for _ in range(4)] == [41, 42, None, None]
        assert [(b.taken, b.left) for b in uow.books.blocks(book.id)] == [(3, 0)]


def test_the_count_of_a_book_only_grows(begin: Begin) -> None:
    with begin() as uow:
        unit = lay_ground(uow).city.id
        assert uow.books.count(unit, "VB", 2027) == 0
        assert [uow.books.hold(unit, "VB", 2027, at_least=n) for n in (5, 3, 9)] == [5, 5, 9]
        assert uow.decisions.take_number(unit, "VB", 2027, first=40) == 10
        assert uow.decisions.take_number(unit, "VB", 2028, first=40) == 40
        assert uow.books.count(unit, "VB", 2027) == 10


def test_what_waits_is_found_until_it_is_settled(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        unit, decision = ground.city.id, ground.decision.id
        awaited = uow.books.wait(an_awaited(unit_id=unit, decision_id=decision))
    with begin() as uow:
        assert uow.books.awaited(awaited.id) == awaited
        found = (uow.books.waits(decision), uow.books.waiting({unit}), uow.books.waiting(None))
        assert found == (awaited, [awaited], [awaited])
        assert (uow.books.waiting({ground.branch.id}), uow.books.waiting({unit})) == ([], [awaited])
        uow.books.save_awaited(replace(awaited, settled_at=NOW))
        assert (uow.books.waits(decision), uow.books.waiting(None)) == (None, [])


def test_rows_are_found_by_what_they_number(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        of = {"unit_id": ground.city.id, "decision_id": ground.decision.id}
        second = uow.decisions.add_register_row(a_register_row(**of, number=2))
        first = uow.decisions.add_register_row(a_register_row(**of, number=1, state=RegisterState.VOID, note="Nhầm"))
    with begin() as uow:
        assert uow.books.rows_of(ground.decision.id) == [second, first]
        assert uow.books.rows_of_book(ground.city.id, "qd", 2027) == [first, second]
        assert uow.books.last_row(ground.city.id, "qd", 2027) == second
        voided = uow.books.save_row(replace(second, state=RegisterState.RECALLED, note="05", changed_at=NOW))
        assert uow.books.row(second.id) == voided
