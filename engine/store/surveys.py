"""Which questionnaires are held where, and what was answered, as it is kept?"""

from collections.abc import Sequence

from sqlalchemy import Connection, Integer, bindparam, func, select
from sqlalchemy import cast as sql_cast

from engine.rules.cycles import CycleId
from engine.rules.survey_rounds import PlaceCount, RoundState, SurveyAnswer, SurveyPlace, SurveyRound, SurveySheet
from engine.rules.units import UnitId
from engine.store import direct
from engine.store.rows import Rows, Upsert
from engine.store.tables_surveys import survey_answers, survey_places, survey_rounds, survey_sheets

ROUNDS = Rows(SurveyRound, survey_rounds)
PLACES = Rows(SurveyPlace, survey_places)
SHEETS = Rows(SurveySheet, survey_sheets)
ANSWERS = Rows(SurveyAnswer, survey_answers)

_a, _p, _s = survey_answers.c, survey_places.c, survey_sheets.c
_FIND = ROUNDS.where(survey_rounds.c.cycle_id == bindparam("cycle_id"), survey_rounds.c.key == bindparam("key"))
_OF_CYCLE = ROUNDS.where(survey_rounds.c.cycle_id == bindparam("cycle_id"))
_RUNNING = ROUNDS.where(survey_rounds.c.state == RoundState.OPEN)
_AFTER = ROUNDS.where(survey_rounds.c.id > bindparam("after"))
_PLACE_OF = PLACES.where(_p.round_id == bindparam("round_id"), _p.unit_id == bindparam("unit_id"))
_PLACES = PLACES.where(_p.round_id == bindparam("round_id"))
_PLACE_BY_TOKEN = PLACES.where(_p.token == bindparam("token"))
_BATCH = SHEETS.where(_s.place_id == bindparam("place_id"), _s.batch == bindparam("batch"))
_SHEET = SHEETS.where(_s.place_id == bindparam("place_id"), _s.number == bindparam("number"))
_SHEET_BY_TOKEN = SHEETS.where(_s.token == bindparam("token"))
_USE = survey_sheets.update().where(_s.id == bindparam("sheet_id"), _s.used.is_(False)).values(used=True)
_TAKE = Upsert(survey_answers, ["once_sha256"], returns="id")
_KNOWN = select(_a.id).where(_a.once_sha256 == bindparam("once"))
_OF_SHEET = ANSWERS.where(_a.sheet_id == bindparam("sheet_id"))
_OF_PLACE = ANSWERS.where(_a.place_id == bindparam("place_id"))
_OF_ROUND = (
    ANSWERS.select.join(survey_places, _p.id == _a.place_id).where(_p.round_id == bindparam("round_id")).order_by(_a.id)
)
_NUMBERS = (
    select(_s.id, _s.number)
    .join(survey_answers, _a.sheet_id == _s.id)
    .where(_s.place_id == bindparam("place_id"))
    .order_by(_s.number)
)
_COUNTS = (
    select(_a.place_id, _a.origin, _a.state, func.count().label("number"), func.sum(sql_cast(_a.checked, Integer)))
    .join(survey_places, _p.id == _a.place_id)
    .where(_p.round_id == bindparam("round_id"))
    .group_by(_a.place_id, _a.origin, _a.state)
    .order_by(_a.place_id, _a.origin, _a.state)
)
_UPLOADED = (_a.place_id == bindparam("place"), _a.upload == bindparam("upload"))
_FREE = (
    survey_sheets.update()
    .where(_s.id.in_(select(_a.sheet_id).where(_a.sheet_id.is_not(None), *_UPLOADED)))
    .values(used=False)
)
_DROP = survey_answers.delete().where(*_UPLOADED)


class SqlSurveys:
    """`engine.ports.surveys.Surveys`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, round_id: int) -> SurveyRound:
        return ROUNDS.get(self._connection, round_id)

    def find(self, cycle_id: CycleId, key: str) -> SurveyRound | None:
        return ROUNDS.find(self._connection, _FIND, cycle_id=cycle_id, key=key)

    def of_cycle(self, cycle_id: CycleId) -> list[SurveyRound]:
        return ROUNDS.list(self._connection, _OF_CYCLE, cycle_id=cycle_id)

    def running(self) -> list[SurveyRound]:
        return ROUNDS.list(self._connection, _RUNNING)

    def after(self, round_id: int) -> list[SurveyRound]:
        return ROUNDS.list(self._connection, _AFTER, after=round_id)

    def add(self, held: SurveyRound) -> SurveyRound:
        return ROUNDS.add(self._connection, held)

    def save(self, held: SurveyRound) -> SurveyRound:
        return ROUNDS.save(self._connection, held)

    def place(self, place_id: int) -> SurveyPlace:
        return PLACES.get(self._connection, place_id)

    def place_of(self, round_id: int, unit_id: UnitId) -> SurveyPlace | None:
        return PLACES.find(self._connection, _PLACE_OF, round_id=round_id, unit_id=unit_id)

    def places(self, round_id: int) -> list[SurveyPlace]:
        return PLACES.list(self._connection, _PLACES, round_id=round_id)

    def place_by_token(self, token: str) -> SurveyPlace | None:
        return PLACES.find(self._connection, _PLACE_BY_TOKEN, token=token)

    def add_places(self, places: Sequence[SurveyPlace]) -> None:
        PLACES.insert(self._connection, places)

    def save_place(self, place: SurveyPlace) -> SurveyPlace:
        return PLACES.save(self._connection, place)

    def add_sheets(self, sheets: Sequence[SurveySheet]) -> None:
        SHEETS.insert(self._connection, sheets)

    def sheets(self, place_id: int, batch: int) -> list[SurveySheet]:
        return SHEETS.list(self._connection, _BATCH, place_id=place_id, batch=batch)

    def sheet(self, place_id: int, number: int) -> SurveySheet | None:
        return SHEETS.find(self._connection, _SHEET, place_id=place_id, number=number)

    def sheet_by_token(self, token: str) -> SurveySheet | None:
        return SHEETS.find(self._connection, _SHEET_BY_TOKEN, token=token)

    def use_sheet(self, sheet_id: int) -> bool:
        return direct.write(self._connection, _USE, {"sheet_id": sheet_id}) == 1

    def take(self, answer: SurveyAnswer) -> bool:
        params = ANSWERS.write(answer)
        del params["id"]
        return _TAKE.one(self._connection, params) is not None

    def knows(self, once_sha256: str) -> bool:
        return self._connection.execute(_KNOWN, {"once": once_sha256}).first() is not None

    def add_answers(self, answers: Sequence[SurveyAnswer]) -> None:
        ANSWERS.insert(self._connection, answers)

    def save_answer(self, answer: SurveyAnswer) -> SurveyAnswer:
        return ANSWERS.save(self._connection, answer)

    def answer_of(self, sheet_id: int) -> SurveyAnswer | None:
        return ANSWERS.find(self._connection, _OF_SHEET, sheet_id=sheet_id)

    def answer(self, answer_id: int) -> SurveyAnswer:
        return ANSWERS.get(self._connection, answer_id)

    def answers(self, place_id: int) -> list[SurveyAnswer]:
        return ANSWERS.list(self._connection, _OF_PLACE, place_id=place_id)

    def all_answers(self, round_id: int) -> list[SurveyAnswer]:
        return ANSWERS.list(self._connection, _OF_ROUND, round_id=round_id)

    def numbers(self, place_id: int) -> dict[int, int]:
        return {row[0]: row[1] for row in self._connection.execute(_NUMBERS, {"place_id": place_id})}

    def counts(self, round_id: int) -> list[PlaceCount]:
        rows = self._connection.execute(_COUNTS, {"round_id": round_id})
        return [
            PlaceCount(place_id=place, origin=origin, state=state, number=number, checked=int(checked or 0))
            for place, origin, state, number, checked in rows
        ]

    def drop_upload(self, place_id: int, upload: str) -> int:
        params = {"place": place_id, "upload": upload}
        self._connection.execute(_FREE, params)
        return self._connection.execute(_DROP, params).rowcount
