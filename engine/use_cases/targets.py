"""How far are the models from what they are to reach? Figures of the city by year, held against the year's targets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, localcontext

from engine.ports.figures import CycleCount, PeopleCount
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle, CycleId, CycleState
from engine.rules.figures import Entry, Indicator, Origin
from engine.rules.gathering import Gathered, gather, of_year
from engine.rules.survey_rounds import RoundState
from engine.rules.targets import Figure, Gap, Measure, Target, Verdict, judge, judge_each
from engine.rules.targets import of_year as targets_of_year
from engine.rules.units import Unit, UnitId
from engine.use_cases import owning, survey_results
from engine.use_cases.figures import FIRST_YEAR, lead_units

#: What a cycle counts of its units → the field of its counts.
_COUNTED: Mapping[Origin, str] = {
    Origin.REGISTERED_UNITS: "registered",
    Origin.ACCEPTED_UNITS: "accepted",
    Origin.RECOGNISED_UNITS: "recognised",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One indicator of a model in one year: what was reached, and what the year's target says to it."""

    model: CycleModel
    indicator: Indicator
    year: int
    gathered: Gathered
    target: Target | None  #: None: the year has none
    verdict: Verdict | None
    each: tuple[tuple[Unit, Verdict], ...] = ()  #: where every unit is judged for itself


@dataclass(slots=True)
class _Counting:
    """What is read once for the lines of some models and years."""

    uow: UnitOfWork
    today: date
    cycles: Mapping[tuple[str, int], Cycle]
    entries: Mapping[tuple[str, str, int], Sequence[Entry]]  #: by model, indicator and year
    kinds: dict[tuple[str, tuple[str, ...]], list[Unit]] = field(default_factory=dict)
    counts: dict[CycleId, list[CycleCount]] = field(default_factory=dict)
    people: dict[CycleId, list[PeopleCount]] = field(default_factory=dict)
    leads: dict[tuple[str, int], list[Unit]] = field(default_factory=dict)

    def last_day(self, year: int) -> date:
        """The day on which a year is looked at: its last one, or today."""
        return min(date(year, 12, 31), self.today)

    def over(self, key: str, year: int) -> bool:
        """Whether nothing more comes in the year."""
        cycle = self.cycles.get((key, year))
        return self.today > date(year, 12, 31) or (cycle is not None and cycle.state is CycleState.CLOSED)

    def units(self, model: CycleModel, kinds: tuple[str, ...], year: int) -> list[Unit]:
        """The units of these kinds for which the model is, that exist on the day on which the year is looked at."""
        if (model.key, kinds) not in self.kinds:
            found = self.uow.figures.units_of(kinds) if kinds else []
            self.kinds[model.key, kinds] = owning.taking_part(self.uow, model, found)
        day = self.last_day(year)
        return [unit for unit in self.kinds[model.key, kinds] if unit.exists_on(day)]

    def lead(self, model: CycleModel, year: int) -> list[Unit]:
        if (model.key, year) not in self.leads:
            self.leads[model.key, year] = lead_units(self.uow, model, year)
        return self.leads[model.key, year]

    def of_cycle(self, cycle: Cycle) -> list[CycleCount]:
        if cycle.id not in self.counts:
            self.counts[cycle.id] = self.uow.figures.cycle_counts([cycle.id])
        return self.counts[cycle.id]

    def people_of(self, cycle: Cycle) -> list[PeopleCount]:
        if cycle.id not in self.people:
            self.people[cycle.id] = self.uow.figures.people_counts([cycle.id])
        return self.people[cycle.id]


def latest_models(uow: UnitOfWork) -> list[CycleModel]:
    """Every deployed model in its latest version, those without targets left out, by name."""
    found = [model for key in uow.models.keys() if (model := uow.models.latest(key)) is not None]  # noqa: SIM118
    return sorted((model for model in found if model.targets or model.indicators), key=lambda model: model.name)


def years_of(model: CycleModel, today: date) -> list[int]:
    """The years that a model's targets speak of: every year of its path, then those far ahead that have one."""
    named = {year for target in model.targets for year in (target.first_year, target.last_year) if year is not None}
    near = [year for year in named if year <= today.year + 5]
    path = range(min(near, default=today.year), max([*near, today.year]) + 1)
    return sorted({*path, *named})


def lines(
    uow: UnitOfWork, models: Sequence[CycleModel], years: Iterable[int], *, today: date, targeted: bool = False
) -> list[Line]:
    """Every indicator of the models in these years, by model, indicator and year; `targeted`: years with a target only.

    A year that has a cycle goes by the version of its cycle, others by the version that is given.
    """
    wanted = sorted(set(years))
    counting = _read(uow, models, wanted, today)
    found: list[Line] = []
    for model in models:
        versions = {year: _version(counting, model, year) for year in wanted}
        for indicator in model.indicators:
            found += [
                line for year in wanted if (line := _line(counting, versions[year], indicator.key, year, targeted))
            ]
    return found


def _read(uow: UnitOfWork, models: Sequence[CycleModel], years: Sequence[int], today: date) -> _Counting:
    keys = {model.key for model in models}
    entries: dict[tuple[str, str, int], list[Entry]] = {}
    for entry in uow.figures.standing(keys, FIRST_YEAR, max(years, default=today.year)) if keys else ():
        entries.setdefault((entry.model, entry.indicator, entry.year), []).append(entry)
    cycles = {(cycle.model, cycle.year): cycle for cycle in uow.cycles.all() if cycle.model in keys}
    return _Counting(uow=uow, today=today, cycles=cycles, entries=entries)


def _version(counting: _Counting, model: CycleModel, year: int) -> CycleModel:
    cycle = counting.cycles.get((model.key, year))
    return model if cycle is None or cycle.version == model.sha256 else counting.uow.models.get(cycle.version)


def _line(counting: _Counting, model: CycleModel, key: str, year: int, targeted: bool) -> Line | None:
    indicator = model.indicator(key)
    targets = [target for target in targets_of_year(model.targets, year) if target.indicator == key]
    if indicator is None or (targeted and not targets):
        return None
    gathered = (
        _counted(counting, model, indicator, year) if indicator.origin else _stated(counting, model, indicator, year)
    )
    over = counting.over(model.key, year)
    if not targets:
        return Line(model=model, indicator=indicator, year=year, gathered=gathered, target=None, verdict=None)
    target = targets[0]
    each: tuple[tuple[Unit, Figure, Verdict], ...] = ()
    if target.after_years is not None:
        each = tuple(_each(counting, model, indicator, target, year, over=over))
        verdict = judge_each(target, [figure for _, figure, _ in each], over=over)
    elif gathered.gap is not None:
        verdict = Verdict(target=target, reached=None, met=None, gap=gathered.gap)
    else:
        verdict = judge(target, gathered.figure, complete=gathered.complete, over=over)
    return Line(
        model=model,
        indicator=indicator,
        year=year,
        gathered=gathered,
        target=target,
        verdict=verdict,
        each=tuple((unit, own) for unit, _, own in each),
    )


def _stated(counting: _Counting, model: CycleModel, indicator: Indicator, year: int) -> Gathered:
    lead = [unit.id for unit in counting.lead(model, year)]
    return gather(
        indicator,
        _by_unit(counting.entries.get((model.key, indicator.key, year), ())),
        lead=lead,
        expected=[unit.id for unit in counting.units(model, indicator.unit_kinds, year)],
        baselines=_baselines(counting, model, indicator, year),
    )


def _by_unit(entries: Iterable[Entry]) -> dict[UnitId, list[Entry]]:
    found: dict[UnitId, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.unit_id, []).append(entry)
    return found


def _baselines(counting: _Counting, model: CycleModel, indicator: Indicator, year: int) -> dict[UnitId, Decimal]:
    """The latest baseline that each unit stated up to the year: it is surveyed once and holds from then on."""
    if indicator.measure is not Measure.REDUCTION:
        return {}
    found: dict[UnitId, Decimal] = {}
    for own, name, at in sorted(counting.entries, key=lambda key: key[2]):
        if (own, name) == (model.key, indicator.key) and at <= year:
            rows = sorted(counting.entries[own, name, at], key=lambda entry: entry.quarter)
            found |= {entry.unit_id: entry.baseline for entry in rows if entry.baseline is not None}
    return found


def _each(
    counting: _Counting, model: CycleModel, indicator: Indicator, target: Target, year: int, *, over: bool
) -> Iterable[tuple[Unit, Figure, Verdict]]:
    """The units that have to reach the target in this year, so many years after they got their title."""
    rows = _by_unit(counting.entries.get((model.key, indicator.key, year), ()))
    for unit_id, since in sorted(counting.uow.figures.holding_since(model.key, target.title).items()):
        if since.year + (target.after_years or 0) != year:
            continue
        own = of_year(indicator, rows.get(unit_id, ()))
        figure = own.figure if own else Figure()
        yield counting.uow.units.get(unit_id), figure, judge(target, figure, over=over)


def _counted(counting: _Counting, model: CycleModel, indicator: Indicator, year: int) -> Gathered:
    if indicator.origin is Origin.TITLED_UNITS:
        return _titled(counting, model, indicator, year)
    cycle = counting.cycles.get((model.key, year))
    if cycle is None:
        return Gathered(gap=Gap.NO_FIGURE)
    if indicator.origin is Origin.SURVEY:
        return _surveyed(counting, cycle, indicator)
    if indicator.origin is Origin.REGISTERED_MEMBERS:
        return _registered_members(counting, cycle, indicator)
    if indicator.origin is Origin.RECOGNISED_MEMBERS:
        people = [one for one in counting.people_of(cycle) if _counts(indicator, one.kind)]
        return _share(sum(one.titled for one in people), sum(one.members for one in people))
    units = [one for one in counting.of_cycle(cycle) if _counts(indicator, one.kind)]
    whole = sum(one.units for one in units)
    if indicator.origin in (Origin.LOWEST_SCORE, Origin.MEAN_SCORE):
        return _scored(counting, cycle, indicator, whole)
    if indicator.origin is Origin.UNITS:
        return Gathered(figure=Figure(value=Decimal(whole)))
    name = _COUNTED.get(indicator.origin) if indicator.origin else None
    if name is not None:
        part = sum(getattr(one, name) for one in units)
    else:
        handed = counting.uow.figures.handed_in([cycle.id], indicator.form)
        part = sum(number for (_, kind), number in handed.items() if _counts(indicator, kind))
    return _share(part, whole)


def _surveyed(counting: _Counting, cycle: Cycle, indicator: Indicator) -> Gathered:
    """What a survey of the cycle came to in all units with enough sheets; while it is open it is shown and not judged."""
    key, _, name = indicator.survey.partition(":")
    held = counting.uow.surveys.find(cycle.id, key)
    if held is None:
        return Gathered(gap=Gap.NO_FIGURE)
    result = survey_results.result_of(counting.uow, cycle.id, key, None, name or None)
    if result.figure is None:
        return Gathered(gap=Gap.NO_FIGURE)
    return Gathered(figure=result.figure, whole_year=held.state is RoundState.CLOSED)


def _scored(counting: _Counting, cycle: Cycle, indicator: Indicator, whole: int) -> Gathered:
    """The lowest points of the units that were appraised, or their mean."""
    points = [own for kind, own in counting.uow.figures.scores(cycle.id) if _counts(indicator, kind)]
    if not points:
        return Gathered(gap=Gap.NO_FIGURE, expected=whole)
    lowest = indicator.origin is Origin.LOWEST_SCORE
    with localcontext(prec=60):
        value = min(points) if lowest else sum(points, Decimal(0)) / len(points)
    return Gathered(figure=Figure(value=value), counted=len(points), expected=whole)


def _counts(indicator: Indicator, kind: str) -> bool:
    return not indicator.unit_kinds or kind in indicator.unit_kinds


def _share(part: int, whole: int) -> Gathered:
    return Gathered(figure=Figure(value=Decimal(part), whole=Decimal(whole)))


def _titled(counting: _Counting, model: CycleModel, indicator: Indicator, year: int) -> Gathered:
    """Units that hold the title on the day on which the year is looked at, of those that exist or take part."""
    if year > counting.today.year:
        return Gathered(gap=Gap.NO_FIGURE)
    held = counting.uow.figures.holders(model.key, indicator.title, counting.last_day(year))
    part = sum(number for kind, number in held.items() if _counts(indicator, kind))
    cycle = counting.cycles.get((model.key, year))
    if indicator.unit_kinds:
        return _share(part, len(counting.units(model, indicator.unit_kinds, year)))
    if cycle is None:
        return Gathered(figure=Figure(value=Decimal(part), whole=Decimal(0)))
    return _share(part, sum(one.units for one in counting.of_cycle(cycle)))


def _registered_members(counting: _Counting, cycle: Cycle, indicator: Indicator) -> Gathered:
    """Members on the lists of registered units, of all the members that these units state to have."""
    listed = counting.uow.figures.members_listed(cycle.id)
    entries = counting.entries.get((cycle.model, indicator.key, cycle.year), ())
    stated = {entry.unit_id: entry.whole for entry in entries if entry.whole is not None}
    whole = sum((max(stated.get(unit, Decimal(0)), Decimal(number)) for unit, number in listed.items()), Decimal(0))
    return Gathered(
        figure=Figure(value=Decimal(sum(listed.values())), whole=whole),
        counted=len(listed),
        expected=sum(one.units for one in counting.of_cycle(cycle)),
    )
