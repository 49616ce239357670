"""Rounds, sheets and answers are found again on both databases; a sheet is used once, a page counts once."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from engine.rules.survey_rounds import AnswerState, PlaceCount, RoundState
from engine.rules.surveys import Origin
from engine.store import Database, SqlUnitOfWork
from tests.store.samples import (
    Ground,
    a_place,
    a_round,
    a_sheet,
    a_survey_answer,
    lay_ground,
    no_jobs,
    the_runtime,
    the_words,
)


def begin(uow: SqlUnitOfWork, ground: Ground) -> tuple[int, int]:
    """A round with one place; their ids."""
    held = uow.surveys.add(a_round(cycle_id=ground.cycle.id, unit_id=ground.city.id))
    uow.surveys.add_places([a_place(round_id=held.id, unit_id=ground.branch.id)])
    return held.id, uow.surveys.places(held.id)[0].id


def test_rounds_and_places_are_found_again(database: Database) -> None:
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        ground = lay_ground(uow)
        round_id, place_id = begin(uow, ground)
        held = uow.surveys.get(round_id)
        assert (uow.surveys.find(ground.cycle.id, held.key), uow.surveys.of_cycle(ground.cycle.id)) == (held, [held])
        assert uow.surveys.find(ground.cycle.id, "khac") is None
        closed = uow.surveys.save(replace(held, state=RoundState.CLOSED))
        assert uow.surveys.get(round_id) == closed
        place = uow.surveys.place(place_id)
        assert uow.surveys.place_of(round_id, ground.branch.id) == uow.surveys.place_by_token(place.token) == place
        assert uow.surveys.place_of(round_id, ground.city.id) is None
        saved = uow.surveys.save_place(replace(place, sheets=9))
        assert uow.surveys.places(round_id) == [saved]


def test_a_sheet_is_used_once_and_a_page_counts_once(database: Database) -> None:
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        _, place_id = begin(uow, lay_ground(uow))
        uow.surveys.add_sheets([a_sheet(place_id=place_id)])
        sheet = uow.surveys.sheet(place_id, 1)
        assert sheet is not None
        assert uow.surveys.sheets(place_id, 1) == [sheet] and uow.surveys.sheet_by_token(sheet.token) == sheet
        assert [uow.surveys.use_sheet(sheet.id), uow.surveys.use_sheet(sheet.id)] == [True, False]
        by_link = a_survey_answer(
            place_id=place_id,
            origin=Origin.LINK,
            state=AnswerState.COUNTED,
            once_sha256="f" * 64,
            checked=False,
            second={},
        )
        assert [uow.surveys.take(by_link), uow.surveys.take(by_link)] == [True, False]
        assert (uow.surveys.knows("f" * 64), uow.surveys.knows("e" * 64)) == (True, False)
        kept = uow.surveys.answers(place_id)
        assert kept == [replace(by_link, id=kept[0].id)]


def test_an_answer_by_link_cannot_be_tied_to_a_sheet(database: Database) -> None:
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        _, place_id = begin(uow, lay_ground(uow))
        uow.surveys.add_sheets([a_sheet(place_id=place_id)])
        sheet = uow.surveys.sheets(place_id, 1)[0]
        tied = a_survey_answer(place_id=place_id, origin=Origin.OPEN_LINK, sheet_id=sheet.id)
        with pytest.raises(IntegrityError), uow.savepoint():
            uow.surveys.add_answers([tied])


def test_answers_are_counted_and_an_upload_is_taken_back(database: Database) -> None:
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        ground = lay_ground(uow)
        round_id, place_id = begin(uow, ground)
        uow.surveys.add_sheets([a_sheet(place_id=place_id), a_sheet(place_id=place_id, number=2, token="m" * 14)])
        one, two = uow.surveys.sheets(place_id, 1)
        counted = a_survey_answer(place_id=place_id, state=AnswerState.COUNTED, checked=False, second={})
        sheet = replace(counted, origin=Origin.SHEET, upload="liste")
        uow.surveys.add_answers(
            [a_survey_answer(place_id=place_id, sheet_id=one.id), replace(sheet, sheet_id=two.id), sheet, sheet]
        )
        assert uow.surveys.use_sheet(two.id)
        assert uow.surveys.numbers(place_id) == {one.id: 1, two.id: 2}
        assert uow.surveys.counts(round_id) == [
            PlaceCount(place_id=place_id, origin=Origin.PAPER, state=AnswerState.DIFFERS, number=1, checked=1),
            PlaceCount(place_id=place_id, origin=Origin.SHEET, state=AnswerState.COUNTED, number=3, checked=0),
        ]
        found = uow.surveys.answer_of(one.id)
        assert found is not None and uow.surveys.answer(found.id) == found
        settled = uow.surveys.save_answer(replace(found, state=AnswerState.COUNTED))
        assert uow.surveys.drop_upload(place_id, "liste") == 3
        assert uow.surveys.all_answers(round_id) == [settled]
        freed = uow.surveys.sheet(place_id, 2)
        assert freed is not None and not freed.used
