"""A questionnaire lives a round: opened, answered by link, on paper and by spreadsheet, checked, closed, counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from engine.errors import Invalid, NotFound, NotPermitted, WrongState
from engine.ports.process import OperationAsked
from engine.ports.store import UnitOfWork
from engine.process import packs
from engine.process.spiff import SpiffRuntime
from engine.rules.cycles import Cycle, CycleId
from engine.rules.dossiers import WorkItem
from engine.rules.survey_rounds import AnswerState, Door, RoundState, SurveyPlace
from engine.rules.surveys import Gap, Origin
from engine.rules.targets import Figure
from engine.rules.targets import Gap as TargetGap
from engine.rules.units import SYSTEM, Unit
from engine.use_cases import cycles, runs, survey_results, survey_sheets, surveys, targets
from engine.use_cases.operations import OPERATIONS
from engine.use_cases.rehearsal import residents
from engine.use_cases.rehearsal.people import People
from engine.use_cases.rehearsal.script import Script
from engine.use_cases.rehearsal.walk import Walk
from engine.use_cases.surveys import Held
from tests.factories import Town, moment

TWELFTH = next(p for p in (Path(__file__).parents[1] / "models" / "packs").iterdir() if (p / "surveys").is_dir())
KEY = "y-kien"
OFFICER = ("TD", "officer")
ANSWERS: Mapping[str, object] = {
    "hai_long": "5",
    "sach_se": "co",
    "thich": ["qua", "hoa"],
    "den_lai": True,
    "so_lan": 3,
}


def opened(town: Town, files: Mapping[str, bytes] | None = None) -> Cycle:
    """The cycle of the made-up model."""
    model = packs.read_model(packs.read_shared() | (files or packs.read_folder(TWELFTH)), TWELFTH.name)
    with town.open() as uow:
        uow.models.deploy(model, town.now)
        return cycles.open_cycle(
            uow, model.key, 2027, reading_confirmed=True, dispatch="", settings={}, actor=town._actor(uow, *OFFICER), now=town.now
        )  # fmt: skip


@pytest.fixture
def held(city: Town) -> CycleId:
    """The questionnaire is open in all branches, on the second day of its period."""
    cycle = opened(city)
    city.at("2027-02-02")
    with city.open() as uow:
        surveys.open_survey(uow, cycle.id, KEY, actor=city._actor(uow, *OFFICER), now=city.now)
    return cycle.id


def found(town: Town, cycle: CycleId) -> Held:
    held: Held = town.ask(lambda uow: surveys.load(uow, cycle, KEY))
    return held


def place(town: Town, cycle: CycleId, code: str = "P1-1") -> SurveyPlace:
    unit = town.unit(code).id
    own = next(p for p in town.ask(lambda uow: uow.surveys.places(found(town, cycle).round.id)) if p.unit_id == unit)
    assert isinstance(own, SurveyPlace)
    return own


def answers(town: Town, token: str, given: Mapping[str, object] = ANSWERS, once: str = "a") -> Door:
    with town.open() as uow:
        asked = surveys.follow(uow, token, now=town.now)
        assert asked is not None
        return surveys.answer(uow, asked, given, once, now=town.now)


def sheets(town: Town, cycle: CycleId, count: int, code: str = "P1-1") -> list[str]:
    """Numbered sheets are made; their links."""
    own = place(town, cycle, code)
    with town.open() as uow:
        made = survey_sheets.make_sheets(uow, own.id, count, actor=town._actor(uow, code, "secretary"), now=town.now)
        return [sheet.token for sheet in uow.surveys.sheets(own.id, made.batches)]


def enters(
    town: Town,
    cycle: CycleId,
    number: int,
    by: tuple[str, str],
    *,
    second: bool = False,
    mend: bool = False,
    **given: object,
) -> survey_sheets.Entered:
    own = place(town, cycle)
    with town.open() as uow:
        return survey_sheets.enter(
            uow, own.id, number, given, second=second, mend=mend, actor=town._actor(uow, *by), now=town.now
        )


def value(
    town: Town, cycle: CycleId, code: str | None = "P1-1", indicator: str | None = None
) -> tuple[int, Decimal | None, Gap | None]:
    unit = town.unit(code).id if code is not None else None
    own = town.ask(lambda uow: survey_results.result_of(uow, cycle, KEY, unit, indicator))
    return own.sheets, own.value, own.gap


def refusal(error: Invalid) -> dict[str, str]:
    return {field: fault.code for field, fault in error.fields.items()}


def test_a_round_is_held_in_every_unit_of_its_kinds_in_the_period_of_its_deadline(city: Town, held: CycleId) -> None:
    own = found(city, held).round
    assert (own.state, own.first_day, own.last_day) == (RoundState.OPEN, date(2027, 2, 1), date(2027, 2, 28))
    units = {p.unit_id for p in city.ask(lambda uow: uow.surveys.places(own.id))}
    assert units == {city.unit(code).id for code in ("P1-1", "P1-2", "P1-3", "P1-4", "P2-1")}


def test_only_the_leading_unit_opens_and_closes(city: Town) -> None:
    cycle = opened(city)
    with city.open() as uow, pytest.raises(NotPermitted):
        surveys.open_survey(uow, cycle.id, KEY, actor=city._actor(uow, "P1", "officer"), now=city.now)
    with city.open() as uow, pytest.raises(NotFound):
        surveys.open_survey(uow, cycle.id, "khac", actor=city._actor(uow, *OFFICER), now=city.now)
    with city.open() as uow, pytest.raises(Invalid):
        surveys.open_survey(
            uow, cycle.id, KEY, last_day=date(2026, 1, 1), actor=city._actor(uow, *OFFICER), now=city.now
        )


def test_an_answer_by_the_open_link_keeps_nothing_of_who_gave_it(city: Town, held: CycleId) -> None:
    own = place(city, held)
    assert answers(city, own.token) is Door.OPEN
    kept = city.ask(lambda uow: uow.surveys.answers(own.id))
    assert [(a.origin, a.state, a.day, dict(a.answers), a.sheet_id, a.by_id) for a in kept] == [
        (
            Origin.OPEN_LINK,
            AnswerState.COUNTED,
            date(2027, 2, 2),
            {"hai_long": "5", "sach_se": "co", "thich": ["hoa", "qua"], "den_lai": True, "so_lan": 3},
            None,
            None,
        )
    ]


def test_a_page_that_is_sent_twice_counts_once(city: Town, held: CycleId) -> None:
    own = place(city, held)
    assert [answers(city, own.token), answers(city, own.token)] == [Door.OPEN, Door.OPEN]
    assert answers(city, own.token, once="b") is Door.OPEN
    assert len(city.ask(lambda uow: uow.surveys.answers(own.id))) == 2


def test_a_link_of_a_sheet_is_good_once(city: Town, held: CycleId) -> None:
    token, other = sheets(city, held, 2)
    assert answers(city, token) is Door.OPEN
    assert answers(city, token) is Door.OPEN  # the very page again, as after going back
    assert answers(city, token, once="b") is Door.USED
    assert answers(city, other, once="c") is Door.OPEN
    kept = city.ask(lambda uow: uow.surveys.answers(place(city, held).id))
    assert [(a.origin, a.sheet_id) for a in kept] == [(Origin.LINK, None)] * 2


def test_a_link_says_when_nothing_is_taken(city: Town, held: CycleId) -> None:
    own = place(city, held)
    doors = {}
    for day in ("2027-01-31", "2027-02-01", "2027-02-28", "2027-03-01"):
        doors[day] = city.ask(lambda uow, day=day: surveys.follow(uow, own.token, now=moment(day)).door)
    assert list(doors.values()) == [Door.NOT_YET, Door.OPEN, Door.OPEN, Door.OVER]
    assert city.ask(lambda uow: surveys.follow(uow, "../" + own.token, now=city.now)) is None
    city.at("2027-03-01")
    assert answers(city, own.token) is Door.OVER
    with city.open() as uow:
        actor = city._actor(uow, *OFFICER)
        surveys.prolong(uow, found(city, held).round.id, date(2027, 3, 5), actor=actor, now=city.now)
    assert answers(city, own.token) is Door.OPEN
    with city.open() as uow:
        surveys.close_survey(uow, found(city, held).round.id, actor=city._actor(uow, *OFFICER), now=city.now)
    assert answers(city, own.token, once="z") is Door.CLOSED


def test_an_empty_sheet_is_refused(city: Town, held: CycleId) -> None:
    with pytest.raises(Invalid) as refused:
        answers(city, place(city, held).token, {"gop_y": "  "})
    assert refusal(refused.value) == {"": "survey.empty"}


def test_a_figure_comes_with_the_minimum_sample_only(city: Town, held: CycleId) -> None:
    own = place(city, held)
    for n, level in enumerate(("5", "4")):
        answers(city, own.token, {"hai_long": level}, once=f"n{n}")
    assert value(city, held) == (2, None, Gap.TOO_FEW)
    answers(city, own.token, {"hai_long": "1"}, once="last")
    assert value(city, held) == (3, Decimal("66.67"), None)
    assert value(city, held, indicator="diem") == (3, Decimal("3.33"), None)
    exact = city.ask(lambda uow: survey_results.result_of(uow, held, KEY, own.unit_id)).figure
    assert exact == Figure(value=Decimal(2), whole=Decimal(3))
    assert value(city, held, "P1-2") == (0, None, Gap.TOO_FEW)
    assert value(city, held, "TD") == (0, None, Gap.NOT_HELD)
    with pytest.raises(NotFound):
        value(city, held, indicator="khac")


def test_the_figure_of_all_units_leaves_out_those_with_too_few_sheets(city: Town, held: CycleId) -> None:
    for n in range(3):
        answers(city, place(city, held).token, {"hai_long": "5"}, once=f"a{n}")
        answers(city, place(city, held, "P1-2").token, {"hai_long": "1"}, once=f"b{n}")
    answers(city, place(city, held, "P1-3").token, {"hai_long": "1"}, once="c")
    assert value(city, held, None) == (6, Decimal("50.00"), None)


def test_before_it_is_opened_there_is_no_figure(city: Town) -> None:
    cycle = opened(city)
    assert value(city, cycle.id) == (0, None, Gap.NOT_HELD)


def test_two_people_enter_a_sheet_and_settle_what_they_read_differently(city: Town, held: CycleId) -> None:
    sheets(city, held, 2)
    first = {"hai_long": "5", "sach_se": "co", "so_lan": 3}
    assert enters(city, held, 1, ("P1-1", "secretary"), **first).differences == ()
    other = enters(city, held, 1, ("P1", "clerk"), second=True, **(first | {"hai_long": "4"}))
    assert [(d.question.key, d.first, d.second) for d in other.differences] == [("hai_long", "5", "4")]
    own = place(city, held)
    waiting = city.ask(lambda uow: survey_sheets.unsettled(uow, own.id, actor=city._actor(uow, "P1", "clerk")))
    assert [(row.number, row.first_by != row.second_by) for row in waiting] == [(1, True)]
    standing = city.ask(lambda uow: surveys.standings(uow, found(city, held), [own.unit_id]))[0]
    assert (standing.sheets, standing.differing, standing.checked) == (0, 1, 1)
    with city.open() as uow, pytest.raises(Invalid) as refused:
        survey_sheets.settle(uow, own.id, waiting[0].answer_id, {}, actor=city._actor(uow, "P1", "clerk"), now=city.now)
    assert refusal(refused.value) == {"hai_long": "survey.choose"}
    with city.open() as uow:
        survey_sheets.settle(
            uow,
            own.id,
            waiting[0].answer_id,
            {"hai_long": "second"},
            actor=city._actor(uow, "P1", "clerk"),
            now=city.now,
        )
    kept = city.ask(lambda uow: uow.surveys.answers(own.id))
    assert [(a.state, dict(a.answers)) for a in kept] == [(AnswerState.COUNTED, first | {"hai_long": "4"})]
    assert city.ask(lambda uow: surveys.standings(uow, found(city, held), [own.unit_id]))[0].origins == {
        Origin.PAPER: 1
    }


def test_entries_that_make_no_sense_are_refused(city: Town, held: CycleId) -> None:
    token, *_ = sheets(city, held, 3)
    answers(city, token)
    clerk, other = ("P1-1", "secretary"), ("P1", "clerk")
    enters(city, held, 2, clerk, hai_long="5")
    enters(city, held, 2, clerk, mend=True, hai_long="4")
    cases = [
        ((4, clerk), {}, "survey.no_such_sheet"),
        ((1, clerk), {}, "survey.answered_by_link"),
        ((2, clerk), {}, "survey.entered"),
        ((2, other), {"mend": True}, "survey.entered"),
        ((3, other), {"second": True}, "survey.not_entered"),
        ((2, clerk), {"second": True}, "survey.same_person"),
    ]
    said = []
    for args, how, _ in cases:
        with pytest.raises(Invalid) as refused:
            enters(city, held, *args, **how, hai_long="3")
        said.append(refusal(refused.value)["number"])
    assert said == [code for *_, code in cases]
    assert enters(city, held, 2, other, second=True, hai_long="4").differences == ()
    with pytest.raises(Invalid) as refused:
        enters(city, held, 2, other, second=True, hai_long="4")
    assert refusal(refused.value) == {"number": "survey.checked"}


def test_a_spreadsheet_is_taken_whole_and_taken_back(city: Town, held: CycleId) -> None:
    sheets(city, held, 2)
    own = place(city, held)
    rows = [{"number": "1", "hai_long": "5", "thich": "13"}, {"number": "", "hai_long": "4", "so_lan": "7"}]
    actor = city.actor("P1-1", "secretary")
    with city.open() as uow:
        assert survey_sheets.take_rows(uow, own.id, rows, actor=actor, now=city.now) == 2
    kept = city.ask(lambda uow: uow.surveys.answers(own.id))
    assert [(a.origin, dict(a.answers), a.sheet_id is not None) for a in kept] == [
        (Origin.SHEET, {"hai_long": "5", "thich": ["hoa", "bong"]}, True),
        (Origin.SHEET, {"hai_long": "4", "so_lan": 7}, False),
    ]
    with city.open() as uow, pytest.raises(Invalid):  # its first row's sheet is used
        survey_sheets.take_rows(uow, own.id, rows, actor=actor, now=city.now)
    with city.open() as uow:
        assert survey_sheets.take_rows(uow, own.id, rows[1:], actor=actor, now=city.now) == 1
    with city.open() as uow, pytest.raises(WrongState):
        survey_sheets.take_rows(uow, own.id, rows[1:], actor=actor, now=city.now)
    upload = city.ask(lambda uow: survey_sheets.uploads(uow, own))[0]
    assert upload[1] == 2
    with city.open() as uow:
        assert survey_sheets.undo_rows(uow, own.id, upload[0], actor=actor, now=city.now) == 2
    assert enters(city, held, 1, ("P1-1", "secretary"), hai_long="5").number == 1


def test_wrong_cells_are_named_and_nothing_is_kept(city: Town, held: CycleId) -> None:
    sheets(city, held, 1)
    own = place(city, held)
    rows = [
        {"number": "9", "hai_long": "5"},
        {"number": "1", "hai_long": "8", "so_lan": "99"},
        {"number": "1", "den_lai": "1"},
        {},
    ]
    with city.open() as uow, pytest.raises(Invalid) as refused:
        survey_sheets.take_rows(uow, own.id, rows, actor=city._actor(uow, "P1-1", "secretary"), now=city.now)
    assert refusal(refused.value) == {
        "rows.0.number": "survey.no_such_sheet",
        "rows.1.hai_long": "survey.no_such_option",
        "rows.1.so_lan": "survey.out_of_bounds",
        "rows.2.number": "survey.number_twice",
        "rows.3.number": "survey.empty",
    }
    assert city.ask(lambda uow: uow.surveys.answers(own.id)) == []


def test_who_may_print_and_enter(city: Town, held: CycleId) -> None:
    own = place(city, held)
    for code, role, may in (("P1-1", "secretary", True), ("P1", "clerk", True), ("TD", "clerk", True), ("TD", "auditor", False), ("P2", "officer", False), ("P1-2", "secretary", False)):  # fmt: skip
        with city.open() as uow:
            actor = city._actor(uow, code, role)
            path = uow.units.path(own.unit_id)
            assert (code, role, surveys.may_work(actor, found(city, held), path)) == (code, role, may)


def test_a_confidential_survey_is_the_leading_units_alone(city: Town) -> None:
    files = packs.read_folder(TWELFTH)
    table = f"surveys/{KEY}.toml"
    text = files[table].decode().replace("minimum = 3\n", "minimum = 3\nconfidential = true\n")
    cycle = opened(city, {**files, table: text.encode()})
    city.at("2027-02-02")
    with city.open() as uow:
        surveys.open_survey(uow, cycle.id, KEY, actor=city._actor(uow, *OFFICER), now=city.now)
    own = place(city, cycle.id)
    seen = {}
    for code, role in (("P1-1", "secretary"), ("P1", "officer"), ("TD", "clerk"), ("TD", "auditor"), OFFICER):
        with city.look() as uow:
            actor, path = city._actor(uow, code, role), uow.units.path(own.unit_id)
            held = surveys.load(uow, cycle.id, KEY)
            seen[code, role] = (surveys.may_look(actor, held, path), surveys.may_work(actor, held, path))
    assert list(seen.values()) == [(False, False), (False, False), (False, True), (False, False), (True, True)]


AIM = """
[[indicator]]
key = "hai_long"
label = "Tỷ lệ hài lòng"
measure = "percent"
from = "survey"
survey = "{survey}"

[[target]]
indicator = "hai_long"
comparison = ">="
value = 60
first_year = 2027
wording = "ít nhất 60%"
source = "Mục 1"
"""


def aimed(survey: str) -> dict[str, bytes]:
    """The made-up pack with a target that a survey counts."""
    return {**packs.read_folder(TWELFTH), "targets.toml": AIM.format(survey=survey).encode()}


def test_a_survey_counts_a_target_and_is_judged_once_it_is_closed(city: Town) -> None:
    cycle = opened(city, aimed(f"{KEY}:hai_long"))
    model = city.ask(lambda uow: uow.models.get(cycle.version))
    city.at("2027-02-02")

    def said() -> tuple[object, ...]:
        (line,) = city.ask(lambda uow: targets.lines(uow, [model], [2027], today=city.now.date()))
        assert line.verdict is not None
        return line.gathered.figure.value, line.gathered.figure.whole, line.verdict.met, line.verdict.gap

    assert said() == (None, None, None, TargetGap.NO_FIGURE)
    with city.open() as uow:
        held = surveys.open_survey(uow, cycle.id, KEY, actor=city._actor(uow, *OFFICER), now=city.now)
    token = place(city, cycle.id).token
    for number, level in enumerate(("5", "4")):
        answers(city, token, {"hai_long": level}, once=f"n{number}")
    assert said() == (None, None, None, TargetGap.NO_FIGURE)
    answers(city, token, {"hai_long": "1"}, once="last")
    assert said() == (2, 3, None, TargetGap.INCOMPLETE)
    with city.open() as uow:
        surveys.close_survey(uow, held.id, actor=city._actor(uow, *OFFICER), now=city.now)
    assert said() == (2, 3, True, None)


@pytest.mark.parametrize(
    ("survey", "closed", "reason"),
    [
        ("khac", False, "Thiếu phiếu khảo sát surveys/khac.toml."),
        (f"{KEY}:khac", False, f"Phiếu surveys/{KEY}.toml không có [[indicator]] “khac”."),
        (f"{KEY}:diem", False, "Chỉ số của khảo sát cần measure = “count”."),
        (KEY, True, f"Khảo sát surveys/{KEY}.toml là khảo sát kín: không dùng làm chỉ tiêu được."),
    ],
)
def test_a_target_names_a_survey_that_can_count_it(survey: str, closed: bool, reason: str) -> None:
    files = aimed(survey)
    if closed:
        table = f"surveys/{KEY}.toml"
        files[table] = files[table].replace(b"minimum = 3\n", b"minimum = 3\nconfidential = true\n")
    model = packs.read_model(packs.read_shared() | files, TWELFTH.name)
    definition = SpiffRuntime().compile({name: data for name, data in model.files.items() if packs.is_diagram(name)})
    assert reason in [finding.reason for finding in packs.check_model(model, definition)]


def test_another_open_link_ends_the_old_one(city: Town, held: CycleId) -> None:
    own = place(city, held)
    with city.open() as uow:
        surveys.renew_link(uow, own.id, actor=city._actor(uow, "P1-1", "secretary"), now=city.now)
    assert city.ask(lambda uow: surveys.follow(uow, own.token, now=city.now)) is None
    assert answers(city, place(city, held).token) is Door.OPEN


def test_a_diagram_opens_the_survey_for_its_unit_and_takes_the_figure(city: Town) -> None:
    files = packs.read_folder(TWELFTH)
    old = '<camunda:property name="operation" value="close" />'
    new = f'<camunda:property name="operation" value="open_survey" /><camunda:property name="survey" value="{KEY}" />'
    diagram = files["cycle.bpmn"].decode()
    assert diagram.count(old) == 1
    cycle = opened(city, {**files, "cycle.bpmn": diagram.replace(old, new).encode()})
    city.at("2027-02-02")
    city.cycle = cycle.id
    city.does("P1-1", "register", noi_dung="Trồng cây", members=[])
    city.does("P1-1", "review")
    own = found(city, cycle.id).round
    assert (own.first_day, own.last_day) == (date(2027, 2, 1), date(2027, 2, 28))
    assert [p.unit_id for p in city.ask(lambda uow: uow.surveys.places(own.id))] == [city.unit("P1-1").id]


def test_a_diagram_reads_the_figure_into_variables(city: Town, held: CycleId) -> None:
    for n in range(4):
        answers(city, place(city, held).token, {"hai_long": "5" if n else "1"}, once=f"n{n}")
    city.cycle = held
    dossier = city.dossiers("P1-1")[0]
    with city.open() as uow:
        run = runs.load(uow, uow.instances.of_dossier(dossier.id)[0].id, now=city.now)
        asked = OperationAsked(
            token="1", node="lay", operation="survey_result", parameters={"survey": KEY, "indicator": "diem"}, data={}
        )
        result = OPERATIONS["survey_result"](uow, run, asked, actor=SYSTEM, now=city.now)
        OPERATIONS["close_survey"](uow, run, asked, actor=SYSTEM, now=city.now)
    assert result is not None
    assert result.variables == {"diem": Decimal("4.00"), "diem_enough": True, "diem_sheets": 4}
    assert found(city, held).round.state is RoundState.CLOSED


def test_every_step_but_an_anonymous_answer_leaves_its_line(city: Town, held: CycleId) -> None:
    sheets(city, held, 1)
    enters(city, held, 1, ("P1-1", "secretary"), hai_long="5")
    answers(city, place(city, held).token)
    lines = [entry.line for entry in city.ask(lambda uow: uow.audit.of_cycle(held))]
    events = [(line.event, line.facts) for line in lines if line is not None and line.task == "survey"]
    title, unit = found(city, held).survey.title, city.unit("P1-1").name
    assert events == [
        ("survey_opened", {"survey": title, "last": date(2027, 2, 28)}),
        ("survey_sheets_made", {"survey": title, "unit": unit, "first": 1, "last": 1}),
        ("survey_sheet_entered", {"survey": title, "unit": unit, "number": 1}),
    ]


class Resting:
    """All other work waits."""

    def keeps(self, uow: UnitOfWork, item: WorkItem, now: datetime) -> bool:
        return True


def test_virtual_people_answer_by_seed_and_some_units_get_too_few(city: Town, held: CycleId) -> None:
    people = People(script=Script(raw={"survey": {KEY: {"too_few": 0.5, "mood": 0.9}}}, seed=7))
    walk = Walk(
        open_uow=city.open,
        people=people,
        set_clock=lambda now: setattr(city, "now", now),
        work_off=city.work_off,
        moment=city.now,
        keeper=Resting(),
    )
    walk.until(moment("2027-02-20"))
    rows = city.ask(lambda uow: surveys.standings(uow, found(city, held)))
    again = [respondents(people, city, held, row.unit) for row in rows]
    assert [row.sheets for row in rows] == [len(sheets) for sheets in again]
    enough = [row.sheets for row in rows if row.sheets >= 3]
    assert 0 < len(enough) < len(rows)
    assert all(18 <= count <= 22 for count in enough)
    figures = [row.results[1].value for row in rows if row.sheets >= 3]
    assert all(figure is not None and 4 < figure <= 5 for figure in figures)


def respondents(people: People, town: Town, cycle: CycleId, unit: Unit) -> list[Mapping[str, object]]:
    """The same unit's sheets once more: chance depends on nothing but names."""
    return list(residents.sheets_of(people.script, found(town, cycle).survey, unit))


def test_a_body_that_opens_it_for_all_holds_it(city: Town) -> None:
    cycle = opened(city)
    city.at("2027-02-02")
    with city.open() as uow:
        model = uow.models.get(cycle.version)
        survey = model.surveys[KEY]
        units = surveys.units_asked(uow, model, survey, day=date(2027, 2, 2))
        surveys.hold(
            uow, cycle, survey, units, first_day=date(2027, 2, 1), last_day=None, holder=city.unit("P2").id, actor=SYSTEM, now=city.now
        )  # fmt: skip
    held = found(city, cycle.id)
    leaders = {code: surveys.leads(city.actor(code, "officer"), held) for code in ("TD", "P2", "P1")}
    assert (held.holder.code, leaders) == ("P2", {"TD": True, "P2": True, "P1": False})
    path = city.ask(lambda uow: uow.units.path(city.unit("P1-1").id))
    assert surveys.may_work(city.actor("P2", "clerk"), held, path)
    with city.open() as uow:
        surveys.close_survey(uow, held.round.id, actor=city._actor(uow, "P2", "officer"), now=city.now)
