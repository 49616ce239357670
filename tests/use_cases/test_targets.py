"""What the city reached, from its cycle's counts, from figures that were stated, and unit by unit years after a title."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from engine.rules.figures import Indicator, Origin, Period
from engine.rules.targets import Comparison, Figure, Gap, Measure, Target
from engine.use_cases import figures, targets
from engine.use_cases.figures import Stated
from engine.use_cases.targets import Line
from tests.factories import YEAR, Town, the_model
from tests.use_cases import living

D = Decimal
TITLE = next(title.key for title in the_model().titles if title.holder == "unit")


def of_year(town: Town, year: int = YEAR, today: date | None = None) -> dict[str, Line]:
    found = town.ask(lambda uow: targets.lines(uow, [the_model()], [year], today=today or town.now.date()))
    return {line.indicator.key: line for line in found}


def by_origin(found: dict[str, Line]) -> dict[Origin | None, Line]:
    return {line.indicator.origin: line for line in found.values()}


def test_a_cycle_counts_its_own_units_and_members(any_town: Town) -> None:
    town = any_town
    living.registered(town)
    living.school_recognised(town)
    found = by_origin(of_year(town))
    units = len((living.SCHOOL, *living.OTHERS))
    assert found[Origin.REGISTERED_UNITS].gathered.figure == Figure(value=D(units), whole=D(units))
    assert found[Origin.TITLED_UNITS].gathered.figure == Figure(value=D(1), whole=D(units))
    assert found[Origin.RECOGNISED_MEMBERS].gathered.figure == Figure(value=D(2), whole=D(3 * units))
    said = {origin: (line.verdict.met, line.verdict.gap) if line.verdict else None for origin, line in found.items()}
    assert said == {
        Origin.REGISTERED_UNITS: (True, None),
        Origin.REGISTERED_MEMBERS: (True, None),
        Origin.TITLED_UNITS: None,
        Origin.RECOGNISED_MEMBERS: None,
    }
    far = by_origin(of_year(town, 2030))[Origin.TITLED_UNITS].verdict
    assert far is not None
    assert far.gap is Gap.NO_FIGURE


def test_members_are_held_against_those_that_units_state_to_have(town: Town) -> None:
    town.at("2026-11-05")
    town.does("P1-1", "register", members=living.members(), toan_bo_dang_ky=False, tong_so_doan_vien=12)
    town.does("P1-2", "register", members=living.members(), toan_bo_dang_ky=True)
    line = by_origin(of_year(town))[Origin.REGISTERED_MEMBERS]
    assert (line.gathered.figure, line.gathered.counted) == (Figure(value=D(6), whole=D(15)), 2)
    assert line.verdict is not None
    assert (line.verdict.reached, line.verdict.gap) == (D("40.00"), Gap.INCOMPLETE)


def test_titles_are_counted_on_the_last_day_and_judged_years_later(town: Town) -> None:
    living.registered(town)
    living.school_recognised(town)
    held = Indicator(key="held", label="Giữ danh hiệu", measure=Measure.PERCENT, origin=Origin.TITLED_UNITS, title=TITLE,
                     unit_kinds=("branch",))  # fmt: skip
    kept = Indicator(key="kept", label="Giữ mức", measure=Measure.PERCENT, unit_kinds=("branch",))
    after = Target(
        indicator="kept", label="", measure=Measure.PERCENT, comparison=Comparison.AT_LEAST, value=D(90), upper=None,
        first_year=2026, last_year=None, wording="", source="", after_years=3, title=TITLE,
    )  # fmt: skip
    model = replace(the_model(), indicators=(held, kept), targets=(after,))
    school = town.unit(living.SCHOOL).id

    def asked(year: int, today: date) -> list[Line]:
        # No cycle of these years was opened by another version than the given one.
        return list(town.ask(lambda uow: targets.lines(uow, [model], [year], today=today)))

    assert asked(2028, date(2028, 6, 1))[0].gathered.figure == Figure(value=D(1), whole=D(5))
    assert [line.verdict.gap for line in asked(2029, date(2031, 1, 1)) if line.verdict] == [Gap.NOT_DUE]
    for value, met in (("89.5", False), ("90", True)):
        with town.open() as uow:
            stated = Stated(
                indicator="kept", unit_id=school, period=Period(year=2030), value=D(value), source="Đánh giá"
            )
            figures.state(uow, model, stated, actor=town.actor("TD", "officer"), now=town.now)
        line = asked(2030, date(2031, 1, 1))[1]
        assert [(unit.id, verdict.met) for unit, verdict in line.each] == [(school, met)]
        assert line.verdict is not None
        assert line.verdict.met is met


def test_scores_and_units_of_a_cycle_are_counted(appraised: Town) -> None:
    town = appraised
    origins = (Origin.LOWEST_SCORE, Origin.MEAN_SCORE, Origin.UNITS)
    # The version of the cycle, with other indicators.
    model = replace(
        the_model(),
        targets=(),
        indicators=tuple(Indicator(key=o.value, label="", measure=Measure.PERCENT, origin=o) for o in origins),
    )
    found = town.ask(lambda uow: targets.lines(uow, [model], [YEAR], today=town.now.date()))
    scores = [D(town.dossier(code).score or 0) for code in (living.SCHOOL, *living.OTHERS)]
    assert {x.indicator.key: (x.gathered.figure.value, x.gathered.counted, x.gathered.expected) for x in found} == {
        "lowest_score": (min(scores), 5, 5),
        "mean_score": (sum(scores, D(0)) / 5, 5, 5),
        "units": (D(5), 0, None),
    }
